"""What can befall a server: it goes away, or it was never there."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from netmon.model.ids import CheckId, EntityId
from netmon.model.moments import MINUTE, Moment
from netmon.model.news import Transition
from netmon.model.rollups import RolledPart, Series, figures_of
from netmon.model.states import State
from netmon.ports import Batch, StoreError
from netmon.store import SqlStore, StoreSettings, locate, open_store
from netmon.store.clearing import ROWS_AT_ONCE
from netmon.store.partitions import ROLLUPS_5M

pytestmark = pytest.mark.real


BATCH = Batch(
    life=1, beat=Moment(9), transitions=[Transition(entity=EntityId("device:a"), at=Moment(5), state=State.DOWN)]
)


def put_out(url: str) -> None:
    """End every session of the database, as a restart of the server does."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_a_server_that_went_away_is_told_and_the_same_batch_is_taken_when_it_is_back(
    postgres: Any, tmp_path: Path
) -> None:
    settings = StoreSettings(url=postgres.new_database(), busy_timeout="200ms")
    async with open_store(locate(settings, state=tmp_path)) as store:
        await store.begin_life("centre", Moment(0))
        put_out(settings.url)
        with pytest.raises(StoreError, match="cannot write to postgresql://netmon@"):
            await store.keep(BATCH)
        await store.keep(BATCH)
        assert len(await store.history(EntityId("device:a"), Moment(0), Moment(9))) == 1


async def test_a_server_that_was_restarted_since_the_last_question_is_no_reason_to_refuse_the_next(
    postgres: Any, tmp_path: Path
) -> None:
    settings = StoreSettings(url=postgres.new_database(), busy_timeout="200ms")
    async with open_store(locate(settings, state=tmp_path)) as store:
        before = await store.memory("centre")
        put_out(settings.url)
        assert await store.memory("centre") == before


async def test_both_ends_give_up_a_peer_that_falls_silent(postgres: Any, tmp_path: Path) -> None:
    settings = StoreSettings(url=postgres.new_database(), busy_timeout="200ms")
    async with open_store(locate(settings, state=tmp_path)) as store:
        assert store._connection is not None
        driver: Any = (await store._connection.get_raw_connection()).driver_connection
        with socket.socket(fileno=os.dup(driver.fileno())) as line:
            ours = (
                line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
                line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
            )
        theirs = [
            (await store._connection.exec_driver_sql(f"SHOW tcp_{name}")).scalar_one()
            for name in ("keepalives_idle", "keepalives_interval", "keepalives_count", "user_timeout")
        ]
        await store._connection.rollback()
    assert ours == (1, 5, 10_000)
    assert theirs == ["5", "2", "3", "10000"]


async def test_who_takes_over_meanwhile_keeps_the_right_to_write(postgres: Any, tmp_path: Path) -> None:
    settings = StoreSettings(url=postgres.new_database(), busy_timeout="200ms")
    async with open_store(locate(settings, state=tmp_path)) as first:
        await first.begin_life("centre", Moment(0))
        put_out(settings.url)
        async with open_store(locate(settings, state=tmp_path)):
            for _ in range(2):
                with pytest.raises(StoreError):
                    await first.keep(BATCH)


async def test_figures_that_are_too_old_go_as_whole_partitions(postgres: Any, tmp_path: Path) -> None:
    settings = StoreSettings(url=postgres.new_database())
    monday = ROLLUPS_5M.start(Moment(1_800_000_000_000_000))
    series = Series(CheckId("check:device:a/icmp"), "netmon_icmp_loss_ratio")
    weeks = [Moment(monday + n * ROLLUPS_5M.width) for n in range(4)]
    many = [
        RolledPart(series=series, since=Moment(week + n * MINUTE), part=0, figures=figures_of([0.0]))
        for week in weeks
        for n in range(ROWS_AT_ONCE)
    ]

    def partitions() -> list[str]:
        with psycopg.connect(settings.url) as connection:
            found = connection.execute(f"SELECT relname FROM pg_class WHERE relname ~ '^rollups_5m_[0-9b]' {_TABLES}")
            return [name for (name,) in found]

    async with open_store(locate(settings, state=tmp_path)) as store:
        await store.begin_life("centre", monday)
        await store.keep(Batch(life=1, beat=weeks[-1], rolled=many))
        assert partitions() == [ROLLUPS_5M.name(week) for week in weeks]
        cleared = await store.clear("rollups_5m", Moment(weeks[3] + 1))
        assert cleared.rows == 3 * ROWS_AT_ONCE, "at once, not some rows at a time"
        assert cleared.size_bytes > 0
        assert partitions() == [ROLLUPS_5M.name(weeks[3]), "rollups_5m_before"]


