"""Where the programs of a test run: a network namespace of their own, so that no address or port is taken."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Place:
    """A network namespace by its name."""

    namespace: str

    def run(self, *command: str, given: str | None = None, within: float = 60) -> str:
        """What *command* says in here; a failure is an error that carries what it complained of."""
        done = subprocess.run(
            self._inside(command), input=given, capture_output=True, text=True, check=False, timeout=within
        )
        if done.returncode:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self, *command: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
        """Start *command* in here; whatever it says goes to *log*, and its process is the one that is returned."""
        with log.open("ab") as said:
            return subprocess.Popen(
                self._inside(command),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=os.environ | environment,
            )

    def _inside(self, command: tuple[str, ...]) -> list[str]:
        return ["ip", "netns", "exec", self.namespace, *command]


@contextmanager
def open_place(purpose: str) -> Iterator[Place]:
    """A namespace in which loopback is up; the test is skipped where this machine gives none."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    place = Place(f"netmon-{purpose}-{os.getpid()}-{next(_NUMBERS)}")
    made = subprocess.run(["ip", "netns", "add", place.namespace], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"this machine gives no network namespaces: {made.stderr.strip()}")
    try:
        place.run("ip", "link", "set", "lo", "up")
        yield place
    finally:
        subprocess.run(["ip", "netns", "del", place.namespace], check=False, capture_output=True)


def end(process: subprocess.Popen[bytes], *, within: float = 30) -> int:
    """Ask *process* to end and wait for it; what it ended with, or an error where it had to be killed."""
    process.terminate()
    try:
        return process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(f"process {process.pid} did not end within {within} s of SIGTERM") from None
