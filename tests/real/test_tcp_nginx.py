"""The tcp check against a real server: nginx, found up by what it says, and missed once it is gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netmon.collectors.tcp import KIND
from netmon.kernel.clock import SystemClock
from netmon.model.looks import Outcome
from netmon.model.moments import SECOND, Duration
from netmon.model.states import Reason
from tests.collectors.makers import check, ground
from tests.real.conftest import needs
from tests.real.nginx import nginx

pytestmark = [pytest.mark.real, needs("nginx")]


async def look(port: int, **settings: Any) -> Outcome:
    async with KIND.open(ground(clock=SystemClock())) as questions:
        spec = check("tcp", "localhost", {"port": port, **settings})
        return await questions.collector(spec, ()).look(Duration(20 * SECOND))


async def test_a_real_server_is_up_while_it_runs(tmp_path: Path) -> None:
    question = "HEAD / HTTP/1.0\r\n\r\n"
    async with nginx(tmp_path) as server:
        connected = await look(server.plain)
        answered = await look(server.plain, send=question, expect="HTTP/1.1 200 OK\r\n")
        other = await look(server.plain, send=question, expect="HTTP/1.1 204")
        await server.end()
        gone = await look(server.plain)

    assert (connected.failure, answered.failure) == (None, None)
    assert set(answered.readings[0].columns) == set(KIND.metrics)
    assert other.failure is not None
    assert other.failure.reason is Reason.UNEXPECTED
    assert 'it said "HTTP/1.1 200 OK Server: nginx' in other.failure.evidence
    assert gone.failure is not None
    assert gone.failure.reason is Reason.REFUSED
