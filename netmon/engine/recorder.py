"""The recorder: puts looks into the shapes in which they are kept, and holds them until they are.

Consecutive slots that agree and change nothing become one run; every other look is a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from netmon.model.ids import CheckId, EntityId
from netmon.model.log import Looked, Run
from netmon.model.looks import Finding, Look
from netmon.model.moments import Duration, Moment
from netmon.model.plan import CheckSpec
from netmon.model.states import Reason, Verdict
from netmon.ports import Batch, Latest


@dataclass(slots=True)
class _OpenRun:
    """A run that may still grow."""

    plan: int
    first: Moment
    interval: Duration
    verdict: Verdict
    reason: Reason | None
    findings: tuple[Finding, ...]
    count: int = 1

    def admits(self, look: Look, plan: int) -> bool:
        return (
            look.at == self.first + self.count * self.interval
            and look.verdict is self.verdict
            and plan == self.plan
            and _reason(look) is self.reason
            and look.findings == self.findings
        )


@dataclass(slots=True)
class _Pending:
    """What of one subject waits to be kept."""

    looked: list[Looked] = field(default_factory=list)
    closed: list[Run] = field(default_factory=list)
    grown: set[CheckId] = field(default_factory=set)
    latest: dict[CheckId, Latest] = field(default_factory=dict)


class Recorder:
    """Looks on their way into the store, by subject: what is kept of one is kept together."""

    def __init__(self) -> None:
        self._open: dict[CheckId, _OpenRun] = {}
        self._pending: dict[EntityId, _Pending] = {}
        self._sequence = 0
        self.rows_waiting = 0

    def add(self, spec: CheckSpec, look: Look, plan: int, *, is_plain: bool) -> None:
        """File *look*; a plain one changed nothing while nothing was in doubt, and may stand in a run."""
        pending = self._pending.setdefault(spec.subject, _Pending())
        run = self._open.get(spec.id)
        if is_plain:
            if run is not None and run.admits(look, plan):
                run.count += 1
            else:
                self._close(spec.id, pending)
                self._open[spec.id] = _OpenRun(
                    plan, look.at, spec.rule.interval, look.verdict, _reason(look), look.findings
                )
            pending.grown.add(spec.id)
            return
        self._close(spec.id, pending)
        self._sequence += 1
        self.rows_waiting += 1
        pending.looked.append(Looked(look=look, plan=plan, sequence=self._sequence))

    def note_latest(self, spec: CheckSpec, latest: Latest) -> None:
        """Remember the newest look of a check, to be kept with it."""
        self._pending.setdefault(spec.subject, _Pending()).latest[spec.id] = latest

    def fill(self, batch: Batch, subjects: Iterable[EntityId] | None = None) -> None:
        """Move what waits of *subjects* (all of them by default) into *batch*."""
        for subject in list(self._pending) if subjects is None else subjects:
            pending = self._pending.pop(subject, None)
            if pending is None:
                continue
            batch.looked += pending.looked
            batch.runs += pending.closed
            batch.runs += (self._snapshot(check) for check in sorted(pending.grown))
            batch.latest |= pending.latest
            self.rows_waiting -= len(pending.looked)

    def _close(self, check: CheckId, pending: _Pending) -> None:
        if check in pending.grown:
            pending.grown.discard(check)
            pending.closed.append(self._snapshot(check))
        self._open.pop(check, None)

    def _snapshot(self, check: CheckId) -> Run:
        run = self._open[check]
        return Run(
            check=check,
            plan=run.plan,
            first=run.first,
            count=run.count,
            interval=run.interval,
            verdict=run.verdict,
            reason=run.reason,
            findings=run.findings,
        )


def _reason(look: Look) -> Reason | None:
    return look.failure.reason if look.failure else None
