"""What is asked of the store: what is believed now, what was believed when, and what a new life begins with."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import Select, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.model.ids import CheckId, EntityId
from netmon.model.log import Event, PlanTaken
from netmon.model.moments import Moment, Span
from netmon.model.news import Status
from netmon.model.rollups import Rollup, Series, Width
from netmon.model.states import State
from netmon.ports import Interval, Latest, Memory, StoreEmptyError
from netmon.store.database import Database, Trouble, explained, refusal, within
from netmon.store.log import events, last_seen
from netmon.store.plans import plan_of_version
from netmon.store.retention import log_beginning, marks_of
from netmon.store.rollups import rollups_of, series_of_check, series_of_row
from netmon.store.rows import failure_of, latest_of
from netmon.store.schema import EMPTY, newest, revision_of
from netmon.store.tables import intervals, last_looks, latest, lives, plan_takings, plans, series, transitions


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One life of a poller: from *began* to *last_beat* it looked; in between two lives nobody did."""

    poller: str
    life: int
    began: Moment
    last_beat: Moment


class StoreReader:
    """The reading side of a store; it needs no writer, and does not wait for one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._life: int | None = None  # the life that this process has begun; one that only reads has none

    async def statuses(self) -> Mapping[EntityId, Status]:
        """The last status of every entity."""
        async with self._snapshot() as connection:
            return await _statuses(connection)

    async def history(self, entity: EntityId, since: Moment, until: Moment) -> Sequence[Interval]:
        """The intervals of *entity* that touch ``[since, until)``, in order."""
        touching = (
            select(intervals)
            .where(intervals.c.entity == entity, intervals.c.since < until)
            .where(or_(intervals.c.until.is_(None), intervals.c.until > since))
            .order_by(intervals.c.since)
        )
        async with self._snapshot() as connection:
            rows = await connection.execute(touching)
            return [
                Interval(
                    entity=entity,
                    status=Status(State(row.state), row.since, failure_of(row.reason, row.evidence)),
                    until=row.until,
                )
                for row in rows
            ]

    async def latest(self) -> Mapping[CheckId, Latest]:
        """The last look of every check."""
        async with self._snapshot() as connection:
            return {row.check_id: latest_of(row) for row in await connection.execute(select(latest))}

    async def lives(self) -> Sequence[Life]:
        """Every life of every poller, in the order in which they began."""
        async with self._snapshot() as connection:
            rows = await connection.execute(select(lives).order_by(lives.c.life))
            return [Life(poller=row.poller, life=row.life, began=row.began, last_beat=row.last_beat) for row in rows]

    async def shrinks(self) -> bool:
        """Whether room that is free inside the database can go back to the system."""
        async with self._snapshot() as connection:
            return await self._database.can_reclaim(connection)

    async def plan_in_force(self, poller: str, at: Moment) -> PlanTaken | None:
        """The plan that *poller* went by at *at*; ``None`` before its first."""
        statement = (
            select(plan_takings.c.at, plan_takings.c.version)
            .join(plans, plans.c.version == plan_takings.c.version)
            .where(plans.c.poller == poller, plan_takings.c.at <= at)
            .order_by(plan_takings.c.at.desc(), plan_takings.c.id.desc())
            .limit(1)
        )
        async with self._snapshot() as connection:
            row = (await connection.execute(statement)).one_or_none()
            if row is None:
                return None
            return PlanTaken(row.at, row.version, await plan_of_version(connection, row.version))

    async def series(self, family: str) -> Sequence[Series]:
        """Every series of *family* of which figures were ever kept, in order."""
        named = select(series).where(series.c.family == family).order_by(series.c.check_id, series.c.labels)
        async with self._snapshot() as connection:
            return [series_of_row(row) for row in await connection.execute(named)]

    async def rollups(self, check: CheckId, family: str, width: Width, span: Span) -> Sequence[Rollup]:
        """The figures of each series of *family* of *check* whose time begins in *span*, in order of time.

        An hour or a day is there when it is over; 5 minutes are there from their first minute on.
        """
        async with self._snapshot() as connection:
            return await rollups_of(connection, await series_of_check(connection, check, family), width, span)

    async def memory(self, poller: str) -> Memory:
        """What is remembered of everything that *poller* looked at."""
        earlier = lives.c.poller == poller
        if self._life is not None:
            earlier = and_(earlier, lives.c.life < self._life)
        async with self._snapshot() as connection:
            # what was believed before a life that remembered nothing was forgotten then, and stays so
            forgetful = select(lives).where(earlier, lives.c.remembers == 0).order_by(lives.c.life.desc()).limit(1)
            forgot = (await connection.execute(forgetful)).one_or_none()
            life, began = (forgot.life, forgot.began) if forgot is not None else (0, Moment(-1))
            statuses = await _statuses(connection, since_life=life)
            looked = list(await connection.execute(select(last_looks).where(last_looks.c.poller == poller)))
            last_beat = (await connection.execute(select(func.max(lives.c.last_beat)).where(earlier))).scalar()
        return Memory(
            statuses=statuses,
            last_looks={row.check_id: row.looked_at for row in looked if row.looked_at >= began},
            last_answers={
                row.check_id: row.answered_at
                for row in looked
                if row.answered_at is not None and row.answered_at >= began
            },
            last_beat=last_beat,
        )

    async def beginning(self) -> Memory:
        """What was believed where the log begins; nothing, where nothing of it was ever dropped."""
        async with self._snapshot() as connection:
            at = log_beginning(await marks_of(connection))
            if at is None:
                return Memory(statuses={}, last_looks={}, last_answers={}, last_beat=None)
            statuses, seen = await _statuses(connection, known_before=at), await last_seen(connection, at)
        return Memory(
            statuses=statuses,
            last_looks={check: looked for check, (looked, _) in seen.items()},
            last_answers={check: answered for check, (_, answered) in seen.items() if answered is not None},
            last_beat=at,
        )

    async def log(self) -> AsyncGenerator[Event, None]:
        """Everything that is kept, in the order of the fold, from where on it is whole; `beginning` is what was then.

        Whoever stops early closes it (`aclosing`).
        """
        with explained(self._database, "read"):  # as long as the log is, so long may it take
            async with self._database.snapshot() as connection:
                async for event in events(connection):
                    yield event

    async def refuse_another_revision(self) -> None:
        """Reading guesses nothing: the database is at the revision that this netmon knows, or it is refused."""
        async with self._snapshot() as connection:
            revision = await connection.run_sync(revision_of)
        if revision == EMPTY:
            why = "nothing was kept in it yet. `netmon run` prepares it when it starts"
            raise StoreEmptyError(f"cannot read {self._database.where}: {why}")
        if revision != newest():
            raise refusal(self._database, "read", _of_revision(revision))

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[AsyncConnection]:
        with explained(self._database, "read"):
            async with within(self._database.patience), self._database.snapshot() as connection:
                yield connection


def _of_revision(revision: str | None) -> Trouble:
    if revision is None:
        return Trouble("its tables are not netmon's", "Give netmon a database of its own")
    return Trouble(
        f"it is at revision {revision}, and this netmon reads {newest()}",
        "Use the netmon that writes it; a newer netmon brings an older database forward when it runs",
    )


async def _statuses(
    connection: AsyncConnection, known_before: Moment | None = None, *, since_life: int = 0
) -> Mapping[EntityId, Status]:
    last = _last_transitions(known_before)
    rows = await connection.execute(last.where(transitions.c.life >= since_life) if since_life else last)
    return {row.entity: Status(State(row.state), row.at, failure_of(row.reason, row.evidence)) for row in rows}


def _last_transitions(known_before: Moment | None) -> Select[tuple[object, ...]]:
    """The last row of each entity, by hopping from entity to entity in the index, however long their histories."""
    hop = select(func.min(transitions.c.entity).label("entity")).cte("entities", recursive=True)
    following = transitions.alias("following")
    hop = hop.union_all(
        select(select(func.min(following.c.entity)).where(following.c.entity > hop.c.entity).scalar_subquery()).where(
            hop.c.entity.is_not(None)
        )
    )
    own = transitions.alias("own")
    last = (
        select(own.c.id)
        .where(own.c.entity == hop.c.entity, true() if known_before is None else own.c.recorded < known_before)
        .order_by(own.c.at.desc(), own.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    columns = (
        transitions.c.entity,
        transitions.c.at,
        transitions.c.state,
        transitions.c.reason,
        transitions.c.evidence,
    )
    return select(*columns).select_from(hop).join(transitions, transitions.c.id == last)
