"""netmon heartbeat: where jobs report to, and what they reported last."""

from __future__ import annotations

import pytest

from netmon.app import load_files, open_book
from netmon.app.heartbeats import find_reporters
from netmon.kernel.secrets import SecretPlaces
from netmon.model.heartbeats import Heartbeat, Signal, Vigil
from netmon.model.ids import CheckId
from netmon.model.moments import HOUR, MINUTE, Moment
from tests.cli.house import NOON, House

SITE = """\
site: {id: so-y-te, department: so-y-te}
devices:
  - name: syt-web1
    role: server
    address: 127.9.7.11
    checks:
      - heartbeat: {name: nightly, token: env:T, period: 1d}
      - heartbeat: {name: scan, token: env:T, period: 1d}
  - {name: syt-db1, role: server, address: 127.9.7.12, checks: [{heartbeat: {name: scan, token: env:T, period: 1d}}]}
services:
  - {id: sao-luu, kind: backup, checks: [{heartbeat: {token: env:T, period: 1d}}]}
"""
NIGHTLY = CheckId("check:device:syt-web1/heartbeat/nightly")


@pytest.fixture
def backups(house: House) -> House:
    """The house with jobs in it, one of which has reported."""
    house.write("inventory/sites/so-y-te.yaml", SITE)
    house.write("inventory/sites/ttth.yaml", "site: {id: ttth, department: centre}\n")
    settings, _ = load_files(house.folder / "config.yaml").complete
    well = Heartbeat(at=NOON, signal=Signal.OK, took=HOUR, size_bytes=5, message="xong")
    failed = Heartbeat(at=Moment(NOON + MINUTE), signal=Signal.FAIL, code=2)
    open_book(settings).write(NIGHTLY, Vigil(since=NOON, ended=failed, succeeded=well))
    return house


def test_every_job_has_an_url_of_its_own_even_where_names_are_shared(backups: House) -> None:
    jobs = {job["check"]: job["url"].partition("/beat/")[2] for job in backups.ask_json("heartbeat")["jobs"]}
    assert jobs == {
        NIGHTLY: "nightly",
        "check:device:syt-web1/heartbeat/scan": "check%3Adevice%3Asyt-web1/heartbeat/scan",
        "check:device:syt-db1/heartbeat/scan": "check%3Adevice%3Asyt-db1/heartbeat/scan",
        "check:service:sao-luu/heartbeat": "sao-luu",
    }


def test_a_job_keeps_its_url_when_another_with_another_token_gets_its_name(backups: House) -> None:
    theirs = "{heartbeat: {name: scan, token: env:T, period: 1d}}]"
    backups.write("inventory/sites/so-y-te.yaml", SITE.replace(theirs, theirs.replace("env:T", "env:U")))
    _, plan = load_files(backups.folder / "config.yaml").complete
    tokens = {"T": "t" * 20, "U": "u" * 20}
    reporters = find_reporters(plan, SecretPlaces(tokens, backups.folder))
    assert [reporters.find("scan", token) for token in tokens.values()] == [
        "check:device:syt-web1/heartbeat/scan",
        "check:device:syt-db1/heartbeat/scan",
    ]


def test_what_a_job_said_is_told_with_the_line_that_it_reports_with(backups: House) -> None:
    said = backups.ask("heartbeat", "nightly").stdout.splitlines()
    command = 'curl -fsS --retry 8 --retry-connrefused -H "Authorization: Bearer $TOKEN"'
    assert said == [
        NIGHTLY,
        f"  {command} http://127.0.0.1:9781/beat/nightly",
        "  all well at 12:00:00  xong",
        "  failed at 12:01:00",
    ]


def test_a_job_that_is_not_there_is_a_mistake(backups: House) -> None:
    answer = backups.ask("heartbeat", "weekly")
    assert answer.exit_code == 2
    assert "there is no such heartbeat check" in answer.stderr
