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


OLD_ROWS = (
    "INSERT INTO lives VALUES (1, 'centre', 0, 99)",
    "INSERT INTO plans VALUES (1, 'h', 'centre', 0, '{}', '{}')",
    "INSERT INTO plan_takings (at, version, life) VALUES (0, 1, 1)",
    *(
        f"INSERT INTO looks VALUES (1, {n}, 'check:device:a/icmp', 1, {at}, 1, {at + 1}, "
        "'answered', NULL, NULL, 'grid', NULL, NULL)"
        for n, at in enumerate((-5, 0, 1_795_392_000_000_000, 1_796_000_000_000_000))
    ),
    *(
        f"INSERT INTO runs VALUES ('check:device:a/icmp', 1, {at}, 3, 10, 1, 'answered', NULL, NULL)"
        for at in (-5, 0, 1_795_392_000_000_000)
    ),
    *(
        "INSERT INTO transitions (entity, at, state, recorded, poller, life, turn) "
        f"VALUES ('device:a', {at}, 'down', 0, 'centre', 1, {turn})"
        for at, turn in ((1_795_392_000_000_000, 0), (0, 0), (0, 1))
    ),
)


def rows_of(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    tables = ("lives", "plans", "plan_takings", "looks", "runs", "transitions", "intervals")
    columns = {"lives": "life, poller, began, last_beat"}
    return {
        name: sorted(tuple(row) for row in connection.execute(text(f"SELECT {columns.get(name, '*')} FROM {name}")))
        for name in tables
    }


async def test_the_rows_of_a_database_of_the_first_revision_are_kept_forward_and_back(reach: Reach) -> None:
    def fill(connection: Connection) -> None:
        upgrade(connection, "0001")
        for statement in OLD_ROWS:
            connection.execute(text(statement))

    await within(reach, fill)
    before = await within(reach, rows_of)
    async with open_store(reach()):
        pass
    assert await within(reach, rows_of) == before
    await within(reach, lambda connection: downgrade(connection, "0001"))
    assert await within(reach, rows_of) == before
    await within(reach, upgrade)
    await within(reach, execute(OLD_ROWS[-1].replace("'device:a', 0", "'device:b', 0")))
    ids = await within(reach, lambda connection: connection.execute(text("SELECT id FROM transitions")).scalars().all())
    assert sorted(ids) == [1, 2, 3, 4]  # type: ignore[call-overload]
