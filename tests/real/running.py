"""A netmon in a process of its own, watched as its users would: by its doors, its store, its commands and its log."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from netmon.app import control_path, load_files, open_reader
from netmon.decisions.fold import replay
from netmon.engine.control import ask
from netmon.kernel.clock import SystemClock
from netmon.model.ids import CheckId, EntityId
from netmon.model.looks import Failure
from netmon.model.moments import Duration, Moment, in_seconds
from netmon.model.news import Status, Transition
from netmon.model.states import Reason, State
from netmon.ports import Latest
from netmon.store.reading import StoreReader
from tests import stores
from tests.real.places import Place, end

T = TypeVar("T")

CLOCK = SystemClock()
_NETMON = (sys.executable, "-m", "netmon")


@dataclass(frozen=True)
class Kept:
    """A transition as the store keeps it: with the moment at which it did, and netmon knew."""

    entity: EntityId
    at: Moment
    state: State
    failure: Failure | None
    recorded: Moment

    @property
    def reason(self) -> Reason | None:
        """Why, without the evidence."""
        return self.failure.reason if self.failure else None

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Kept:
        entity, at, state, reason, evidence, recorded = row
        return cls(entity, at, State(state), Failure(Reason(reason), evidence) if reason else None, recorded)


class Netmon:
    """One running netmon."""

    def __init__(self, place: Place, config: Path, process: subprocess.Popen[bytes], log: Path) -> None:
        self.place = place
        self.config = config
        self.log = log
        self.settings, self.plan = load_files(config).complete
        self._process = process

    # ------------------------------------------------------------ waiting

    def until(self, what: str, look: Callable[[], T | None], *, within: float, glance: float = 0.25) -> T:
        """What *look* brings as soon as it brings anything true; an error where that takes longer than *within*."""
        deadline = time.monotonic() + within
        while True:
            if found := look():
                return found
            if self._process.poll() is not None:
                raise AssertionError(f"netmon ended with {self._process.returncode}: {self._last_words()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {within} s: {what}; the log ends with: {self._last_words()}")
            time.sleep(glance)

    def _last_words(self) -> str:
        return self.log.read_text(encoding="utf-8")[-2_000:]

    # ------------------------------------------------------------ the doors

    def page(self, path: str) -> str:
        """What a door answers, whatever its status."""
        return self.place.run("curl", "-sS", "--compressed", "--max-time", "60", f"http://{self.settings.listen}{path}")

    def samples(self, *wanted: str) -> dict[str, float]:
        """The samples of `/metrics` whose series holds all of *wanted*, by series."""
        lines = (line for line in self.page("/metrics").splitlines() if line[:1] != "#")
        series = (line.rpartition(" ") for line in lines if all(part in line for part in wanted))
        return {name: float(value) for name, _, value in series}

    def is_ready(self) -> bool:
        """Whether netmon says that it does its work, all first looks included."""
        code = self.place.run(
            "curl", "-s", "-o", os.devnull, "-w", "%{http_code}", f"http://{self.settings.listen}/readyz"
        )
        return code == "200"

    # ------------------------------------------------------------ the store

    def statuses(self) -> Mapping[EntityId, Status]:
        """What the store knows of everything."""
        return self._read(lambda reader: reader.statuses())

    def latest(self) -> Mapping[CheckId, Latest]:
        """The last look of every check."""
        return self._read(lambda reader: reader.latest())

    def replayed(self) -> list[Transition]:
        """What the kept looks make once more, folded from the beginning."""
        return self._read(_replay)

    def _read(self, question: Callable[[StoreReader], Awaitable[T]]) -> T:
        async def read() -> T:
            async with open_reader(self.config, self.settings) as reader:
                return await question(reader)

        return asyncio.run(read())

    def news(self, since: Moment = Moment(0)) -> list[Kept]:
        """Every transition that was kept after *since*, row by row as it was written."""
        rows = "select entity, at, state, reason, evidence, recorded from transitions where recorded > ? order by id"
        found = stores.ask(self.settings.store.url, Path(self.settings.state), rows, since)
        return [Kept.from_row(row) for row in found]

    def wait_for(self, entity: str, state: State, *, since: Moment, within: float) -> Kept:
        """The transition of *entity* to *state* that was kept after *since*; the seconds count from *since*."""

        def found() -> Kept | None:
            return next((kept for kept in self.news(since) if (kept.entity, kept.state) == (entity, state)), None)

        left = within - in_seconds(Duration(CLOCK.now() - since))
        return self.until(f"{entity} {state.value}", found, within=max(left, 0) + 1)

    # ------------------------------------------------------------ its commands and itself

    def command(self, *words: str) -> Any:
        """What a command of netmon answers as JSON."""
        return json.loads(self.place.run(*_NETMON, "--config", str(self.config), *words, "--json"))

    def ask(self, verb: str, **arguments: object) -> dict[str, Any]:
        """What netmon answers on its control socket."""
        return asyncio.run(ask(control_path(self.settings), verb, **arguments))

    def events(self) -> list[dict[str, Any]]:
        """What netmon has told in its log."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    @property
    def processor_seconds(self) -> float:
        """Processor time that it has used since it began."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def resident_bytes(self) -> int:
        """Memory that it holds."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text(encoding="utf-8").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


async def _replay(reader: StoreReader) -> list[Transition]:

    return list(replay([event async for event in reader.log()]))


@contextmanager
def running(place: Place, config: Path, **environment: str) -> Iterator[Netmon]:
    """netmon, run in *place* by the configuration at *config*; it must end in order when it is asked to."""
    log = config.with_name("netmon.log")
    process = place.start(*_NETMON, "--config", str(config), "run", "--log-level", "debug", log=log, **environment)
    try:
        netmon = Netmon(place, config, process, log)
        netmon.until("the doors are open", lambda: _answers(netmon), within=30)
        yield netmon
    except BaseException:
        process.kill()
        process.wait()
        raise
    assert end(process) == 0


def _answers(netmon: Netmon) -> bool:
    try:
        return bool(netmon.page("/healthz"))
    except AssertionError:
        return False


def seconds_between(since: Moment, until: Moment) -> float:
    """From one moment to another, in seconds."""
    return in_seconds(Duration(until - since))
