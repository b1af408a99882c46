"""netmon check, plan, reload and schema: the files, before anything is done with them."""

from __future__ import annotations

import json

from tests.cli.house import HEALTH, House


def test_check_tells_what_would_be_watched(house: House) -> None:
    answer = house.ask("check")

    assert answer.exit_code == 0
    assert answer.stdout.splitlines()[:3] == [
        "all files are in order  (4 files)",
        "  would be watched: 2 departments, 2 sites, 4 devices, 1 service, 1 link, 2 watched interfaces",
        "  http   1 check: 1 every 1 m",
    ]


def test_check_tells_every_mistake_with_its_place(house: House) -> None:
    house.write("inventory/sites/so-y-te.yaml", HEALTH.replace("role: server", "rolle: server"))
    house.write("config.yaml", house.config.read_text(encoding="utf-8") + "lissten: x\n")

    answer = house.ask("check")
    document = house.ask_json("check")

    assert answer.exit_code == 2
    assert 'unknown key "rolle" - did you mean "role"?' in answer.stdout
    assert document["plan"] is None
    assert {problem["file"] for problem in document["problems"]} == {"config.yaml", "inventory/sites/so-y-te.yaml"}
    assert answer.stdout.splitlines()[-1] == f"{len(document['problems'])} problems"


def test_check_reads_the_labs_file_too(house: House) -> None:
    house.write("config.yaml", house.config.read_text(encoding="utf-8") + "lab: lab.yaml\n")
    house.write("lab.yaml", "sede: 1\n")

    assert 'unknown key "sede"' in house.ask("check").stdout


def test_check_reads_the_path_that_it_is_given(house: House) -> None:
    house.write("other.yaml", "networks: []\n")

    assert house.ask("check", str(house.folder / "other.yaml")).exit_code == 2


def test_without_a_configuration_it_says_where_it_looked(house: House) -> None:
    house.config.unlink()

    answer = house.ask("check")

    assert answer.exit_code == 2
    assert f"there is no {house.config}: go to the directory of your configuration" in answer.stderr


def test_plan_says_that_everything_is_new_before_the_first_run(house: House) -> None:
    answer = house.ask("plan")

    assert answer.exit_code == 1
    assert answer.stdout.startswith("netmon has not run yet: everything is new\n")
    assert "+ device:syt-gw1  icmp every 10 s, snmp every 1 m" in answer.stdout


def test_plan_shows_nothing_where_nothing_differs(house: House) -> None:
    house.keep()

    answer = house.ask("plan")

    assert answer.exit_code == 0
    assert answer.stdout.startswith("nothing differs from the plan in force")


def test_plan_shows_what_comes_goes_and_changes_in_human_units(house: House) -> None:
    house.keep()
    slower = "role: router, address: 127.9.7.1, snmp: v2c, checks: {icmp: {interval: 30s}}"
    text = HEALTH.replace("role: router, address: 127.9.7.1, snmp: v2c", slower)
    text = text.replace("  - {name: syt-sw1, role: switch, address: 127.9.7.2, parents: [syt-gw1]}\n", "")
    text = text.replace("parents: [syt-sw1]", "parents: [syt-gw1]")
    text = text.replace("links:", "  - {name: syt-sw2, role: switch, address: 127.9.7.3}\nlinks:")
    house.write("inventory/sites/so-y-te.yaml", text)

    answer = house.ask("plan")
    document = house.ask_json("plan")

    assert answer.exit_code == 1
    assert answer.stdout.splitlines()[:8] == [
        "+ device:syt-sw2  icmp every 10 s",
        "- device:syt-sw1  is watched no longer; its history stays, its series end",
        "~ device:syt-web1",
        "    reached through: syt-sw1 -> syt-gw1",
        "~ check:device:syt-gw1/icmp",
        "    looked at every: 10 s -> 30 s",
        "",
        "1 new target, 1 target gone, 1 target changed, 1 new check, 1 check gone, 1 check changed",
    ]
    assert f"netmon reload --expect {document['hash'][:12]}" in answer.stdout
    assert document["difference"]["gone_subjects"] == ["device:syt-sw1"]


def test_plan_refuses_files_with_mistakes(house: House) -> None:
    house.write("inventory/sites/ttth.yaml", "site: {}\n")

    answer = house.ask("plan")

    assert answer.exit_code == 2
    assert "config.yaml and its inventory must be mended first" in answer.stderr


def test_reload_says_that_nobody_runs_here(house: House) -> None:
    answer = house.ask("reload")

    assert answer.exit_code == 3
    assert "no netmon is running here" in answer.stderr
    assert "start it with `netmon run`" in answer.stderr


def test_schema_prints_the_schema_of_each_file(house: House) -> None:
    assert json.loads(house.ask("schema", "site").stdout)["properties"].keys() >= {"site", "devices", "links"}
    assert house.ask_json("schema").keys() == {"config", "organization", "site"}
