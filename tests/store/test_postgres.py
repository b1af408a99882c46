"""What can befall a server: it goes away, or it was never there."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import psycopg
import pytest

from netmon.model.ids import EntityId
from netmon.model.moments import Moment
from netmon.model.news import Transition
from netmon.model.states import State
from netmon.ports import Batch, StoreError
from netmon.store import StoreSettings, locate, open_store

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
