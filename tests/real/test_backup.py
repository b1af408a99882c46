"""Backup and restore beside a netmon that runs: under load, killed in the middle, and of a large table."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from netmon.store import locate
from netmon.store.backup import open_archive
from tests import stores
from tests.postgres import Server, missing_server, serving
from tests.real.conftest import Note
from tests.real.daemon import Daemon, free_port, running, until, write_files

pytestmark = pytest.mark.real

DEVICES = 60


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    if missing := missing_server():
        pytest.skip(missing)
    with serving() as server:
        yield server


def write_lab(folder: Path, **settings: object) -> Path:
    """A lab of many devices that are asked often."""
    brisk = {"icmp": {"interval": "1s", "timeout": "500ms"}}
    devices = [
        {"name": f"d{number}", "role": "switch", "address": f"127.20.7.{number + 1}", "checks": brisk}
        for number in range(DEVICES)
    ]
    lab = {"seed": 1, "echo_host": "127.20.255.253", "echo_port": free_port("127.20.255.253")}
    return write_files(folder, devices=devices, lab=lab, settings={"networks": ["127.20.0.0/16"], **settings})


def netmon(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "netmon", "--lang", "en", "--config", str(config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def done(answer: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert answer.returncode == 0, answer.stderr
    document: dict[str, object] = json.loads(answer.stdout)
    return document


@pytest.fixture
def daemon(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Daemon]:
    """A daemon under load; on SQLite, unless a test asks for PostgreSQL."""
    is_on_postgres = getattr(request, "param", "sqlite") == "postgresql"
    store = {"store": {"url": request.getfixturevalue("postgres").new_database()}} if is_on_postgres else {}
    with running(Daemon(write_lab(tmp_path / "first", **store)), level="info") as one:
        one.wait_for_first_looks()
        yield one


def test_a_backup_under_load_fills_postgres_and_from_there_sqlite_again(
    daemon: Daemon, postgres: Server, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    assert done(netmon(daemon.config, "backup", str(first), "--json"))["verified"] is True
    assert not daemon.events("store_refused_batch")

    across = write_lab(tmp_path / "across", store={"url": postgres.new_database()})
    done(netmon(across, "restore", str(first), "--json"))
    done(netmon(across, "backup", str(second), "--json"))
    with open_archive(first) as one, open_archive(second) as other:
        assert other.manifest.tables == one.manifest.tables

    back = write_lab(tmp_path / "back")
    done(netmon(back, "restore", str(second), "--json"))
    with running(Daemon(back), level="info") as again:
        again.wait_for_first_looks()
        lives = again.read(lambda reader: reader.lives())
    assert [life.life for life in lives] == [1, 2]


@pytest.mark.parametrize("daemon", ["sqlite", "postgresql"], indirect=True)
def test_a_running_netmon_stands_aside_and_goes_on_in_what_was_restored(daemon: Daemon, tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    done(netmon(daemon.config, "backup", str(archive), "--json"))
    refused = netmon(daemon.config, "restore", str(archive))
    assert refused.returncode == 1
    assert "add --replace" in refused.stderr

    answer = done(netmon(daemon.config, "restore", "--replace", str(archive), "--json"))
    assert (answer["restored"], answer["stood_aside"]) == (True, True)
    assert Path(str(answer["replaced"])).is_file()
    until(lambda: len(daemon.read(lambda reader: reader.lives())) == 2, "the life after the restoration")
    daemon.wait_for("goes_on_after_restore")
    before, after = daemon.read(lambda reader: reader.lives())
    assert after.began > before.last_beat
    until(lambda: "netmon_device_state" in daemon.scrape(), "metrics again")
    assert daemon.stop() == 0


def test_a_netmon_that_stands_aside_for_nobody_goes_on(daemon: Daemon) -> None:
    assert daemon.ask("step_aside") == {"stepping_aside": True}
    daemon.wait_for("stepped_aside_for_restore")
    daemon.wait_for("goes_on_after_restore", patience=60)
    until(lambda: len(daemon.read(lambda reader: reader.lives())) == 2, "the next life")
    assert daemon.stop() == 0


def test_a_netmon_that_stands_aside_can_be_stopped(daemon: Daemon) -> None:
    daemon.ask("step_aside")
    daemon.wait_for("stepped_aside_for_restore")
    assert daemon.stop() == 0


FILLER = """
import asyncio, sys
from pathlib import Path
from netmon.model.log import Run
from netmon.model.moments import Duration, Moment
from netmon.model.states import Verdict
from netmon.ports import Batch
from netmon.store import StoreSettings, locate, open_store

async def main():
    async with open_store(locate(StoreSettings(url=sys.argv[1]), state=Path("state"))) as store:
        life = (await store.begin_life("centre", Moment(1))).life
        for first in range(0, int(sys.argv[2]), 20_000):
            runs = [
                Run(check=f"check:device:d{n % 7000}/icmp", plan=1, first=Moment(n * 1_000_000), count=30,
                    interval=Duration(10_000_000), verdict=Verdict.ANSWERED)
                for n in range(first, first + 20_000)
            ]
            await store.keep(Batch(life=life, beat=Moment(1), runs=runs))

asyncio.run(main())
"""


def fill(folder: Path, runs: int) -> None:
    """Let the store of the netmon in *folder* hold so many *runs*."""
    (folder / "state").mkdir()
    command = [sys.executable, "-c", FILLER, stores.settings_in(folder).url, str(runs)]
    subprocess.run(command, cwd=folder, check=True, timeout=300)


@pytest.mark.parametrize("seconds", [0.6, 1.2, 2.0])
def test_a_backup_that_is_killed_leaves_no_half_file(tmp_path: Path, seconds: float) -> None:
    config = write_lab(tmp_path)
    fill(tmp_path, 60_000)
    archive = tmp_path / "netmon.zip"
    command = [sys.executable, "-m", "netmon", "--config", str(config), "backup", str(archive)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until(lambda: (tmp_path / ".netmon.zip.partial").exists() or process.poll() is not None, "the archive to begin")
        deadline = time.monotonic() + seconds - 0.6
        until(lambda: time.monotonic() >= deadline or process.poll() is not None, "its middle")
        process.kill()
    if archive.exists():
        with open_archive(archive) as whole:
            whole.verify(lambda _, __: None)

    assert done(netmon(config, "backup", str(archive), "--json"))["verified"] is True
    assert sorted(path.name for path in tmp_path.glob("*netmon.zip*")) == ["netmon.zip"]
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


def test_a_large_table_is_backed_up_and_restored_in_little_memory(tmp_path: Path, note: Note) -> None:
    config = write_lab(tmp_path)
    fill(tmp_path, 200_000)
    archive = tmp_path / "netmon.zip"
    began = time.monotonic()
    done(netmon(config, "backup", str(archive), "--json"))
    packed = time.monotonic()
    other = write_lab(tmp_path / "other")
    done(netmon(other, "restore", str(archive), "--json"))
    restored = time.monotonic()

    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    note(
        f"backup of 200,000 runs: {packed - began:.1f} s, restore {restored - packed:.1f} s, "
        f"{archive.stat().st_size / 2**20:.1f} MiB, largest process {most / 2**20:.0f} MiB"
    )
    database = locate(stores.settings_in(tmp_path / "other"), state=tmp_path / "other" / "state")

    async def count() -> int:
        async with database.snapshot() as connection:
            rows = (await connection.exec_driver_sql("SELECT count(*) FROM runs")).scalar_one()
        await database.close()
        return int(rows)

    assert asyncio.run(count()) == 200_000
