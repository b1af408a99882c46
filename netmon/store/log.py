"""The log in the order of the fold: streams of the database merged as they come, runs unrolled into their looks.

What is held in memory is bounded by the runs that overlap at one moment (at most one for each check) and by
the lives and takings of plans, never by the looks.
"""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.model.ids import CheckId
from netmon.model.log import Beat, Event, LifeBegan, Looked, PlanTaken, Run
from netmon.model.looks import Failure, Look
from netmon.model.moments import Duration, Moment
from netmon.model.states import Verdict
from netmon.store.plans import plan_of_version
from netmon.store.retention import log_beginning, marks_of
from netmon.store.rows import look_of, run_of
from netmon.store.tables import lives, looks, plan_takings, runs

Key = tuple[Moment, int, str, str, int]
"""Moment known; kind of event; check; poller; sequence."""

_LIFE, _PLAN, _LOOK, _BEAT = range(4)

_FETCHED_AT_ONCE = 1_000

_EVER = -(2**63)

Entry = tuple[Key, Event]
_Slot = tuple[Key, int, Run]


async def events(connection: AsyncConnection) -> AsyncIterator[Event]:
    """Everything that the snapshot of *connection* holds, from where on it is whole.

    Where what came before was dropped, the plan that was in force there comes first.
    """
    beginning = log_beginning(await marks_of(connection))
    since = Moment(_EVER if beginning is None else beginning)
    async for event in merged([_marks(connection, since), _rows(connection, since), _slots(connection, since)]):
        yield event


async def last_seen(connection: AsyncConnection, before: Moment) -> dict[CheckId, tuple[Moment, Moment | None]]:
    """When each check was looked at last, and when it answered last, as far as that was known *before*."""
    last = runs.c.first + (runs.c.count - 1) * runs.c.interval
    until = runs.c.first + (before - 1 - runs.c.first) // runs.c.interval * runs.c.interval
    slot = case((last < before, last), else_=until)
    seen: dict[CheckId, tuple[Moment, Moment | None]] = {}
    for table, at, is_before in ((looks, looks.c.at, looks.c.known < before), (runs, slot, runs.c.first < before)):
        answered = func.max(case((table.c.verdict != Verdict.MISSED.value, at)))
        statement = select(table.c.check_id, func.max(at), answered).where(is_before).group_by(table.c.check_id)
        for check, looked, answer in await connection.execute(statement):
            known, known_answer = seen.get(check, (looked, None))
            answers = [moment for moment in (answer, known_answer) if moment is not None]
            seen[check] = max(looked, known), max(answers, default=None)
    return seen


async def merged(streams: Sequence[AsyncIterator[Entry]]) -> AsyncIterator[Event]:
    """The events of *streams*, each of which is in order, in the order of their keys."""
    heads: list[tuple[Key, int, Event]] = []
    for number, stream in enumerate(streams):
        async for key, event in stream:
            heads.append((key, number, event))
            break
    heapq.heapify(heads)
    while heads:
        _, number, event = heads[0]
        yield event
        async for key, following in streams[number]:
            heapq.heapreplace(heads, (key, number, following))
            break
        else:
            heapq.heappop(heads)


def unrolled(run: Run, poller: str, number: int, since: Moment = Moment(_EVER)) -> _Slot:
    """The first slot of *run* from *since* on, as `take_slot` and a heap want it; *number* tells runs apart."""
    missing = max(0, -(-(since - run.first) // run.interval))
    return (Moment(run.first + missing * run.interval), _LOOK, run.check, poller, 0), number, run


def take_slots(open_runs: list[_Slot], before: Key | None) -> Iterator[Entry]:
    """Take the slots that come before *before* (all, where that is ``None``) from the heap *open_runs*, in order."""
    while open_runs and (before is None or open_runs[0][0] < before):
        key, number, run = open_runs[0]
        slot, *place = key
        yield key, Looked(look=_look_at(slot, run), plan=run.plan, sequence=0)
        following = Moment(slot + run.interval)
        if following > run.last:
            heapq.heappop(open_runs)
        else:
            heapq.heapreplace(open_runs, ((following, *place), number, run))  # type: ignore[misc]


async def _slots(connection: AsyncConnection, since: Moment) -> AsyncIterator[Entry]:
    statement = (
        select(runs, lives.c.poller)
        .join(lives, lives.c.life == runs.c.life)
        .where(runs.c.first + (runs.c.count - 1) * runs.c.interval >= since)
        .order_by(runs.c.first, runs.c.check_id, lives.c.poller)
    )
    open_runs: list[_Slot] = []
    number = 0
    async for row in _streamed(connection, statement):
        number += 1
        slot = unrolled(run_of(row), row.poller, number, since)
        if row.first >= since:  # whatever began before that is still to come, and only then everything is in order
            for entry in take_slots(open_runs, slot[0]):
                yield entry
        heapq.heappush(open_runs, slot)
    for entry in take_slots(open_runs, None):
        yield entry


async def _rows(connection: AsyncConnection, since: Moment) -> AsyncIterator[Entry]:
    statement = (
        select(looks, lives.c.poller)
        .join(lives, lives.c.life == looks.c.life)
        .where(looks.c.known >= since)
        .order_by(looks.c.known, looks.c.check_id, lives.c.poller, looks.c.sequence)
    )
    async for row in _streamed(connection, statement):
        key = (row.known, _LOOK, row.check_id, row.poller, row.sequence)
        yield key, Looked(look=look_of(row), plan=row.plan, sequence=row.sequence)


async def _marks(connection: AsyncConnection, since: Moment) -> AsyncIterator[Entry]:
    marks: list[tuple[Key, LifeBegan | Beat | int]] = []
    for row in await connection.execute(select(lives).where(lives.c.last_beat >= since)):
        began = LifeBegan(poller=row.poller, life=row.life, at=row.began, remembers=bool(row.remembers))
        if row.began >= since:
            marks.append(((row.began, _LIFE, "", row.poller, row.life), began))
        marks.append(((row.last_beat, _BEAT, "", row.poller, row.life), Beat(row.last_beat)))
    takings = await connection.execute(select(plan_takings).where(or_(plan_takings.c.at >= since, _in_force(since))))
    marks.extend(((row.at, _PLAN, "", "", row.id), row.version) for row in takings)
    taken: PlanTaken | None = None
    for key, mark in sorted(marks, key=lambda entry: entry[0]):
        if not isinstance(mark, int):
            yield key, mark
            continue
        is_again = taken is not None and taken.version == mark
        plan = taken.plan if taken is not None and is_again else await plan_of_version(connection, mark)
        taken = PlanTaken(key[0], mark, plan)
        yield key, taken


def _in_force(since: Moment) -> ColumnElement[bool]:
    """The last taking of a plan before *since*."""
    before = select(plan_takings.c.id).where(plan_takings.c.at < since)
    last = before.order_by(plan_takings.c.at.desc(), plan_takings.c.id.desc()).limit(1)
    return plan_takings.c.id == last.scalar_subquery()


async def _streamed(connection: AsyncConnection, statement: Select[Any]) -> AsyncIterator[Any]:
    result = await connection.stream(statement.execution_options(yield_per=_FETCHED_AT_ONCE))
    async for rows in result.partitions():
        for row in rows:
            yield row


def _look_at(slot: Moment, run: Run) -> Look:
    failure = None if run.reason is None else Failure(run.reason, "")
    return Look(check=run.check, at=slot, took=Duration(0), verdict=run.verdict, failure=failure, findings=run.findings)
