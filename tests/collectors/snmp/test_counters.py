"""32-bit counters: wraps are carried on, restarts are resets, and neither is ever a spike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.collectors.snmp.counters import ContinuedColumn, Count, carry_on

FAST = 1e9
TURN = 2**32


@pytest.mark.parametrize(
    ("before", "said", "most", "after"),
    [
        pytest.param(Count(10), 15, FAST, Count(15), id="it counts"),
        pytest.param(Count(10), 10, FAST, Count(10), id="it stands still"),
        pytest.param(Count(TURN - 10), 15, FAST, Count(15, TURN), id="it wraps"),
        pytest.param(Count(TURN - 10, TURN), 15, FAST, Count(15, 2 * TURN), id="it wraps again"),
        pytest.param(Count(TURN - 10), 15, 20.0, Count(15), id="a wrap that the speed does not allow is a reset"),
        pytest.param(Count(TURN // 4), 15, 1e12, Count(15), id="a wrap over more than half a turn is a reset"),
        pytest.param(Count(100, TURN), 0, 1.0, Count(0), id="a reset forgets the turns"),
    ],
)
def test_a_step_is_a_count_a_wrap_or_a_reset(before: Count, said: int, most: float, after: Count) -> None:
    assert carry_on(before, said, most) == after


@given(st.integers(0, TURN - 1), st.lists(st.integers(0, 2**31 - 1), max_size=50))
def test_a_counter_that_only_counts_is_followed_exactly(start: int, steps: list[int]) -> None:
    column = ContinuedColumn(["octets"], {})
    column.follow([start], [FAST], 0.0)
    true = start
    shown: list[int | None] = [start]
    for second, step in enumerate(steps, start=1):
        true += step
        shown = list(column.follow([true % TURN], [FAST], second * 10.0))

    assert shown == [true]


@given(st.lists(st.integers(0, TURN - 1), min_size=2, max_size=50), st.integers(1, 10**9))
def test_whatever_is_said_no_step_upwards_by_a_wrap_is_faster_than_the_interface(said: list[int], speed: int) -> None:
    column = ContinuedColumn(["octets"], {})
    before = None
    for second, number in enumerate(said):
        shown = column.follow([number], [float(speed)], second * 10.0)[0]
        if before is not None and shown >= TURN and shown > before[1] and number < before[0]:
            assert shown - before[1] <= speed * 12.0
        before = number, shown


def test_rows_are_told_apart_when_the_table_is_learned_anew() -> None:
    column = ContinuedColumn(["a", "b"], {})
    column.follow([TURN - 5, 7], [FAST] * 2, 0.0)
    column.follow([5, 8], [FAST] * 2, 10.0)

    anew = ContinuedColumn(["b", "c", "a"], column.memory())

    assert list(anew.follow([9, 1, 6], [FAST] * 3, 20.0)) == [9, 1, TURN + 6]


def test_a_number_that_is_missing_once_is_no_reset() -> None:
    column = ContinuedColumn(["a"], {})
    column.follow([TURN - 5], [FAST], 0.0)

    assert list(column.follow([None], [FAST], 10.0)) == [None]
    assert list(column.follow([5], [FAST], 20.0)) == [TURN + 5]


def test_a_discontinuity_is_a_reset_even_where_a_wrap_is_plausible() -> None:
    column = ContinuedColumn(["a"], {})
    column.follow([TURN - 5], [FAST], 0.0)

    column.begin_anew(0)

    assert list(column.follow([5], [FAST], 10.0)) == [5]
