"""The recorder: puts looks into the shapes in which they are kept, and holds them until they are.

Consecutive slots that agree and change nothing become one run; every other look is a row of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from netmon.model.ids import CheckId
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


class Recorder:
    """Looks on their way into the store."""

    def __init__(self) -> None:
        self._open: dict[CheckId, _OpenRun] = {}
        self._grown: set[CheckId] = set()
        self._closed: list[Run] = []
        self._looked: list[Looked] = []
        self._latest: dict[CheckId, Latest] = {}
        self._sequence = 0

    @property
    def rows_waiting(self) -> int:
        """How many looks wait to be kept as rows of their own."""
        return len(self._looked)

    def add(self, spec: CheckSpec, look: Look, plan: int, *, is_plain: bool) -> None:
        """File *look*; a plain one changed nothing while nothing was in doubt, and may stand in a run."""
        run = self._open.get(spec.id)
        if is_plain:
            if run is not None and run.admits(look, plan):
                run.count += 1
            else:
                self._close(spec.id)
                self._open[spec.id] = _OpenRun(
                    plan, look.at, spec.rule.interval, look.verdict, _reason(look), look.findings
                )
            self._grown.add(spec.id)
            return
        self._close(spec.id)
        self._sequence += 1
        self._looked.append(Looked(look=look, plan=plan, sequence=self._sequence))

    def end_runs(self) -> None:
        """Let no run grow any further: another plan begins, and everything was kept."""
        self._open.clear()

    def note_latest(self, spec: CheckSpec, latest: Latest) -> None:
        """Remember the newest look of a check, to be kept with it."""
        self._latest[spec.id] = latest

    def fill(self, batch: Batch) -> None:
        """Move everything that waits into *batch*; open runs may still grow, and are kept again then."""
        batch.looked += self._looked
        batch.runs += self._closed
        batch.runs += (self._snapshot(check) for check in sorted(self._grown))
        batch.latest |= self._latest
        self._looked, self._closed, self._grown, self._latest = [], [], set(), {}

    def _close(self, check: CheckId) -> None:
        if check in self._grown:
            self._grown.discard(check)
            self._closed.append(self._snapshot(check))
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
