"""What differs between the databases, and nothing else: `SqliteDatabase` and `PostgresDatabase` keep this protocol."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from netmon.model.moments import SECOND, Duration, in_seconds
from netmon.model.quantities import format_duration
from netmon.ports import StoreError

_GRACE = SECOND
"""How long a driver may take to let go of what it was told to break off."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a database did not do what it was asked, and what a person can do about it."""

    why: str
    mend: str


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
    return StoreError(f"cannot {task} {database.where}: {trouble.why}. {trouble.mend}")


@asynccontextmanager
async def within(patience: Duration | None) -> AsyncIterator[None]:
    """Break off what is done inside after *patience*, if any, which costs it its connection.

    A driver that is broken off first asks the database to agree; where that does not answer either, it is
    broken off again, and lets go.

    Raises:
        TimeoutError: it took longer.
    """
    if patience is None:
        yield
        return
    try:
        async with asyncio.timeout(in_seconds(Duration(patience + _GRACE))), asyncio.timeout(in_seconds(patience)):
            yield
    except TimeoutError as error:
        raise TimeoutError(f"no answer for {format_duration(patience)}") from error


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
