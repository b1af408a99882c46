"""How fast the store keeps batches of looks, beside plain sqlite3 in the same run on the same disk.

    python benchmarks/store.py [--batches 40] [--rows 5000] [--rounds 3] [--postgresql URL] [--json FILE]

The peer is `executemany` of the same values into the same table with the same index and journal: what the disk
and SQLite alone cost. The store also makes the rows from looks, keeps the last look of each check, and beats.
Rounds of both are interleaved; the figures are medians over all batches.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

from netmon.model.ids import CheckId, EntityId
from netmon.model.log import Looked
from netmon.model.looks import Look
from netmon.model.moments import SECOND, Duration, Moment
from netmon.model.news import Transition
from netmon.model.states import State, Verdict
from netmon.ports import Batch
from netmon.store import SqlStore, StoreSettings, locate, open_store
from netmon.store.rows import ADD_LOOK, look_row

BEGAN = 1_800_000_000 * SECOND
Timings = dict[str, list[float]]


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
            connection.executemany(ADD_LOOK, rows)
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
    plain(folder / "peer" / "netmon.db", batches, timings["plain sqlite3"])
    async with open_store(locate(StoreSettings(), state=folder / "store")) as store:
        await store.begin_life("centre", Moment(BEGAN))
        await kept(store, batches, timings["store, looks"])
        news = [batch_of(options.batches + number, options.rows, options.rows // 10) for number in range(5)]
        await kept(store, news, timings["store, looks and news (synced)"])
        await timed(timings["log, read to its end"], lambda: read(store))


async def read(store: SqlStore) -> None:
    async for _ in store.log():
        pass


async def postgres_round(options: argparse.Namespace, timings: Timings) -> None:
    async with open_store(locate(StoreSettings(url=options.postgresql), state=Path())) as store:
        life = (await store.begin_life("centre", Moment(BEGAN))).life
        for number in range(options.batches):
            batch = batch_of(number, options.rows)
            batch.life = life
            await timed(timings["store on PostgreSQL, looks"], lambda batch=batch: store.keep(batch))  # type: ignore[misc]


def table(timings: Timings, options: argparse.Namespace) -> list[dict[str, object]]:
    peer = statistics.median(timings["plain sqlite3"])
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
                "times_peer": round(median / rows * options.rows / peer, 2),
            }
        )
    return lines


async def main() -> None:
    parser = argparse.ArgumentParser(description="How fast the store keeps batches of looks.")
    parser.add_argument("--batches", type=int, default=40, help="batches in a round (default: 40)")
    parser.add_argument("--rows", type=int, default=5_000, help="looks in a batch (default: 5000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each way, interleaved (default: 3)")
    parser.add_argument("--postgresql", metavar="URL", help="an empty database to measure as well")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    options = parser.parse_args()
    ways = (
        "plain sqlite3",
        "store, looks",
        "store, looks and news (synced)",
        "log, read to its end",
        "store on PostgreSQL, looks",
    )
    timings: Timings = {name: [] for name in ways}
    with tempfile.TemporaryDirectory(prefix="netmon-store-") as folder:
        for number in range(options.rounds):
            await round_of(Path(folder) / str(number), options, timings)
    if options.postgresql:
        await postgres_round(options, timings)
    lines = table(timings, options)
    print(f"{'way':<34}{'rows/s':>10}{'p50 ms':>9}{'max ms':>9}{'x peer':>8}")
    for line in lines:
        print("{way:<34}{rows_per_second:>10,}{p50_ms:>9}{max_ms:>9}{times_peer:>8}".format(**line))
    if options.json:
        options.json.write_text(json.dumps(lines, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
