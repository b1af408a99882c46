"""How fast the store keeps batches of looks, beside plain sqlite3 in the same run on the same disk.

    python -m benchmarks.store [--batches 40] [--rows 5000] [--rounds 3] [--json FILE]

The peers put the same values into the same tables, without the store: sqlite3's `executemany`, psycopg's COPY (and
its `executemany` and a COPY past a temporary table, the ways not taken). The store also makes the rows from looks,
keeps the last look of each check, and beats. Rounds are interleaved; the figures are medians over all batches. The
server is one of the benchmark's own, which syncs every commit. Exits with 1 where the bar is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg

from netmon.model.ids import CheckId, EntityId
from netmon.model.log import Looked
from netmon.model.looks import Look
from netmon.model.moments import SECOND, Duration, Moment
from netmon.model.news import Transition
from netmon.model.states import State, Verdict
from netmon.ports import Batch
from netmon.store import SqlStore, StoreSettings, locate, open_store
from netmon.store.insertion import Row
from netmon.store.rows import ADD_LOOK, look_row
from tests.postgres import Server, missing_server, serving

BEGAN = 1_800_000_000 * SECOND
BAR = 100_000
SQLITE_PEER, SQLITE_STORE = "plain sqlite3", "store, looks"
COPY_PEER, POSTGRES_STORE = "plain COPY (PostgreSQL)", "store on PostgreSQL, looks"

Timings = dict[str, list[float]]
Cursor = psycopg.AsyncCursor[Any]
Way = Callable[[Cursor, list[Row]], Awaitable[None]]


def batch_of(number: int, rows: int, transitions: int = 0) -> Batch:
    """Looks at as many checks, a second later in each batch."""
    at = BEGAN + number * SECOND
    looked = [
        Looked(
            look=Look(
                check=CheckId(f"check:device:so-y-te-{row:05d}/icmp"),
                at=Moment(at + row * 37 % SECOND),
                took=Duration(1_200),
                verdict=Verdict.ANSWERED,
            ),
            plan=1,
            sequence=number * rows + row,
        )
        for row in range(rows)
    ]
    state = State.DOWN if number % 2 else State.UP
    news = [
        Transition(entity=EntityId(f"device:so-y-te-{row:05d}"), at=Moment(at), state=state)
        for row in range(transitions)
    ]
    return Batch(life=1, beat=Moment(at + SECOND), looked=looked, transitions=news)


async def timed(seconds: list[float], work: Callable[[], Awaitable[None]]) -> None:
    begun = time.perf_counter()
    await work()
    seconds.append(time.perf_counter() - begun)


def plain(file: Path, batches: list[Batch], seconds: list[float]) -> None:
    """The peer: the same rows by sqlite3 alone; the tables are there already."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = NORMAL")
        for batch in batches:
            rows = [look_row(looked, batch.life) for looked in batch.looked]
            begun = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(ADD_LOOK.statement("?"), rows)
            connection.execute("COMMIT")
            seconds.append(time.perf_counter() - begun)


async def kept(store: SqlStore, batches: list[Batch], seconds: list[float]) -> None:
    for batch in batches:
        await timed(seconds, lambda batch=batch: store.keep(batch))  # type: ignore[misc]


