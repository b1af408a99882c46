"""Services are all of their checks; a poller that reaches none of its canaries blames no one else."""

from __future__ import annotations

import pytest

from netmon.decisions.composition import all_of, k_of_n
from netmon.decisions.fold import Beliefs
from netmon.model.ids import EntityId, check_id
from netmon.model.log import Beat, PlanTaken
from netmon.model.looks import Failure, Look
from netmon.model.states import Reason, State
from tests.makers import (
    CANARY,
    CENTRE,
    CORE,
    ICMP,
    OTHER_CANARY,
    PORTAL,
    SILENT,
    answer,
    became,
    burst,
    canaries,
    chain,
    check,
    device,
    flawed,
    folded,
    miss,
    moment,
    of,
    plan,
    subject,
    told,
    watching,
)  # fmt: skip

UP, DEGRADED, DOWN, UNREACHABLE, UNKNOWN = State


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        pytest.param([UP, UP], UP, id="all up"),
        pytest.param([UP, DEGRADED], DEGRADED, id="one degraded"),
        pytest.param([DEGRADED, UNKNOWN], UNKNOWN, id="unknown before degraded"),
        pytest.param([UNKNOWN, DOWN], DOWN, id="down before unknown"),
        pytest.param([UP, UNREACHABLE], DOWN, id="a member out of reach brings it down"),
    ],
)
def test_all_of(states: list[State], expected: State) -> None:
    assert all_of(states) is expected


@pytest.mark.parametrize(
    ("states", "k", "expected"),
    [
        pytest.param([UP, UP, UP], 2, UP, id="all stand"),
        pytest.param([UP, DEGRADED, DOWN], 2, DEGRADED, id="enough stand, one is lost"),
        pytest.param([UP, UNKNOWN, DOWN], 2, UNKNOWN, id="the unknown could still make it stand"),
        pytest.param([UP, DOWN, UNREACHABLE], 2, DOWN, id="too few can stand"),
    ],
)
def test_k_of_n(states: list[State], k: int, expected: State) -> None:
    assert k_of_n(states, k) is expected


# ---------------------------------------------------------------- services

HTTP, TLS = check_id(PORTAL, "http"), check_id(PORTAL, "tls")


def portal(*, tls_required: bool = True) -> Beliefs:
    return watching(subject(PORTAL, check(PORTAL, "http"), check(PORTAL, "tls", required=tls_required)))


def test_of_a_service_that_was_not_looked_at_whole_nothing_is_said() -> None:
    assert of(told(portal(), [answer(0, HTTP)]), PORTAL) == []


def test_a_service_is_up_when_the_last_of_its_checks_is() -> None:
    assert of(told(portal(), [answer(0, HTTP), answer(1, TLS)]), PORTAL) == [(UP, 1, None)]


def test_a_service_whose_first_look_finds_it_down_is_down_whatever_else_is_not_known() -> None:
    assert of(told(portal(), chain(0, "xxx", HTTP)), PORTAL) == [(DOWN, 0, Reason.TIMEOUT)]


def test_a_service_quotes_the_check_that_is_down_for_longest() -> None:
    beliefs = portal()
    told(beliefs, [answer(-9, HTTP), answer(-9, TLS)])

    news = told(beliefs, [*chain(0, "xxx", TLS), *chain(10, "xxx", HTTP)])

    assert [one for one in news if one.entity == PORTAL] == [
        became(PORTAL, DOWN, 0, Failure(Reason.TIMEOUT, "tls is down: nothing in 1 s"))
    ]


def test_a_service_is_degraded_and_unknown_with_its_checks() -> None:
    beliefs = portal()

    news = folded(beliefs, [])
    news += told(beliefs, [answer(0, HTTP), answer(0, TLS), flawed(60, HTTP)])
    news += folded(beliefs, [Beat(moment(300))])

    assert of(news, PORTAL) == [(UP, 0, None), (DEGRADED, 60, Reason.PARTIAL), (UNKNOWN, 180, Reason.STALE)]


def test_a_check_of_a_service_that_is_not_required_does_not_count() -> None:
    beliefs = portal(tls_required=False)

    assert of(told(beliefs, [answer(0, HTTP), *chain(1, "xxx", TLS)]), PORTAL) == [(UP, 0, None)]


def test_a_service_without_a_required_check_counts_them_all() -> None:
    beliefs = watching(subject(PORTAL, check(PORTAL, "http", required=False)))

    assert of(told(beliefs, chain(0, "xxx", HTTP)), PORTAL) == [(DOWN, 0, Reason.TIMEOUT)]


# ---------------------------------------------------------------- canaries

ISOLATED = Failure(Reason.POLLER_ISOLATED, "the poller could not reach its canaries either")


def known(looks: list[Look]) -> list[Look]:
    return sorted(looks, key=lambda look: look.known)


