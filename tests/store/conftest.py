"""The databases that the contract is tried on: a SQLite file, and a PostgreSQL server of the tests' own."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from netmon.store import StoreSettings, locate
from netmon.store.database import Database

BINARIES = Path("/usr/lib/postgresql/15/bin")


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server on loopback that lets everyone in."""

    port: int
    names: Iterator[str]

    def new_database(self) -> str:
        """The URL of a database that nobody has used."""
        name = next(self.names)
        with psycopg.connect(f"postgresql://netmon@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://netmon@127.0.0.1:{self.port}/{name}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    if not (BINARIES / "initdb").exists():
        pytest.skip(f"PostgreSQL 15 is not installed: no {BINARIES}/initdb")
    home = Path(tempfile.mkdtemp(prefix="netmon-postgres-"))
    as_user = _as_a_non_root_user(home)
    port = _free_port()
    settings = "-c fsync=off -c full_page_writes=off -c listen_addresses=127.0.0.1"
    try:
        _run(*as_user, BINARIES / "initdb", "--no-sync", "-A", "trust", "-U", "netmon", "-D", home / "data")
        start = ("start", "-w", "-t", "60", "-l", home / "log", "-o", f"{settings} -p {port} -k {home}")
        _run(*as_user, BINARIES / "pg_ctl", "-D", home / "data", *start)
        try:
            yield Server(port, (f"test_{number}" for number in itertools.count(1)))
        finally:
            _run(*as_user, BINARIES / "pg_ctl", "-D", home / "data", "stop", "-w", "-m", "immediate")
    finally:
        shutil.rmtree(home)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def settings(request: pytest.FixtureRequest) -> StoreSettings:
    """Where a database of this test alone lies."""
    if request.param == "sqlite":
        return StoreSettings(busy_timeout="200ms")
    return StoreSettings(url=request.getfixturevalue("postgres").new_database(), busy_timeout="200ms")


@pytest.fixture
def reach(settings: StoreSettings, tmp_path: Path) -> Callable[[], Database]:
    """Reach the database as one process does; twice is as two processes do."""
    return lambda: locate(settings, state=tmp_path)


def _as_a_non_root_user(home: Path) -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    user = pwd.getpwnam("postgres")
    os.chown(home, user.pw_uid, user.pw_gid)
    return ("runuser", "-u", "postgres", "--")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(*command: str | Path) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
