"""Composition: what several states make together."""

from __future__ import annotations

from collections.abc import Sequence

from netmon.model.states import State


def all_of(states: Sequence[State]) -> State:
    """The state of something that needs every one of *states* (at least one)."""
    if State.DOWN in states or State.UNREACHABLE in states:
        return State.DOWN
    for state in (State.UNKNOWN, State.DEGRADED):
        if state in states:
            return state
    return State.UP


def k_of_n(states: Sequence[State], k: int) -> State:
    """The state of something that stands on any *k* of *states*.

    It is ``degraded`` when it stands but a member is lost, and ``unknown`` while members that are unknown
    could still make it stand.
    """
    standing = sum(state in (State.UP, State.DEGRADED) for state in states)
    if standing >= k:
        return State.UP if standing == len(states) else State.DEGRADED
    return State.UNKNOWN if standing + states.count(State.UNKNOWN) >= k else State.DOWN
