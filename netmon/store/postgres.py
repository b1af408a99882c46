"""PostgreSQL: the one that writes holds an advisory lock on the connection that it writes with."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from netmon.model.moments import MILLISECOND, Duration, Moment
from netmon.ports import Cleared
from netmon.store.clearing import delete_some, drop_partitions
from netmon.store.copying import copy_rows
from netmon.store.database import Trouble, connect, connected, refusal
from netmon.store.insertion import Insertion, Row
from netmon.store.partitions import PARTITIONED
from netmon.store.retention import Aging
from netmon.store.rooms import Rooms

_LOCK = (0x6E65, 0x746D6F6E)
"""The advisory lock's two numbers: "netmon" in ASCII."""

_HOLDER = """
SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s AND l.objid = %s AND l.objsubid = 2
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_SIZES = """
SELECT c.relname, coalesce((SELECT sum(pg_total_relation_size(t.relid)) FROM pg_partition_tree(c.oid) t),
                           pg_total_relation_size(c.oid))
FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
"""

_LINE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
"""A peer from which nothing comes any more, not even a refusal, is given up within about ten seconds, on both ends:
by us to go on, by the server so that a session that nobody has any more gives its lock back."""

_NO_CONNECTION = "08"
"""The class of errors that libpq's own, which have no code, belong to."""

_NOT_YET = ("starting up", "shutting down", "not yet accepting connections", "too many clients", "connection slots")
"""What a server says that will let us in in a while; any other refusal is about us."""

_COMES_BACK = ("57P", "53300")

_TROUBLES = {
    _NO_CONNECTION: "See whether PostgreSQL runs, lets this user in from here, and has the database (`createdb`)",
    "25006": "The server only reads (a standby?): point `url:` at the one that writes",
    "28": "Check the user and `password:` in the store's settings, and pg_hba.conf",
    "40": "The server gave way to another session; the batch is offered again",
    "42501": "Let netmon's user own the database: `ALTER DATABASE NAME OWNER TO USER`",
    "53100": "The server's disk is full: make room there",
    "53": "The server is short of connections or memory: see its settings and its log",
    "55P03": "Another session holds a lock for too long: see `SELECT * FROM pg_stat_activity`",
    "57": "See the server's log: it was stopped or it cancelled the work",
    "XX": "The server found damage: see its log, and restore a backup",
}


