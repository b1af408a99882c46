"""Errands: what comes up on the schedule, for which check, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from netmon.engine.desk import Asked
from netmon.engine.limits import Places
from netmon.model.looks import Occasion, Outcome
from netmon.model.moments import Duration, Moment
from netmon.model.plan import CheckSpec, Subject
from netmon.ports import Collector, SharedCollector

Begin = Callable[[Duration, Callable[[Outcome], None]], None]


@dataclass(slots=True, eq=False)
class Watch:
    """One check on the schedule, and what is under way for it.

    Attributes:
        places: what a look must have before it is asked.
        begin: asks without a task, where its collector can.
        in_flight: looks that were asked for and are not judged yet.
    """

    spec: CheckSpec
    subject: Subject
    collector: Collector
    places: tuple[Places, ...]
    begin: Begin | None = None
    in_flight: int = 0
    asked_at: Moment = Moment(0)
    is_dropped: bool = False


@dataclass(frozen=True, slots=True)
class Errand:
    """Why a watch comes up: its slot, its first look of all, or a re-look of the burst that began with *opener*."""

    watch: Watch
    occasion: Occasion = Occasion.GRID
    opener: Moment | None = None


@dataclass(slots=True, eq=False)
class Result:
    """What came of an errand, and when that was known; without an outcome nothing was learnt."""

    watch: Watch
    asked: Asked
    outcome: Outcome | None
    known: Moment


def watch_of(spec: CheckSpec, subject: Subject, collector: Collector, places: tuple[Places, ...]) -> Watch:
    """The watch of *spec*, for which nothing is under way."""
    begin = collector.begin if _shares(type(collector)) else None  # type: ignore[attr-defined]  # _shares looked
    return Watch(spec, subject, collector, places, begin)


@cache
def _shares(collector: type[Collector]) -> bool:
    return issubclass(collector, SharedCollector)
