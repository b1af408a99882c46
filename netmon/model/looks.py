"""Looking: one question with a deadline, what it brought back, and the numbers in the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from netmon.model.ids import CheckId
from netmon.model.moments import Duration, Moment
from netmon.model.states import Reason, State, Verdict

Labels = tuple[tuple[str, str], ...]
"""Names and values that tell the rows of a table apart, such as ``(("interface", "Gi0/0"),)``; ``()`` for a scalar."""

Number = int | float


@dataclass(frozen=True, slots=True)
class Failure:
    """Why, as a member of a closed list, and the evidence for a human (one line, bounded, no secret)."""

    reason: Reason
    evidence: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one answer says about a watched interface, by the name that the device gives it."""

    interface: str
    state: State
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """A table of numbers: a row for each of *labels*, a column for each metric.

    Every column is as long as *labels*; ``None`` marks a number that the target did not give.
    While a target's rows stay the same a collector hands out the same *labels* object, so that whoever
    renders them can keep what it made of them. What was handed out is never changed.
    """

    labels: Sequence[Labels]
    columns: Mapping[str, Sequence[Number | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a collector brings back from one look.

    Attributes:
        took: from asking to knowing, on the collector's own stopwatch.
        failure: there was no answer, or not the one that was asked for; the look is a miss.
        flaw: it answered, but something in the answer is not as it should be.
        findings: what it says about interfaces that have a state of their own.
        readings: the numbers in it, exported while the check is neither down nor unknown.
        facts: short texts about the target, such as ``sysName``; exported as one info metric.
    """

    took: Duration
    failure: Failure | None = None
    flaw: Failure | None = None
    findings: tuple[Finding, ...] = ()
    readings: tuple[Readings, ...] = ()
    facts: Mapping[str, str] | None = None


class CannotTellError(Exception):
    """A look came to nothing by our own doing, such as a file that is missing; says why, in words to be logged."""


class Occasion(StrEnum):
    """What made a look happen."""

    GRID = "grid"
    """Its slot had come."""
    FIRST = "first"
    """Nobody had ever looked, and its slot was more than half an interval away."""
    BURST = "burst"
    """A look before it went against what was settled."""
    PROMPT = "prompt"
    """Another check of the same device was in doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at one target, judged by itself: a fact, never changed once it is in the log.

    Attributes:
        at: when it was asked; on the grid, its slot.
        took: ``at + took`` is when its result was known; for a miss that is its deadline.
        opener: in a burst, the ``at`` of the look that opened it.
    """

    check: CheckId
    at: Moment
    took: Duration
    verdict: Verdict
    occasion: Occasion = Occasion.GRID
    opener: Moment | None = None
    failure: Failure | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def known(self) -> Moment:
        """When the result was known."""
        return Moment(self.at + self.took)
