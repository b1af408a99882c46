"""News offered again is not new, and news that looks like older news is not lost."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.model.ids import EntityId
from netmon.model.moments import Moment
from netmon.model.news import Transition
from netmon.model.states import State
from netmon.store.turns import Dated, numbered

D, U, X = State.DOWN, State.UP, State.UNKNOWN


def news(state: State, at: int = 7, entity: str = "device:a") -> Transition:
    return Transition(entity=EntityId(entity), at=Moment(at), state=state)


@pytest.mark.parametrize(
    ("kept", "offered", "new"),
    [
        pytest.param([], [D], [(D, 0)], id="the first news of a moment has turn 0"),
        pytest.param([D], [D], [], id="the same again is known"),
        pytest.param([D], [D, U], [(U, 1)], id="offered again with more, only the rest is new"),
        pytest.param([D, U], [D, U], [], id="a whole group again is known"),
        pytest.param([D, U], [D], [(D, 2)], id="back to a state after another is new"),
        pytest.param([D, U], [U, D], [(D, 2)], id="what the kept rows end with is known"),
        pytest.param([], [D, U, D], [(D, 0), (U, 1), (D, 2)], id="there and back within one batch"),
    ],
)
def test_turns_of_one_moment(kept: list[State], offered: list[State], new: list[tuple[State, int]]) -> None:
    there = {(EntityId("device:a"), Moment(7)): kept}
    assert [(t.state, turn) for t, turn in numbered([news(state) for state in offered], there)] == new


def test_other_entities_and_moments_have_turns_of_their_own_and_the_order_stays() -> None:
    offered = [news(D), news(D, entity="device:b"), news(U), news(U, at=8)]
    assert list(numbered(offered, {})) == [(offered[0], 0), (offered[1], 0), (offered[2], 1), (offered[3], 0)]


@st.composite
def _stories(draw: st.DrawFn) -> list[Transition]:
    """What a judge may say of two entities: moments never go back, and every transition changes the state.

    Three alike are the most that a moment can hold and be told apart when offered again; a fourth is unheard of.
    """
    story: list[Transition] = []
    last: dict[str, tuple[int, State | None]] = defaultdict(lambda: (0, None))
    alike: Counter[tuple[str, int]] = Counter()
    for _ in range(draw(st.integers(0, 12))):
        entity = draw(st.sampled_from(["device:a", "device:b"]))
        at, state = last[entity]
        at += draw(st.sampled_from([0, 0, 1])) if alike[entity, at] < 3 else 1
        alike[entity, at] += 1
        state = draw(st.sampled_from([other for other in (D, U, X) if other is not state]))
        last[entity] = (at, state)
        story.append(news(state, at, entity))
    return story


@given(story=_stories(), cuts=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)), min_size=1))
def test_a_story_told_in_batches_that_begin_again_before_their_end_is_kept_once(
    story: list[Transition], cuts: list[tuple[int, int]]
) -> None:
    kept: list[Transition] = []
    there: dict[Dated, list[State]] = {}
    told = 0
    for step in range(len(story) + 1):
        ahead, lost = cuts[step % len(cuts)]
        batch = story[told : told + ahead]
        offers = [batch, story[told : told + ahead + lost]] if lost else [batch]  # an outcome unknown: offered again
        for offer in offers:
            for transition, turn in list(numbered(offer, there)):
                there.setdefault((transition.entity, transition.at), []).append(transition.state)
                assert turn == len(there[transition.entity, transition.at]) - 1
                kept.append(transition)
        told += len(offers[-1])
    assert kept == story
