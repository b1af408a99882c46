"""A running netmon tidies its store when it is asked to, and tells what it holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from netmon.model.moments import DAY, Moment
from tests.real.daemon import Daemon, free_port, running, until, wall_clock, write_files
from tests.stores import ask

pytestmark = pytest.mark.real


def told(daemon: Daemon, *options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "netmon", "--config", str(daemon.config), "housekeeping", "--json", *options]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return {table["table"]: table for table in json.loads(answer.stdout)["tables"]}


def rows(daemon: Daemon, table: str, before: Moment) -> int:
    query = f"SELECT count(*) FROM {table} WHERE recorded < ?"
    ((count,),) = ask(daemon.settings.store.url, Path(daemon.settings.state), query, before)
    return int(count)


def test_what_is_too_old_goes_when_it_is_asked_for_and_the_present_stays(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    service = {"id": "portal", "kind": "portal", "checks": [{"http": {"url": url, "interval": "5s"}}]}
    config = write_files(tmp_path, services=[service])
    with running(Daemon(config)) as daemon:
        daemon.wait_for_first_looks()
        until(lambda: told(daemon, "--dry-run")["transitions"]["rows"] >= 2, "the first news")
        before = told(daemon, "--dry-run")

        assert {name: table["rows_to_go"] for name, table in before.items() if table["rows"]} == dict.fromkeys(
            (name for name, table in before.items() if table["rows"]), 0
        )
        assert before["transitions"]["keep_since"] is None
        assert before["looks"]["size_bytes"] > 0
        assert told(daemon)["transitions"]["rows"] >= before["transitions"]["rows"]
        daemon.wait_for("housekeeping_done")
        assert rows(daemon, "transitions", Moment(wall_clock() + DAY)) >= 2
        assert "netmon_housekeeping_last_successful 1.0" in daemon.scrape()
        assert daemon.stop() == 0
