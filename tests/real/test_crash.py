"""A daemon under load is killed at random moments, ended in order, and started twice: its store stays true."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from netmon.model.moments import SECOND, Moment, from_rfc3339
from tests.postgres import Server, missing_server, serving
from tests.real.conftest import Note
from tests.real.crashes import (
    Database,
    News,
    PostgresServer,
    SqliteFile,
    Trial,
    all_rows,
    flickering,
    missing_part,
    namespace,
    write_flickering,
)
from tests.real.daemon import Daemon, free_port, running, wall_clock, write_files
from tests.real.flickering import Flicker

pytestmark = pytest.mark.real

FLICKER = Flicker(devices=80, services=40, seed=20080531)
NEEDS_A_NAMESPACE = pytest.mark.skipif(missing_part() is not None, reason=missing_part() or "")

Prefix = tuple[str, ...]


@pytest.fixture(scope="module")
def prefix() -> Iterator[Prefix]:
    """A namespace in which targets answer and fall silent by chance."""
    with namespace() as prefix, flickering(FLICKER, prefix):
        yield prefix


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    if missing := missing_server():
        pytest.skip(missing)
    with serving() as server:
        yield server


def _survives(daemon: Daemon, database: Database, *, kills: int, note: Note) -> None:
    trial = Trial(daemon, database, random.Random(FLICKER.seed))
    for _ in range(kills):
        assert trial.kill_once(longest_seconds=7).complaints == []
    assert trial.find_difference() == []
    first = _first_device(database)
    gaps, told_gaps = _gaps_between_lives(daemon, first.at), _unmonitored_in_history(daemon, first.entity)
    assert len(gaps) >= kills // 2
    assert [gap for gap in gaps if gap not in told_gaps] == []
    transitions = sum(death.kept for death in trial.deaths)
    untold = transitions - sum(death.told for death in trial.deaths)
    note(f"{kills} kills, {transitions} transitions, {untold} of them kept and not told: nothing lost or doubled")
    assert transitions > 20 * kills


def _first_device(database: Database) -> News:
    """The first that was known of any device: one that is chosen beforehand may fall silent in every short life."""
    with database.opened() as query:
        return next(row.news for row in all_rows(query) if row.news.entity.startswith("device:"))


def _gaps_between_lives(daemon: Daemon, seen: int) -> list[tuple[Moment, Moment]]:
    """From each last beat to the next life, for lives that beat, since a device was first *seen*."""
    lives = daemon.read(lambda reader: reader.lives())
    beating = [life for life in lives if life.last_beat > max(life.began, seen)]
    return [(before.last_beat, after.began) for before, after in pairwise(beating) if after.life == before.life + 1]


def _unmonitored_in_history(daemon: Daemon, device: str) -> list[tuple[Moment, Moment]]:
    """What `netmon history` of *device* calls unmonitored."""
    command = [sys.executable, "-m", "netmon", "--config", str(daemon.config), "history", device, "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    told = [one for one in json.loads(answer.stdout)["intervals"] if one["state"] == "unmonitored" and one["until"]]
    return [(from_rfc3339(one["since"]), from_rfc3339(one["until"])) for one in told]


@NEEDS_A_NAMESPACE
def test_ten_kills_at_random_moments_lose_and_double_nothing(prefix: Prefix, tmp_path: Path, note: Note) -> None:
    daemon = Daemon(write_flickering(tmp_path, FLICKER, {}), prefix=prefix)

    _survives(daemon, SqliteFile(tmp_path / "state" / "netmon.db"), kills=10, note=note)


@NEEDS_A_NAMESPACE
def test_kills_lose_and_double_nothing_on_postgresql(
    prefix: Prefix, tmp_path: Path, postgres: Server, note: Note
) -> None:
    url = postgres.new_database_on_socket()
    daemon = Daemon(write_flickering(tmp_path, FLICKER, {"url": url}), prefix=prefix)

    _survives(daemon, PostgresServer(url), kills=4, note=note)


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    """A daemon that looks at a web server that is not there."""
    url = f"http://127.0.0.1:{free_port()}/"
    service = {"id": "portal", "kind": "portal", "checks": [{"http": {"url": url, "interval": "5s"}}]}
    return Daemon(write_files(tmp_path, services=[service]))


def test_sigterm_ends_it_within_seconds_with_a_last_beat(daemon: Daemon) -> None:
    with running(daemon):
        daemon.wait_for("life_began")
        asked, began = wall_clock(), time.monotonic()

        assert daemon.stop() == 0

    assert time.monotonic() - began < 5
    (life,) = daemon.read(lambda reader: reader.lives())
    assert asked - SECOND // 10 <= life.last_beat <= wall_clock()
    assert [event["event"] for event in daemon.events()][-1] == "netmon_stopped"


def test_a_second_daemon_on_the_same_store_is_refused_and_the_first_goes_on(daemon: Daemon, tmp_path: Path) -> None:
    state = {"state": str(tmp_path / "state")}
    second = Daemon(write_files(tmp_path / "second", settings=state))
    with running(daemon):
        daemon.wait_for("life_began")
        second.start()
        code = second.process.wait(20)

        assert code == 3
        said = second.log.read_text(encoding="utf-8")
        assert f"the netmon with process id {daemon.process.pid} does already" in said
        assert "Stop that one first" in said
        assert "Traceback" not in said
        assert daemon.ask("about")["pid"] == daemon.process.pid
        assert len(daemon.read(lambda reader: reader.lives())) == 1
