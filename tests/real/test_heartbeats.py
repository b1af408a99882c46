"""Heartbeats end to end: a daemon that jobs report to by curl, what it says of them, and what a power cut leaves."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from netmon.app import open_book
from netmon.cli import main
from netmon.model.heartbeats import Heartbeat
from netmon.model.ids import CheckId, EntityId
from netmon.model.moments import DAY, Moment
from netmon.model.states import Reason, State
from tests.real.conftest import needs
from tests.real.daemon import Daemon, free_port, running, until, write_files

pytestmark = [pytest.mark.real, needs("curl")]

CHECK = CheckId("check:device:sv1/heartbeat/nightly")
TOKEN = "mat-khau-cua-ban-sao-luu"
SETTINGS = {
    "name": "nightly",
    "token": "env:NIGHTLY_TOKEN",
    "period": "1d",
    "grace": "2h",
    "min_size": "1 MiB",
    "interval": "5s",
}


def files(folder: Path, **besides: Any) -> Path:
    device = {"name": "sv1", "role": "server", "address": "127.0.0.1", "checks": {"icmp": "off", "heartbeat": SETTINGS}}
    return write_files(
        folder, devices=[device], settings={"heartbeats": {"listen": f"127.0.0.1:{free_port()}"}, **besides}
    )


def daemon_in(folder: Path) -> Daemon:
    return Daemon(files(folder), environment={"NIGHTLY_TOKEN": TOKEN})


def curl(daemon: Daemon, *arguments: str, token: str = TOKEN, name: str = "nightly") -> str:
    """What curl says, with the status at its end."""
    url = f"http://{daemon.settings.heartbeats.listen}/beat/{name}"
    header = f"Authorization: Bearer {token}"
    command = [
        "curl",
        "-sS",
        "--retry",
        "5",
        "--retry-connrefused",
        "-w",
        "%{http_code}",
        "-H",
        header,
        url,
        *arguments,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def waits_for(daemon: Daemon, state: State, reason: Reason | None = None) -> None:
    """The store has the check in *state* because of *reason*."""

    def told() -> bool:
        status = daemon.read(lambda reader: reader.statuses()).get(EntityId(CHECK))
        found = status.failure.reason if status and status.failure else None
        return status is not None and (status.state, found) == (state, reason)

    until(told, f"{CHECK} {state} {reason}")


def told(daemon: Daemon) -> dict[str, Any]:
    """What ``netmon heartbeat`` says of the one job."""
    answer = CliRunner().invoke(main, ["--config", str(daemon.config), "heartbeat", "nightly", "--json"])
    assert answer.exit_code == 0, answer.output
    (job,) = json.loads(answer.stdout)["jobs"]
    return dict(job)


def test_a_job_is_up_by_its_report_down_by_its_failure_and_remembered_over_a_power_cut(tmp_path: Path) -> None:
    daemon = daemon_in(tmp_path)
    with running(daemon):
        daemon.wait_for_first_looks()
        assert EntityId(CHECK) not in daemon.read(lambda reader: reader.statuses())  # green must be earned
        assert told(daemon)["succeeded"] is None

        assert curl(daemon, token="khong-phai-mat-khau-nay") == "not found\n404"
        assert curl(daemon, "-d", "size=2 MiB", "-d", "duration=90") == "ok\n200"
        waits_for(daemon, State.UP)
        assert f'netmon_heartbeat_run_duration_seconds{{device="sv1",check="{CHECK}"}} 90' in daemon.scrape()

        assert curl(daemon, "-d", "size=5") == "ok\n200"
        waits_for(daemon, State.DEGRADED, Reason.UNEXPECTED)
        assert curl(daemon, "-d", "code=3", "-d", "message=Đĩa đầy") == "ok\n200"
        waits_for(daemon, State.DOWN, Reason.FAILED)
        assert told(daemon)["ended"]["message"] == "Đĩa đầy"
        assert curl(daemon, "-d", "size=3 MiB") == "ok\n200"
        daemon.kill()  # the moment after the report was acknowledged

    assert told(daemon)["succeeded"]["bytes"] == 3 * 2**20
    with running(daemon):
        waits_for(daemon, State.UP)
        assert TOKEN not in daemon.log.read_text()
        daemon.kill()

    earlier_by_two_days(daemon)
    with running(daemon):
        waits_for(daemon, State.DOWN, Reason.OVERDUE)
        assert daemon.stop() == 0
    assert all(TOKEN.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_the_script_on_the_page_tells_how_a_command_went(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "checks" / "heartbeat.md").read_text()
    script = page.partition("```sh\n")[2].partition("```")[0]
    daemon = daemon_in(tmp_path)
    script = script.replace("netmon.example.vn:9781", daemon.settings.heartbeats.listen)
    reported = tmp_path / "reported"
    reported.write_text(script.replace("/etc/netmon", str(tmp_path)))
    (tmp_path / "nightly.header").write_text(f"Authorization: Bearer {TOKEN}\n")

    with running(daemon):
        for code in (0, 3):
            run = subprocess.run(["sh", reported, "nightly", "sh", "-c", f"exit {code}"], check=False, timeout=60)
            assert run.returncode == code
            ended = told(daemon)["ended"]
            assert (ended["code"], ended["signal"]) == (code, "fail" if code else "ok")
            assert ended["seconds"] >= 0


def earlier_by_two_days(daemon: Daemon) -> None:
    """Everything that was reported was reported two days earlier."""
    book = open_book(daemon.settings)
    vigil = book.vigil(CHECK)
    assert vigil is not None

    def moved(beat: Heartbeat | None) -> Heartbeat | None:
        return replace(beat, at=Moment(beat.at - 2 * DAY)) if beat else None

    earlier = replace(
        vigil, since=Moment(vigil.since - 2 * DAY), ended=moved(vigil.ended), succeeded=moved(vigil.succeeded)
    )
    book.write(CHECK, earlier)


def test_a_reload_lets_new_jobs_report_and_turns_old_tokens_away(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    config = files(tmp_path)
    site = tmp_path / "inventory" / "sites" / "tru-so.yaml"
    with_check = site.read_text().replace("env:NIGHTLY_TOKEN", "file:token")
    without = json.loads(with_check)
    without["devices"][0]["checks"] = {}
    site.write_text(json.dumps(without))
    daemon = Daemon(config)

    with running(daemon):
        daemon.wait_for_first_looks()
        assert not daemon.events("heartbeats_heard")  # nothing listens while nobody is expected
        site.write_text(with_check)
        daemon.ask("reload")
        daemon.wait_for("heartbeats_heard")
        assert curl(daemon) == "ok\n200"

        (tmp_path / "token").write_text(TOKEN.upper())
        daemon.ask("reload")
        assert curl(daemon) == "not found\n404"
        assert curl(daemon, token=TOKEN.upper()) == "ok\n200"

        (tmp_path / "token").write_text("ngan")
        with pytest.raises(Exception, match="16 to 200 letters"):
            daemon.ask("reload")
        assert curl(daemon, token=TOKEN.upper()) == "ok\n200"
