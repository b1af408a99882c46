"""A netmon of its own for a test: files that are generated, a process that is started, killed and listened to."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from netmon.app import control_path, load_files, open_reader
from netmon.engine.control import ask
from netmon.model.ids import CheckId
from netmon.model.moments import Moment
from netmon.ports import Latest, StoreError
from netmon.store import StoreReader
from tests import stores

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds after which something that should have happened is taken for lost."""

_GLANCE = 0.05

ORGANIZATION: Mapping[str, Any] = {
    "organization": {"id": "thu", "name": "Tỉnh thử nghiệm", "zone": "Asia/Ho_Chi_Minh"},
    "networks": [{"id": "lan", "kind": "lan", "name": "Mạng nội bộ"}],
    "peer_groups": [{"id": "so-nganh", "name": "Sở, ban, ngành"}],
    "departments": [{"id": "so-thu", "name": "Sở Thử nghiệm", "peer_group": "so-nganh"}],
    "credentials": [
        {"id": "v1", "version": 1, "community": "literal:public"},
        {"id": "v2c", "version": "2c", "community": "literal:public"},
    ],
}


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on, for TCP, and for UDP as far as anybody can know."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def wall_clock() -> Moment:
    """The wall clock, which a daemon's own clock carries on from its start."""
    return Moment(time.time_ns() // 1_000)


def until(told: Callable[[], T | None], what: str, *, patience: float = PATIENCE) -> T:
    """What *told* says as soon as it says anything; *what* is for whoever reads that it did not."""
    deadline = time.monotonic() + patience
    while not (said := told()):
        assert time.monotonic() < deadline, f"{what}: not within {patience:g} s"
        time.sleep(_GLANCE)
    return said


def write_files(
    folder: Path,
    *,
    devices: Sequence[Mapping[str, Any]] = (),
    services: Sequence[Mapping[str, Any]] = (),
    lab: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Path:
    """Write ``config.yaml`` and an inventory of one site into *folder* (JSON is YAML); the path of the former."""
    config = {"networks": ["127.0.0.0/8"], "listen": f"127.0.0.1:{free_port()}", **(settings or {})}
    if url := stores.url_in(folder):
        config.setdefault("store", {"url": url})
    if lab is not None:
        config["lab"] = "inventory/lab.yaml"
        _write(folder / "inventory" / "lab.yaml", lab)
    site = {"site": {"id": "tru-so", "department": "so-thu"}, "devices": list(devices), "services": list(services)}
    _write(folder / "config.yaml", config)
    _write(folder / "inventory" / "organization.yaml", ORGANIZATION)
    _write(folder / "inventory" / "sites" / "tru-so.yaml", site)
    return folder / "config.yaml"


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


class Daemon:
    """A netmon process on the files at *config*; *prefix* is what its command is given to (``ip netns exec``)."""

    def __init__(self, config: Path, *, prefix: Sequence[str] = (), environment: Mapping[str, str] | None = None):
        loaded = load_files(config)
        self.settings, self.plan = loaded.complete
        self.config = config
        self._command = [*prefix, sys.executable, "-m", "netmon", "--config", str(config), "run"]
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self.log = config.parent / "netmon.0.log"
        self._starts = 0

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process that was started last."""
        assert self._process is not None, "it was never started"
        return self._process

    def start(self, *, level: str = "debug") -> None:
        """Start it; what it says on standard error goes to a new `log`."""
        self._starts += 1
        self.log = self.config.parent / f"netmon.{self._starts}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen([*self._command, "--log-level", level], stderr=log, env=self._environment)

    def events(self, *names: str) -> list[dict[str, Any]]:
        """What it has said since it was started: events of *names*, or all; a line that is not finished is left out."""
        lines = self.log.read_bytes().split(b"\n")[:-1]
        said = [json.loads(line) for line in lines if line.startswith(b"{")]
        return [event for event in said if not names or event["event"] in names]

    def wait_for(self, name: str, *, patience: float = PATIENCE) -> dict[str, Any]:
        """The first event of *name*."""

        def told() -> dict[str, Any] | None:
            found = self.events(name)
            if not found and self.process.poll() is not None:
                raise AssertionError(f"netmon ended with {self.process.returncode}: {self.log.read_text()[-2_000:]}")
            return found[0] if found else None

        return until(told, f"the event {name}", patience=patience)

    def wait_for_first_looks(self) -> None:
        """Return when every check was looked at."""
        self.wait_for("netmon_started")
        until(lambda: self.ask("about")["first_looks_left"] == 0, "the first looks")

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """Ask it to end (SIGTERM); its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def ask(self, verb: str, **arguments: object) -> dict[str, Any]:
        """What it answers on its control socket."""
        return asyncio.run(ask(control_path(self.settings), verb, **arguments))

    def scrape(self) -> str:
        """Its ``/metrics``."""
        return httpx.get(f"http://{self.settings.listen}/metrics", timeout=PATIENCE).raise_for_status().text

    def memory_bytes(self, which: str = "VmRSS") -> int:
        """How much memory it has (``VmRSS``) or had at most (``VmHWM``)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(which))

    def read(self, question: Callable[[StoreReader], Awaitable[T]]) -> T:
        """What its store says to *question*, whether it runs or not."""

        async def answer() -> T:
            async with open_reader(self.config, self.settings) as reader:
                return await question(reader)

        return asyncio.run(answer())

    def latest(self, check: str) -> Latest | None:
        """The last look at *check*; ``None`` as long as there is none."""
        try:
            found = self.read(lambda reader: reader.latest())
        except StoreError:
            return None
        return found.get(CheckId(check))


@contextmanager
def running(daemon: Daemon, *, level: str = "debug") -> Iterator[Daemon]:
    """*daemon* started and waited for; killed in the end if it still runs."""
    daemon.start(level=level)
    try:
        daemon.wait_for("netmon_started")
        yield daemon
    finally:
        if daemon.process.poll() is None:
            daemon.kill()
