"""What may go from spooled batches: first only what a later one replaces; for want of room everything but the news."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import replace

from netmon.model.ids import CheckId
from netmon.model.log import Run
from netmon.model.moments import MINUTE, Duration, Moment
from netmon.model.rollups import RolledPart, Series
from netmon.ports import Batch, SpoolRecord

_CHANGES_FOR = Duration(15 * MINUTE)
"""So long after their beginning figures of 5 minutes may come again with more in them."""

_LOOKED_OVER = 100


class Compaction:
    """What a stretch of records comes to, when each thing that is replaced again and again stands in it once.

    A run stands where it stood first, with its last count: what follows from the records up to any place in them is
    the same, as the looks in a run change nothing. What is no part of the log (figures, the last look of each check)
    stands where it stood last. Every record is seen twice: by `learn`, in order, and then by `shorten`. What is held
    in memory are numbers: one for each run and figure, and two for each check.
    """

    def __init__(self) -> None:
        self._counts = array("q")
        self._places = array("q")
        self._latest: dict[CheckId, int] = {}
        self._learnt = self._shortened = 0
        self._runs_learnt, self._runs_written = _Runs(), _Runs()
        self._parts_learnt, self._parts_written = _Parts(), _Parts()

    def learn(self, record: SpoolRecord) -> None:
        """Take note of what is in *record*."""
        self._learnt += 1
        if not isinstance(record, Batch):
            self._runs_learnt.end()
            return
        for run in record.runs:
            number = self._runs_learnt.number(run)
            if number == len(self._counts):
                self._counts.append(0)
            self._counts[number] = max(self._counts[number], run.count)
        for part in record.rolled:
            number = self._parts_learnt.number(part)
            if number == len(self._places):
                self._places.append(0)
            self._places[number] = self._learnt
        self._parts_learnt.look_over(record.beat)
        self._latest |= dict.fromkeys(record.latest, self._learnt)

    def shorten(self, records: Iterable[SpoolRecord]) -> Iterator[SpoolRecord]:
        """*records*, without what others of them replace, and without batches of which only a beat is left."""
        for record in records:
            self._shortened += 1
            if not isinstance(record, Batch):
                self._runs_written.end()
                yield record
                continue
            short = replace(
                record,
                runs=[*self._first_runs(record.runs)],
                rolled=[*self._last_parts(record.rolled)],
                latest={check: one for check, one in record.latest.items() if self._latest[check] == self._shortened},
            )
            self._parts_written.look_over(record.beat)
            if self._shortened == self._learnt or not is_beat(short):
                yield short

    def _first_runs(self, runs: Iterable[Run]) -> Iterator[Run]:
        for run in runs:
            known = self._runs_written.count
            number = self._runs_written.number(run)
            if number == known:
                yield replace(run, count=self._counts[number])

    def _last_parts(self, parts: Iterable[RolledPart]) -> Iterator[RolledPart]:
        for part in parts:
            if self._places[self._parts_written.number(part)] == self._shortened:
                yield part


class _Runs:
    """Numbers runs in the order in which they come up; only the last one of each check may come up again."""

    def __init__(self) -> None:
        self._last: dict[CheckId, tuple[Moment, int]] = {}
        self.count = 0

    def number(self, run: Run) -> int:
        first, number = self._last.get(run.check, (None, 0))
        if first == run.first:
            return number
        self._last[run.check] = run.first, self.count
        self.count += 1
        return self.count - 1

    def end(self) -> None:
        """No run goes on."""
        self._last.clear()


class _Parts:
    """Numbers figures in the order in which they come up; those of long ago come up no more."""

    def __init__(self) -> None:
        self._known: dict[tuple[Series, Moment, int], int] = {}
        self._count = 0
        self._since_looked_over = 0

    def number(self, part: RolledPart) -> int:
        number = self._known.setdefault((part.series, part.since, part.part), self._count)
        self._count += number == self._count
        return number

    def look_over(self, beat: Moment) -> None:
        """Now and then, forget what changes no more."""
        self._since_looked_over += 1
        if self._since_looked_over == _LOOKED_OVER:
            self._since_looked_over = 0
            self._known = {key: number for key, number in self._known.items() if key[1] > beat - _CHANGES_FOR}


def thinned(record: SpoolRecord) -> SpoolRecord:
    """*record* without its detail: the news stay, and the lives, plans and beats that they stand on."""
    if not isinstance(record, Batch):
        return record
    return Batch(life=record.life, beat=record.beat, transitions=record.transitions)


def detail_rows(record: SpoolRecord) -> int:
    """How many rows of detail are in *record*."""
    return len(record.looked) + len(record.runs) + len(record.rolled) if isinstance(record, Batch) else 0


def is_beat(batch: Batch) -> bool:
    """Whether *batch* says no more than that the poller was alive."""
    return not (batch.looked or batch.runs or batch.rolled or batch.latest or batch.transitions)
