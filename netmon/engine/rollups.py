"""The roller: gathers the numbers that reports need, 5 minutes by 5 minutes, and has them kept as figures.

A look counts in the 5 minutes (of UTC) in which its slot lies, whenever its result came. Only looks of the grid
count: re-looks and prompted looks crowd where something is wrong, and would weigh it double.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

import structlog
from pydantic import Field

from netmon.engine.sampling import Told, numbers_of
from netmon.kernel.settings import Settings
from netmon.model.ids import CheckId
from netmon.model.looks import Labels, Look, Number, Occasion, Readings
from netmon.model.moments import MINUTE, Duration, Moment, in_seconds
from netmon.model.plan import CheckSpec
from netmon.model.rollups import Rolled, RolledPart, Sampling, Series, Width, figures_of
from netmon.ports import Batch

FLUSH = MINUTE
"""So long figures wait before they are kept."""

FEW = 500
BATCHES = 15
"""More than a few go with several batches, so that no look waits for their sums: what a kill costs at most is what came
in `FLUSH` and so many batches."""

GRACE = Duration(2 * MINUTE)
"""So long after their end 5 minutes are held for late results; one that comes later still is a part of its own."""

MOST_SERIES = 10_000
"""More series than these of one check are a device that calls its rows otherwise at every look."""

_LONGEST_RATE = 3
"""Over more intervals than these a counter tells no rate: nobody knows when it was counted."""

_LENGTH = Width.FIVE_MINUTES.length
_ON_THE_GRID = (Occasion.GRID, Occasion.FIRST)


class Scope(StrEnum):
    """Whose traffic is rolled up."""

    WATCHED = "watched"
    ALL = "all"


class RollupSettings(Settings):
    """Which numbers are kept as figures of 5 minutes, an hour and a day, for reports."""

    interfaces: Scope = Field(
        default=Scope.WATCHED,
        description="Traffic of `watched` interfaces (those that end a link or say `watch: true`), or of `all`.",
    )


@dataclass(slots=True, eq=False)
class _Part:
    """Samples of one series in the 5 minutes that begin with *since*."""

    series: Series
    since: Moment
    number: int
    samples: list[float] = field(default_factory=list)

    def snapshot(self) -> RolledPart:
        return RolledPart(series=self.series, since=self.since, part=self.number, figures=figures_of(self.samples))


@dataclass(slots=True, eq=False)
class _Line:
    """One series: its open parts, and where its counter stood when."""

    series: Series
    parts: dict[Moment, _Part] = field(default_factory=dict)
    counted: tuple[Number, Moment] | None = None


class Roller:
    """The figures of one life.

    Args:
        declared: what is rolled of the looks of each kind of check.
    """

    def __init__(self, declared: Mapping[str, Sequence[Rolled]], scope: Scope = Scope.WATCHED) -> None:
        self._declared = declared
        self._scope = scope
        self._events = structlog.get_logger("netmon.rollups")
        self._lines: dict[CheckId, dict[tuple[str, Labels], _Line]] = {}
        self._open: dict[Moment, list[_Line]] = {}
        self._grown: dict[_Part, Moment] = {}
        self._done_with = Moment(-1)
        self._late = 0
        self._is_ending = False

    def add(
        self,
        spec: CheckSpec,
        look: Look,
        readings: Sequence[Readings],
        *,
        watched: Collection[str],
        asked_at: Moment,
    ) -> None:
        """Take the numbers of *look*, which was really asked at *asked_at*."""
        if look.occasion not in _ON_THE_GRID:
            return
        for rolled in self._declared.get(spec.kind, ()):
            if rolled.sampling is Sampling.MISSES:
                self._put(rolled, spec, look, Told((), 0 if look.verdict.is_answer else 1))
                continue
            for told in numbers_of(rolled, readings, watched if self._scope is Scope.WATCHED else None):
                if rolled.sampling is Sampling.RATE:
                    self._put_rate(rolled, spec, look, (told, asked_at))
                else:
                    self._put(rolled, spec, look, told)

    def keep_only(self, checks: Collection[CheckId]) -> None:
        """Another plan is in force: forget the counters of checks that are gone."""
        self._lines = {check: lines for check, lines in self._lines.items() if check in checks}

    def end(self) -> None:
        """The life ends: whatever waits is kept with the next batch."""
        self._is_ending = True

    def fill(self, batch: Batch) -> None:
        """Move what has waited long enough into *batch*, and be done with 5 minutes whose grace is over."""
        most = len(self._grown) if self._is_ending else max(FEW, len(self._grown) // BATCHES)
        for part, since in list(islice(self._grown.items(), most)):
            if since > batch.beat - FLUSH and not self._is_ending:
                break
            del self._grown[part]
            batch.rolled.append(part.snapshot())
        self._done_with = Moment(batch.beat - _LENGTH - GRACE)
        for begin in [begin for begin in self._open if begin <= self._done_with]:
            for line in self._open.pop(begin):
                line.parts.pop(begin, None)

    def _put_rate(self, rolled: Rolled, spec: CheckSpec, look: Look, count: tuple[Told, Moment]) -> None:
        told, at = count
        line = self._line(rolled, spec, told.labels)
        if line is None:
            return
        before, line.counted = line.counted, (told.number, at)
        if before is None or told.number < before[0]:
            return
        took = Duration(at - before[1])
        if 0 < took <= _LONGEST_RATE * spec.rule.interval:
            self._put(rolled, spec, look, Told(told.labels, (told.number - before[0]) / in_seconds(took), told.over))

    def _put(self, rolled: Rolled, spec: CheckSpec, look: Look, told: Told) -> None:
        sample = told.number / told.over
        line = self._line(rolled, spec, told.labels)
        if line is None or not math.isfinite(sample):
            return
        begin = Moment(look.at - look.at % _LENGTH)
        part = line.parts.get(begin)
        if part is None:
            line.parts[begin] = part = _Part(line.series, begin, self._number(begin))
            self._open.setdefault(begin, []).append(line)
        part.samples.append(sample)
        self._grown.setdefault(part, look.known)

    def _number(self, begin: Moment) -> int:
        if begin > self._done_with:
            return 0
        self._late += 1
        return self._late

    def _line(self, rolled: Rolled, spec: CheckSpec, labels: Labels) -> _Line | None:
        lines = self._lines.setdefault(spec.id, {})
        key = (rolled.family, labels)
        line = lines.get(key)
        if line is None and len(lines) < MOST_SERIES:
            lines[key] = line = _Line(Series(spec.id, rolled.family, labels))
            if len(lines) == MOST_SERIES:
                self._events.warning("series_limit_reached", check=spec.id, limit=MOST_SERIES)
        return line


def no_roller() -> Roller:
    """One for whom nothing is declared."""
    return Roller({})
