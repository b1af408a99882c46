"""netmon poll: looks now, at what may be asked, and writes nothing."""

from __future__ import annotations

import pytest

from netmon.app import load_files
from netmon.cli.origins import settings_of
from netmon.model.ids import EntityId
from tests.cli.house import CONFIGURATION, HEALTH, House


def test_a_service_is_asked_and_explained(house: House) -> None:
    answer = house.ask("poll", "syt-portal", "--explain")

    assert answer.exit_code == 1
    assert "settings of check:service:syt-portal/http" in answer.stdout
    assert "interval 1 m  [built in]" in answer.stdout
    assert "url http://127.9.7.11:9/  [inventory/sites/so-y-te.yaml:9:" in answer.stdout
    assert "refused: " in answer.stdout
    assert "the machine is there, but nothing listens at that port" in answer.stdout
    assert "rule: a first miss opens a burst of 3 looks in all; 3 missed of these mean down" in answer.stdout
    assert not (house.folder / "state").exists()


def test_json_holds_the_look(house: House) -> None:
    document = house.ask_json("poll", "service:syt-portal")

    (check,) = document["checks"]
    assert (document["entity"], document["lab"]) == ("service:syt-portal", False)
    assert (check["check"], check["verdict"], check["reason"]) == ("check:service:syt-portal/http", "missed", "refused")
    assert check["at"] == "2026-11-21T05:10:00Z"


def test_a_look_that_cannot_be_made_says_why(house: House) -> None:
    house.write("config.yaml", f"{CONFIGURATION}plugins: [{house.folder}]\n")
    health = HEALTH.replace("checks: [{http: {url: ", "checks: [{plugin: {program: check_it}}, {http: {url: ")
    house.write("inventory/sites/so-y-te.yaml", health)

    answer = house.ask("poll", "syt-portal")

    assert answer.exit_code == 3
    assert "check:service:syt-portal/plugin: check_it: no such program" in answer.stderr


def test_an_address_outside_the_networks_is_not_asked(house: House) -> None:
    answer = house.ask("poll", "8.8.8.8")

    assert answer.exit_code == 2
    assert "lies outside `networks:` (127.9.0.0/16, 10.0.0.0/8): nothing was sent" in answer.stderr


def test_a_credential_from_the_files_is_not_told_beyond_loopback(house: House) -> None:
    answer = house.ask("poll", "10.1.2.3", "--credential", "v2c")

    assert answer.exit_code == 2
    assert "literal: is for 127.0.0.0/8 alone" in answer.stderr


def test_an_unknown_credential_meets_those_that_there_are(house: House) -> None:
    answer = house.ask("poll", "127.9.3.3", "--credential", "v3")

    assert 'there is no credential "v3"; there are elsewhere, v2c' in answer.stderr


def test_an_unknown_name_meets_its_nearest_neighbours(house: House) -> None:
    answer = house.ask("poll", "syt-portl")

    assert answer.exit_code == 2
    assert 'nothing is called "syt-portl": did you mean syt-portal' in answer.stderr


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("icmp", {"address": "sites/so-y-te.yaml:3", "interval": "config/roles.yaml", "timeout": None, "size": None}),
        ("snmp", {"credential": "sites/so-y-te.yaml:3", "interval": "config/roles.yaml", "port": None}),
    ],
)
def test_every_setting_knows_where_it_comes_from(house: House, check: str, expected: dict[str, str | None]) -> None:
    loaded = load_files(house.config)
    _, plan = loaded.complete
    subject = plan.subjects[EntityId("device:syt-gw1")]
    spec = next(one for one in subject.checks if one.kind == check)

    where = {one.name: one.where for one in settings_of(spec, subject, loaded.inventory, house.config)}

    for name, place in expected.items():
        assert where[name] is place or (place is not None and place in str(where[name]))
