"""A PostgreSQL server of the tests' own, on loopback and on a socket in its folder."""

from __future__ import annotations

import itertools
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

BINARIES = Path("/usr/lib/postgresql/15/bin")

_SETTINGS = "-c fsync=off -c full_page_writes=off -c listen_addresses=127.0.0.1"


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server that lets everyone in; *folder* holds its socket, for whoever cannot reach its port."""

    port: int
    folder: Path
    names: Iterator[str]
    control: tuple[str | Path, ...] = ()

    def new_database(self) -> str:
        """The URL of a database that nobody has used."""
        return f"postgresql://netmon@127.0.0.1:{self.port}/{self._create()}"

    def new_database_on_socket(self) -> str:
        """The URL of one that is reached over the socket, also from another network namespace."""
        return f"postgresql://netmon@/{self._create()}?host={self.folder}&port={self.port}"

    def backends(self, url: str) -> list[int]:
        """The processes that serve the sessions of netmon in the database at *url*."""
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ '^netmon'"
            )
            return [pid for (pid,) in found]

    def crash(self) -> None:
        """End all of it as a power cut would; what was written to the system stays."""
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split("\n")[0])
        os.kill(postmaster, signal.SIGSTOP)  # so that it has no more children than those that are counted here
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        processes = [os.pidfd_open(int(process)) for process in (postmaster, *children)]
        for process in processes:
            signal.pidfd_send_signal(process, signal.SIGKILL)
        for process in processes:
            ended, _, _ = select.select([process], [], [], 30)
            os.close(process)
            assert ended, "a process of the server does not end"
        # where nobody takes in dead processes, one of these names a process that looks alive
        (self.folder / "data" / "postmaster.pid").unlink()
        (self.folder / f".s.PGSQL.{self.port}.lock").unlink(missing_ok=True)

    def start(self) -> None:
        """Start it (again), and wait until it lets others in."""
        _run(*self.control, "start", "-w", "-t", "60", "-l", self.folder / "log")

    def stop(self) -> None:
        """Stop it at once; whoever is connected is thrown out."""
        _run(*self.control, "stop", "-w", "-m", "immediate")

    def promote(self) -> None:
        """Let a standby become the one that writes."""
        _run(*self.control, "promote", "-w")

    def _create(self) -> str:
        name = next(self.names)
        with psycopg.connect(f"postgresql://netmon@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return name


def missing_server() -> str | None:
    """Why there can be none here."""
    return None if (BINARIES / "initdb").exists() else f"PostgreSQL 15 is not installed: no {BINARIES}/initdb"


@contextmanager
def serving(*, syncing: bool = False) -> Iterator[Server]:
    """A new server for as long as the context is open; one for measuring is *syncing*, as in earnest."""
    home = Path(tempfile.mkdtemp(prefix="netmon-postgres-"))
    as_user = _as_a_non_root_user(home)
    port = _free_port()
    try:
        _run(*as_user, BINARIES / "initdb", "--no-sync", "-A", "trust", "-U", "netmon", "-D", home / "data")
        settings = _SETTINGS.replace("=off", "=on") if syncing else _SETTINGS
        control = (*as_user, BINARIES / "pg_ctl", "-D", home / "data", "-o", f"{settings} -p {port} -k {home}")
        server = Server(port, home, (f"test_{number}" for number in itertools.count(1)), control)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home)


@contextmanager
def standing_by(primary: Server) -> Iterator[Server]:
    """A standby of *primary*, without which that one commits nothing from now on."""
    home = Path(tempfile.mkdtemp(prefix="netmon-postgres-"))
    as_user = _as_a_non_root_user(home)
    port = _free_port()
    try:
        source = f"postgresql://netmon@127.0.0.1:{primary.port}/postgres"
        _run(*as_user, BINARIES / "pg_basebackup", "-D", home / "data", "-R", "-c", "fast", "--no-sync", "-d", source)
        control = (*as_user, BINARIES / "pg_ctl", "-D", home / "data", "-o", f"{_SETTINGS} -p {port} -k {home}")
        standby = Server(port, home, iter(()), control)
        standby.start()
        try:
            with psycopg.connect(source, autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
                connection.execute("SELECT pg_reload_conf()")
            yield standby
        finally:
            standby.stop()
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
