"""SQLite: one file with its write-ahead log, and a lock file beside it that names the process that writes."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from typing_extensions import override

from netmon.model.moments import Duration, Moment, in_seconds
from netmon.ports import Cleared
from netmon.store.claim import Claim, ClaimTakenError
from netmon.store.clearing import delete_some
from netmon.store.database import Trouble, connect, connected, refusal
from netmon.store.insertion import Insertion, Row
from netmon.store.retention import Aging

_RESTORE = "Restore a backup, or move the file away to begin anew without its history"

_FULL = Trouble("the disk is full", "Make room, or let the file live on a larger disk")

_TROUBLES = {
    "SQLITE_NOTADB": Trouble("the file is no SQLite database, or its head is damaged", _RESTORE),
    "SQLITE_CORRUPT": Trouble("the file is damaged", _RESTORE),
    "SQLITE_FULL": _FULL,
    "SQLITE_BUSY": Trouble(
        "another program holds the database for too long", "See which with `fuser -v FILE` and let it finish"
    ),
    "SQLITE_READONLY": Trouble("the file or its directory may not be written", "Give the user of netmon the right to"),
    "SQLITE_CANTOPEN": Trouble("the file or its directory may not be opened", "See whether it exists and who may"),
    "SQLITE_IOERR": Trouble("the disk failed", "See the kernel's messages with `dmesg`, and the disk's health"),
}

_SYSTEM_TROUBLES = {
    errno.ENOSPC: _FULL,
    errno.EAGAIN: Trouble("the system gives no thread", "See the limits of netmon's user: `ulimit -u`, or TasksMax="),
}

_PAGES_AT_ONCE = 1_000
"""So many pages are given back in one transaction: 4 MiB, some tens of milliseconds."""

_NO_VACUUM = 0
"""What `auto_vacuum` says of a file that keeps every page that it ever had."""

_SIZES = """
SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name
WHERE s.aggregate = TRUE GROUP BY m.tbl_name
"""

_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR")


class _Connection(sqlite3.Connection):
    """One that lets go of its lock when it is closed, even where somebody still has a cursor of a broken-off statement.

    SQLite itself would end the transaction only with the last cursor (https://www.sqlite.org/c3ref/close.html), and
    whoever holds the exception of a cancelled task holds its cursors too.
    """

    @override
    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self.rollback()
        super().close()


class SqliteDatabase:
    """The database in *path*; whoever waits for another program does so for *busy_timeout*."""

    placeholder = "?"
    patience = None  # a disk that hangs holds the thread and its lock: another connection would wait as long
    errors: tuple[type[Exception], ...] = (sqlite3.Error, OverflowError)

    def __init__(self, path: Path, *, busy_timeout: Duration) -> None:
        self.path = path
        self.where = str(path)
        self._events = structlog.get_logger("netmon.store")
        self._busy_timeout = busy_timeout
        self._claim: Claim | None = None
        self._writing: AsyncEngine | None = None
        self._reading: AsyncEngine | None = None
        self._connection: AsyncConnection | None = None
        self._synchronous = "FULL"
        self._is_examined = False
        self._is_suspect = False

    async def seize(self) -> AsyncConnection:
        if self._claim is None:
            self._claim = self._take_claim()
        self._refuse_a_lost_file()
        if self._writing is None:
            self._writing = self._engine({}, self._begin_to_write, poolclass=NullPool)
        await self._release()
        self._connection = connection = await connect(self._writing)
        driver = await _driver(connection)
        await driver.execute("PRAGMA auto_vacuum = INCREMENTAL")  # of a file that is not there yet; others stay
        await driver.execute("PRAGMA journal_mode = WAL")
        if not self._is_examined:
            if not self._claim.was_left_in_order:
                await self._examine(driver)
            self._is_examined = True
        return connection

    @asynccontextmanager
    async def transaction(self, connection: AsyncConnection, *, durable: bool) -> AsyncIterator[None]:
        self._synchronous = "FULL" if durable else "NORMAL"
        async with connection.begin():
            yield

    async def add(self, connection: AsyncConnection, insertion: Insertion, rows: Sequence[Row]) -> None:
        await connection.exec_driver_sql(insertion.statement(self.placeholder), list(rows))

    async def drop_old(self, connection: AsyncConnection, aging: Aging, floor: Moment) -> Cleared:
        return await delete_some(connection, aging, floor)

    async def reclaim(self, connection: AsyncConnection) -> Cleared:
        before = await _pragma(connection, "page_count")
        # each page is a step of the statement, and only a script is stepped through to its end; it begins by
        # committing, so the transaction that the caller is in goes on as another
        await (await _driver(connection)).executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE}); BEGIN IMMEDIATE")
        freed = before - await _pragma(connection, "page_count")
        size_bytes = freed * await _pragma(connection, "page_size")
        return Cleared(rows=0, size_bytes=size_bytes, is_done=freed < _PAGES_AT_ONCE)

    async def can_reclaim(self, connection: AsyncConnection) -> bool:
        return await _pragma(connection, "auto_vacuum") != _NO_VACUUM

    async def sizes(self, connection: AsyncConnection) -> Mapping[str, int]:
        try:
            rows: Any = await connection.exec_driver_sql(_SIZES)
        except DBAPIError:
            return {}  # a SQLite that was built without dbstat
        return {name: int(size) for name, size in rows}

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        if self._reading is None:
            self._refuse_a_missing_file()
            way = await self._way_to_read()
            if self._reading is None:  # nobody else was quicker
                self._reading = self._engine(way, _begin_to_read, pool_size=4, max_overflow=0, pool_pre_ping=True)
        async with connected(self._reading) as connection:
            yield connection

    def diagnose(self, error: Exception) -> Trouble:
        cause = error.orig if isinstance(error, DBAPIError) else error
        name = getattr(cause, "sqlite_errorname", None) or ""
        for prefix, trouble in _TROUBLES.items():
            if name.startswith(prefix):
                return Trouble(f"{trouble.why} ({cause})", trouble.mend)
        if isinstance(cause, OSError):
            if cause.errno in _SYSTEM_TROUBLES:
                return _SYSTEM_TROUBLES[cause.errno]
            return Trouble(cause.strerror or str(cause), "See whether the directory exists and who may write in it")
        return Trouble(str(cause), "If this comes back, report it with the log")

    async def close(self) -> None:
        if self._reading is not None:  # before the one that writes: the last to go empties the journal
            await self._reading.dispose()
        await self._release()
        if self._writing is not None:
            await self._writing.dispose()
        self._reading = self._writing = None
        if self._claim is not None:
            if self._is_examined and not self._is_suspect:
                self._claim.vouch()
            self._claim.give_up()
            self._claim = None

    async def _release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _examine(self, driver: Any) -> None:
        """Read the whole file through: whoever wrote to it last did not live to say that it is in order."""
        self._events.warning("store_was_not_closed", where=self.where, size_bytes=self.path.stat().st_size)
        async with driver.execute("PRAGMA quick_check(1)") as cursor:
            (finding,) = await cursor.fetchone()
        if finding != "ok":
            raise refusal(self, "open", Trouble(f"the file is damaged ({finding})", _RESTORE))

    def _engine(self, way: dict[str, str], begin: Callable[[Connection], None], **pool: Any) -> AsyncEngine:
        url = URL.create("sqlite+aiosqlite", database=_uri_path(self.path), query={"uri": "true", **way})
        connect_args = {"isolation_level": None, "timeout": in_seconds(self._busy_timeout), "factory": _Connection}
        engine = create_async_engine(url, connect_args=connect_args, **pool)
        event.listen(engine.sync_engine, "begin", begin)  # the driver would begin late, and never to change tables
        event.listen(engine.sync_engine, "handle_error", self._note_error)
        return engine

    def _begin_to_write(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA synchronous = {self._synchronous}")  # inside a transaction it does nothing
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def _note_error(self, context: ExceptionContext) -> None:
        """Keep damage in mind: the next writer should look into it."""
        name = getattr(context.original_exception, "sqlite_errorname", "")
        self._is_suspect = self._is_suspect or name.startswith(_DAMAGED)

    def _take_claim(self) -> Claim:
        try:
            return Claim(self.path)
        except ClaimTakenError as taken:
            trouble = Trouble(
                f"the netmon with process id {taken.holder} does already", "Stop that one first; reading needs no lock"
            )
            raise refusal(self, "write to", trouble) from None

    def _refuse_a_lost_file(self) -> None:
        """An empty state must be somebody's wish, not what is left of a full one."""
        journal = self.path.with_name(f"{self.path.name}-wal")
        if not self.path.exists():
            if journal.exists() and journal.stat().st_size:
                raise refusal(self, "open", Trouble(f"the file is gone, and {journal.name} is left of it", _RESTORE))
            if self._is_examined:
                raise refusal(self, "open", Trouble("the file is gone since it was opened", _RESTORE))
            return
        size = self.path.stat().st_size
        if size == 0:
            raise refusal(self, "open", Trouble("the file is empty: its content was lost", _RESTORE))
        if not (journal.exists() and journal.stat().st_size) and size < (promised := _promised_size(self.path)):
            raise refusal(self, "open", Trouble(f"the file is cut off: it has {size} of {promised} bytes", _RESTORE))

    def _refuse_a_missing_file(self) -> None:
        if not self.path.exists():
            raise refusal(self, "read", Trouble("there is no such file", "`netmon run` makes it when it starts"))

    async def _way_to_read(self) -> dict[str, str]:
        """Read-only; where we may not make the index of an absent journal, as a file that nobody changes."""
        way = {"mode": "ro"}
        engine = self._engine(way, _begin_to_read, poolclass=NullPool)
        try:
            async with connected(engine) as connection:
                await connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
        except DBAPIError as error:
            name = getattr(error.orig, "sqlite_errorname", "")
            journal = self.path.with_name(f"{self.path.name}-wal")
            if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")) and not journal.exists():
                return {"mode": "ro", "immutable": "1"}
            raise
        finally:
            await engine.dispose()
        return way


def _begin_to_read(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


async def _pragma(connection: AsyncConnection, name: str) -> int:
    value: int = (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
    return value


async def _driver(connection: AsyncConnection) -> Any:
    """The driver's own connection: a pragma must be set outside the transaction that any statement of ours begins."""
    return (await connection.get_raw_connection()).driver_connection


def _uri_path(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}"


def _promised_size(path: Path) -> int:
    """How many bytes the head of the file says that it has (https://www.sqlite.org/fileformat.html, 1.3)."""
    with path.open("rb") as file:
        head = file.read(100)
    if len(head) < 100:
        return 100
    page_size = int.from_bytes(head[16:18])
    is_current = head[24:28] == head[92:96]
    return int.from_bytes(head[28:32]) * (65536 if page_size == 1 else page_size) if is_current else 0
