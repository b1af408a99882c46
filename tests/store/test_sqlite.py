"""What can befall a file: damage, loss, other programs, and directories that may not be written."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from netmon.model.ids import CheckId, EntityId
from netmon.model.log import Looked
from netmon.model.looks import Failure, Look
from netmon.model.moments import DAY, Duration, Moment
from netmon.model.news import Transition
from netmon.model.states import Reason, State, Verdict
from netmon.ports import Batch, StoreError
from netmon.store import SqlStore, StoreSettings, locate, open_store, read_store
from netmon.store.database import Database

NEWS = Transition(entity=EntityId("device:syt-gw1"), at=Moment(5), state=State.DOWN)


def at(folder: Path) -> Database:
    return locate(StoreSettings(busy_timeout="50ms"), state=folder)


async def fill(folder: Path, looks: int = 2_000) -> Path:
    """A database with enough in it to be damaged anywhere."""
    check = CheckId("check:device:syt-gw1/icmp")
    async with open_store(at(folder)) as store:
        life = await store.begin_life("centre", Moment(0))
        looked = [
            Looked(look=Look(check=check, at=Moment(n), took=Duration(1), verdict=Verdict.ANSWERED), plan=1, sequence=n)
            for n in range(looks)
        ]
        await store.keep(Batch(life=life.life, beat=Moment(looks), looked=looked, transitions=[NEWS]))
    return folder / "netmon.db"


async def refusal(folder: Path) -> str:
    with pytest.raises(StoreError) as refused:
        async with open_store(at(folder)):
            pass
    return str(refused.value)


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "netmon.db"
    file.write_bytes(b"site: {id: so-y-te}\n" * 500)
    told = await refusal(tmp_path)
    assert f"cannot write to {file}: the file is no SQLite database" in told
    assert "Restore a backup" in told
    assert file.read_bytes() == b"site: {id: so-y-te}\n" * 500


async def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    file = await fill(tmp_path)
    size = file.stat().st_size
    os.truncate(file, size // 2)
    assert f"the file is cut off: it has {size // 2} of {size} bytes" in await refusal(tmp_path)


async def test_a_file_that_lost_its_content_is_no_empty_state(tmp_path: Path) -> None:
    os.truncate(await fill(tmp_path), 0)
    assert "the file is empty: its content was lost" in await refusal(tmp_path)


def damage(file: Path) -> None:
    with file.open("r+b") as damaged:
        damaged.seek(file.stat().st_size // 2)
        damaged.write(os.urandom(16_384))


def forget_the_end(folder: Path) -> None:
    """Make it look as if the writer before had been killed."""
    (folder / "netmon.db.lock").write_text("12345\n")


async def test_a_file_with_damage_inside_is_refused_when_it_is_not_as_it_was_left(tmp_path: Path) -> None:
    file = await fill(tmp_path)
    damage(file)
    stamp = file.stat().st_mtime_ns + 10**9
    os.utime(file, ns=(stamp, stamp))
    for _ in range(2):  # who refused it does not vouch for it
        assert "the file is damaged" in await refusal(tmp_path)


async def test_a_file_with_damage_inside_is_refused_after_a_writer_that_was_killed(tmp_path: Path) -> None:
    damage(await fill(tmp_path))
    forget_the_end(tmp_path)
    assert "the file is damaged" in await refusal(tmp_path)


async def test_damage_that_is_met_while_running_is_told_and_looked_into_at_the_next_start(tmp_path: Path) -> None:
    file = await fill(tmp_path)
    async with open_store(at(tmp_path)) as store:
        damage(file)
        with pytest.raises(StoreError, match="the file is damaged"):
            _ = [event async for event in store.log()]
    assert "the file is damaged" in await refusal(tmp_path)


async def test_a_file_is_read_through_once_and_only_after_a_writer_that_was_killed(tmp_path: Path) -> None:
    await fill(tmp_path)
    with capture_logs() as told:
        async with open_store(at(tmp_path)):
            pass
        assert told == []
        forget_the_end(tmp_path)
        async with open_store(at(tmp_path)) as store:
            for beat in range(3):
                assert store._connection is not None
                await store._connection.invalidate()
                await store.keep(Batch(life=1, beat=Moment(10_000 + beat)))
        async with open_store(at(tmp_path)):
            pass
    assert [entry["event"] for entry in told] == ["store_was_not_closed"]


async def test_a_new_file_needs_nobody_to_vouch_for_it(tmp_path: Path) -> None:
    with capture_logs() as told:
        await fill(tmp_path)
    assert told == []


async def test_a_file_that_goes_while_netmon_runs_is_not_begun_anew(tmp_path: Path) -> None:
    file = await fill(tmp_path)
    async with open_store(at(tmp_path)) as store:
        for left in (file, tmp_path / "netmon.db-wal", tmp_path / "netmon.db-shm"):
            left.unlink()
        assert store._connection is not None
        await store._connection.invalidate()
        with pytest.raises(StoreError, match="the file is gone"):
            await store.keep(Batch(life=1, beat=Moment(10_000)))
        assert not file.exists()


async def test_a_system_that_gives_no_thread_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert "the system gives no thread" in await refusal(tmp_path)


async def test_a_journal_without_its_file_is_no_empty_state(tmp_path: Path) -> None:
    (tmp_path / "netmon.db-wal").write_bytes(b"x" * 100)
    assert "the file is gone, and netmon.db-wal is left of it" in await refusal(tmp_path)
    assert not (tmp_path / "netmon.db").exists()


async def test_a_missing_directory_is_not_made(tmp_path: Path) -> None:
    told = await refusal(tmp_path / "not-mounted")
    assert "No such file or directory" in told
    assert not (tmp_path / "not-mounted").exists()


async def test_reading_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no such file.*netmon run"):
        async with read_store(at(tmp_path)):
            pass
    assert not (tmp_path / "netmon.db").exists()


async def test_a_path_with_signs_of_its_own_is_only_a_path(tmp_path: Path) -> None:
    folder = tmp_path / "Sở Y tế?mode=memory#100% 'x'"
    folder.mkdir()
    assert (await fill(folder)).stat().st_size > 0
    async with read_store(at(folder)) as reader:
        assert len(await reader.statuses()) == 1


async def test_a_database_that_another_program_holds_is_told_after_the_busy_timeout(tmp_path: Path) -> None:
    async with open_store(at(tmp_path)) as store:
        await store.begin_life("centre", Moment(0))
        with closing(sqlite3.connect(tmp_path / "netmon.db", isolation_level=None)) as another:
            another.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="another program holds the database for too long"):
                await store.keep(Batch(life=1, beat=Moment(9), transitions=[NEWS]))
        await store.keep(Batch(life=1, beat=Moment(9), transitions=[NEWS]))
        assert len(await store.statuses()) == 1


async def synchronous(store: SqlStore) -> int:
    assert store._connection is not None
    driver = (await store._connection.get_raw_connection()).driver_connection
    assert driver is not None
    async with driver.execute("PRAGMA synchronous") as cursor:
        (level,) = await cursor.fetchone()
    return int(level)


async def test_news_lives_and_plans_are_synced_and_bulk_rows_are_not(tmp_path: Path) -> None:
    normal, full = 1, 2
    async with open_store(at(tmp_path)) as store:
        await store.begin_life("centre", Moment(0))
        assert await synchronous(store) == full
        await store.keep(Batch(life=1, beat=Moment(1)))
        assert await synchronous(store) == normal
        await store.keep(Batch(life=1, beat=Moment(9), transitions=[NEWS]))
        assert await synchronous(store) == full


READ_AS_NOBODY = """
import asyncio, os, sys
from pathlib import Path
from netmon.ports import StoreError
from netmon.store import StoreSettings, locate, open_store, read_store
database = lambda: locate(StoreSettings(), state=Path(sys.argv[1]))
async def main():
    async with read_store(database()) as reader:
        print(len(await reader.statuses()))
    try:
        async with open_store(database()):
            print("opened")
    except StoreError as refused:
        print(refused)
