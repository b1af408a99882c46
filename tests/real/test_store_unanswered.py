"""A database that falls silent without a refusal: a disk or a server that hangs, a network that swallows all."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.model.ids import EntityId
from netmon.model.moments import Moment
from netmon.model.news import Transition
from netmon.model.plan import Plan
from netmon.model.plan_document import plan_of
from netmon.model.states import State
from netmon.ports import Batch, StoreError
from netmon.store import SqlStore, StoreSettings, locate, open_store
from tests.postgres import Server, missing_server, serving
from tests.real.conftest import needs
from tests.real.places import open_place

pytestmark = pytest.mark.real

GATEWAY = EntityId("device:syt-gw1")
BATCH = Batch(life=1, beat=Moment(9), transitions=[Transition(entity=GATEWAY, at=Moment(5), state=State.DOWN)])
PLAN: Plan = plan_of("centre", [])

WRITES: dict[str, Callable[[SqlStore], Awaitable[object]]] = {
    "keep": lambda store: store.keep(BATCH),
    "begin_life": lambda store: store.begin_life("centre", Moment(60)),
    "take_plan": lambda store: store.take_plan(PLAN, Moment(1), {}),
}


async def driver_of(connection: AsyncConnection | None) -> Any:
    assert connection is not None
    return (await connection.get_raw_connection()).driver_connection


async def insist(store: SqlStore, work: Callable[[SqlStore], Awaitable[object]]) -> None:
    """Offer it again until it is taken; whoever runs the tests ends what takes for ever."""
    while True:
        try:
            await work(store)
        except StoreError:
            continue
        return


@contextmanager
def hung(driver: Any) -> Iterator[None]:
    """The thread of a connection to SQLite waits as it does for a disk that does not answer."""
    answer = threading.Event()
    driver._tx.put_nowait((None, answer.wait))
    try:
        yield
    finally:
        answer.set()


@pytest.mark.parametrize("work", WRITES.values(), ids=WRITES)
async def test_a_disk_that_hangs_is_told_and_the_work_is_done_when_it_answers_again(
    tmp_path: Path, work: Callable[[SqlStore], Awaitable[object]]
) -> None:
    settings = StoreSettings(busy_timeout="50ms", patience="100ms")
    async with open_store(locate(settings, state=tmp_path)) as store:
        await store.begin_life("centre", Moment(0))
        driver = await driver_of(store._connection)
        with hung(driver), pytest.raises(StoreError, match=r"no answer for 100 ms\. See the disk's health"):
            await work(store)
        await insist(store, work)


async def test_a_question_to_a_disk_that_hangs_is_given_up(tmp_path: Path) -> None:
    settings = StoreSettings(busy_timeout="50ms", patience="100ms")
    async with open_store(locate(settings, state=tmp_path)) as store:
        async with store._database.snapshot() as connection:
            driver = await driver_of(connection)
        with hung(driver), pytest.raises(StoreError, match="no answer for 100 ms"):
            await store.memory("centre")
        assert (await store.memory("centre")).statuses == {}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if missing := missing_server():
        pytest.skip(missing)
    with serving() as running:
        yield running


@contextmanager
def stopped(process: int) -> Iterator[None]:
    """A process that does nothing any more, while the system goes on to take in what is sent to it."""
    try:
        os.kill(process, signal.SIGSTOP)
    except PermissionError:
        pytest.skip("only root may stop a process of the server")
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


@pytest.mark.parametrize("work", WRITES.values(), ids=WRITES)
async def test_a_server_that_hangs_is_told_and_the_work_is_done_when_it_answers_again(
    server: Server, tmp_path: Path, work: Callable[[SqlStore], Awaitable[object]]
) -> None:
    settings = StoreSettings(url=server.new_database(), busy_timeout="100ms", patience="300ms")
    async with open_store(locate(settings, state=tmp_path)) as store:
        await store.begin_life("centre", Moment(0))
        with stopped((await driver_of(store._connection)).info.backend_pid):
            with pytest.raises(StoreError, match=r"no answer for 300 ms\. See whether PostgreSQL and the network"):
                await work(store)
            with pytest.raises(StoreError, match="the session which this netmon had before is gone"):
                await work(store)
        await insist(store, work)


async def test_a_question_to_a_server_that_hangs_is_given_up(server: Server, tmp_path: Path) -> None:
    settings = StoreSettings(url=server.new_database(), busy_timeout="100ms", patience="300ms")
    async with open_store(locate(settings, state=tmp_path)) as store:
        async with store._database.snapshot() as connection:
            backend = (await driver_of(connection)).info.backend_pid
        with stopped(backend), pytest.raises(StoreError, match="no answer for 300 ms"):
            await store.memory("centre")
        assert (await store.memory("centre")).statuses == {}


SWALLOWED = """
import asyncio, subprocess
from pathlib import Path
from netmon.model.moments import Moment
from netmon.ports import StoreError
from netmon.store import StoreSettings, locate, open_store
from tests.postgres import serving
from tests.real.test_store_unanswered import BATCH, GATEWAY, insist

def nft(command):
    subprocess.run(["nft", "-f", "-"], input=command, text=True, check=True)

async def main(server):
    settings = StoreSettings(url=server.new_database(), patience="10m")
    async with open_store(locate(settings, state=Path())) as store:
        await store.begin_life("centre", Moment(0))
        await store.memory("centre")
        nft("table inet wall { chain out { type filter hook output priority 0; "
            f"tcp sport {server.port} drop; tcp dport {server.port} drop; }}; }}")
        async with asyncio.timeout(60):
            for work in (lambda: store.keep(BATCH), lambda: store.memory("centre")):
                try:
                    await work()
                except StoreError as refused:
                    print(refused)
        nft("delete table inet wall")
        async with asyncio.timeout(60):
            await insist(store, lambda again: again.keep(BATCH))
        print(len(await store.history(GATEWAY, Moment(0), Moment(99))))

with serving() as server:
    asyncio.run(main(server))
"""


@needs("ip", "nft")
def test_a_network_that_swallows_everything_is_given_up_long_before_any_patience_ends(server: Server) -> None:
    with open_place("store") as place:
        told = place.run(sys.executable, "-c", SWALLOWED, within=200).splitlines()
    assert [line.split(":")[0] for line in told[:2]] == ["cannot write to postgresql", "cannot read postgresql"]
    assert "See whether PostgreSQL runs" in told[0]
    assert "See whether PostgreSQL runs" in told[1]
    assert told[2:] == ["1"]
