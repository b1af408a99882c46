"""Open the store that the settings name: to write, as the daemon does, or to read, as every command does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from netmon.store.database import Database
from netmon.store.postgres import PostgresDatabase
from netmon.store.reading import StoreReader
from netmon.store.settings import StoreSettings
from netmon.store.sqlite import SqliteDatabase
from netmon.store.store import SqlStore


def locate(settings: StoreSettings, *, state: Path, password: str | None = None) -> Database:
    """The database of *settings*; files are meant from the directory *state*, *password* is the resolved one."""
    url = make_url(settings.url)
    if url.get_backend_name() == "sqlite":
        return SqliteDatabase(state / (url.database or ""), busy_timeout=settings.busy_timeout)
    if password is not None:
        url = url.set(password=password)
    return PostgresDatabase(
        url, busy_timeout=settings.busy_timeout, patience=settings.patience, connections=settings.connections
    )


@asynccontextmanager
async def open_store(database: Database) -> AsyncIterator[SqlStore]:
    """The store to write to, at the newest revision; no other process writes while it is open.

    Raises:
        StoreError: another process writes, or the database is damaged, foreign, newer, or out of reach.
    """
    store = SqlStore(database)
    try:
        await store.prepare()
        yield store
    finally:
        await database.close()


@asynccontextmanager
async def attach_store(database: Database) -> AsyncIterator[SqlStore]:
    """The store to write to as soon as it is prepared, whether it can be reached now or not."""
    try:
        yield SqlStore(database)
    finally:
        await database.close()


@asynccontextmanager
async def read_store(database: Database) -> AsyncIterator[StoreReader]:
    """The store to read from, whether a daemon writes to it or not.

    Raises:
        StoreError: there is none, it is at another revision, damaged, or out of reach.
    """
    reader = StoreReader(database)
    try:
        await reader.refuse_another_revision()
        yield reader
    finally:
        await database.close()