os.setgroups([]), os.setgid(65534), os.setuid(65534)
asyncio.run(main())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not write")
async def test_who_may_only_read_does_so_at_rest_and_beside_a_writer_and_is_told_why_not_more() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = await fill(Path(folder))
        at_rest = _read_as_nobody(folder)
        async with open_store(at(Path(folder))) as store:
            await store.keep(Batch(life=1, beat=Moment(10_000)))
            beside_a_writer = _read_as_nobody(folder)
    for answer, told in (at_rest, beside_a_writer):
        assert answer == "1"
        assert f"cannot write to {file}: Permission denied" in told


def _read_as_nobody(folder: str) -> list[str]:
    Path(folder).chmod(0o755)
    command = [sys.executable, "-c", READ_AS_NOBODY, folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.stdout.splitlines()


async def test_a_new_file_gives_the_room_of_what_was_dropped_back_in_steps(tmp_path: Path) -> None:
    file = tmp_path / "netmon.db"
    evidence = Failure(Reason.TIMEOUT, "x" * 2_000)

    def missed(n: int) -> Looked:
        look = Look(
            check=CheckId("check:device:a/icmp"), at=Moment(n), took=Duration(1), verdict=Verdict.MISSED,
            failure=evidence,
        )  # fmt: skip
        return Looked(look=look, plan=1, sequence=n)

    async with open_store(at(tmp_path)) as store:
        await store.begin_life("centre", Moment(0))
        await store.keep(Batch(life=1, beat=Moment(9_000), looked=[missed(n) for n in range(9_000)]))
    before = file.stat().st_size
    async with open_store(at(tmp_path)) as store:
        while not (await store.clear("looks", Moment(400 * DAY))).is_done:
            pass
        steps = [await store.reclaim()]
        while not steps[-1].is_done:
            steps.append(await store.reclaim())
    assert len(steps) > 2
    assert file.stat().st_size < before / 10
    assert before - file.stat().st_size == sum(step.size_bytes for step in steps)
