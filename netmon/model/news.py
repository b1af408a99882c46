"""Believing: an entity's status, and the transitions that lead from one to the next."""

from __future__ import annotations

from dataclasses import dataclass

from netmon.model.ids import EntityId
from netmon.model.looks import Failure
from netmon.model.moments import Moment
from netmon.model.states import State


@dataclass(frozen=True, slots=True)
class Status:
    """What is believed of an entity, since when and why."""

    state: State
    since: Moment
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """An entity changed its state; a row that is only ever added.

    Attributes:
        at: when it happened: of a failure, the first miss; never before the entity's transition before it.
        failure: why, with evidence; ``None`` where all is well.
    """

    entity: EntityId
    at: Moment
    state: State
    failure: Failure | None = None
