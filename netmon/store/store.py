"""The store that the daemon has: it alone writes, and what belongs together stands in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.model.log import LifeBegan, PlanTaken
from netmon.model.moments import MINUTE, Duration, Moment, Span
from netmon.model.news import Transition
from netmon.model.plan import Plan
from netmon.model.rollups import Width, span_around
from netmon.model.states import State
from netmon.ports import Batch, Cleared, Holding, LoadedLife
from netmon.store.database import Database, Trouble, explained, refusal, within
from netmon.store.deriving import Due, derived_rows, everything_due, forget_due, series_batches
from netmon.store.holdings import holdings
from netmon.store.insertion import Row
from netmon.store.plans import add_plan, add_taking, version_in_force, version_taken
from netmon.store.reading import StoreReader
from netmon.store.retention import AGING, SET_MARK, marks_of
from netmon.store.rollups import ADD_DUE, add_derived, add_parts, due_rows
from netmon.store.rows import (
    ADD_LAST_LOOK,
    ADD_LATEST,
    ADD_LOOK,
    ADD_RUN,
    last_look_rows,
    latest_row,
    look_row,
    plain,
    run_row,
)
from netmon.store.schema import EMPTY, newest, revision_of, revisions, upgrade
from netmon.store.tables import lives, transitions
from netmon.store.turns import ADD_TRANSITION, Dated, numbered

SETTLED = Duration(3 * MINUTE)
"""So long after its end an hour or a day is derived: its last 5 minutes are kept by then."""

_NOT_PREPARED = Trouble("it was not reached yet", "netmon goes on asking for it", is_away=True)

BEAT = """
UPDATE lives SET last_beat = CASE WHEN last_beat < ? THEN ? ELSE last_beat END WHERE life = ? RETURNING poller
"""


class SqlStore(StoreReader):
    """What `netmon.ports.Store` asks for, in a database that no other process writes to meanwhile."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._one_at_a_time = asyncio.Lock()
        self._connection: AsyncConnection | None = None
        self._is_prepared = False

    async def prepare(self) -> None:
        """Take the right to write, and bring an empty or older database to the newest revision.

        However long that takes: a large file that nobody vouches for is read through, and old tables are rewritten.
        But a server must have answered a first question within the patience that there is with it.
        """
        async with self._one_at_a_time:
            with explained(self._database, "write to"), self._dropped_if_broken_off():
                async with within(self._database.patience):
                    connection = await self._connected()
                    async with connection.begin():
                        await connection.run_sync(revision_of)
                async with self._database.transaction(connection, durable=True):
                    await self._bring_forward(connection)
        self._is_prepared = True

    async def begin_life(self, poller: str, at: Moment) -> LifeBegan:
        """Open a new life of *poller*; its number is one more than the last of any poller."""
        async with self._transaction(durable=True) as connection:
            life = await add_life(connection, LifeBegan(poller=poller, life=0, at=at))
        self._life = life
        return LifeBegan(poller=poller, life=life, at=at)

    async def load_life(self, began: LifeBegan) -> LoadedLife:
        """Keep a life that began while the store was away; one of that poller and moment is there only once."""
        async with self._transaction(durable=True) as connection:
            known = select(lives.c.life, lives.c.last_beat).where(
                lives.c.poller == began.poller,
                lives.c.began == began.at,
                lives.c.remembers == int(began.remembers),
            )
            row = (await connection.execute(known)).one_or_none()
            number = await add_life(connection, began) if row is None else row.life
        self._life = number
        return LoadedLife(number, began.at if row is None else row.last_beat)

    async def take_plan(self, plan: Plan, at: Moment, sources: Mapping[str, str]) -> PlanTaken:
        """Keep *plan* and the files that it came from; a plan that is in force already keeps its version.

        The same plan taken at the same moment again is one taking.
        """
        async with self._transaction(durable=True) as connection:
            version = await version_taken(connection, plan, at)
            if version is not None:
                return PlanTaken(at, version, plan)
            version = await version_in_force(connection, plan)
            if version is None:
                version = await add_plan(connection, plan, at, sources)
            await add_taking(connection, version, at, self._life)
        return PlanTaken(at, version, plan)

    async def keep(self, batch: Batch) -> None:
        """Keep *batch* whole or not at all; what of it was kept before is not added twice."""
        added = [
            (ADD_LOOK, [look_row(looked, batch.life) for looked in batch.looked]),
            (ADD_RUN, [run_row(run, batch.life) for run in batch.runs]),
            (ADD_LATEST, [latest_row(latest) for latest in batch.latest.values()]),
        ]
        async with self._transaction(durable=bool(batch.transitions)) as connection:
            poller = await self._beat(connection, batch)
            added.append((ADD_LAST_LOOK, last_look_rows(batch.looked, batch.runs, poller)))
            added.append((ADD_TRANSITION, await _transition_rows(connection, batch, poller)))
            for insertion, rows in added:
                if rows:
                    await self._database.add(connection, insertion, rows)
            await add_parts(connection, self._database, batch.rolled, batch.life)

    async def derive_rollups(self, now: Moment, zone: ZoneInfo) -> None:
        """Make hours and days, as the days of *zone* are, of the 5 minutes that came since they were made last."""
        for width in (Width.HOUR, Width.DAY):
            async with self._snapshot() as connection:
                everything = await everything_due(connection)
            for due in everything:
                span = span_around(due.since, width, zone)
                if due.width is width and span.until + SETTLED <= now:
                    await self._derive(due, span, zone)

    async def _derive(self, due: Due, span: Span, zone: ZoneInfo) -> None:
        """Make the rows of *due*, a few series at a time, so that nobody waits long for the turn to write."""
        async with self._snapshot() as connection:
            batches = await series_batches(connection, span)
        for ids in batches:
            async with self._transaction(durable=False) as connection:
                if rows := await derived_rows(connection, span, ids):
                    await self._database.add(connection, add_derived(due.width), rows)
        async with self._transaction(durable=False) as connection:
            await forget_due(connection, due)
            if due.width is Width.HOUR:  # where a zone's midnight is not on the hour, an hour may lie in two days
                days = (span_around(at, Width.DAY, zone).since for at in (span.since, Moment(span.until - 1)))
                await self._database.add(connection, ADD_DUE, due_rows(Width.DAY, days))

    async def survey(self, horizons: Mapping[str, Moment]) -> Sequence[Holding]:
        """What each table holds, and what of it is older than the horizon of its setting; changes nothing."""
        with explained(self._database, "read"):  # every row is counted: as long as that takes
            async with self._database.snapshot() as connection:
                sizes = await self._database.sizes(connection)
                return [holding async for holding in holdings(connection, sizes, horizons)]

    async def clear(self, name: str, horizon: Moment) -> Cleared:
        """Drop some of what the setting *name* does not keep beyond *horizon*."""
        async with self._transaction(durable=False) as connection:
            marks, cleared = await marks_of(connection), Cleared(rows=0, size_bytes=0, is_done=True)
            for aging in AGING[name]:
                floor = aging.floor(horizon, marks)
                if floor is not None and cleared.is_done and cleared.rows == 0:
                    await self._database.add(connection, SET_MARK, [(aging.mark, floor)])
                    cleared = await self._database.drop_old(connection, aging, floor)
        return replace(cleared, is_done=cleared.is_done and cleared.rows == 0)

    async def reclaim(self) -> Cleared:
        """Give some of the room that is free inside the database back to the system."""
        async with self._transaction(durable=False) as connection:
            return await self._database.reclaim(connection)

    async def mark(self, name: str) -> Moment | None:
        """The moment that was set under *name*."""
        async with self._snapshot() as connection:
            return (await marks_of(connection)).get(name)

    async def set_mark(self, name: str, at: Moment) -> None:
        """Remember *at* under *name*; a mark never goes back."""
        async with self._transaction(durable=False) as connection:
            await self._database.add(connection, SET_MARK, [(name, at)])

    async def _bring_forward(self, connection: AsyncConnection) -> None:
        revision = await connection.run_sync(revision_of)
        if revision is None:
            trouble = Trouble("its tables are not netmon's", "Give netmon a database of its own")
            raise refusal(self._database, "write to", trouble)
        if revision not in revisions() | {EMPTY}:
            trouble = Trouble(
                f"it is at revision {revision}, which this netmon does not know ({newest()} is its newest)",
                "Use the newer netmon that wrote it, or restore a backup from before",
            )
            raise refusal(self._database, "write to", trouble)
        if revision != newest():
            await connection.run_sync(upgrade)

    async def _beat(self, connection: AsyncConnection, batch: Batch) -> str:
        statement = BEAT.replace("?", self._database.placeholder)
        result = await connection.exec_driver_sql(statement, (batch.beat, batch.beat, batch.life))
        poller: str | None = result.scalar_one_or_none()
        if poller is None:
            trouble = Trouble(f"life {batch.life} has not begun in it", "Restart netmon: it begins a life of its own")
            raise refusal(self._database, "write to", trouble)
        return poller

    @asynccontextmanager
    async def _transaction(self, *, durable: bool) -> AsyncIterator[AsyncConnection]:
        if not self._is_prepared:  # preparing may take minutes: whoever has the turn to write must not wait for it
            raise refusal(self._database, "write to", _NOT_PREPARED)
        async with self._one_at_a_time:
            with explained(self._database, "write to"), self._dropped_if_broken_off():
                async with within(self._database.patience):
                    connection = await self._connected()
                    async with self._database.transaction(connection, durable=durable):
                        yield connection

    @contextmanager
    def _dropped_if_broken_off(self) -> Iterator[None]:
        try:
            yield
        except (asyncio.CancelledError, TimeoutError):
            self._connection = None  # nobody knows what it is at: the next one begins anew
            raise

    async def _connected(self) -> AsyncConnection:
        connection = self._connection
        if connection is None or connection.invalidated or connection.closed:
            self._connection = None  # a server that went away took the lock with it: ask for both again
            self._connection = connection = await self._database.seize()
        return connection


