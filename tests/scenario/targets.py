"""Targets that do what the story says, and the collectors that ask them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from netmon.kernel.clock import FakeClock
from netmon.model.ids import CheckId
from netmon.model.looks import CannotTellError, Failure, Finding, Outcome, Readings
from netmon.model.moments import MILLISECOND, Duration, Moment
from netmon.model.plan import CheckSpec, Subject
from netmon.model.states import Reason, State

ROUND_TRIP = Duration(5 * MILLISECOND)
READINGS = Readings(labels=((),), columns={"netmon_test_seconds": (0.5,)})


class Mood(Enum):
    """How a target takes a question."""

    ANSWERING = auto()
    SILENT = auto()
    REFUSING = auto()
    FLAWED = auto()
    AWAITED = auto()
    """It reports by itself, and has not yet."""
    CRASHING = auto()
    """Not the target's fault: the collector raises."""
    UNFIT = auto()
    """Nor here: what the question takes is missing."""
    HANGING = auto()
    """Not the target's fault either: the collector never returns."""


@dataclass
class Target:
    """What stands behind the checks of one subject."""

    subject: Subject
    moods: dict[str, Mood] = field(default_factory=dict)
    delays: dict[str, Duration] = field(default_factory=dict)
    loses: Callable[[], bool] = field(default=lambda: False)
    ports: dict[str, State] = field(default_factory=dict)
    is_cut: bool = False
    asked: list[tuple[CheckId, Moment]] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0

    def goes_silent(self, kind: str | None = None) -> None:
        self._take(Mood.SILENT, kind)

    def answers(self, kind: str | None = None) -> None:
        self._take(Mood.ANSWERING, kind)

    def is_in(self, mood: Mood, kind: str | None = None) -> None:
        self._take(mood, kind)

    def takes(self, delay: Duration, kind: str) -> None:
        self.delays[kind] = delay

    def loses_one_packet(self) -> None:
        """The next question is lost."""
        lost = [True]
        self.loses = lambda: bool(lost) and lost.pop()

    def _take(self, mood: Mood, kind: str | None) -> None:
        for spec in self.subject.checks:
            if kind is None or spec.kind == kind:
                self.moods[spec.kind] = mood


@dataclass(frozen=True)
class Question:
    """A collector that asks *target* on the story's clock."""

    clock: FakeClock
    spec: CheckSpec
    target: Target

    async def look(self, timeout: Duration) -> Outcome:
        target = self.target
        target.asked.append((self.spec.id, self.clock.now()))
        target.under_way += 1
        target.most_under_way = max(target.most_under_way, target.under_way)
        try:
            return await self._ask(timeout)
        finally:
            target.under_way -= 1

    async def _ask(self, timeout: Duration) -> Outcome:
        kind, target = self.spec.kind, self.target
        mood = target.moods.get(kind, Mood.ANSWERING)
        delay = target.delays.get(kind, ROUND_TRIP)
        if mood is Mood.CRASHING:
            raise ZeroDivisionError(f"a bug in the {kind} check")
        if mood is Mood.UNFIT:
            raise CannotTellError(f"the {kind} check has no password")
        if mood is Mood.HANGING:
            await asyncio.Event().wait()
        if mood is Mood.SILENT or target.is_cut or target.loses() or delay >= timeout:
            await self._pass(timeout)
            return Outcome(took=timeout, failure=Failure(Reason.TIMEOUT, f"nothing in {timeout} us"))
        await self._pass(delay)
        if mood is Mood.REFUSING:
            return Outcome(took=delay, failure=Failure(Reason.REFUSED, "port closed"))
        if mood is Mood.AWAITED:
            return Outcome(took=delay, failure=Failure(Reason.AWAITED, "no report yet"))
        flaw = Failure(Reason.PARTIAL, f"row {self.clock.now()} is missing") if mood is Mood.FLAWED else None
        findings = tuple(Finding(name, state) for name, state in target.ports.items()) if kind == "snmp" else ()
        return Outcome(took=delay, flaw=flaw, findings=findings, readings=(READINGS,))

    async def _pass(self, duration: Duration) -> None:
        if duration:
            await self.clock.sleep_until(Moment(self.clock.now() + duration))
