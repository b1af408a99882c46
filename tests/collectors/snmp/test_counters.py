"""Counters: wraps are carried on, restarts are resets, and neither is ever a spike."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.collectors.snmp.counters import ContinuedColumn, Count, WideColumn, begin_anew, carry_on

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


@pytest.mark.parametrize(
    ("said", "after"),
    [
        pytest.param(0, Count(0), id="it begins with 0"),
        pytest.param(1_100, Count(1_100), id="the agent restarted, and its counters went on"),
        pytest.param(
            2**63, Count(2**63, -(2**63)), id="it stands further than it can have come, and begins with 0 here"
        ),
    ],
)
def test_a_counter_that_began_anew_is_a_reset_or_goes_on(said: int, after: Count) -> None:
    assert begin_anew(Count(1_000, at=10.0, broken=True), said, 10.0, 20.0) == after


@pytest.mark.parametrize("column", [WideColumn, ContinuedColumn])
def test_after_a_restart_far_ahead_a_counter_counts_from_0_until_it_wraps(
    column: type[WideColumn | ContinuedColumn],
) -> None:
    before = column(["a", "b"], {})
    before.follow([1_000, 7], [100.0] * 2, 10.0)
    memory = {key: replace(count, broken=True) for key, count in before.memory().items()}

    after = column(["a", "b"], memory)
    shown = [
        list(after.follow(said, [100.0] * 2, at))
        for said, at in (([None, 8], 20.0), ([TURN - 50, 9], 30.0), ([TURN - 20, 9], 40.0), ([30, 9], 50.0))
    ]

    assert shown == [[None, 8], [0, 9], [30, 9], [80 if column is ContinuedColumn else 30, 9]]


def test_a_64_bit_counter_is_shown_as_the_device_says_it_also_when_it_is_learned_anew() -> None:
    column = WideColumn(["a", "b"], {})
    column.follow([10**15, 5], [1.0] * 2, 10.0)

    anew = WideColumn(["b", "a"], column.memory())

    assert anew.follow([6, 10**16], [1.0] * 2, 20.0) == [6, 10**16]


def test_what_was_taken_off_a_64_bit_counter_stays_off_when_it_is_learned_anew() -> None:
    column = WideColumn(["a"], {"a": Count(5, at=10.0, broken=True)})
    column.follow([10**15], [1.0], 20.0)

    anew = WideColumn(["b", "a"], column.memory())

    assert anew.follow([6, 10**15 + 4], [1.0] * 2, 30.0) == [6, 4]


def test_a_discontinuity_of_a_64_bit_counter_is_a_reset_where_it_leads_far_ahead() -> None:
    column = WideColumn(["a", "b"], {})
    column.begin_anew(0)
    column.follow([5, 6], [1.0] * 2, 10.0)

    column.begin_anew(0)

    assert column.follow([10**15, 10**15], [1.0] * 2, 20.0) == [0, 10**15]
    assert column.follow([10**15 + 3, 10**15], [1.0] * 2, 30.0) == [3, 10**15]
    assert column.follow([None, 10**15], [1.0] * 2, 40.0) == [None, 10**15]
