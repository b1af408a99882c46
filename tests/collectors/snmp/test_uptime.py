"""Uptime: restarts are seen, and 497 days are not one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.collectors.snmp.uptime import Uptime, first_uptime, next_uptime

WRAP = 2**32


@pytest.mark.parametrize(
    ("before", "ticks", "elapsed", "restarted"),
    [
        pytest.param(10_000, 16_000, 60.0, False, id="a minute later"),
        pytest.param(10_000, 15_000, 60.0, False, id="its clock is slow"),
        pytest.param(10_000, 300, 60.0, True, id="it restarted"),
        pytest.param(2_000, 100, 20.0, True, id="it restarted soon after a restart"),
        pytest.param(10_000, 60_000, 3_600.0, True, id="it restarted long ago, unseen, and is up longer than before"),
        pytest.param(WRAP - 3_000, 3_000, 60.0, False, id="it wrapped"),
        pytest.param(WRAP - 3_000, 200_000, 60.0, True, id="it restarted near its wrap"),
        pytest.param(WRAP // 2, 3_000, 60.0, True, id="too early for a wrap"),
        pytest.param(100, 100 + 17_280_000, 2 * 86_400.0, False, id="two days of silence without a restart"),
    ],
)
def test_a_restart_is_told_from_a_wrap(before: int, ticks: int, elapsed: float, restarted: bool) -> None:
    assert next_uptime(Uptime(before, 0.0), ticks, elapsed)[1] is restarted


@given(st.integers(0, WRAP - 1), st.lists(st.floats(1, 86_400), max_size=30))
def test_a_device_that_stays_up_never_restarts(start: int, waits: list[float]) -> None:
    uptime, at, true = Uptime(start, 0.0), 0.0, float(start)
    for wait in waits:
        at += wait
        true += wait * 100
        uptime, restarted = next_uptime(uptime, int(true) % WRAP, at)
        assert not restarted

    assert uptime.seconds == pytest.approx(true / 100, abs=0.011)


@pytest.mark.parametrize(
    ("engine_seconds", "turns"),
    [
        pytest.param(None, 0, id="no engine time"),
        pytest.param(100, 0, id="below the first wrap"),
        pytest.param((2 * WRAP + 10_000) // 100, 2, id="two wraps before we came"),
        pytest.param(WRAP // 150, 0, id="an engine that counts something else"),
    ],
)
def test_wraps_before_the_first_look_are_known_from_the_engine(engine_seconds: int | None, turns: int) -> None:
    assert first_uptime(10_000, 0.0, engine_seconds) == Uptime(10_000, 0.0, turns * WRAP)
