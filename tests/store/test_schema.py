"""The way from revision to revision, on both databases; and what is refused, because guessing would lose history."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from netmon.model.moments import Moment
from netmon.ports import StoreError
from netmon.store import open_store, read_store
from netmon.store.database import Database
from netmon.store.schema import EMPTY, downgrade, newest, revision_of, revisions, upgrade
from netmon.store.tables import metadata

Reach = Callable[[], Database]


async def within(reach: Reach, work: Callable[[Connection], object]) -> object:
    """Do *work* in a transaction of its own, as somebody who is not the store."""
    database = reach()
    try:
        connection = await database.seize()
        async with database.transaction(connection, durable=True):
            return await connection.run_sync(work)
    finally:
        await database.close()


def tables(connection: Connection) -> set[str]:
    inspector = inspect(connection)
    return {*inspector.get_table_names(), *inspector.get_view_names()} - {"alembic_version"}


def execute(statement: str) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(text(statement))


async def test_an_empty_database_is_brought_to_the_newest_revision(reach: Reach) -> None:
    assert await within(reach, revision_of) == EMPTY
    async with open_store(reach()):
        pass
    assert await within(reach, revision_of) == newest()
    assert await within(reach, tables) == {*metadata.tables, "intervals"}


async def test_the_migrations_make_the_tables_that_the_queries_expect(reach: Reach) -> None:
    await within(reach, upgrade)

    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    assert await within(reach, differences) == []


async def test_every_revision_leads_back_to_nothing_and_forward_again(reach: Reach) -> None:
    await within(reach, upgrade)
    await within(reach, lambda connection: downgrade(connection, EMPTY))
    assert await within(reach, tables) == set()
    assert await within(reach, revision_of) == EMPTY
    async with open_store(reach()) as store:
        assert (await store.begin_life("centre", Moment(1))).life == 1


async def test_a_migration_that_breaks_off_leaves_the_database_as_it_was(reach: Reach) -> None:
    def break_off(connection: Connection) -> None:
        upgrade(connection)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        await within(reach, break_off)
    assert await within(reach, tables) == set()
    assert await within(reach, revision_of) == EMPTY


async def test_a_newer_database_is_refused_by_writer_and_reader(reach: Reach) -> None:
    await within(reach, upgrade)
    await within(reach, execute("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"revision 9999, which this netmon does not know.*newer netmon"):
        async with open_store(reach()):
            pass
    with pytest.raises(StoreError, match="revision 9999, and this netmon reads"):
        async with read_store(reach()):
            pass
    assert await within(reach, revision_of) == "9999"


async def test_a_database_of_somebody_else_is_left_alone(reach: Reach) -> None:
    await within(reach, execute("CREATE TABLE bookmarks (id INTEGER)"))
    for opening in (open_store, read_store):
        with pytest.raises(StoreError, match=r"tables are not netmon's.*a database of its own"):
            async with opening(reach()):
                pass
    assert await within(reach, tables) == {"bookmarks"}


async def test_a_reader_does_not_prepare_an_empty_database(reach: Reach) -> None:
    await within(reach, revision_of)
    with pytest.raises(StoreError, match="nothing was kept in it yet"):
        async with read_store(reach()):
            pass


def test_the_newest_revision_is_one_of_those_known() -> None:
    assert newest() in revisions()