class PostgresDatabase:
    """The database that *url* names.

    Whoever waits for another program does so for *busy_timeout*, and for the server itself at most *patience*; never
    are there more than so many *connections*.
    """

    placeholder = "%s"
    errors: tuple[type[Exception], ...] = (psycopg.Error,)

    def __init__(self, url: URL, *, busy_timeout: Duration, patience: Duration, connections: int) -> None:
        self.patience = patience
        self.where = url.set(drivername="postgresql").render_as_string(hide_password=True)
        self._url = url.set(drivername="postgresql+psycopg")
        self._name = f"netmon process {os.getpid()} on {socket.gethostname()}"[:63]
        self._connections = connections
        self._had_it = False
        self._wait_ms = busy_timeout // MILLISECOND
        self._writing: AsyncEngine | None = None
        self._reading: AsyncEngine | None = None
        self._connection: AsyncConnection | None = None
        self._rooms = Rooms()

    async def seize(self) -> AsyncConnection:
        if self._writing is None:
            self._writing = self._engine(writes=True)
        await self._release()
        self._connection = await connect(self._writing)
        self._rooms = Rooms()
        await self._take_lock(self._connection)
        self._had_it = True
        return self._connection

    @asynccontextmanager
    async def transaction(self, connection: AsyncConnection, *, durable: bool) -> AsyncIterator[None]:
        self._rooms.begin()
        async with connection.begin():
            # for every batch: there is one in two seconds, and a server that crashes forgets what it put off
            await connection.exec_driver_sql("SET LOCAL synchronous_commit = on")
            yield
        self._rooms.confirm()

    async def add(self, connection: AsyncConnection, insertion: Insertion, rows: Sequence[Row]) -> None:
        driver = await _driver(connection)
        table = PARTITIONED.get(insertion.table)
        if table is not None:
            place = insertion.columns.index(table.moment)
            await self._rooms.prepare(driver, table, {row[place] for row in rows})
        await copy_rows(driver, insertion, rows)

    async def drop_old(self, connection: AsyncConnection, aging: Aging, floor: Moment) -> Cleared:
        table = PARTITIONED.get(aging.table.name)
        if table is None:
            return await delete_some(connection, aging, floor)
        self._rooms = Rooms()
        return await drop_partitions(connection, aging, table, floor)

    async def reclaim(self, connection: AsyncConnection) -> Cleared:
        return Cleared(rows=0, size_bytes=0, is_done=True)  # a dropped partition gave its room back at once

    async def can_reclaim(self, connection: AsyncConnection) -> bool:
        return True

    async def sizes(self, connection: AsyncConnection) -> Mapping[str, int]:
        rows: Any = await connection.exec_driver_sql(_SIZES)
        return {name: int(size) for name, size in rows}

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        if self._reading is None:
            self._reading = self._engine(writes=False)
        async with connected(self._reading) as connection:
            yield connection

    def diagnose(self, error: Exception) -> Trouble:
        cause = error.orig if isinstance(error, DBAPIError) else error
        state = getattr(cause, "sqlstate", None) or (
            _NO_CONNECTION if isinstance(cause, psycopg.OperationalError) else ""
        )
        why = " ".join(str(cause).split())
        if isinstance(cause, TimeoutError):
            mend = "See whether PostgreSQL and the network to it are alive; the connection is given up"
            return Trouble(why, mend, is_away=True)
        for prefix, mend in _TROUBLES.items():
            if state.startswith(prefix):
                return Trouble(why, mend, is_away=_is_away(state, why))
        return Trouble(why, "If this comes back, report it with the log")

    async def close(self) -> None:
        await self._release()
        for engine in (self._reading, self._writing):
            if engine is not None:
                await engine.dispose()
        self._reading = self._writing = None

    async def _release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def _engine(self, *, writes: bool) -> AsyncEngine:
        options: dict[str, object] = {f"tcp_{key.removeprefix('tcp_')}": value for key, value in _LINE.items()}
        options |= {"client_min_messages": "warning"}  # a temporary table that is there already is no news
        options |= {"lock_timeout": self._wait_ms, "default_transaction_read_only": int(not writes)}
        connect_args = {
            "options": " ".join(f"-c {key}={value}" for key, value in options.items()),
            "application_name": self._name,
            "connect_timeout": 10,
            **_LINE,
        }
        if writes:
            return create_async_engine(self._url, poolclass=NullPool, connect_args=connect_args)
        return create_async_engine(
            self._url,
            pool_size=self._connections - 1,
            max_overflow=0,
            pool_pre_ping=True,  # one that lay idle since the server was last restarted is no reason to refuse
            isolation_level="REPEATABLE READ",
            connect_args=connect_args,
        )

    async def _take_lock(self, connection: AsyncConnection) -> None:
        try:
            async with connection.begin():  # the lock is the session's, and outlives this transaction
                await connection.exec_driver_sql("SELECT pg_advisory_lock(%s, %s)", _LOCK)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != "55P03":
                raise
            async with connection.begin():
                holder = (await connection.exec_driver_sql(_HOLDER, _LOCK)).scalar()
            raise refusal(self, "write to", self._who_has_it(holder)) from None

    def _who_has_it(self, holder: str | None) -> Trouble:
        if self._had_it and holder == self._name:
            why = "the server has not noticed yet that the session which this netmon had before is gone"
            return Trouble(why, "It does within seconds, unless the session itself hangs: see pg_stat_activity")
        return Trouble(f"{holder or 'another netmon'} does already", "Stop that one first; reading needs no lock")


def _is_away(state: str, why: str) -> bool:
    """Whether the server is not there, or not yet: libpq gives no code where a connection could not be had at all."""
    if state.startswith(_NO_CONNECTION):
        return "FATAL:" not in why or any(words in why for words in _NOT_YET)
    return state.startswith(_COMES_BACK)


async def _driver(connection: AsyncConnection) -> psycopg.AsyncConnection[Any]:
    """The driver's own connection, for COPY; it is in the transaction that *connection* is in."""
    driver: psycopg.AsyncConnection[Any] = (await connection.get_raw_connection()).driver_connection  # type: ignore[assignment]
    return driver