async def add_life(connection: AsyncConnection, began: LifeBegan) -> int:
    """Add a life under the next number, which is returned."""
    number: int = (await connection.execute(select(func.coalesce(func.max(lives.c.life), 0) + 1))).scalar_one()
    await connection.execute(
        insert(lives).values(
            life=number, poller=began.poller, began=began.at, last_beat=began.at, remembers=int(began.remembers)
        )
    )
    return number


async def _transition_rows(connection: AsyncConnection, batch: Batch, poller: str) -> list[Row]:
    if not batch.transitions:
        return []
    kept = await _kept_states(connection, batch.life, Moment(min(news.at for news in batch.transitions)))
    return [_transition_row(news, batch, poller, turn) for news, turn in numbered(batch.transitions, kept)]


def _transition_row(news: Transition, batch: Batch, poller: str, turn: int) -> Row:
    reason, evidence = (news.failure.reason.value, plain(news.failure.evidence)) if news.failure else (None, None)
    return (news.entity, news.at, news.state.value, reason, evidence, batch.beat, poller, batch.life, turn)


async def _kept_states(connection: AsyncConnection, life: int, since: Moment) -> Mapping[Dated, Sequence[State]]:
    kept: dict[Dated, list[State]] = {}
    statement = (
        select(transitions.c.entity, transitions.c.at, transitions.c.state)
        .where(transitions.c.at >= since, transitions.c.life == life)
        .order_by(transitions.c.turn)
    )
    for row in await connection.execute(statement):
        kept.setdefault((row.entity, row.at), []).append(State(row.state))
    return kept