_TABLES = "AND relkind = 'r' AND relnamespace = 'netmon_partitions'::regnamespace ORDER BY relname"


async def test_a_server_that_is_not_there_is_told_without_a_secret(tmp_path: Path) -> None:
    settings = StoreSettings(url="postgresql://netmon@127.0.0.1:1/log")
    with pytest.raises(StoreError, match="See whether PostgreSQL runs") as refused:
        async with open_store(locate(settings, state=tmp_path, password="moon")):
            pass
    assert "moon" not in str(refused.value)


async def test_a_database_that_nobody_made_is_told_with_the_way_to_make_it(postgres: Any, tmp_path: Path) -> None:
    settings = StoreSettings(url=f"postgresql://netmon@127.0.0.1:{postgres.port}/nowhere")
    with pytest.raises(StoreError, match="createdb"):
        async with open_store(locate(settings, state=tmp_path)):
            pass


async def refused_and_then_taken(store: SqlStore, meanwhile: Awaitable[None], why: str) -> None:
    """The batch is refused because of what happens *meanwhile*, is taken whole when it is offered again."""
    keeping = asyncio.gather(store.keep(BATCH), return_exceptions=True)
    await meanwhile
    (refused,) = await keeping
    assert isinstance(refused, StoreError)
    assert why in str(refused)
    assert "offered again" in str(refused)
    assert await store.history(EntityId("device:a"), Moment(0), Moment(9)) == []
    await store.keep(BATCH)
    await store.keep(BATCH)
    assert len(await store.history(EntityId("device:a"), Moment(0), Moment(9))) == 1


async def waits_for_a_lock(other: psycopg.AsyncConnection[Any]) -> None:
    """Return when the store waits for what *other* has."""
    async with asyncio.timeout(10):
        while True:
            found = await other.execute(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name ~ '^netmon'"
            )
            if await found.fetchone():
                return
            await asyncio.sleep(0)


async def test_a_batch_that_could_not_be_serialized_is_taken_when_it_is_offered_again(
    postgres: Any, tmp_path: Path
) -> None:
    settings = StoreSettings(url=postgres.new_database())
    async with await psycopg.AsyncConnection.connect(settings.url) as other:
        name = other.info.dbname
        await other.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
        await other.commit()
        async with open_store(locate(settings, state=tmp_path)) as store:
            await store.begin_life("centre", Moment(0))
            await other.execute("UPDATE lives SET last_beat = 1")

            async def another_is_quicker() -> None:
                await waits_for_a_lock(other)
                await other.commit()

            await refused_and_then_taken(store, another_is_quicker(), "could not serialize access")


async def test_a_batch_that_lost_a_deadlock_is_taken_when_it_is_offered_again(postgres: Any, tmp_path: Path) -> None:
    settings = StoreSettings(url=postgres.new_database())
    async with (
        await psycopg.AsyncConnection.connect(settings.url) as other,
        open_store(locate(settings, state=tmp_path)) as store,
    ):
        await store.begin_life("centre", Moment(0))
        await other.execute("SET deadlock_timeout = '60s'")  # the other one is more patient, and wins
        await other.execute("LOCK TABLE transitions IN ACCESS EXCLUSIVE MODE")

        async def another_wants_what_the_batch_has() -> None:
            await waits_for_a_lock(other)
            await other.execute("UPDATE lives SET last_beat = 1")
            await other.rollback()

        await refused_and_then_taken(store, another_wants_what_the_batch_has(), "deadlock detected")


async def test_there_are_never_more_connections_than_are_allowed_and_everybody_is_answered(
    postgres: Any, tmp_path: Path
) -> None:
    settings = StoreSettings(url=postgres.new_database(), connections=3)
    async with open_store(locate(settings, state=tmp_path)) as store:
        await store.begin_life("centre", Moment(0))
        questions = asyncio.gather(*(store.memory("centre") for _ in range(40)), *(store.keep(BATCH) for _ in range(5)))
        most = 0
        while not questions.done():
            most = max(most, len(await asyncio.to_thread(postgres.backends, settings.url)))
        answers = await questions
    assert len(answers) == 45
    assert 2 <= most <= 3
