"""Slots and re-looks: when a check is asked next."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.decisions.check import CheckBelief, fold_look, remembered
from netmon.decisions.look_policy import burst_ends, opens_doubt, prompted, reachability_check, relooks
from netmon.decisions.slots import first_slot, next_slot, phase, skipped
from netmon.decisions.subject import spec_of
from netmon.model.ids import CheckId
from netmon.model.looks import Look, Occasion
from netmon.model.moments import SECOND, Duration, Moment, seconds
from netmon.model.news import Status
from netmon.model.plan import ICMP_RULE, POLLED_RULE, Rule
from netmon.model.states import State
from tests.makers import (
    CORE,
    ICMP,
    PORTAL,
    SILENT,
    SNMP,
    answer,
    burst,
    chain,
    check,
    device,
    miss,
    moment,
    subject,
)  # fmt: skip

UP = remembered(Status(State.UP, moment(-1000)), moment(-10), moment(-10))
DOWN = remembered(Status(State.DOWN, moment(-1000), SILENT), moment(-10), None)


def asked_next(belief: CheckBelief, looks: list[Look], rule: Rule) -> list[float]:
    """When the last of *looks* has the check asked again, in seconds."""
    for look in looks:
        belief = fold_look(belief, look, rule)
    return [(due - moment(0)) / SECOND for due in relooks(belief, looks[-1], rule)]


STALE_BURST = miss(1, SNMP, burst=-50)


@pytest.mark.parametrize(
    ("belief", "looks", "rule", "expected"),
    [
        pytest.param(
            UP, [miss(0)], ICMP_RULE, [1, 1.5, 2, 2.5], id="icmp: at the miss's deadline and each 0.5 s after"
        ),
        pytest.param(DOWN, [answer(0)], ICMP_RULE, [0, 0.5, 1, 1.5], id="icmp while down: from the answer on"),
        pytest.param(UP, burst(0, "xx"), ICMP_RULE, [], id="icmp: re-looks ask for no more"),
        pytest.param(UP, [answer(0)], ICMP_RULE, [], id="icmp: as expected, nothing"),
        pytest.param(UP, [miss(0, SNMP)], POLLED_RULE, [3], id="others: 2 s after the result"),
        pytest.param(UP, chain(0, "xx"), POLLED_RULE, [6], id="others: each after the one before"),
        pytest.param(UP, chain(0, "xxx"), POLLED_RULE, [], id="others: not after the last"),
        pytest.param(UP, chain(0, "x."), POLLED_RULE, [5], id="others: whatever returns"),
        pytest.param(UP, [miss(0, SNMP), STALE_BURST], POLLED_RULE, [], id="others: not for a burst that is void"),
    ],
)
def test_a_doubt_has_the_check_asked_again(
    belief: CheckBelief, looks: list[Look], rule: Rule, expected: list[float]
) -> None:
    assert asked_next(belief, looks, rule) == expected


def test_a_prompted_look_that_opens_a_burst_has_it_asked() -> None:
    assert asked_next(UP, [replace(miss(0, SNMP), occasion=Occasion.PROMPT)], POLLED_RULE) == [3]


def test_a_prompted_look_inside_a_burst_asks_for_nothing() -> None:
    prompted_look = replace(answer(1.5, SNMP), occasion=Occasion.PROMPT)

    assert asked_next(UP, [miss(0, SNMP), prompted_look], POLLED_RULE) == []


def test_down_by_icmp_is_known_at_worst_three_and_a_half_seconds_after_the_slot() -> None:
    assert burst_ends(moment(0), ICMP_RULE) == moment(3.5) == burst(0, "xxxxx")[-1].known


def test_a_chain_of_looks_ends_when_its_last_deadline_has_passed() -> None:
    assert burst_ends(moment(0), POLLED_RULE) == moment(10 + 2 * (2 + 10))


@pytest.mark.parametrize(
    ("before", "looks", "expected"),
    [
        pytest.param(UP, [miss(0)], True, id="a first miss"),
        pytest.param(UP, [miss(0), miss(1, burst=0)], False, id="a second miss"),
        pytest.param(UP, [answer(0)], False, id="an answer"),
        pytest.param(DOWN, [answer(0)], False, id="a first answer while down"),
        pytest.param(DOWN, [miss(0)], False, id="a miss while down"),
    ],
)
def test_only_a_first_miss_opens_a_doubt(before: CheckBelief, looks: list[Look], expected: bool) -> None:
    belief = after = before
    for look in looks:
        belief, after = after, fold_look(after, look, ICMP_RULE)

    assert opens_doubt(belief, after, looks[-1]) is expected


def test_a_doubt_about_reachability_prompts_the_other_checks() -> None:
    whole = device("snmp", "icmp", "http")

    assert [spec.kind for spec in prompted(whole, check(CORE, "icmp"))] == ["snmp", "http"]
    assert prompted(whole, check(CORE, "snmp")) == ()


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        pytest.param(("tcp", "snmp", "icmp"), "icmp", id="icmp before all"),
        pytest.param(("tcp", "snmp"), "snmp", id="then snmp"),
        pytest.param(("http", "tcp"), "tcp", id="then tcp"),
        pytest.param(("http", "tls"), "http", id="then the first of any"),
    ],
)
def test_reachability_is_told_first_of_all_by(kinds: tuple[str, ...], expected: str) -> None:
    spec = reachability_check(device(*kinds))

    assert spec is not None
    assert spec.kind == expected


def test_what_has_no_checks_cannot_be_reached_and_prompts_none() -> None:
    assert reachability_check(subject(PORTAL)) is None
    assert prompted(subject(PORTAL), check(PORTAL, "http")) == ()


# ---------------------------------------------------------------- slots

INTERVALS = st.integers(1, 3600 * SECOND).map(Duration)
MOMENTS = st.integers(0, 2**51).map(Moment)


@given(INTERVALS, MOMENTS)
def test_a_first_slot_comes_within_one_interval_on_the_check_s_own_phase(interval: Duration, since: Moment) -> None:
    slot = first_slot(ICMP, interval, since)

    assert since <= slot < since + interval
    assert slot % interval == phase(ICMP, interval)


@given(INTERVALS, MOMENTS, st.integers(-(2**40), 2**45))
def test_the_next_slot_is_on_the_grid_and_not_past(interval: Duration, slot: Moment, passed: int) -> None:
    now = Moment(slot + passed)
    following = next_slot(slot, interval, now)

    assert (following - slot) % interval == 0
    assert following >= max(slot + interval, now)
    assert following - interval < max(slot + interval, now)
    assert skipped(slot, following, interval) == (following - slot) // interval - 1


def test_the_phases_of_many_checks_are_spread_over_the_interval() -> None:
    tenths = [0] * 10
    for k in range(10_000):
        tenths[phase(CheckId(f"check:device:d{k}/icmp"), Duration(10 * SECOND)) // SECOND] += 1

    assert all(900 < count < 1100 for count in tenths)


def test_late_slots_are_skipped_and_counted() -> None:
    following = next_slot(moment(0), seconds(10), moment(35))

    assert (following, skipped(moment(0), following, seconds(10))) == (moment(40), 3)


def test_a_subject_knows_its_own_checks_alone() -> None:
    core = device("icmp", "snmp")
    assert spec_of(core, SNMP) is core.checks[1]
    with pytest.raises(KeyError):
        spec_of(core, CheckId("check:device:edge/icmp"))
