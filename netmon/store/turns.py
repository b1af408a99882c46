"""Which transitions of a batch are new: the same news kept twice is one row, whatever happened in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from netmon.model.ids import EntityId
from netmon.model.moments import Moment
from netmon.model.news import Transition
from netmon.model.states import State
from netmon.store.insertion import Insertion

Dated = tuple[EntityId, Moment]

ADD_TRANSITION = Insertion(
    table="transitions",
    columns=("entity", "at", "state", "reason", "evidence", "recorded", "poller", "life", "turn"),
)


def numbered(
    transitions: Sequence[Transition], kept: Mapping[Dated, Sequence[State]]
) -> Iterator[tuple[Transition, int]]:
    """Each transition that is not kept yet, with its turn: how many of its entity, life and moment came before it.

    *kept* are the states in the rows of this life, in their order. Nearly always a moment has one transition;
    where a revision dates several alike, an entity may come back to a state, so that the state alone does not
    tell a new row from one offered again. What is offered again begins where the kept rows end: the longest
    beginning that they end with is known already, which is exact for up to three of a moment.
    """
    offered: dict[Dated, list[State]] = {}
    for transition in transitions:
        offered.setdefault((transition.entity, transition.at), []).append(transition.state)
    known = {dated: _overlap(kept.get(dated, ()), states) for dated, states in offered.items()}
    places: Counter[Dated] = Counter()
    for transition in transitions:
        dated = (transition.entity, transition.at)
        place = places[dated] - known[dated]
        places[dated] += 1
        if place >= 0:
            yield transition, len(kept.get(dated, ())) + place


def _overlap(there: Sequence[State], offered: Sequence[State]) -> int:
    for length in range(min(len(there), len(offered)), 0, -1):
        if list(there[-length:]) == list(offered[:length]):
            return length
    return 0