async def round_of(folder: Path, options: argparse.Namespace, timings: Timings) -> None:
    """One round: the peer and the store, each into a database of its own."""
    batches = [batch_of(number, options.rows) for number in range(options.batches)]
    for name in ("peer", "store"):
        (folder / name).mkdir(parents=True)
    async with open_store(locate(StoreSettings(), state=folder / "peer")):
        pass
    plain(folder / "peer" / "netmon.db", batches, timings[SQLITE_PEER])
    async with open_store(locate(StoreSettings(), state=folder / "store")) as store:
        await store.begin_life("centre", Moment(BEGAN))
        await kept(store, batches, timings[SQLITE_STORE])
        news = [batch_of(options.batches + number, options.rows, options.rows // 10) for number in range(5)]
        await kept(store, news, timings["store, looks and news (synced)"])
        await timed(timings["log, read to its end"], lambda: read(store))


async def read(store: SqlStore) -> None:
    async for _ in store.log():
        pass


async def postgres_round(server: Server, options: argparse.Namespace, timings: Timings) -> None:
    """One round on PostgreSQL, each way into a database of its own."""
    batches = [batch_of(number, options.rows) for number in range(options.batches)]
    url = server.new_database()
    async with open_store(locate(StoreSettings(url=url), state=Path())) as store:
        await store.begin_life("centre", Moment(BEGAN))
        await kept(store, batches, timings[POSTGRES_STORE])
        news = [batch_of(options.batches + number, options.rows, options.rows // 10) for number in range(5)]
        await kept(store, news, timings["store on PostgreSQL, looks and news"])
    for name, way in POSTGRES_PEERS.items():
        url = server.new_database()
        async with open_store(locate(StoreSettings(url=url), state=Path())) as store:
            await store.begin_life("centre", Moment(BEGAN))
            await store.keep(batch_of(options.batches + 9, 1))
        await plain_postgres(url, batches, way, timings[name])


async def plain_postgres(url: str, batches: list[Batch], way: Way, seconds: list[float]) -> None:
    """The peers: the same rows by psycopg alone; the tables and their partitions are there already."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        for batch in batches:
            rows = [look_row(looked, batch.life) for looked in batch.looked]
            begun = time.perf_counter()
            async with connection.cursor() as cursor:
                await way(cursor, rows)
            await connection.commit()
            seconds.append(time.perf_counter() - begun)


async def by_copy(cursor: Cursor, rows: list[Row]) -> None:
    async with cursor.copy(f"COPY {ADD_LOOK.places} FROM STDIN") as copy:
        for row in rows:
            await copy.write_row(row)


async def by_executemany(cursor: Cursor, rows: list[Row]) -> None:
    await cursor.executemany(ADD_LOOK.statement("%s"), rows)


async def by_staging(cursor: Cursor, rows: list[Row]) -> None:
    await cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS staged (LIKE looks) ON COMMIT DELETE ROWS")
    async with cursor.copy(f"COPY {ADD_LOOK.places.replace('looks', 'staged', 1)} FROM STDIN") as copy:
        for row in rows:
            await copy.write_row(row)
    await cursor.execute("INSERT INTO looks SELECT * FROM staged ON CONFLICT DO NOTHING")


POSTGRES_PEERS: dict[str, Way] = {
    COPY_PEER: by_copy,
    "plain executemany (PostgreSQL)": by_executemany,
    "COPY by way of a temporary table": by_staging,
}


def table(timings: Timings, options: argparse.Namespace) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = []
    for name, seconds in timings.items():
        if not seconds:
            continue
        rows = options.rows * (options.batches + 5) if name.startswith("log") else options.rows
        median = statistics.median(seconds)
        lines.append(
            {
                "way": name,
                "rows_per_second": round(rows / median),
                "p50_ms": round(median * 1e3, 1),
                "max_ms": round(max(seconds) * 1e3, 1),
                "times_peer": round(median / rows * options.rows / _peer_of(name, timings), 2),
            }
        )
    return lines


def _peer_of(name: str, timings: Timings) -> float:
    peer = COPY_PEER if "PostgreSQL" in name or "COPY" in name else SQLITE_PEER
    return statistics.median(timings[peer])


async def main() -> int:
    parser = argparse.ArgumentParser(description="How fast the store keeps batches of looks.")
    parser.add_argument("--batches", type=int, default=40, help="batches in a round (default: 40)")
    parser.add_argument("--rows", type=int, default=5_000, help="looks in a batch (default: 5000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each way, interleaved (default: 3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    options = parser.parse_args()
    timings: Timings = defaultdict(list)
    missing = missing_server()
    with tempfile.TemporaryDirectory(prefix="netmon-store-") as folder, ExitStack() as stack:
        server = None if missing else stack.enter_context(serving(syncing=True))
        for number in range(options.rounds):
            await round_of(Path(folder) / str(number), options, timings)
            if server is not None:
                await postgres_round(server, options, timings)
    lines = table(timings, options)
    print(f"{'way':<34}{'rows/s':>10}{'p50 ms':>9}{'max ms':>9}{'x peer':>8}")
    for line in lines:
        print("{way:<34}{rows_per_second:>10,}{p50_ms:>9}{max_ms:>9}{times_peer:>8}".format(**line))
    if options.json:
        options.json.write_text(json.dumps(lines, indent=2) + "\n", encoding="utf-8")
    if missing:
        print(f"PostgreSQL was not measured: {missing}")
    reached = options.rows / statistics.median(timings[SQLITE_STORE])
    print(f"bar: {BAR:,} rows/s on SQLite; {'held' if reached >= BAR else 'missed'} with {reached:,.0f}")
    return 0 if reached >= BAR else 1


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
