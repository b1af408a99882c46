"""The http check against a real server: Prometheus, found up by what it says, and missed once it is gone."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netmon.collectors.http import KIND
from netmon.kernel.clock import SystemClock
from netmon.model.looks import Outcome
from netmon.model.moments import SECOND, Duration
from netmon.model.states import Reason
from tests.collectors.makers import check, ground

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed"),
]


@pytest.fixture
async def prometheus(tmp_path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "prometheus.yml"
    config.write_text("{}")
    process = await asyncio.create_subprocess_exec(
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while b"Server is ready" not in await process.stderr.readline():
            assert process.returncode is None
    yield process, port
    if process.returncode is None:
        process.terminate()
    await process.communicate()


async def look(port: int, path: str, **settings: Any) -> Outcome:
    async with KIND.open(ground(clock=SystemClock())) as questions:
        spec = check("http", "127.0.0.1", {"url": f"http://127.0.0.1:{port}{path}", **settings})
        return await questions.collector(spec, ()).look(Duration(20 * SECOND))


async def test_a_real_server_is_up_while_it_runs(prometheus: tuple[asyncio.subprocess.Process, int]) -> None:
    process, port = prometheus

    healthy = await look(port, "/-/healthy", expect={"status": 200, "body": "Healthy"})
    redirected = await look(port, "/")
    packed = await look(port, "/metrics", expect={"body": "prometheus_build_info", "body_not": "no such text"})
    missing = await look(port, "/khong-co")

    assert [one.failure for one in (healthy, redirected, packed)] == [None, None, None]
    assert redirected.readings[0].columns["netmon_http_status_code"] == (200,)
    assert missing.failure is not None
    assert missing.failure.reason is Reason.UNEXPECTED

    process.send_signal(signal.SIGTERM)
    await process.wait()
    gone = await look(port, "/-/healthy")
    assert gone.failure is not None
    assert gone.failure.reason is Reason.REFUSED
