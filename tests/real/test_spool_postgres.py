"""A running daemon and a PostgreSQL that is stopped, killed, silent or not there yet: it looks, tells and keeps on."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from netmon.model.moments import SECOND
from netmon.ports import StoreError
from tests.postgres import Server, missing_server, serving
from tests.real.crashes import PostgresServer, all_rows, by_entity, compare, find_discord, replayed_news, told_by
from tests.real.daemon import Daemon, free_port, until, write_files
from tests.real.spooled import Portals, serving_portals

pytestmark = pytest.mark.real


@pytest.fixture
def server() -> Iterator[Server]:
    if missing := missing_server():
        pytest.skip(missing)
    with serving() as running:
        yield running


@pytest.fixture
def portals() -> Iterator[Portals]:
    """Web servers, which can be made to fail."""
    with serving_portals(4) as portals:
        yield portals


@pytest.fixture
def daemon(tmp_path: Path, server: Server, portals: Portals) -> Iterator[Daemon]:
    services = [
        {"id": f"portal-{number}", "kind": "portal", "checks": [{"http": {"url": url, "interval": "5s"}}]}
        for number, url in enumerate(portals.urls)
    ]
    store = {"url": server.new_database(), "patience": "6s"}
    daemon = Daemon(write_files(tmp_path, services=services, settings={"store": store}))
    yield daemon
    if daemon.process.poll() is None:
        daemon.kill()


def assert_nothing_is_lost_or_doubled(daemon: Daemon, told: list[object]) -> None:
    """Everything that was told is in the store once and in order, and a replay leads to what is there."""
    with PostgresServer(daemon.settings.store.url).opened() as query:
        stored = [row.news for row in all_rows(query)]
    assert find_discord(stored) == []
    assert [one for one in told if stored.count(one) != 1] == []  # type: ignore[arg-type]
    assert compare(by_entity(stored), by_entity(daemon.read(replayed_news))) == []


def waits_for_nothing(daemon: Daemon) -> None:
    until(lambda: daemon.ask("about")["backlog"] is None, "everything in the store")


def down(daemon: Daemon, portal: str) -> None:
    """Return when *daemon* has said that *portal* is down."""
    until(lambda: [one for one in daemon.events("service_became_down") if one["service"] == portal], f"{portal} down")


def test_a_server_that_is_stopped_and_started_under_a_running_daemon_has_everything_once(
    daemon: Daemon, server: Server, portals: Portals
) -> None:
    daemon.start()
    daemon.wait_for_first_looks()
    server.stop()
    portals.fail(0)
    daemon.wait_for("store_went_away")
    down(daemon, "portal-0")
    backlog = daemon.ask("about")["backlog"]
    assert backlog["transitions"] >= 2
    assert "netmon_store_away 1.0" in daemon.scrape()
    asked = subprocess.run(
        [daemon._command[0], "-m", "netmon", "--config", str(daemon.config), "--lang", "en", "status"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "what it has seen since" in " ".join(asked.stderr.split())

    server.start()
    waits_for_nothing(daemon)
    assert [event["event"] for event in daemon.events("store_went_away", "store_came_back")] == [
        "store_went_away", "store_came_back",
    ]  # fmt: skip
    assert "netmon_store_away 0.0" in daemon.scrape()
    assert_nothing_is_lost_or_doubled(daemon, told_by(daemon))  # type: ignore[arg-type]
    assert daemon.stop() == 0


def test_a_server_that_is_killed_under_load_again_and_again_loses_and_doubles_nothing(
    daemon: Daemon, server: Server, portals: Portals
) -> None:
    daemon.start()
    daemon.wait_for_first_looks()
    for number in range(3):
        portals.fail(number)
        server.crash()
        down(daemon, f"portal-{number}")
        server.start()
        waits_for_nothing(daemon)
    assert_nothing_is_lost_or_doubled(daemon, told_by(daemon))  # type: ignore[arg-type]


@pytest.mark.parametrize("is_back", [True, False], ids=["and the server is back", "and the server is still away"])
def test_a_daemon_that_is_killed_while_its_store_is_away_goes_on_where_it_was(
    daemon: Daemon, server: Server, portals: Portals, is_back: bool
) -> None:
    daemon.start()
    daemon.wait_for_first_looks()
    server.stop()
    portals.fail(1)
    down(daemon, "portal-1")
    daemon.kill()
    told = told_by(daemon)
    if is_back:
        server.start()
    portals.fail(2)

    daemon.start()
    daemon.wait_for("spool_found")
    down(daemon, "portal-2")
    if not is_back:
        server.start()
    waits_for_nothing(daemon)

    assert "portal-1" not in {event["service"] for event in daemon.events("service_became_down")}
    assert_nothing_is_lost_or_doubled(daemon, [*told, *told_by(daemon)])  # type: ignore[list-item]
    lives = daemon.read(lambda reader: reader.lives())
    assert [life.life for life in lives] == [1, 2]
    assert lives[1].began > lives[0].last_beat


def test_a_daemon_starts_watches_and_tells_before_its_server_is_there(
    daemon: Daemon, server: Server, portals: Portals
) -> None:
    server.stop()
    portals.fail(3)

    daemon.start()
    assert "See whether PostgreSQL runs" in daemon.wait_for("store_went_away")["error"]
    daemon.wait_for_first_looks()
    down(daemon, "portal-3")
    with pytest.raises(StoreError):
        daemon.read(lambda reader: reader.lives())

    server.start()
    waits_for_nothing(daemon)
    assert_nothing_is_lost_or_doubled(daemon, told_by(daemon))  # type: ignore[arg-type]
    (life,) = daemon.read(lambda reader: reader.lives())
    assert life.last_beat - life.began > SECOND
    with psycopg.connect(daemon.settings.store.url) as connection:
        assert connection.execute("SELECT remembers FROM lives").fetchall() == [(0,)]


def test_a_server_that_hangs_is_done_without_after_its_patience(
    daemon: Daemon, server: Server, portals: Portals
) -> None:
    daemon.start()
    daemon.wait_for_first_looks()
    backends = server.backends(daemon.settings.store.url)
    for backend in backends:
        os.kill(backend, signal.SIGSTOP)
    try:
        portals.fail(0)
        assert "no answer for 6 s" in daemon.wait_for("store_went_away")["error"]
        down(daemon, "portal-0")
    finally:
        for backend in backends:
            os.kill(backend, signal.SIGCONT)
    waits_for_nothing(daemon)
    assert_nothing_is_lost_or_doubled(daemon, told_by(daemon))  # type: ignore[arg-type]


def test_a_second_daemon_is_refused_while_the_store_is_away_too(daemon: Daemon, server: Server) -> None:
    server.stop()
    daemon.start()
    daemon.wait_for("netmon_started")

    other = daemon.config.with_name("other.yaml")
    address = f"127.0.0.1:{free_port()}"
    other.write_text(daemon.config.read_text().replace(daemon.settings.listen, address), encoding="utf-8")
    ended = subprocess.run(
        [daemon._command[0], "-m", "netmon", "--config", str(other), "run"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    server.start()
    assert ended.returncode == 3
    assert f"the netmon with process id {daemon.process.pid} does already" in ended.stderr
