"""What a check is between up and down: degraded by its answers or by its losses, unknown for want of looks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netmon.decisions.check import CheckBelief, fold_look, grow_stale, remembered
from netmon.decisions.verdict import weigh
from netmon.decisions.window import EMPTY, Window
from netmon.model.looks import Failure, Look, Outcome
from netmon.model.moments import SECOND, Duration
from netmon.model.news import Status
from netmon.model.plan import ICMP_RULE, POLLED_RULE, Rule
from netmon.model.states import Reason, State, Verdict
from tests.makers import FLAWED, SILENT, START, answer, burst, flawed, miss, moment, slow

UP, DEGRADED, DOWN, UNKNOWN = State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN


def seen(bad: int, good: int) -> Window:
    window = EMPTY
    for k in range(bad + good):
        window = window.add(bad=k < bad)
    return window


@pytest.mark.parametrize(
    ("window", "was_lossy", "is_lossy"),
    [
        pytest.param(seen(9, 51), False, True, id="9 of 60 enter"),
        pytest.param(seen(8, 52), False, False, id="8 of 60 do not enter"),
        pytest.param(seen(4, 56), True, True, id="4 of 60 keep it"),
        pytest.param(seen(3, 57), True, False, id="3 of 60 leave"),
        pytest.param(seen(9, 10), False, False, id="19 looks are too few to enter"),
        pytest.param(seen(0, 19), True, True, id="19 looks are too few to leave"),
        pytest.param(seen(9, 11), False, True, id="20 looks are enough to enter"),
        pytest.param(seen(0, 20), True, False, id="20 looks are enough to leave"),
        pytest.param(seen(9, 60), False, False, id="what is older than 60 looks is forgotten"),
    ],
)
def test_the_window_tells_loss(window: Window, was_lossy: bool, is_lossy: bool) -> None:
    assert window.is_lossy(was_lossy) is is_lossy


def looked_at(belief: CheckBelief, bad: Callable[[float], Look], losses: int, looks: int) -> CheckBelief:
    """*belief* after *looks* on the grid, of which the first *losses* second ones were bad, and none in a row."""
    for k in range(looks):
        at = 10.0 * k
        belief = fold_look(belief, bad(at) if k % 2 and k < 2 * losses else answer(at), ICMP_RULE)
    return belief


def lossy_at(slot: float, bad: int, length: int) -> Status:
    evidence = f"{bad} of the last {length} looks were missed or slow"
    return Status(DEGRADED, moment(slot), Failure(Reason.LOSSY, evidence))


def test_nine_misses_degrade_at_the_next_look_that_is_no_doubt() -> None:
    belief = looked_at(CheckBelief(), miss, losses=9, looks=21)

    assert belief.status == lossy_at(200, 9, 20)


def test_nine_slow_answers_degrade_and_open_no_burst() -> None:
    belief = looked_at(CheckBelief(), slow, losses=9, looks=21)

    assert (belief.status, belief.burst) == (lossy_at(200, 9, 20), None)


def test_eight_misses_in_sixty_looks_do_not_degrade() -> None:
    assert looked_at(CheckBelief(), miss, losses=8, looks=60).state is UP


def test_it_is_up_again_when_three_are_left_in_the_window() -> None:
    belief = looked_at(CheckBelief(), miss, losses=9, looks=21)

    for slot in range(210, 900, 10):
        belief = fold_look(belief, answer(slot), ICMP_RULE)

    # lost were the slots 10, 30, ... 170; at 710 the sixth of them, 110, has left the last sixty
    assert belief.status == Status(UP, moment(710), None)


def test_down_empties_the_window() -> None:
    belief = looked_at(CheckBelief(), miss, losses=9, looks=21)

    for look in burst(210, "xxxxx"):
        belief = fold_look(belief, look, ICMP_RULE)

    assert (belief.state, belief.window, belief.is_lossy) == (DOWN, EMPTY, False)


def test_the_window_is_not_judged_during_a_burst() -> None:
    belief = looked_at(CheckBelief(), miss, losses=8, looks=21)

    belief = fold_look(belief, miss(210), ICMP_RULE)
    assert (belief.window.bad, belief.state) == (9, UP)

    belief = fold_look(belief, answer(211, burst=210), ICMP_RULE)
    assert belief.state is UP

    assert fold_look(belief, answer(220), ICMP_RULE).status == lossy_at(220, 9, 22)


def test_a_flaw_in_the_answer_degrades_at_once_and_heals_at_once() -> None:
    belief = fold_look(CheckBelief(), answer(0), ICMP_RULE)

    belief = fold_look(belief, flawed(10), ICMP_RULE)
    assert belief.status == Status(DEGRADED, moment(10), FLAWED)

    belief = fold_look(belief, answer(20), ICMP_RULE)
    assert belief.status == Status(UP, moment(20), None)


def test_a_first_answer_with_a_flaw_is_degraded() -> None:
    assert fold_look(CheckBelief(), flawed(0), ICMP_RULE).status == Status(DEGRADED, moment(0), FLAWED)


def test_a_miss_does_not_heal_a_flaw() -> None:
    belief = fold_look(fold_look(CheckBelief(), flawed(0), ICMP_RULE), miss(10), ICMP_RULE)

    assert (belief.state, belief.flaw) == (DEGRADED, FLAWED)


def test_a_flaw_that_ends_while_looks_are_lost_leaves_it_degraded() -> None:
    belief = fold_look(looked_at(CheckBelief(), miss, losses=9, looks=21), flawed(210), ICMP_RULE)

    assert fold_look(belief, answer(220), ICMP_RULE).status == lossy_at(200, 9, 20)


def test_it_is_unknown_from_three_intervals_after_the_last_look() -> None:
    belief = fold_look(CheckBelief(), answer(0), ICMP_RULE)

    assert grow_stale(belief, moment(29.999999), ICMP_RULE) is belief
    assert grow_stale(belief, moment(30), ICMP_RULE).status == grow_stale(belief, moment(99), ICMP_RULE).status
    assert grow_stale(belief, moment(30), ICMP_RULE).status == Status(
        UNKNOWN, moment(30), Failure(Reason.STALE, "no look for 3 intervals")
    )


def test_down_grows_stale_too() -> None:
    belief = remembered(Status(DOWN, moment(-60), SILENT), moment(0), None)

    assert grow_stale(belief, moment(180), POLLED_RULE).state is UNKNOWN


@pytest.mark.parametrize(
    "belief",
    [
        pytest.param(CheckBelief(), id="it was never looked at"),
        pytest.param(CheckBelief(last_look=moment(0)), id="nothing is believed yet"),
        pytest.param(CheckBelief(Status(UNKNOWN, moment(0)), moment(0)), id="it is unknown already"),
    ],
)
def test_nothing_grows_stale_where(belief: CheckBelief) -> None:
    assert belief.stale_at(ICMP_RULE) is None
    assert grow_stale(belief, moment(9999), ICMP_RULE) is belief


def test_a_life_begins_with_the_status_and_without_burst_and_window() -> None:
    lossy = lossy_at(200, 9, 20)

    assert remembered(lossy, moment(210), moment(200)) == CheckBelief(
        status=lossy, last_look=moment(210), last_answer=moment(200), is_lossy=True
    )


def test_a_life_remembers_the_flaw_that_degraded() -> None:
    assert remembered(Status(DEGRADED, START, FLAWED), START, START).flaw == FLAWED


def test_what_was_lossy_before_the_restart_is_so_until_enough_looks_say_otherwise() -> None:
    belief = remembered(lossy_at(0, 9, 20), moment(0), moment(0))

    states = []
    for k in range(1, 22):
        belief = fold_look(belief, answer(10.0 * k), ICMP_RULE)
        states.append(belief.state)

    assert states == [DEGRADED] * 19 + [UP] * 2


RULE_WITH_SLOW = Rule(interval=Duration(10 * SECOND), timeout=SECOND, slow=Duration(SECOND // 2))


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        pytest.param(Outcome(took=Duration(SECOND // 2)), (Verdict.ANSWERED, None), id="just not slow"),
        pytest.param(Outcome(took=Duration(SECOND // 2 + 1)), (Verdict.SLOW, None), id="slow"),
        pytest.param(Outcome(took=SECOND, flaw=FLAWED), (Verdict.DEGRADED, FLAWED), id="flawed and slow"),
        pytest.param(Outcome(took=SECOND, failure=SILENT, flaw=FLAWED), (Verdict.MISSED, SILENT), id="no answer"),
    ],
)
def test_an_outcome_is_weighed(outcome: Outcome, expected: tuple[Verdict, Failure | None]) -> None:
    assert weigh(outcome, RULE_WITH_SLOW) == expected


def test_without_a_limit_no_answer_is_slow() -> None:
    assert weigh(Outcome(took=Duration(9 * SECOND)), ICMP_RULE) == (Verdict.ANSWERED, None)
