"""SQLite: one file with its write-ahead log, and a lock file beside it that names the process that writes."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from netmon.model.moments import Duration, in_seconds
from netmon.store.database import Trouble, refusal

_RESTORE = "Restore a backup, or move the file away to begin anew without its history"

_TROUBLES = {
    "SQLITE_NOTADB": Trouble("the file is no SQLite database, or its head is damaged", _RESTORE),
    "SQLITE_CORRUPT": Trouble("the file is damaged", _RESTORE),
    "SQLITE_FULL": Trouble("the disk is full", "Make room, or let the file live on a larger disk"),
    "SQLITE_BUSY": Trouble(
        "another program holds the database for too long", "See which with `fuser -v FILE` and let it finish"
    ),
    "SQLITE_READONLY": Trouble("the file or its directory may not be written", "Give the user of netmon the right to"),
    "SQLITE_CANTOPEN": Trouble("the file or its directory may not be opened", "See whether it exists and who may"),
    "SQLITE_IOERR": Trouble("the disk failed", "See the kernel's messages with `dmesg`, and the disk's health"),
}


class SqliteDatabase:
    """The database in *path*; whoever waits for another program does so for *busy_timeout*."""

    placeholder = "?"
    error: type[Exception] = sqlite3.Error

    def __init__(self, path: Path, *, busy_timeout: Duration) -> None:
        self.path = path
        self.where = str(path)
        self._busy_timeout = busy_timeout
        self._lock: IO[str] | None = None
        self._writing: AsyncEngine | None = None
        self._reading: AsyncEngine | None = None
        self._connection: AsyncConnection | None = None
        self._durable: bool | None = None

    async def seize(self) -> AsyncConnection:
        self._take_lock()
        self._refuse_a_lost_file()
        if self._writing is None:
            self._writing = self._engine({}, "BEGIN IMMEDIATE", pool_size=1)
        await self._release()
        self._connection = connection = await self._writing.connect()
        driver = await _driver(connection)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
            await driver.execute(f"PRAGMA {pragma}")
        self._durable = False
        async with driver.execute("PRAGMA quick_check(1)") as cursor:
            (finding,) = await cursor.fetchone()
        if finding != "ok":
            raise refusal(self, "open", Trouble(f"the file is damaged ({finding})", _RESTORE))
        return connection

    @asynccontextmanager
    async def transaction(self, connection: AsyncConnection, *, durable: bool) -> AsyncIterator[None]:
        if durable is not self._durable:
            driver = await _driver(connection)
            self._durable = None  # unknown, should we be cancelled meanwhile
            await driver.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable
        async with connection.begin():
            yield

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        if self._reading is None:
            self._refuse_a_missing_file()
            way = await self._way_to_read()
            if self._reading is None:  # nobody else was quicker
                self._reading = self._engine(way, "BEGIN", pool_size=4)
        async with self._reading.connect() as connection:
            yield connection

    def diagnose(self, error: Exception) -> Trouble:
        cause = error.orig if isinstance(error, DBAPIError) else error
        name = getattr(cause, "sqlite_errorname", None) or ""
        for prefix, trouble in _TROUBLES.items():
            if name.startswith(prefix):
                return Trouble(f"{trouble.why} ({cause})", trouble.mend)
        if isinstance(cause, OSError):
            return Trouble(cause.strerror or str(cause), "See whether the directory exists and who may write in it")
        return Trouble(str(cause), "If this comes back, report it with the log")

    async def close(self) -> None:
        await self._release()
        for engine in (self._reading, self._writing):
            if engine is not None:
                await engine.dispose()
        self._reading = self._writing = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def _release(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    def _engine(self, way: dict[str, str], begin: str, *, pool_size: int) -> AsyncEngine:
        url = URL.create("sqlite+aiosqlite", database=_uri_path(self.path), query={"uri": "true", **way})
        engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            connect_args={"isolation_level": None, "timeout": in_seconds(self._busy_timeout)},
        )

        def begin_ourselves(connection: Connection) -> None:
            connection.exec_driver_sql(begin)  # the driver would begin late, and never for a change of tables

        event.listen(engine.sync_engine, "begin", begin_ourselves)
        return engine

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        lock = self.path.with_name(f"{self.path.name}.lock").open("a+", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read(20).strip() or "unknown"
            lock.close()
            raise refusal(
                self,
                "write to",
                Trouble(
                    f"the netmon with process id {holder} does already", "Stop that one first; reading needs no lock"
                ),
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _refuse_a_lost_file(self) -> None:
        """An empty state must be somebody's wish, not what is left of a full one."""
        journal = self.path.with_name(f"{self.path.name}-wal")
        if not self.path.exists():
            if journal.exists() and journal.stat().st_size:
                raise refusal(self, "open", Trouble(f"the file is gone, and {journal.name} is left of it", _RESTORE))
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
        engine = self._engine(way, "BEGIN", pool_size=1)
        try:
            async with engine.connect() as connection:
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
