"""Counters: wraps are carried on, restarts and falls are resets, and none of them is ever a spike."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.collectors.snmp.counters import AfterFall, Count, CounterColumn, begin_anew, carry_on

FAST = 1e9
TURN = 2**32
WIDTHS = pytest.mark.parametrize("after_fall", [pytest.param(carry_on, id="32"), pytest.param(begin_anew, id="64")])


def column_of(after_fall: AfterFall, *before: Count | None) -> CounterColumn:
    return CounterColumn("octets", before, after_fall)


def told(*before: Count | None) -> list[Count | None]:
    """The same, as they were told by the column that is asked now."""
    return [count and replace(count, source="octets") for count in before]


def counted(shown: list[int | None]) -> list[int]:
    """What Prometheus takes for counted from each number to the next: after a step down, everything."""
    numbers = [number for number in shown if number is not None]
    return [now - before if now >= before else now for before, now in pairwise(numbers)]


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
        pytest.param(Count(2_000), 1_900, 60.0, Count(1_900, -1_900), id="a fall to more than can be begins with 0"),
    ],
)
def test_a_step_is_a_count_a_wrap_or_a_reset(before: Count, said: int, most: float, after: Count) -> None:
    assert carry_on(before, said, most) == after


@given(st.integers(0, TURN - 1), st.lists(st.integers(0, 2**31 - 1), max_size=50))
def test_a_counter_that_only_counts_is_followed_exactly(start: int, steps: list[int]) -> None:
    column = column_of(carry_on, None)
    column.follow([start], [FAST], 0.0)
    true = start
    shown: list[int | None] = [start]
    for second, step in enumerate(steps, start=1):
        true += step
        shown = column.follow([true % TURN], [FAST], second * 10.0)

    assert shown == [true]


@WIDTHS
@given(said=st.lists(st.none() | st.integers(0, TURN - 1), min_size=2, max_size=50), speed=st.integers(1, 10**9))
def test_whatever_falls_nothing_is_counted_faster_than_the_interface_can(
    after_fall: AfterFall, said: list[int | None], speed: int
) -> None:
    column = column_of(after_fall, None)
    shown = [column.follow([number], [float(speed)], place * 10.0)[0] for place, number in enumerate(said)]

    numbers = [number for number in said if number is not None]
    fell = [now < before for before, now in pairwise(numbers)]
    assert [number is None for number in shown] == [number is None for number in said]
    assert all(step <= speed * 1.5 * 12.0 for step, is_fall in zip(counted(shown), fell, strict=True) if is_fall)
    rises = [now - before for before, now in pairwise(numbers)]
    assert all(step == rise for step, rise in zip(counted(shown), rises, strict=True) if rise >= 0)


@WIDTHS
def test_rows_keep_their_place_when_the_table_is_learned_anew(after_fall: AfterFall) -> None:
    column = column_of(after_fall, None, *told(Count(7, -5)))
    column.follow([10**6, 8], [FAST] * 2, 10.0)
    first, second = column.memory()

    anew = column_of(after_fall, second, None, first)

    assert anew.follow([9, 1, 10**6 + 1], [FAST] * 3, 20.0) == [4, 1, 10**6 + 1]


def test_turns_stay_with_their_row_when_the_table_is_learned_anew() -> None:
    column = column_of(carry_on, None, None)
    column.follow([TURN - 5, 7], [FAST] * 2, 0.0)
    column.follow([5, 8], [FAST] * 2, 10.0)
    first, second = column.memory()

    anew = column_of(carry_on, second, None, first)

    assert anew.follow([9, 1, 6], [FAST] * 3, 20.0) == [9, 1, TURN + 6]


def test_a_fall_that_is_met_when_the_table_is_learned_anew_is_a_wrap_only_if_there_was_time_for_it() -> None:
    before = Count(TURN - 1_000, at=1_000.0)

    in_time = column_of(carry_on, *told(before)).follow([1_000], [100.0], 1_060.0)
    too_soon = column_of(carry_on, *told(before)).follow([1_000], [100.0], 1_010.0)

    assert (in_time, too_soon) == ([TURN + 1_000], [1_000])


def test_a_number_that_is_missing_once_is_no_reset() -> None:
    column = column_of(carry_on, None)
    column.follow([TURN - 5], [FAST], 0.0)

    assert column.follow([None], [FAST], 10.0) == [None]
    assert column.follow([5], [FAST], 20.0) == [TURN + 5]


def test_a_discontinuity_is_a_reset_even_where_a_wrap_is_plausible() -> None:
    column = column_of(carry_on, None)
    column.follow([TURN - 5], [FAST], 0.0)

    column.begin_anew(0)

    assert column.follow([5], [FAST], 10.0) == [5]


@pytest.mark.parametrize(
    ("said", "after"),
    [
        pytest.param(0, Count(0), id="it begins with 0"),
        pytest.param(90, Count(90), id="it began with 0, and counted since"),
        pytest.param(1_100, Count(1_100), id="the agent restarted, and its counters went on"),
        pytest.param(990, Count(990, -990), id="it lost what it counted last, which is no step of 990"),
        pytest.param(
            2**63, Count(2**63, -(2**63)), id="it stands further than it can have come, and begins with 0 here"
        ),
    ],
)
def test_a_counter_that_began_anew_is_a_reset_or_goes_on(said: int, after: Count) -> None:
    assert begin_anew(Count(1_000, broken=True), said, 120.0) == after


@WIDTHS
def test_after_a_restart_far_ahead_a_counter_counts_from_0_until_it_wraps(after_fall: AfterFall) -> None:
    before = column_of(after_fall, None, None)
    before.follow([1_000, 7], [100.0] * 2, 10.0)
    broken = [count and replace(count, broken=True) for count in before.memory()]

    after = column_of(after_fall, *broken)
    shown = [
        after.follow(said, [100.0] * 2, at)
        for said, at in (([None, 8], 20.0), ([TURN - 50, 9], 30.0), ([TURN - 20, 9], 40.0), ([30, 9], 50.0))
    ]

    assert shown == [[None, 8], [0, 9], [30, 9], [80 if after_fall is carry_on else 30, 9]]


def test_after_a_restart_no_step_is_taken_that_the_line_could_not_carry() -> None:
    before = column_of(carry_on, None, None)
    before.follow([1_000, 1_000], [100.0] * 2, 10.0)
    after = column_of(carry_on, *(count and replace(count, broken=True) for count in before.memory()))

    assert after.follow([1_501, 1_500], [100.0] * 2, 15.0) == [0, 1_500]


def test_a_64_bit_counter_is_shown_as_the_device_says_it() -> None:
    column = column_of(begin_anew, None, None)
    said: list[int | None] = [2**64 - 1, 5]

    assert column.follow(said, [1.0] * 2, 10.0) is said


def test_a_64_bit_counter_that_wraps_is_a_reset() -> None:
    column = column_of(begin_anew, None)
    column.follow([2**64 - 10], [100.0], 0.0)

    assert column.follow([300], [100.0], 10.0) == [300]


def test_a_discontinuity_of_a_64_bit_counter_is_a_reset_where_it_leads_far_ahead() -> None:
    column = column_of(begin_anew, None, None)
    column.begin_anew(0)
    column.follow([5, 6], [1.0] * 2, 10.0)

    column.begin_anew(0)

    assert column.follow([10**15, 10**15], [1.0] * 2, 20.0) == [0, 10**15]
    assert column.follow([10**15 + 3, 10**15], [1.0] * 2, 30.0) == [3, 10**15]
    assert column.follow([None, 10**15], [1.0] * 2, 40.0) == [None, 10**15]


def test_a_metric_that_is_read_from_another_column_than_before_goes_on_or_begins_with_0() -> None:
    narrow = column_of(carry_on, None, None)
    narrow.follow([1_000, 1_000], [100.0] * 2, 10.0)

    wide = CounterColumn("wide octets", narrow.memory(), begin_anew)

    assert wide.follow([TURN * 9 + 1_000, 1_050], [100.0] * 2, 20.0) == [0, 1_050]
