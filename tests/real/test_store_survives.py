"""The store under kill -9 and on a disk that is really full."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from netmon.model.ids import CheckId, EntityId
from netmon.model.log import Looked
from netmon.model.looks import Failure, Look
from netmon.model.moments import Duration, Moment
from netmon.model.news import Transition
from netmon.model.states import Reason, State, Verdict
from netmon.ports import Batch, StoreError
from netmon.store import SqlStore, StoreSettings, locate, open_store

pytestmark = pytest.mark.real

LOOKS = 200
WRITER = f"""
import asyncio, sys
from pathlib import Path
from netmon.model.log import Looked
from netmon.model.looks import Look
from netmon.model.news import Transition
from netmon.model.states import State, Verdict
from netmon.ports import Batch
from netmon.store import StoreSettings, locate, open_store

def batch(life, number):
    looked = []
    for n in range({LOOKS}):
        look = Look(check=f"check:device:d{{n}}/icmp", at=number, took=1, verdict=Verdict.ANSWERED)
        looked.append(Looked(look=look, plan=1, sequence=number * {LOOKS} + n))
    news = Transition(entity="device:d0", at=number, state=State.DOWN if number % 2 else State.UP)
    return Batch(life=life, beat=number, looked=looked, transitions=[news])

async def main():
    database = locate(StoreSettings(), state=Path(sys.argv[1]))
    async with open_store(database) as store:
        life = (await store.begin_life("centre", 1)).life
        number = 0
        while True:
            number += 1
            await store.keep(batch(life, number))
            print(number, flush=True)

asyncio.run(main())
"""


def _write_until_killed(folder: Path, acknowledged: int) -> int:
    """Let a writer keep batches, kill it in the midst of one after *acknowledged*; the last that it told of."""
    command = [sys.executable, "-c", WRITER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None
        last = 0
        for line in writer.stdout:
            last = int(line)
            if last >= acknowledged:
                writer.kill()
                break
        for line in writer.stdout:
            last = int(line)
        assert writer.stderr.read() == ""
    return last


@pytest.mark.parametrize("seed", range(5))
async def test_a_writer_killed_in_mid_batch_leaves_each_batch_whole_or_absent(tmp_path: Path, seed: int) -> None:
    told = _write_until_killed(tmp_path, random.Random(seed).randint(1, 60))
    async with open_store(locate(StoreSettings(), state=tmp_path)) as store:
        sequences = [event.sequence for event in [e async for e in store.log()] if isinstance(event, Looked)]
        history = await store.history(EntityId("device:d0"), Moment(0), Moment(10**9))
        memory = await store.memory("centre")
        assert (await store.begin_life("centre", Moment(10**9))).life == 2
    kept = len(history)
    assert kept in (told, told + 1)
    assert [interval.status.since for interval in history] == list(range(1, kept + 1))
    assert sorted(sequences) == list(range(LOOKS, LOOKS * (kept + 1)))
    assert memory.last_beat == kept


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "netmon-test", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def _fill_up(disk: Path) -> Path:
    """What another program does that leaves not a byte for us."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4_096))
    assert shutil.disk_usage(disk).free == 0
    return ballast


async def test_a_disk_that_fills_in_mid_run_is_told_and_the_same_batch_is_taken_whole_when_there_is_room_again(
    small_disk: Path,
) -> None:
    failure = Failure(Reason.TIMEOUT, "x" * 1_000)

    def batch(number: int) -> Batch:
        look = Look(
            check=CheckId("check:device:a/icmp"), at=Moment(number), took=Duration(1), verdict=Verdict.MISSED,
            failure=failure,
        )  # fmt: skip
        looked = [Looked(look=look, plan=1, sequence=number * 100 + n) for n in range(100)]
        news = Transition(entity=EntityId("device:a"), at=Moment(number), state=State.DOWN if number % 2 else State.UP)
        return Batch(life=1, beat=Moment(number), looked=looked, transitions=[news])

    async def there(store: SqlStore) -> tuple[int, int]:
        looks = sum([isinstance(event, Looked) async for event in store.log()])
        return looks, len(await store.history(EntityId("device:a"), Moment(0), Moment(100)))

    async with open_store(locate(StoreSettings(), state=small_disk)) as store:
        await store.begin_life("centre", Moment(0))
        await store.keep(batch(1))
        ballast = _fill_up(small_disk)
        for _ in range(4):  # as often as it is offered while there is no room
            with pytest.raises(StoreError) as refused:
                await store.keep(batch(2))
            assert f"{small_disk}/netmon.db: the disk is full" in str(refused.value)
            assert "Make room" in str(refused.value)
            assert await there(store) == (100, 1)
        ballast.unlink()
        await store.keep(batch(2))
        assert await there(store) == (200, 2)
    async with open_store(locate(StoreSettings(), state=small_disk)) as store:
        assert await there(store) == (200, 2)