def cut_off(*canary_looks: Look) -> list[tuple[State, float, Reason | None]]:
    """What becomes of a device that falls silent at 0 while the canaries say *canary_looks*."""
    beliefs = watching(canaries(), device("icmp"))
    told(beliefs, [answer(-9), answer(-9, CANARY), answer(-9, OTHER_CANARY)])
    return of(told(beliefs, known([*burst(0, "xxxxx"), *canary_looks])), CORE)


def test_while_no_canary_answers_a_silent_device_is_unknown_since_its_first_miss() -> None:
    assert cut_off(miss(0.5, CANARY), miss(0.6, OTHER_CANARY)) == [(UNKNOWN, 0, Reason.POLLER_ISOLATED)]


def test_one_canary_that_answers_is_enough_to_trust_the_poller() -> None:
    assert cut_off(miss(0.5, CANARY), answer(0.6, OTHER_CANARY)) == [(DOWN, 0, Reason.TIMEOUT)]


def test_a_canary_that_was_not_asked_since_the_first_miss_tells_nothing() -> None:
    assert cut_off(miss(-0.1, CANARY), miss(0.6, OTHER_CANARY)) == [(DOWN, 0, Reason.TIMEOUT)]


def test_the_latest_look_at_a_canary_counts_and_not_the_one_known_last() -> None:
    looks = [answer(2, CANARY), miss(1.2, CANARY, took=1.5), miss(0.6, OTHER_CANARY)]

    assert cut_off(*looks) == [(DOWN, 0, Reason.TIMEOUT)]


def test_without_canaries_the_poller_does_not_doubt_itself() -> None:
    beliefs = watching(subject(CENTRE), device("icmp"))

    assert of(told(beliefs, burst(0, "xxxxx")), CORE) == [(DOWN, 0, Reason.TIMEOUT)]


def test_the_canaries_themselves_are_down_and_the_poller_says_so_about_itself() -> None:
    beliefs = watching(canaries())
    told(beliefs, [answer(-9, CANARY), answer(-9, OTHER_CANARY)])

    news = told(beliefs, known([*burst(0, "xxxxx", CANARY), *burst(0.1, "xxxxx", OTHER_CANARY)]))

    assert news == [
        became(CANARY, DOWN, 0, SILENT),
        became(CENTRE, DEGRADED, 0, Failure(Reason.TIMEOUT, "icmp provider is down: nothing in 1 s")),
        became(OTHER_CANARY, DOWN, 0.1, SILENT),
        became(CENTRE, DOWN, 0.1, Failure(Reason.POLLER_ISOLATED, "none of the canaries answers")),
    ]


def test_of_a_poller_whose_canaries_were_not_looked_at_nothing_is_said() -> None:
    beliefs = watching(canaries())

    assert of(told(beliefs, [miss(0, CANARY)]), CENTRE) == []


def test_a_poller_with_one_canary_down_and_the_other_never_seen_is_unknown() -> None:
    assert of(told(watching(canaries()), burst(0, "xxxxx", CANARY)), CENTRE) == [(UNKNOWN, 0, Reason.TIMEOUT)]


def test_a_canary_that_was_never_looked_at_is_not_lost() -> None:
    beliefs = watching(canaries())

    assert of(told(beliefs, [answer(0, CANARY)]), CENTRE) == [(UP, 0, None)]
    assert of(told(beliefs, burst(1, "xxxxx", OTHER_CANARY)), CENTRE) == [(DEGRADED, 1, Reason.TIMEOUT)]


def test_when_the_canaries_answer_again_a_device_that_is_dead_is_down_within_one_burst() -> None:
    beliefs = watching(canaries(), device("icmp"))
    told(beliefs, [answer(-9), answer(-9, CANARY), answer(-9, OTHER_CANARY)])
    looks = [*burst(0, "xxxxx"), miss(0.5, CANARY), miss(0.6, OTHER_CANARY)]
    looks += [answer(9, CANARY), *burst(10, "xxxxx"), answer(11, OTHER_CANARY)]

    assert of(told(beliefs, known(looks)), CORE) == [(UNKNOWN, 0, Reason.POLLER_ISOLATED), (DOWN, 10, Reason.TIMEOUT)]


def test_a_canary_that_leaves_the_plan_is_asked_no_more() -> None:
    beliefs = watching(canaries(), device("icmp"))
    told(beliefs, [answer(-9), miss(0.1, CANARY), miss(0.2, OTHER_CANARY)])
    folded(beliefs, [PlanTaken(moment(1.5), 2, plan(device("icmp")))])

    assert of(told(beliefs, burst(2, "xxxxx")), CORE) == [(DOWN, 2, Reason.TIMEOUT)]


def test_a_poller_that_is_not_watched_is_no_entity() -> None:
    beliefs = watching(device("icmp"))
    told(beliefs, [answer(0)])

    assert dict(beliefs.states()) == {CORE: UP, EntityId(ICMP): UP}


def test_a_poller_that_reaches_one_canary_and_has_not_asked_the_other_yet_is_up() -> None:
    assert told(watching(canaries()), [answer(0, CANARY)])[-1] == became(CENTRE, UP, 0)
