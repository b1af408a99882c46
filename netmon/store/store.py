"""The store that the daemon has: it alone writes, and what belongs together stands in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.model.log import LifeBegan, PlanTaken
from netmon.model.moments import Moment
from netmon.model.news import Transition
from netmon.model.plan import Plan
from netmon.model.states import State
from netmon.ports import Batch
from netmon.store.database import Database, Trouble, explained, refusal, within
from netmon.store.plans import add_plan, add_taking, version_in_force
from netmon.store.reading import StoreReader
from netmon.store.rows import (
    ADD_LAST_LOOK,
    ADD_LATEST,
    ADD_LOOK,
    ADD_RUN,
    Row,
    last_look_rows,
    latest_row,
    look_row,
    plain,
    run_row,
)
from netmon.store.schema import EMPTY, newest, revision_of, revisions, upgrade
from netmon.store.tables import lives, transitions
from netmon.store.turns import ADD_TRANSITION, Dated, numbered

BEAT = """
UPDATE lives SET last_beat = CASE WHEN last_beat < ? THEN ? ELSE last_beat END WHERE life = ? RETURNING poller
"""


class SqlStore(StoreReader):
    """What `netmon.ports.Store` asks for, in a database that no other process writes to meanwhile."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._one_at_a_time = asyncio.Lock()
        self._connection: AsyncConnection | None = None

    async def prepare(self) -> None:
        """Take the right to write, and bring an empty or older database to the newest revision.

        However long that takes: a large file that nobody vouches for is read through, and old tables are rewritten.
        """
        with explained(self._database, "write to"):
            connection = await self._connected()
            async with self._database.transaction(connection, durable=True):
                await self._bring_forward(connection)

    async def begin_life(self, poller: str, at: Moment) -> LifeBegan:
        """Open a new life of *poller*; its number is one more than the last of any poller."""
        async with self._transaction(durable=True) as connection:
            life: int = (await connection.execute(select(func.coalesce(func.max(lives.c.life), 0) + 1))).scalar_one()
            await connection.execute(insert(lives).values(life=life, poller=poller, began=at, last_beat=at))
        self._life = life
        return LifeBegan(poller=poller, life=life, at=at)

    async def take_plan(self, plan: Plan, at: Moment, sources: Mapping[str, str]) -> PlanTaken:
        """Keep *plan* and the files that it came from; a plan that is in force already keeps its version."""
        async with self._transaction(durable=True) as connection:
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
            for statement, rows in added:
                if rows:
                    await connection.exec_driver_sql(self._worded(statement), rows)

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
        result = await connection.exec_driver_sql(self._worded(BEAT), (batch.beat, batch.beat, batch.life))
        poller: str | None = result.scalar_one_or_none()
        if poller is None:
            trouble = Trouble(f"life {batch.life} has not begun in it", "Restart netmon: it begins a life of its own")
            raise refusal(self._database, "write to", trouble)
        return poller

    @asynccontextmanager
    async def _transaction(self, *, durable: bool) -> AsyncIterator[AsyncConnection]:
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

    def _worded(self, statement: str) -> str:
        return statement.replace("?", self._database.placeholder)


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
