"""PostgreSQL is killed under load, again and again, and fails over to a standby: nothing is lost, nothing doubled."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from netmon.model.ids import CheckId, EntityId
from netmon.model.log import Looked, Run
from netmon.model.looks import Look
from netmon.model.moments import Duration, Moment
from netmon.model.news import Transition
from netmon.model.states import State, Verdict
from netmon.ports import Batch, StoreError
from netmon.store import SqlStore, StoreSettings, locate, open_store
from tests.postgres import Server, missing_server, serving, standing_by
from tests.real.conftest import Note

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(missing_server() is not None, reason=missing_server() or ""),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may kill the processes of the server"),
]

LOOKS = 300
DEVICE = EntityId("device:d0")

WRITER = """
import asyncio, sys
from pathlib import Path
from netmon.store import StoreSettings, locate, open_store
from tests.real.test_postgres_crashes import batch_of, insist

async def main():
    settings = StoreSettings(url=sys.argv[1], busy_timeout="200ms")
    async with open_store(locate(settings, state=Path())) as store:
        life = (await store.begin_life("centre", 1)).life
        number = 0
        while True:
            number += 1
            await insist(store, batch_of(life, number))
            print(number, flush=True)

asyncio.run(main())
"""


def batch_of(life: int, number: int) -> Batch:
    """The batch *number*: looks, a run that grows by one, and news."""
    looked = [
        Looked(
            look=Look(
                check=CheckId(f"check:device:d{n}/icmp"), at=Moment(number), took=Duration(1), verdict=Verdict.ANSWERED
            ),
            plan=1,
            sequence=number * LOOKS + n,
        )
        for n in range(LOOKS)
    ]
    run = Run(
        check=CheckId("check:device:r/icmp"),
        plan=1,
        first=Moment(1),
        count=number,
        interval=Duration(1),
        verdict=Verdict.ANSWERED,
    )
    news = Transition(entity=DEVICE, at=Moment(number), state=State.DOWN if number % 2 else State.UP)
    return Batch(life=life, beat=Moment(number), looked=looked, runs=[run], transitions=[news])


async def insist(store: SqlStore, batch: Batch) -> None:
    """Offer *batch* until it is taken, as the daemon does."""
    while True:
        try:
            return await store.keep(batch)
        except StoreError:
            await asyncio.sleep(0.05)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


class Writer:
    """A process that keeps batch after batch, and says which it has kept."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.told = 0

    def keeps(self, more: int) -> None:
        """Return when it has kept so many *more*."""
        assert self._process.stdout is not None
        for _ in range(more):
            self.told = int(self._process.stdout.readline())

    def ends(self) -> int:
        """End it, in the midst of a batch; the last that it told of."""
        self._process.kill()
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.told = int(line)
        return self.told


@contextmanager
def writing(url: str, log: Path) -> Iterator[Writer]:
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            yield Writer(process)
        finally:
            process.kill()


async def kept_wholly(url: str) -> int:
    """How many batches the database holds; each whole, and once."""
    async with open_store(locate(StoreSettings(url=url), state=Path())) as store:
        events = [event async for event in store.log()]
        history = await store.history(DEVICE, Moment(0), Moment(10**9))
    rows = [event for event in events if isinstance(event, Looked)]
    kept = len(history)
    assert [interval.status.since for interval in history] == list(range(1, kept + 1))
    assert sorted(row.sequence for row in rows if row.sequence) == list(range(LOOKS, LOOKS * (kept + 1)))
    assert [row.look.at for row in rows if not row.sequence] == list(range(1, kept + 1))
    return kept


async def test_backends_that_are_killed_under_load_lose_and_double_nothing(
    server: Server, tmp_path: Path, note: Note
) -> None:
    url, chance = server.new_database(), random.Random(1)
    with writing(url, tmp_path / "log") as writer:
        for _ in range(6):
            writer.keeps(chance.randint(1, 30))
            for backend in server.backends(url):
                os.kill(backend, signal.SIGKILL)
        writer.keeps(5)
        told = writer.ends()
    kept = await kept_wholly(url)
    assert kept in (told, told + 1)
    note(f"6 backends killed under load: {kept} batches of {LOOKS} looks, each whole and once")


async def test_a_whole_server_that_is_killed_under_load_and_started_again_loses_and_doubles_nothing(
    server: Server, tmp_path: Path, note: Note
) -> None:
    url, chance = server.new_database(), random.Random(2)
    with writing(url, tmp_path / "log") as writer:
        for _ in range(4):
            writer.keeps(chance.randint(1, 30))
            server.crash()
            server.start()
        writer.keeps(5)
        told = writer.ends()
    kept = await kept_wholly(url)
    assert kept in (told, told + 1)
    note(f"the server killed 4 times under load: {kept} batches of {LOOKS} looks, each whole and once")


async def test_a_standby_that_takes_over_under_load_has_every_batch_that_was_told(tmp_path: Path, note: Note) -> None:
    with serving() as primary, standing_by(primary) as standby:
        name = primary.new_database().rpartition("/")[2]
        hosts = f"host=127.0.0.1:{primary.port}&host=127.0.0.1:{standby.port}&target_session_attrs=read-write"
        url = f"postgresql://netmon@/{name}?{hosts}"
        with writing(url, tmp_path / "log") as writer:
            writer.keeps(20)
            primary.crash()
            standby.promote()
            writer.keeps(5)
            told = writer.ends()
        kept = await kept_wholly(f"postgresql://netmon@127.0.0.1:{standby.port}/{name}")
        primary.start()
    assert kept in (told, told + 1)
    note(f"a standby took over under load: {kept} batches of {LOOKS} looks, each whole and once")
