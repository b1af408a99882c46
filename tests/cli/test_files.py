"""netmon check, plan, reload and schema: the files, before anything is done with them."""

from __future__ import annotations

import asyncio
import json

from tests.cli.house import CENTRE, HEALTH, House


def test_check_tells_what_would_be_watched(house: House) -> None:
    answer = house.ask("check")

    assert answer.exit_code == 0
    assert answer.stdout.splitlines()[:3] == [
        "all files are in order  (4 files)",
        "  would be watched: 4 devices, 1 service, 2 watched interfaces",
        "  in the inventory: 2 departments, 2 sites, 1 link",
    ]


def test_check_names_the_canaries_among_what_is_looked_at(house: House) -> None:
    canaries = "canaries: [{name: near, address: 127.9.0.1}, {name: far, address: 127.9.0.9}]\n"
    house.write("config.yaml", house.config.read_text(encoding="utf-8") + canaries)

    assert "2 watched interfaces, 2 canaries (near, far)" in house.ask("check").stdout
    assert house.ask_json("check")["plan"]["canaries"] == ["near", "far"]


def test_a_device_that_nothing_asks_is_not_said_to_be_watched(house: House) -> None:
    text = HEALTH.replace("address: 127.9.7.2,", "address: 127.9.7.2, checks: {icmp: off},")
    house.write("inventory/sites/so-y-te.yaml", text)

    assert "would be watched: 3 devices," in house.ask("check").stdout
    assert house.ask_json("check")["plan"]["devices"] == 3


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


def test_a_path_that_is_not_there_is_answered_about_that_path(house: House) -> None:
    answer = house.ask("check", "/nope.yaml")

    assert answer.exit_code == 2
    assert answer.stderr == (
        "netmon: there is no /nope.yaml: give the path of a config.yaml, or leave it out to read that of --config\n"
    )


def test_a_directory_is_answered_with_the_file_in_it(house: House) -> None:
    answer = house.ask("check", str(house.folder))

    assert answer.exit_code == 2
    assert f"is a directory, not a file: did you mean {house.config}?" in answer.stderr


def test_of_thousands_of_mistakes_people_read_two_hundred_and_programs_all(house: House) -> None:
    keys = "".join(f"wrong-{n}: 1\n" for n in range(250))
    house.write("config.yaml", house.config.read_text(encoding="utf-8") + keys)

    *lines, more, count = house.ask("check").stdout.splitlines()

    assert len(lines) == 400
    assert more == "and 50 more; `netmon check --json` tells all of them"
    assert count == "250 problems"
    assert len(house.ask_json("check")["problems"]) == 250
    assert "and 50 more" in house.ask("plan").stderr
    assert len(house.ask_json("plan")["error"]["problems"]) == 250


def test_without_a_configuration_it_says_where_it_looked(house: House) -> None:
    house.config.unlink()

    answer = house.ask("check")

    assert answer.exit_code == 2
    assert f"there is no {house.config}: go to the directory of your configuration" in answer.stderr


def test_plan_of_a_new_inventory_counts_first_and_goes_by_site(house: House) -> None:
    answer = house.ask("plan")

    assert answer.exit_code == 1
    assert answer.stdout.splitlines() == [
        "netmon has not run here yet: start it with `netmon run`",
        "6 new targets, 7 new checks",
        "",
        "netmon itself",
        "  + poller:centre",
        "",
        "so-y-te  Department of Health",
        "  + device:syt-gw1  icmp every 10 s, snmp every 1 m",
        "  + device:syt-sw1  icmp every 10 s",
        "  + device:syt-web1  icmp every 10 s",
        "  + service:syt-portal  http every 1 m",
        "",
        "ttth  The centre",
        "  + device:core1  icmp every 10 s, snmp every 1 m",
        "",
        f"plan {house.ask_json('plan')['hash'][:12]}: `netmon run` takes it when it starts",
    ]


async def test_plan_names_the_command_that_takes_exactly_this_where_netmon_runs(house: House) -> None:
    await asyncio.to_thread(house.keep)
    house.write("inventory/sites/so-y-te.yaml", HEALTH.replace("role: server", "role: workstation"))

    async with house.answering({}):
        answer = await asyncio.to_thread(house.ask, "plan")

    document = await asyncio.to_thread(house.ask_json, "plan")
    assert answer.stdout.splitlines()[-1] == f"take it: netmon reload --expect {document['hash'][:12]}"


