"""A PostgreSQL server of the tests' own, on loopback and on a socket in its folder."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

BINARIES = Path("/usr/lib/postgresql/15/bin")


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server that lets everyone in; *folder* holds its socket, for whoever cannot reach its port."""

    port: int
    folder: Path
    names: Iterator[str]

    def new_database(self) -> str:
        """The URL of a database that nobody has used."""
        return f"postgresql://netmon@127.0.0.1:{self.port}/{self._create()}"

    def new_database_on_socket(self) -> str:
        """The URL of one that is reached over the socket, also from another network namespace."""
        return f"postgresql://netmon@/{self._create()}?host={self.folder}&port={self.port}"

    def _create(self) -> str:
        name = next(self.names)
        with psycopg.connect(f"postgresql://netmon@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return name


def missing_server() -> str | None:
    """Why there can be none here."""
    return None if (BINARIES / "initdb").exists() else f"PostgreSQL 15 is not installed: no {BINARIES}/initdb"


@contextmanager
def serving() -> Iterator[Server]:
    """A new server for as long as the context is open."""
    home = Path(tempfile.mkdtemp(prefix="netmon-postgres-"))
    as_user = _as_a_non_root_user(home)
    port = _free_port()
    settings = "-c fsync=off -c full_page_writes=off -c listen_addresses=127.0.0.1"
    try:
        _run(*as_user, BINARIES / "initdb", "--no-sync", "-A", "trust", "-U", "netmon", "-D", home / "data")
        start = ("start", "-w", "-t", "60", "-l", home / "log", "-o", f"{settings} -p {port} -k {home}")
        _run(*as_user, BINARIES / "pg_ctl", "-D", home / "data", *start)
        try:
            yield Server(port, home, (f"test_{number}" for number in itertools.count(1)))
        finally:
            _run(*as_user, BINARIES / "pg_ctl", "-D", home / "data", "stop", "-w", "-m", "immediate")
    finally:
        shutil.rmtree(home)


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
