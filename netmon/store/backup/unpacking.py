"""Unpacking: an archive into a database of either kind, in one transaction, read back before it counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, inspect, literal_column, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.store.backup.archive import Archive, ArchiveError
from netmon.store.backup.lines import Progress, tally_of
from netmon.store.backup.manifest import Contents
from netmon.store.database import Database, Trouble, explained, refusal
from netmon.store.insertion import Insertion
from netmon.store.partitions import PARTITIONED
from netmon.store.schema import EMPTY, clear, newest, revision_of, revisions, upgrade
from netmon.store.tables import marks, metadata

_FIRST = marks.name
"""Since when tables are kept; a row of one that is cut by time finds its place by that."""

SetAside = Callable[[AsyncConnection], Awaitable[None]]
"""Keeps elsewhere what *connection* finds, at the newest revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was done: how many *rows* were loaded, the *revision* that they had, and whether others made way."""

    rows: int
    revision: str
    is_replacement: bool


async def examine(database: Database, archive: Archive, *, replaces: bool) -> bool:
    """Whether *database* holds rows that would make way for *archive*; nothing is changed.

    Raises:
        StoreError, ArchiveError: `restore` would refuse.
    """
    archive.refuse_a_newer()
    with explained(database, "read"):
        async with database.snapshot() as connection:
            return (await _what_is_there(connection, database, replaces=replaces)).has_rows


async def restore(
    database: Database, archive: Archive, *, tell: Progress, set_aside: SetAside | None = None
) -> Restored:
    """Fill *database* with *archive*, whole or not at all; no other process writes meanwhile.

    Args:
        set_aside: is given what is there before it makes way; without it a database with rows is refused.

    Raises:
        StoreError: the database is somebody else's or newer, has rows, is in use, or refuses them.
        ArchiveError: the archive is newer or damaged, or what was loaded is not what it holds.
    """
    archive.refuse_a_newer()
    with explained(database, "write to"):
        connection = await database.seize()
        async with database.transaction(connection, durable=True):
            there = await _what_is_there(connection, database, replaces=set_aside is not None)
            await _replace(connection, there, set_aside)
            await _load(connection, database, archive, tell)
        return Restored(rows=archive.manifest.rows, revision=archive.manifest.revision, is_replacement=there.has_rows)


@dataclass(frozen=True, slots=True)
class _There:
    revision: str
    has_rows: bool


async def _what_is_there(connection: AsyncConnection, database: Database, *, replaces: bool) -> _There:
    revision = await connection.run_sync(revision_of)
    if revision is None:
        raise refusal(database, "restore into", Trouble("its tables are not netmon's", "Give netmon one of its own"))
    if revision not in revisions() | {EMPTY}:
        trouble = Trouble(f"it is at revision {revision} of a newer netmon", "Use that netmon")
        raise refusal(database, "restore into", trouble)
    has_rows = await connection.run_sync(_has_rows)
    if has_rows and not replaces:
        trouble = Trouble("it holds history already", "Restore into an empty one, or add --replace")
        raise refusal(database, "restore into", trouble)
    return _There(revision, has_rows)


def _has_rows(connection: Connection) -> bool:
    there = set(inspect(connection).get_table_names()) & metadata.tables.keys()
    one: ColumnElement[int] = literal_column("1")
    return any(connection.execute(select(one).select_from(metadata.tables[name]).limit(1)).first() for name in there)


async def _replace(connection: AsyncConnection, there: _There, set_aside: SetAside | None) -> None:
    """Leave nothing, after what was there is elsewhere."""
    if there.has_rows and set_aside is not None:
        await connection.run_sync(upgrade)
        await set_aside(connection)
    if there.revision != EMPTY:
        await connection.run_sync(clear)


async def _load(connection: AsyncConnection, database: Database, archive: Archive, tell: Progress) -> None:
    """Make the tables of the archive's revision, fill and read them, and bring them forward."""
    revision = archive.manifest.revision
    await connection.run_sync(lambda sync: upgrade(sync, revision))
    cut = await _cut_by_time(connection)
    for contents in sorted(archive.manifest.tables, key=lambda one: one.table != _FIRST):
        insertion = Insertion(table=contents.table, columns=tuple(contents.columns))
        for rows in archive.rows(contents, tell):
            if revision == newest() or contents.table in cut:
                await database.add(connection, insertion, rows)
            else:  # the ways of today are for the tables of today
                await connection.exec_driver_sql(insertion.statement(database.placeholder), list(rows))
        if contents.table == _FIRST:
            await _make_place_before(connection, cut)
    for contents in archive.manifest.tables:
        await _compare(connection, contents, archive, tell)
    if revision != newest():
        await connection.run_sync(upgrade)
    await _continue_numbers(connection)


async def _cut_by_time(connection: AsyncConnection) -> list[str]:
    """The tables that are cut into partitions, which have no place for a row before one is made for it."""
    if connection.dialect.name != "postgresql":
        return []
    return list((await connection.execute(text(_CUT))).scalars())


_CUT = "SELECT relname FROM pg_class WHERE relkind = 'p' AND relnamespace = current_schema()::regnamespace"


async def _make_place_before(connection: AsyncConnection, cut: Iterable[str]) -> None:
    """Have a partition for what is left from before the time since which a table is kept."""
    for table in map(PARTITIONED.__getitem__, cut):
        mark = select(marks.c.moment).where(marks.c.name == f"{table.table}.kept_since")
        if (since := (await connection.execute(mark)).scalar()) is not None:
            bounds = f"FOR VALUES FROM (MINVALUE) TO ({since})"
            await connection.exec_driver_sql(f"CREATE TABLE {table.before} (LIKE {table.table} INCLUDING DEFAULTS)")
            await connection.exec_driver_sql(f"ALTER TABLE {table.table} ATTACH PARTITION {table.before} {bounds}")


async def _compare(connection: AsyncConnection, contents: Contents, archive: Archive, tell: Progress) -> None:
    tally = await tally_of(connection, contents, tell)
    if not tally.matches(contents):
        raise ArchiveError(
            f"what {contents.table} holds after loading {archive.path} is not what is in there: "
            f"{tally.rows} of {contents.rows} rows. Nothing was changed; report it with the archive's manifest"
        )


async def _continue_numbers(connection: AsyncConnection) -> None:
    """Let PostgreSQL number new rows after those that were loaded with their numbers; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for name, table in metadata.tables.items():
        if "id" not in table.columns:
            continue
        highest = (await connection.execute(text(f'SELECT max(id) FROM "{name}"'))).scalar()
        if highest is not None:
            numbers = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :highest)")
            await connection.execute(numbers, {"name": name, "highest": highest})
