"""Batches: what comes of several in a row, which numbers they go by, and what a new life would remember of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from netmon.model.ids import CheckId, EntityId
from netmon.model.log import LifeBegan
from netmon.model.moments import Moment
from netmon.model.news import Status
from netmon.model.states import Verdict
from netmon.ports import Batch, Memory, SpoolRecord

_MOST_ROWS = 4_000
"""More rows are not joined: the store should not be busy for long with what is no news any more."""


def joined(records: Iterable[SpoolRecord]) -> Iterator[SpoolRecord]:
    """*records*, with batches of one life brought together up to and including the next one with news.

    News keep the beat that they were told with, and what is replaced within a batch goes into the store once.
    """
    held: Batch | None = None
    for record in records:
        if held is not None and (not isinstance(record, Batch) or not _may_join(held, record)):
            yield held
            held = None
        if not isinstance(record, Batch):
            yield record
        else:
            held = record if held is None else both(held, record)
    if held is not None:
        yield held


def both(first: Batch, second: Batch) -> Batch:
    """What two batches of one life come to, *second* being the later one."""
    runs = {(run.check, run.first): run for batch in (first, second) for run in batch.runs}
    rolled = {(part.series, part.since, part.part): part for batch in (first, second) for part in batch.rolled}
    return Batch(
        life=second.life,
        beat=second.beat,
        looked=[*first.looked, *second.looked],
        runs=[*runs.values()],
        transitions=[*first.transitions, *second.transitions],
        latest=first.latest | second.latest,
        rolled=[*rolled.values()],
    )


def give_up_rows(batch: Batch, most: int) -> int:
    """Leave at most so many rows of each sort in *batch*, the latest; how many that costs."""
    kinds: tuple[list[Any], ...] = (batch.looked, batch.runs, batch.rolled, batch.transitions)
    lost = 0
    for rows in kinds:
        if (excess := len(rows) - most) > 0:
            del rows[:excess]
            lost += excess
    return lost


def renumbered(batch: Batch, *, life: int, plan: int) -> Batch:
    """*batch* with the store's number of its life and the store's version of the plan that it was seen under."""
    if batch.life == life and all(one.plan == plan for rows in (batch.looked, batch.runs) for one in rows):
        return batch
    return replace(
        batch,
        life=life,
        looked=[replace(looked, plan=plan) for looked in batch.looked],
        runs=[replace(run, plan=plan) for run in batch.runs],
    )


class Remembered:
    """What a life that began now would begin with: the same that a store tells of what it has kept."""

    def __init__(self, memory: Memory | None = None) -> None:
        self._statuses: dict[EntityId, Status] = dict(memory.statuses) if memory else {}
        self._last_looks: dict[CheckId, Moment] = dict(memory.last_looks) if memory else {}
        self._last_answers: dict[CheckId, Moment] = dict(memory.last_answers) if memory else {}
        self.last_beat = memory.last_beat if memory else None

    def memory(self) -> Memory:
        """It, as it is now."""
        return Memory(
            statuses=dict(self._statuses),
            last_looks=dict(self._last_looks),
            last_answers=dict(self._last_answers),
            last_beat=self.last_beat,
        )

    def begin(self, life: LifeBegan) -> None:
        """*life* began."""
        if not life.remembers:
            self._statuses.clear()
            self._last_looks.clear()
            self._last_answers.clear()
        self.last_beat = max(life.at, self.last_beat or life.at)

    def add(self, batch: Batch) -> None:
        """*batch* was kept."""
        for entry in batch.looked:
            self._note(entry.look.check, entry.look.at, entry.look.verdict)
        for run in batch.runs:
            self._note(run.check, run.last, run.verdict)
        for news in batch.transitions:
            known = self._statuses.get(news.entity)
            if known is None or news.at >= known.since:
                self._statuses[news.entity] = Status(news.state, news.at, news.failure)
        self.last_beat = max(batch.beat, self.last_beat or batch.beat)

    def _note(self, check: CheckId, at: Moment, verdict: Verdict) -> None:
        self._last_looks[check] = max(at, self._last_looks.get(check, at))
        if verdict is not Verdict.MISSED:
            self._last_answers[check] = max(at, self._last_answers.get(check, at))


def _may_join(held: Batch, following: Batch) -> bool:
    rows = sum(len(batch.looked) + len(batch.runs) + len(batch.rolled) for batch in (held, following))
    return held.life == following.life and not held.transitions and rows <= _MOST_ROWS
