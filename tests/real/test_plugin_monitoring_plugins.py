"""The plugin check with real Monitoring Plugins: what they say in each of their moods, and their numbers."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from netmon.collectors.plugin import KIND
from netmon.kernel.clock import SystemClock
from netmon.model.looks import CannotTellError, Outcome
from netmon.model.moments import SECOND, Duration
from netmon.model.states import Reason
from tests.collectors.makers import check, ground

PLUGINS = Path("/usr/lib/nagios/plugins")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not (PLUGINS / "check_tcp").exists(), reason="needs monitoring-plugins-basic; `make parts` has it"
    ),
]


async def look(program: str, *arguments: str, timeout: int = 20) -> Outcome:
    async with KIND.open(ground(clock=SystemClock(), plugins=(PLUGINS,))) as questions:
        spec: dict[str, Any] = {"program": program, "arguments": arguments}
        return await questions.collector(check("plugin", "127.0.0.1", spec), ()).look(Duration(timeout * SECOND))


async def test_a_port_is_answered_while_it_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        arguments = "-H", "{address}", "-p", str(server.getsockname()[1])
        opened = await look("check_tcp", *arguments)
    closed = await look("check_tcp", *arguments)

    assert (opened.failure, opened.flaw) == (None, None)
    (times,) = [table for table in opened.readings if "netmon_plugin_time_seconds" in table.columns]
    assert list(times.labels) == [(("measure", "time"),)]
    assert closed.failure is not None
    assert closed.failure.reason is Reason.UNEXPECTED
    assert "Connection refused" in closed.failure.evidence


async def test_a_disk_is_told_in_bytes() -> None:
    fine = await look("check_disk", "-w", "0%", "-c", "0%", "-p", "/")
    low = await look("check_disk", "-w", "100%", "-c", "0%", "-p", "/")

    (sizes,) = [table for table in fine.readings if "netmon_plugin_size_bytes" in table.columns]
    (used,) = sizes.columns["netmon_plugin_size_bytes"]
    assert used == pytest.approx(shutil.disk_usage("/").used, rel=0.05)
    assert low.failure is None
    assert low.flaw is not None
    assert low.flaw.reason is Reason.OVER_LIMIT
    assert low.flaw.evidence.startswith("check_disk: DISK WARNING")


async def test_a_wrong_option_is_trouble_of_ours() -> None:
    with pytest.raises(CannotTellError, match="exit code 3"):
        await look("check_tcp", "--nonesuch")


async def test_a_server_that_says_nothing_is_missed_at_the_deadline_of_the_look() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = str(silent.getsockname()[1])
        outcome = await look("check_tcp", "-H", "{address}", "-p", port, "-e", "220", "-t", "60", timeout=1)

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.TIMEOUT
