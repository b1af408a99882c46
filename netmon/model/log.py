"""The log: everything that judging is a fold over, in the shapes in which it is kept."""

from __future__ import annotations

from dataclasses import dataclass

from netmon.model.ids import CheckId
from netmon.model.looks import Finding, Look
from netmon.model.moments import Duration, Moment
from netmon.model.plan import Plan
from netmon.model.states import Reason, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeBegan:
    """A poller began to look: bursts and windows from before are void, beliefs hold until they are stale.

    Attributes:
        remembers: ``False`` where nobody could tell what was believed before: then nothing is.
    """

    poller: str
    life: int
    at: Moment
    remembers: bool = True


@dataclass(frozen=True, slots=True)
class PlanTaken:
    """From *at* on, *plan* says what is looked at; *version* counts the plans of this store."""

    at: Moment
    version: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Beat:
    """The poller was alive at *at*; deadlines up to then have passed."""

    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A look with its place in the log: the plan that it was asked under, and its number in the poller's life."""

    look: Look
    plan: int
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Consecutive slots of one life that agree and change nothing: look *k* stands at ``first + k * interval``."""

    check: CheckId
    plan: int
    first: Moment
    count: int
    interval: Duration
    verdict: Verdict
    reason: Reason | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def last(self) -> Moment:
        """The slot of the last look."""
        return Moment(self.first + (self.count - 1) * self.interval)


Event = LifeBegan | PlanTaken | Beat | Looked
"""One entry of the log, as the fold takes it; a run stands for the looks in it."""
