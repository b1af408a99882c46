"""What differs between the databases, and nothing else: `SqliteDatabase` and `PostgresDatabase` keep this protocol."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.ports import StoreError


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
    def placeholder(self) -> str:
        """What stands for a value in a statement."""

    @property
    def error(self) -> type[Exception]:
        """What its driver raises by itself."""

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
    try:
        yield
    except (SQLAlchemyError, OSError, database.error) as error:
        trouble = database.diagnose(error)
        raise refusal(database, task, trouble) from error


def refusal(database: Database, task: str, trouble: Trouble) -> StoreError:
    """The error that says what could not be done, where, why and how to mend it."""
    return StoreError(f"cannot {task} {database.where}: {trouble.why}. {trouble.mend}")
