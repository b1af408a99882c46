"""Bursts: one lost packet wakes nobody, and no downtime is hidden."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netmon.decisions.check import Burst, CheckBelief, fold_look, remembered
from netmon.decisions.window import EMPTY
from netmon.model.looks import Failure, Occasion
from netmon.model.news import Status
from netmon.model.plan import ICMP_RULE, POLLED_RULE
from netmon.model.states import Reason, State
from tests.makers import FLAWED, ICMP, SILENT, SNMP, answer, burst, chain, flawed, miss, moment

UP, DEGRADED, DOWN, UNKNOWN = State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN

Case = tuple[State | None, str, State | None, float]


def settled(state: State | None, since: float = -1000) -> CheckBelief:
    """A check that has been in *state* for a while."""
    if state is None:
        return CheckBelief()
    failure = SILENT if state in (DOWN, UNKNOWN) else FLAWED if state is DEGRADED else None
    return remembered(Status(state, moment(since), failure), moment(-10), moment(-10))


CASES: dict[str, Case] = {
    "five misses of five are down, since the first of them": (UP, "xxxxx", DOWN, 0),
    "one answer among five keeps it up": (UP, "xxxx.", UP, -1000),
    "an answer first and then misses keep it up": (UP, "x.xxx", UP, -1000),
    "a first look that is missed says nothing yet": (None, "x", None, 0),
    "before the first answer five misses are down as well": (None, "xxxxx", DOWN, 0),
    "before the first answer one answer is up, since that answer": (None, "xx.", UP, 1.5),
    "three answers of five are up, since the first of them": (DOWN, "..xx.", UP, 0),
    "three answers are up even if the last looks are missed": (DOWN, "...xx", UP, 0),
    "two answers of five keep it down": (DOWN, "..xxx", DOWN, -1000),
    "a burst that is not complete decides nothing": (DOWN, "....", DOWN, -1000),
    "from unknown one answer is up": (UNKNOWN, ".", UP, 0),
    "from unknown five misses are down": (UNKNOWN, "xxxxx", DOWN, 0),
    "from unknown a single miss leaves it unknown": (UNKNOWN, "x", UNKNOWN, -1000),
    "five misses bring a degraded check down": (DEGRADED, "xxxxx", DOWN, 0),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_icmp_burst_decides(case: Case) -> None:
    before, pattern, state, since = case
    belief = settled(before)

    for look in burst(0, pattern):
        belief = fold_look(belief, look, ICMP_RULE)

    assert (belief.state, belief.status and belief.status.since) == (state, None if state is None else moment(since))


POLLED_CASES: dict[str, Case] = {
    "three misses are down, since the first of them": (UP, "xxx", DOWN, 0),
    "two misses decide nothing": (UP, "xx", UP, -1000),
    "one answer of three keeps it up": (UP, "xx.", UP, -1000),
    "three answers are up, since the first of them": (DOWN, "...", UP, 0),
    "one miss of three keeps it down": (DOWN, "..x", DOWN, -1000),
}


@pytest.mark.parametrize("case", POLLED_CASES.values(), ids=POLLED_CASES)
def test_a_burst_of_any_other_check_decides(case: Case) -> None:
    before, pattern, state, since = case
    belief = settled(before)

    for look in chain(0, pattern):
        belief = fold_look(belief, look, POLLED_RULE)

    assert (belief.state, belief.status and belief.status.since) == (state, moment(since))


def test_down_quotes_the_miss_that_opened_its_burst() -> None:
    belief = settled(UP)
    refused = replace(miss(1.5, burst=0, took=0), failure=Failure(Reason.REFUSED, "port closed"))
    looks = burst(0, "xxxxx")

    for look in [looks[0], refused, *looks[2:]]:
        belief = fold_look(belief, look, ICMP_RULE)

    assert belief.status == Status(DOWN, moment(0), SILENT)


def test_recovery_is_dated_to_the_first_answer_asked_even_if_a_later_one_was_known_first() -> None:
    belief = settled(DOWN)
    looks = [
        answer(0, took=0.9),
        answer(1.9, burst=0),
        answer(1.4, burst=0, took=0.9),
        miss(0.9, burst=0, took=2),
        miss(2.4, burst=0),
    ]

    for look in looks:
        belief = fold_look(belief, look, ICMP_RULE)

    assert belief.status == Status(UP, moment(0), None)


def test_a_recovery_with_a_flaw_is_degraded_at_once() -> None:
    belief = settled(DOWN)
    rule = replace(POLLED_RULE, relooks=0, answers_for_up=1)

    belief = fold_look(belief, flawed(0, SNMP), rule)

    assert belief.status == Status(DEGRADED, moment(0), FLAWED)


def test_a_look_on_the_grid_ends_a_burst_that_was_never_completed() -> None:
    belief = settled(UP)
    for look in [miss(0), miss(1, burst=0), answer(10)]:
        belief = fold_look(belief, look, ICMP_RULE)
    assert belief.burst is None

    for look in burst(20, "xxxxx"):
        belief = fold_look(belief, look, ICMP_RULE)
    assert belief.status == Status(DOWN, moment(20), SILENT)


def test_a_look_of_a_void_burst_counts_towards_no_other() -> None:
    belief = settled(UP)
    for look in [miss(0), miss(10), miss(1, burst=0)]:
        belief = fold_look(belief, look, ICMP_RULE)

    assert belief.burst == Burst(moment(10), misses=1, first_failure=SILENT)


def test_a_look_of_a_burst_that_nobody_remembers_is_a_fact_and_opens_none() -> None:
    belief = fold_look(settled(UP), miss(1, burst=0), ICMP_RULE)

    assert (belief.state, belief.burst, belief.last_look) == (UP, None, moment(1))


def test_a_prompted_look_inside_a_burst_does_not_disturb_it() -> None:
    belief = fold_look(settled(UP), miss(0), ICMP_RULE)
    prompted = replace(answer(0.5), occasion=Occasion.PROMPT)

    assert fold_look(belief, prompted, ICMP_RULE).burst == belief.burst


def test_a_prompted_look_opens_a_burst_where_none_is_open() -> None:
    prompted = replace(miss(0.5, SNMP), occasion=Occasion.PROMPT)

    assert fold_look(settled(UP), prompted, POLLED_RULE).burst == Burst(moment(0.5), misses=1, first_failure=SILENT)


def test_neither_a_burst_nor_a_prompted_look_moves_the_window_of_the_grid() -> None:
    belief = settled(UP)
    for look in [miss(1, burst=0), replace(miss(2), occasion=Occasion.PROMPT)]:
        belief = fold_look(belief, look, ICMP_RULE)

    assert belief.window == EMPTY


def test_the_last_look_never_goes_back() -> None:
    belief = settled(UP)
    for look in [answer(5, ICMP), answer(3, ICMP, took=3)]:
        belief = fold_look(belief, look, ICMP_RULE)

    assert (belief.last_look, belief.last_answer) == (moment(5), moment(5))


def test_a_status_is_never_dated_before_the_one_that_it_follows() -> None:
    belief = settled(UP, since=0.5)

    for look in burst(0, "xxxxx"):
        belief = fold_look(belief, look, ICMP_RULE)

    assert belief.status == Status(DOWN, moment(0.5), SILENT)
