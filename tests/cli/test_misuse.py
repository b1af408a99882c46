"""Mistakes on the command line, and failures as programs read them."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.cli.house import House

NOT_YET = "netmon has not run here yet: start it with `netmon run`"
COMMANDS = [
    ["run"], ["status"], ["history", "core1"], ["poll", "core1"], ["check"], ["plan"], ["reload"], ["doctor"],
    ["lab", "break", "core1", "dead"], ["lab", "mend", "all"], ["lab", "list"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_failing_command_answers_programs_with_one_object_and_people_with_the_same_words(
    house: House, command: list[str]
) -> None:
    house.config.unlink()

    answer = house.ask(*command, "--json")

    what = f"there is no {house.config}: go to the directory of your configuration, or name it with --config"
    assert json.loads(answer.stdout) == {"error": {"what": what, "exit": 2}}
    assert answer.stderr == f"netmon: {what}\n"
    assert answer.exit_code == 2


def test_where_files_are_mistaken_the_error_holds_the_mistakes(house: House) -> None:
    house.write("inventory/sites/ttth.yaml", "site: {id: ttth, departement: centre}\n")

    error = house.ask_json("plan")["error"]

    assert (error["what"], error["exit"]) == ("config.yaml and its inventory must be mended first", 2)
    assert error["problems"] == house.ask_json("check")["problems"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["staus"], 'there is no command "staus": did you mean status?'),
        (["frobnicate"], 'there is no command "frobnicate"'),
        (["lab", "lst"], 'there is no command "lst": did you mean list?'),
        (["status", "--jsn"], 'there is no option "--jsn": did you mean --json?'),
        (["status", "--langg", "vi"], 'there is no option "--langg": did you mean --lang?'),
        (["status", "--lang", "fr"], '--lang: "fr" is not one of vi, en'),
        (["status", "--all=yes"], "--all takes no value"),
        (["history", "core1", "--from"], "--from needs a value"),
        (["history"], "ENTITY is missing"),
        (["poll", "core1", "core2"], '"core2" is too much: the command takes no more'),
        (["poll", "core1", "--port", "0"], '--port: "0" is no port; write a number from 1 to 65535'),
        (["poll", "core1", "--port", "9" * 5000], "is no port; write a number from 1 to 65535"),
        (["schema", "sites"], 'FILE: "sites" is not one of config, organization, site: did you mean site?'),
        (["run", "--log-level", "warn"], "--log-level: "),
        ([], "a command is missing"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_a_mistake_on_the_command_line_is_told_with_what_was_probably_meant(
    house: House, arguments: list[str], what: str
) -> None:
    answer = house.ask(*arguments)

    assert answer.exit_code == 2
    assert what in answer.stderr.splitlines()[0]
    assert answer.stdout == ""


def test_it_is_an_object_for_programs_too_and_tells_where_help_is(house: House) -> None:
    answer = house.ask("status", "--jsn", "--json")

    what = 'there is no option "--jsn": did you mean --json?'
    assert json.loads(answer.stdout) == {"error": {"what": what, "exit": 2}}
    assert answer.stderr.splitlines() == [
        f"netmon: {what}",
        "Usage: main status [OPTIONS] [ENTITY|SITE|DEPARTMENT]",
        "`main status --help` tells more",
    ]


def test_what_follows_a_double_dash_is_no_option(house: House) -> None:
    house.keep()

    answer = house.ask("history", "--", "--json")

    assert 'nothing is called "--json"' in answer.stderr
    assert answer.stdout == ""


@pytest.mark.parametrize("command", [["status"], ["history", "core1"], ["reload"], ["lab", "list"]], ids=" ".join)
@pytest.mark.usefixtures("only_in_a_file")
def test_before_the_first_run_every_command_that_needs_one_says_the_same(house: House, command: list[str]) -> None:
    answer = house.ask(*command)

    assert (answer.exit_code, answer.stderr, answer.stdout) == (3, f"{NOT_YET}\n", "")
    assert house.ask_json(*command) == {"error": {"what": NOT_YET, "exit": 3}}


def test_before_the_first_run_nobody_plays_what_would_be_polled_in_the_lab(house: House) -> None:
    house.write("config.yaml", 'networks: [127.20.0.0/16]\nlisten: "127.0.0.1:19781"\nlab: lab.yaml\n')
    house.write("lab.yaml", "seed: 1\n")
    for name in ("ttth", "so-y-te"):
        site = house.folder / "inventory" / "sites" / f"{name}.yaml"
        site.write_text(site.read_text(encoding="utf-8").replace("127.9.", "127.20."), encoding="utf-8")

    answer = house.ask("poll", "core1")

    assert (answer.exit_code, answer.stderr) == (3, f"{NOT_YET}\n")


@pytest.mark.usefixtures("only_in_a_file")
async def test_a_store_that_was_lost_while_netmon_runs_is_not_taken_for_one_that_never_was(house: House) -> None:
    async with house.answering({}):
        answer = await asyncio.to_thread(house.ask, "status")

    assert answer.exit_code == 3
    assert "there is no such file" in answer.stderr
