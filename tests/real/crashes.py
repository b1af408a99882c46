"""A daemon that is killed again and again under load, and what must hold of its store afterwards.

Used by the tests with a few kills, and by `python -m benchmarks.crash` with many.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import psycopg

from netmon.decisions.fold import Beliefs
from netmon.model.moments import SECOND, Moment, from_rfc3339
from netmon.model.news import Transition
from netmon.store import StoreReader
from tests.real.daemon import Daemon, wall_clock, write_files
from tests.real.flickering import READY, Flicker, as_json, layout_of

BEAT = 2 * SECOND
"""How far the last beat may lie before a kill, by the keeper's own rule."""

SLACK = 3 * SECOND
"""How much a beat may be late, and clocks apart, on a machine that is busy with other things."""


AIM_SECONDS = 5.0
"""How long to wait for a write to aim at."""


class Aim(Enum):
    """What moment a kill is aimed at; most of what can go wrong lies between the first write and the last word."""

    ANY = "any"
    COMMIT = "commit"
    NEWS = "news"


class News(NamedTuple):
    """A transition, as far as a replay and the log can tell it."""

    entity: str
    at: int
    state: str
    reason: str | None
    evidence: str | None


class Row(NamedTuple):
    """A transition as the store holds it."""

    news: News
    life: int
    recorded: int


Query = Callable[[str], list[tuple[Any, ...]]]


class Database(Protocol):
    """The database, read without netmon."""

    @property
    def journal(self) -> Path | None:
        """The file that a commit writes to first, where there is one to be seen."""

    def opened(self) -> AbstractContextManager[Query]:
        """It, as the kill has left it, to be asked."""


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A SQLite file; what is asked is a copy, so that netmon itself has to recover the original."""

    path: Path

    @property
    def journal(self) -> Path | None:
        return self.path.with_name(self.path.name + "-wal")

    @contextmanager
    def opened(self) -> Iterator[Query]:
        with tempfile.TemporaryDirectory() as folder:
            for suffix in ("", "-wal"):
                if (part := self.path.with_name(self.path.name + suffix)).exists():
                    shutil.copy(part, folder)
            with closing(sqlite3.connect(Path(folder) / self.path.name)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                yield lambda query: connection.execute(query).fetchall()


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A PostgreSQL database; its server was not killed, so its files are not in question."""

    url: str

    @property
    def journal(self) -> Path | None:
        return None

    @contextmanager
    def opened(self) -> Iterator[Query]:
        with psycopg.connect(self.url) as connection:
            yield lambda query: connection.execute(query.encode()).fetchall()


@dataclass(slots=True, kw_only=True)
class Death:
    """One life and its end.

    Attributes:
        life: its number in the store; ``None`` where it was killed before it began.
        lived_seconds: from the start of the process to the kill.
        start_seconds: from the start of the process to the beginning of its life.
        kept: transitions that it stored; *told*: those of them that it said, before the kill came between.
        gap_seconds: since the last beat of the life before.
        complaints: whatever should not be.
    """

    life: int | None
    lived_seconds: float
    start_seconds: float | None
    kept: int
    told: int
    gap_seconds: float | None
    complaints: list[str] = field(default_factory=list)


@contextmanager
def namespace() -> Iterator[tuple[str, ...]]:
    """A network namespace of its own; what to put before a command that should run in it."""
    name = f"nmcrash{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        yield "ip", "netns", "exec", name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


