"""The fold over a log: the same log gives the same news, however it is cut and however often the poller beat."""

from __future__ import annotations

import copy
from itertools import pairwise

from hypothesis import event, given, settings
from hypothesis import strategies as st

from netmon.decisions.check import STALE_INTERVALS
from netmon.decisions.fold import Beliefs, replay
from netmon.model.log import Beat, Event, LifeBegan, Looked, PlanTaken
from netmon.model.moments import MICROSECOND, Moment
from netmon.model.states import State
from tests.decisions.logs import STEPS, by_entity, log_of
from tests.makers import (
    CORE,
    SILENT,
    answer,
    burst,
    canaries,
    device,
    folded,
    miss,
    moment,
    of,
    plan,
    told,
    watching,
)  # fmt: skip

LOGS = st.lists(STEPS, min_size=10, max_size=60).map(log_of)


def looked(*looks: object) -> list[Event]:
    return [Looked(look=look, plan=1, sequence=k) for k, look in enumerate(looks)]  # type: ignore[arg-type]


def with_few_beats(log: list[Event]) -> list[Event]:
    """*log* with a beat at the end of each life alone."""
    return [
        one
        for one, following in zip(log, [*log[1:], None], strict=True)
        if not isinstance(one, Beat) or following is None or isinstance(following, LifeBegan)
    ]


def with_many_beats(log: list[Event]) -> list[Event]:
    """*log* with a beat after everything that happens in a life, and just before the next thing."""
    beating: list[Event] = []
    for one, following in pairwise([*log, LifeBegan(poller="centre", life=0, at=log[-1].at)]):  # type: ignore[union-attr]
        beating.append(one)
        if isinstance(one, LifeBegan) or isinstance(following, LifeBegan):
            continue
        beating.append(Beat(_moment(one)))
        beating.append(Beat(Moment(_moment(following) - MICROSECOND)))
    return beating


def _moment(one: Event) -> Moment:
    return one.look.known if isinstance(one, Looked) else one.at


@settings(max_examples=150, deadline=None)
@given(LOGS)
def test_deadlines_fire_the_same_whether_beats_are_many_or_few(log: list[Event]) -> None:
    few = by_entity(replay(with_few_beats(log)))

    assert few == by_entity(replay(log)) == by_entity(replay(with_many_beats(log)))
    event(f"stale: {min(3, sum(one.state is State.UNKNOWN for news in few.values() for one in news))}")


@settings(max_examples=75, deadline=None)
@given(LOGS)
def test_news_of_an_entity_never_go_back_in_time_and_never_repeat_a_state(log: list[Event]) -> None:
    for news in by_entity(replay(log)).values():
        for before, after in pairwise(news):
            assert before.at <= after.at
            assert before.state is not after.state


@settings(max_examples=50, deadline=None)
@given(LOGS, st.data())
def test_replaying_in_two_halves_equals_replaying_in_one(log: list[Event], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(log)))
    beliefs = Beliefs()
    first = folded(beliefs, log[:cut])
    there = copy.deepcopy(beliefs)

    assert first + folded(beliefs, log[cut:]) == first + folded(there, log[cut:]) == list(replay(log))


@settings(max_examples=50, deadline=None)
@given(LOGS)
def test_what_is_believed_in_the_end_is_what_was_told_last(log: list[Event]) -> None:
    beliefs = Beliefs()
    last = {one.entity: one.state for one in folded(beliefs, log)}

    states = dict(beliefs.states())

    assert states == {entity: last[entity] for entity in states}


@settings(max_examples=50, deadline=None)
@given(LOGS)
def test_taking_the_same_plan_again_changes_nothing(log: list[Event]) -> None:
    again: list[Event] = []
    taken: PlanTaken | None = None
    for one in log:
        taken = one if isinstance(one, PlanTaken) else taken
        if isinstance(one, Looked) and taken is not None:
            again.append(PlanTaken(one.look.known, taken.version, taken.plan))
        again.append(one)

    assert by_entity(replay(again)) == by_entity(replay(log))


def test_a_new_life_voids_bursts_and_holds_what_is_young_enough() -> None:
    looks = burst(0, "xxxxx")
    log = [
        LifeBegan(poller="centre", life=1, at=moment(-20)),
        PlanTaken(moment(-20), 1, plan(device("icmp"))),
        *looked(answer(-10), *looks[:3]),
        Beat(moment(2.6)),
        LifeBegan(poller="centre", life=2, at=moment(2.7)),
        PlanTaken(moment(2.7), 1, plan(device("icmp"))),
        *looked(*looks[3:], answer(10)),
        Beat(moment(20)),
    ]

    assert of(replay(log), CORE) == [(State.UP, -10, None)]


def test_after_a_long_gap_it_is_unknown_since_it_was_stale() -> None:
    log = [
        LifeBegan(poller="centre", life=1, at=moment(0)),
        PlanTaken(moment(0), 1, plan(device("icmp"))),
        *looked(answer(0)),
        Beat(moment(2)),
        LifeBegan(poller="centre", life=2, at=moment(600)),
        PlanTaken(moment(600), 1, plan(device("icmp"))),
        Beat(moment(600)),
    ]

    assert [(one.state, one.at) for one in replay(log) if one.entity == CORE] == [
        (State.UP, moment(0)), (State.UNKNOWN, moment(STALE_INTERVALS * 10)),
    ]  # fmt: skip


def test_a_deadline_between_two_lives_does_not_fire_before_the_second_one_looks() -> None:
    beliefs = watching(device("icmp"))
    told(beliefs, [answer(0)])

    assert folded(beliefs, [LifeBegan(poller="centre", life=2, at=moment(600)), Beat(moment(601))]) == []


def test_a_new_life_has_forgotten_what_its_canaries_said() -> None:
    beliefs = watching(canaries(), device("icmp"))
    silent = [miss(0.1, spec.id) for spec in canaries().checks]
    told(beliefs, [answer(-9), *silent])
    both = plan(canaries(), device("icmp"))
    folded(beliefs, [LifeBegan(poller="centre", life=2, at=moment(2)), PlanTaken(moment(2), 1, both)])

    # asked before the restart, and known after it: the canaries have not been looked at in this life
    assert of(told(beliefs, burst(0, "xxxxx")), CORE) == [(State.DOWN, 0, SILENT.reason)]


def test_a_deadline_is_put_off_by_every_look() -> None:
    beliefs = watching(device("icmp"))
    told(beliefs, [answer(10.0 * k) for k in range(10)])

    assert folded(beliefs, [Beat(moment(119.999999))]) == []
    assert folded(beliefs, [Beat(moment(120))])[0].at == moment(120)
    assert folded(beliefs, [Beat(moment(999))]) == []


def test_whoever_is_in_doubt_says_so() -> None:
    beliefs = watching(device("icmp"))
    told(beliefs, [miss(0)])
    doubtful = beliefs.belief(CORE)
    told(beliefs, burst(0, "xxxxx")[1:])
    settled = beliefs.belief(CORE)

    assert doubtful is not None
    assert settled is not None
    assert (doubtful.is_in_doubt, settled.is_in_doubt) == (True, False)