def test_a_place_goes_by_its_own_name_where_it_has_one(house: House) -> None:
    house.write("inventory/sites/ttth.yaml", CENTRE.replace("id: ttth,", "id: ttth, name: {vi: Nhà A, en: House A},"))

    assert "ttth  House A" in house.ask("plan").stdout
    assert "ttth  Nhà A" in house.ask("plan", language="vi").stdout


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
    assert answer.stdout.splitlines() == [
        "1 new target, 1 target gone, 1 target changed, 1 new check, 1 check gone, 1 check changed",
        "",
        "so-y-te  Department of Health",
        "  + device:syt-sw2  icmp every 10 s",
        "  - device:syt-sw1  is watched no longer; its history stays, its series end",
        "  ~ device:syt-web1",
        "      reached through: syt-sw1 -> syt-gw1",
        "  ~ check:device:syt-gw1/icmp",
        "      looked at every: 10 s -> 30 s",
        "",
        f"plan {document['hash'][:12]}: `netmon run` takes it when it starts",
    ]
    assert document["difference"]["gone_subjects"] == ["device:syt-sw1"]


def test_a_check_that_comes_alone_is_told_with_its_interval(house: House) -> None:
    house.keep()
    house.write("inventory/sites/so-y-te.yaml", HEALTH.replace("parents: [syt-gw1]", "snmp: v2c, parents: [syt-gw1]"))

    assert "  + check:device:syt-sw1/snmp  snmp every 1 m" in house.ask("plan").stdout.splitlines()


def test_plan_refuses_files_with_mistakes(house: House) -> None:
    house.write("inventory/sites/ttth.yaml", "site: {}\n")

    answer = house.ask("plan")

    assert answer.exit_code == 2
    assert "config.yaml and its inventory must be mended first" in answer.stderr


def test_reload_says_that_nobody_runs_here(house: House) -> None:
    house.keep()

    answer = house.ask("reload")

    assert answer.exit_code == 3
    assert "no netmon is running here" in answer.stderr
    assert "start it with `netmon run`" in answer.stderr


async def test_a_reload_tells_what_it_took_by_site(house: House) -> None:
    await asyncio.to_thread(house.keep)
    new = {"new_subjects": ["device:core1"], "gone_subjects": ["device:old"], "new_checks": ["check:device:core1/icmp"]}
    none = {"changed_subjects": {}, "changed_checks": {}, "gone_checks": []}
    taken = {"version": 2, "plan": "5114cf445ff4" * 5, "difference": {**new, **none}, "for_restart": []}

    async with house.answering(taken):
        answer = await asyncio.to_thread(house.ask, "reload")

    assert answer.stdout.splitlines() == [
        "1 new target, 1 target gone, 1 new check",
        "",
        "ttth  The centre",
        "  + device:core1  icmp every 10 s, snmp every 1 m",
        "",
        "no longer in the inventory",
        "  - device:old  is watched no longer; its history stays, its series end",
        "",
        "taken as version 2 (5114cf445ff4)",
    ]


async def test_a_reload_of_files_with_mistakes_answers_programs_in_its_own_shape_once(house: House) -> None:
    await asyncio.to_thread(house.keep)
    problem = {"file": "config.yaml", "line": 1, "column": 2, "path": "x", "cause": "is wrong", "hint": ""}

    async with house.answering({"problems": [problem], "plan": "5114cf445ff4"}):
        told = await asyncio.to_thread(house.ask, "reload")
        answer = await asyncio.to_thread(house.ask, "reload", "--json")

    assert (told.exit_code, answer.exit_code) == (2, 2)
    assert "the running plan is kept (5114cf445ff4)" in told.stderr
    assert json.loads(answer.stdout) == {"problems": [problem], "plan": "5114cf445ff4"}


def test_schema_prints_the_schema_of_each_file(house: House) -> None:
    assert json.loads(house.ask("schema", "site").stdout)["properties"].keys() >= {"site", "devices", "links"}
    assert house.ask_json("schema").keys() == {"config", "organization", "site"}
