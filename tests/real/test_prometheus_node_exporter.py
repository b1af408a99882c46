"""The prometheus check against a real node_exporter: this machine in netmon's words, and missed once it is gone."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from netmon.collectors.prometheus import KIND
from netmon.kernel.clock import SystemClock
from netmon.model.moments import SECOND, Duration
from netmon.model.states import Reason
from tests.collectors.makers import check, ground
from tests.collectors.prometheus.conftest import numbers
from tests.real.conftest import needs
from tests.real.places import end

pytestmark = [pytest.mark.real, needs("prometheus-node-exporter")]

PLENTY = Duration(20 * SECOND)


@dataclass(frozen=True)
class Exporter:
    """A running node_exporter and its port."""

    process: subprocess.Popen[bytes]
    port: int


@pytest.fixture
def exporter(tmp_path: Path) -> Iterator[Exporter]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    yield Exporter(process, port)
    process.kill()
    process.wait()


async def test_this_machine_is_told_in_our_words(exporter: Exporter) -> None:
    async with KIND.open(ground(clock=SystemClock())) as questions, asyncio.timeout(60):
        generous, strict = (
            questions.collector(check("prometheus", "localhost", {"port": exporter.port, "max_used": share}), ())
            for share in (1, 1e-9)
        )
        first = await generous.look(PLENTY)
        while first.failure is not None and first.failure.reason is Reason.REFUSED:  # it is still starting
            assert exporter.process.poll() is None
            first = await generous.look(PLENTY)
        flawed = await strict.look(PLENTY)
        end(exporter.process)
        gone = await generous.look(PLENTY)

    assert first.failure is None
    found = numbers(first)
    assert set(found) <= set(KIND.metrics)
    assert found["netmon_host_processors"] == os.cpu_count()
    assert found["netmon_host_memory_size_bytes"] == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert found["netmon_host_filesystem_size_bytes"]["/"] == shutil.disk_usage("/").total
    assert found["netmon_host_load1"] >= 0
    assert found["netmon_host_uptime_seconds"] > 0
    assert "lo" in found["netmon_host_interface_up"]
    assert first.facts is not None
    assert first.facts["hostname"] == socket.gethostname()
    assert flawed.flaw is not None
    assert flawed.flaw.reason is Reason.OVER_LIMIT
    assert gone.failure is not None
    assert gone.failure.reason is Reason.REFUSED
