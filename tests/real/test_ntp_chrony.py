"""The ntp check against real chronyd: one that gives the time, one whose clock is not set, one that is stopped."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from netmon.collectors.ntp import KIND
from netmon.model.looks import Outcome
from netmon.model.moments import MILLISECOND, SECOND, Duration
from netmon.model.states import Reason
from tests.collectors.makers import check, ground
from tests.real.conftest import needs
from tests.real.time_servers import chrony

pytestmark = [pytest.mark.real, needs("chronyd")]


PLENTY = Duration(20 * SECOND)


async def look(port: int, timeout: Duration = Duration(500 * MILLISECOND), **settings: Any) -> Outcome:
    async with KIND.open(ground()) as questions:
        return await questions.collector(check("ntp", "127.0.0.1", {"port": port, **settings}), ()).look(timeout)


async def look_until_answered(port: int, **settings: Any) -> Outcome:
    """A look once chronyd listens, which it says nothing about."""
    async with asyncio.timeout(30):
        while (outcome := await look(port, **settings)).failure is not None:
            if outcome.failure.reason not in {Reason.REFUSED, Reason.TIMEOUT}:
                return outcome
    return outcome


async def test_a_real_time_server_agrees_with_the_machine_that_it_runs_on(tmp_path: Path) -> None:
    async with chrony(tmp_path, "allow 127.0.0.0/8", "local stratum 3") as port:
        good = await look_until_answered(port)
        far = await look(port, PLENTY, max_stratum=2)
    gone = await look(port, PLENTY)

    assert (good.failure, good.flaw) == (None, None)
    columns = good.readings[0].columns
    ((offset,), (delay,)) = columns["netmon_ntp_offset_seconds"], columns["netmon_ntp_delay_seconds"]
    assert offset is not None
    assert delay is not None
    assert abs(offset) <= delay / 2 + 0.001
    assert columns["netmon_ntp_stratum"] == (3,)
    assert far.flaw is not None
    assert far.flaw.evidence.endswith("it is at stratum 3, at most 2 is wanted")
    assert gone.failure is not None
    assert gone.failure.reason is Reason.REFUSED


async def test_a_real_server_whose_clock_is_not_set_is_a_miss(tmp_path: Path) -> None:
    async with chrony(tmp_path, "allow 127.0.0.0/8") as port:
        unset = await look_until_answered(port)
    assert unset.failure is not None
    assert unset.failure.reason is Reason.UNEXPECTED
    assert "not set by any other" in unset.failure.evidence


async def test_a_real_server_that_does_not_serve_us_is_silent(tmp_path: Path) -> None:
    async with chrony(tmp_path, "allow 192.0.2.0/24", "local stratum 3") as port:
        outcome = await look(port, Duration(SECOND))
    assert outcome.failure is not None
    assert outcome.failure.reason in {Reason.TIMEOUT, Reason.REFUSED}