def missing_part() -> str | None:
    """Why nothing can be tried here."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [part for part in ("ip", "nft") if shutil.which(part) is None]
    return f"{' and '.join(missing)} missing; apt install iproute2 nftables" if missing else None


@contextmanager
def flickering(flicker: Flicker, prefix: Sequence[str]) -> Iterator[None]:
    """The targets of *flicker*, played by a process of their own."""
    command = [*prefix, sys.executable, "-m", "tests.real.flickering", as_json(flicker)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as player:
        assert player.stdout is not None
        try:
            assert player.stdout.readline().strip() == READY
            yield
        finally:
            player.kill()


def write_flickering(folder: Path, flicker: Flicker, store: Mapping[str, str]) -> Path:
    """The files of a netmon that looks at every target of *flicker* as often as it may."""
    layout = layout_of(flicker)
    checks = {
        "icmp": {"interval": "5s", "timeout": "200ms"},
        "snmp": {"interval": "5s", "timeout": "400ms"},
    }
    devices = [
        {
            "name": device.name,
            "role": "router",
            "address": device.address,
            "snmp": {"credential": "v2c", "port": flicker.snmp_port},
            "interfaces": [{"name": "eth0", "watch": True}],
        }
        for device in layout.devices
    ]
    services = [
        {
            "id": endpoint.service,
            "kind": "portal",
            "checks": [{"http": {"url": endpoint.url, "interval": "5s", "timeout": "300ms"}}],
        }
        for endpoint in layout.endpoints
    ]
    settings = {
        "store": dict(store),
        "listen": "127.0.0.1:9780",
        "roles": {"router": {"checks": checks}},
        "canaries": [{"name": "first", "address": flicker.address(0)}, {"name": "next", "address": flicker.address(1)}],
    }
    return write_files(folder, devices=devices, services=services, settings=settings)


class Trial:
    """Kills *daemon* and looks what is left in its *database*; *chance* says when to kill."""

    def __init__(self, daemon: Daemon, database: Database, chance: random.Random) -> None:
        self._daemon = daemon
        self._database = database
        self._chance = chance
        self._known_lives: set[int] = set()
        self.deaths: list[Death] = []

    def kill_once(self, *, longest_seconds: float) -> Death:
        """One life: started, killed at a random moment of it (now and then before it has begun), examined."""
        daemon = self._daemon
        started = wall_clock()
        daemon.start()
        if not self.deaths or self._chance.random() < 0.8:
            daemon.wait_for("life_began")
        time.sleep(self._chance.uniform(0, longest_seconds))
        self._aim(self._chance.choice(list(Aim)))
        before = wall_clock()
        daemon.kill()
        with self._database.opened() as query:
            death = self._examine(query, started, before)
        self.deaths.append(death)
        return death

    def _aim(self, aim: Aim) -> None:
        """Return at once, or in the moment in which the database or the log is written next."""
        path = {Aim.COMMIT: self._database.journal, Aim.NEWS: self._daemon.log}.get(aim)
        if path is None or not path.exists():
            return
        written = path.stat().st_mtime_ns
        deadline = time.monotonic() + AIM_SECONDS
        while path.exists() and path.stat().st_mtime_ns == written and time.monotonic() < deadline:
            time.sleep(0.0002)

    def find_difference(self) -> list[str]:
        """How a replay of the whole log differs from the transitions that are stored."""
        with self._database.opened() as query:
            stored = [row.news for row in all_rows(query)]
        replayed = self._daemon.read(replayed_news)
        return compare(by_entity(stored), by_entity(replayed))

    def _examine(self, query: Query, started: Moment, killed: Moment) -> Death:
        lives = {life: (began, beat) for life, began, beat in query("SELECT life, began, last_beat FROM lives")}
        new = sorted(lives.keys() - self._known_lives)
        self._known_lives |= lives.keys()
        rows, told = all_rows(query), told_by(self._daemon)
        life = new[-1] if new else None
        kept = [row for row in rows if row.life == life]
        complaints = find_discord([row.news for row in rows])
        complaints += find_untrue(told, [row.news for row in kept])
        if len(new) > 1:
            complaints.append(f"one start made {len(new)} lives")
        gap = None
        if life is not None:
            began, last_beat = lives[life]
            complaints += find_misdated(query, life, lives[life])
            if not started <= began <= last_beat <= killed + SLACK:
                complaints.append(f"life {life} is dated {began} to {last_beat}, but ran from {started} to {killed}")
            if killed - last_beat > BEAT + SLACK:
                complaints.append(f"life {life} ended {(killed - last_beat) / SECOND:.1f} s after its last beat")
            if life - 1 in lives:
                gap = (began - lives[life - 1][1]) / SECOND
                if gap <= 0:
                    complaints.append(f"life {life} began before the last beat of the one before it")
        return Death(
            life=life,
            lived_seconds=(killed - started) / SECOND,
            start_seconds=None if life is None else (lives[life][0] - started) / SECOND,
            kept=len(kept),
            told=len(told),
            gap_seconds=gap,
            complaints=complaints,
        )


def all_rows(query: Query) -> list[Row]:
    """Every transition, in the order in which they were added."""
    found = query("SELECT entity, at, state, reason, evidence, life, recorded FROM transitions ORDER BY id")
    return [Row(News(*fields), life, recorded) for *fields, life, recorded in found]


def told_by(daemon: Daemon) -> list[News]:
    """What *daemon* has told of transitions since it was started, in order."""
    told = []
    for event in daemon.events():
        kind, became, state = event["event"].partition("_became_")
        if became:
            at = from_rfc3339(event["at"])
            told.append(News(f"{kind}:{event[kind]}", at, state, event.get("reason"), event.get("evidence")))
    return told


def find_discord(stored: Sequence[News]) -> list[str]:
    """Entities whose rows do not follow from each other: a state twice in a row, or time that goes back."""
    return [
        f"{before} is followed by {after}"
        for rows in by_entity(stored).values()
        for before, after in pairwise(rows)
        if before.state == after.state or after.at < before.at
    ]


def find_untrue(told: Sequence[News], kept: Sequence[News]) -> list[str]:
    """What was told of a life and is not what it kept first, in the same order: stored before told, and told once."""
    wrong = [f"told {one}, kept {other}" for one, other in zip(told, kept, strict=False) if one != other]
    return wrong[:5] + ([f"{len(told) - len(kept)} told and not kept"] if len(told) > len(kept) else [])


def find_misdated(query: Query, life: int, span: tuple[int, int]) -> list[str]:
    """What *life* holds from outside its *span*: nobody looked before it began, nor after its last beat."""
    began, last_beat = span
    parts = (
        "SELECT min(at), max(known) FROM looks",
        "SELECT min(first), max(first + (count - 1) * interval) FROM runs",
        "SELECT min(recorded), max(recorded) FROM transitions",
    )
    spans = query(" UNION ALL ".join(f"{part} WHERE life = {life}" for part in parts))
    strays = [moment for pair in spans for moment in pair if moment is not None and not began <= moment <= last_beat]
    return [f"life {life}, from {began} to {last_beat}, holds what was seen at {strays}"] if strays else []


async def replayed_news(reader: StoreReader) -> list[News]:
    """The transitions that a replay of the whole log leads to."""
    beliefs = Beliefs()
    return [_news(transition) async for event in reader.log() for transition in beliefs.fold(event)]


def _news(transition: Transition) -> News:
    reason, evidence = (
        (transition.failure.reason.value, transition.failure.evidence) if transition.failure else (None, None)
    )
    return News(transition.entity, transition.at, transition.state.value, reason, evidence)


def by_entity(news: Sequence[News]) -> dict[str, list[News]]:
    """*news* of each entity, in order."""
    found: dict[str, list[News]] = {}
    for one in news:
        found.setdefault(one.entity, []).append(one)
    return found


def compare(stored: Mapping[str, list[News]], replayed: Mapping[str, list[News]]) -> list[str]:
    """The first difference of each entity."""
    differences = []
    for entity in sorted(stored.keys() | replayed.keys()):
        for one, other in zip_longest(stored.get(entity, ()), replayed.get(entity, ())):
            if one != other:
                differences.append(f"stored {one}, replayed {other}")
                break
    return differences
