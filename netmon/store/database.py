"""What differs between the databases, and nothing else: `SqliteDatabase` and `PostgresDatabase` keep this protocol."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from netmon.model.moments import SECOND, Duration, Moment, in_seconds
from netmon.model.quantities import format_duration
from netmon.ports import Cleared, StoreAwayError, StoreError
from netmon.store.insertion import Insertion, Row
from netmon.store.retention import Aging

_GRACE = SECOND
"""How long a driver may take to let go of what it was told to break off."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a database did not do what it was asked, and what a person can do about it."""

    why: str
    mend: str
    is_away: bool = False
    """Whether it could not be reached, and may be there again in a while as it was."""


class Database(Protocol):
    """One database, by one process: at most one connection that writes, any number that read."""

    @property
    def where(self) -> str:
        """How people know it; no password in it."""

    @property
    def patience(self) -> Duration | None:
        """How long it may take for what is done many times a day; ``None`` where giving up would gain nothing."""

    @property
    def placeholder(self) -> str:
        """What stands for a value in a statement."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What its driver raises where SQLAlchemy does not wrap it."""

    async def seize(self) -> AsyncConnection:
        """The one connection that writes, anew where there was one; refused while another process has it.

        Raises:
            StoreError: another process writes, or the database is damaged or missing.
        """

    def transaction(self, connection: AsyncConnection, *, durable: bool) -> AbstractAsyncContextManager[None]:
        """A transaction on *connection*; after a *durable* one not even a power cut undoes it."""

    async def add(self, connection: AsyncConnection, insertion: Insertion, rows: Sequence[Row]) -> None:
        """Add *rows* in the transaction that *connection* is in, as fast as the database can."""

    async def drop_old(self, connection: AsyncConnection, aging: Aging, floor: Moment) -> Cleared:
        """Drop some of the rows that go at *floor*, in the transaction that *connection* is in."""

    async def reclaim(self, connection: AsyncConnection) -> Cleared:
        """Give some of the free room inside the database back, in the transaction that *connection* is in."""

    async def can_reclaim(self, connection: AsyncConnection) -> bool:
        """Whether there is a way to give room back to the system at all."""

    async def sizes(self, connection: AsyncConnection) -> Mapping[str, int]:
        """What each table takes on the disk, with its indexes; empty where that is not to be had."""

    def snapshot(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection that only reads and sees one state of everything, whatever is written meanwhile."""

    def diagnose(self, error: Exception) -> Trouble:
        """What *error* of the driver or the system means."""

    async def close(self) -> None:
        """Close every connection and let another process write."""


@contextmanager
def explained(database: Database, task: str) -> Iterator[None]:
    """Turn what the driver or the system raises during *task* (``open``, ``read``) into a `StoreError`."""
    raised: tuple[type[Exception], ...] = (SQLAlchemyError, OSError, *database.errors)
    try:
        yield
    except raised as error:
        trouble = database.diagnose(error)
        raise refusal(database, task, trouble) from error


def refusal(database: Database, task: str, trouble: Trouble) -> StoreError:
    """The error that says what could not be done, where, why and how to mend it."""
    kind = StoreAwayError if trouble.is_away else StoreError
    return kind(f"cannot {task} {database.where}: {trouble.why}. {trouble.mend}")


@asynccontextmanager
async def within(patience: Duration | None) -> AsyncIterator[None]:
    """Break off what is done inside after *patience*, if any, which costs it its connection.

    A driver that is broken off first asks the database to agree; where that does not answer either, it is
    broken off again, and lets go. Whatever it says then, it took too long.

    Raises:
        TimeoutError: it took longer.
    """
    if patience is None:
        yield
        return
    first, last = asyncio.timeout(in_seconds(patience)), asyncio.timeout(in_seconds(Duration(patience + _GRACE)))
    try:
        async with last, first:
            yield
    except Exception as error:
        if first.expired():
            raise TimeoutError(f"no answer for {format_duration(patience)}") from error
        raise


@asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection of *engine*, for as long as the context is open."""
    connection = await connect(engine)
    try:
        yield connection
    finally:
        await asyncio.shield(connection.close())


async def connect(engine: AsyncEngine) -> AsyncConnection:
    """A new connection of *engine*, which the caller closes.

    Raises:
        OSError: the system gives no thread to wait with, besides whatever the driver raises.
    """
    try:
        return await engine.connect()
    except RuntimeError as error:
        if "thread" not in str(error):
            raise
        raise OSError(errno.EAGAIN, str(error)) from error
