"""How fast 500,000 series are rendered, joined and served, beside prometheus-client in the same run.

    python benchmarks/exposition.py [--devices 1000] [--rounds 3] [--json FILE]

Each way runs in a process of its own, so that its memory is its own; times are processor seconds but where said.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import multiprocessing
import random
import socket
import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from pydantic import BaseModel

from benchmarks.stages import Shares, profiled, show
from benchmarks.verdicts import Bar, tell
from netmon.export.doors import Readiness, build_doors
from netmon.export.exposition import Exposition
from netmon.export.fragments import gzip_chunks, plain_chunks
from netmon.export.health import Health
from netmon.export.misfits import MisfitError
from netmon.export.server import listen, serve
from netmon.export.settings import ExportSettings
from netmon.export.syntax import Syntax
from netmon.kernel.clock import SystemClock
from netmon.model.ids import EntityKind, check_id, entity_id
from netmon.model.looks import Readings
from netmon.model.plan import POLLED_RULE, CheckSpec, Subject
from netmon.ports import CollectorKind

INTERFACES = 50
FAMILIES = [f"netmon_interface_measure{number}_bytes_total" for number in range(10)]
PORTS = tuple((("interface", f"GigabitEthernet1/0/{number}"),) for number in range(INTERFACES))
KIND = CollectorKind(
    name="snmp",
    settings=BaseModel,
    open=lambda _: None,  # type: ignore[arg-type, return-value]
    metrics=dict.fromkeys(FAMILIES, "Bytes of an interface."),
)

Table = list[list[int]]


def tables(devices: int) -> list[Table]:
    """The numbers of every device: a column for each family."""
    chance = random.Random(1)
    return [[[chance.getrandbits(40) for _ in range(INTERFACES)] for _ in FAMILIES] for _ in range(devices)]


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


def raise_misfit(misfit: MisfitError) -> None:
    raise misfit


def subjects(devices: int) -> list[Subject]:
    made = []
    for number in range(devices):
        device = entity_id(EntityKind.DEVICE, f"unit-{number:04}-sw1")
        check = CheckSpec(
            id=check_id(device, "snmp"),
            subject=device,
            kind="snmp",
            name=None,
            address="127.20.0.1",
            rule=POLLED_RULE,
        )
        made.append(Subject(id=device, title={}, role="switch", checks=(check,)))
    return made


def poll_all(exposition: Exposition, plan: Iterable[Subject], numbers: Iterable[Table]) -> float:
    began = time.process_time()
    for subject, table in zip(plan, numbers, strict=True):
        readings = Readings(PORTS, dict(zip(FAMILIES, table, strict=True)))
        exposition.show_readings(subject.checks[0], [readings], {})
    return time.process_time() - began


def measure_fragments(devices: int, rounds: int) -> dict[str, float]:
    plan, numbers = subjects(devices), tables(devices)
    exposition = Exposition([KIND], raise_misfit)
    exposition.show_plan(plan)
    before = resident_mib()
    first = poll_all(exposition, plan, numbers)
    memory = resident_mib() - before
    for table in numbers:
        for column in table:
            column[:] = [number + 1_000_003 for number in column]
    again = poll_all(exposition, plan, numbers)
    same = poll_all(exposition, plan, numbers)
    plain, packed = [], []
    for _ in range(rounds):
        began = time.process_time()
        body_bytes = sum(len(chunk) for chunk in plain_chunks(exposition.fragments(Syntax.TEXT)))
        plain.append(time.process_time() - began)
        began = time.process_time()
        gzip_bytes = sum(len(chunk) for chunk in gzip_chunks(exposition.fragments(Syntax.TEXT)))
        packed.append(time.process_time() - began)
    body = b"".join(gzip_chunks(exposition.fragments(Syntax.TEXT)))
    assert gzip.decompress(body) == b"".join(plain_chunks(exposition.fragments(Syntax.TEXT)))
    return {
        "render_first_s": first,
        "render_again_s": again,
        "render_unchanged_s": same,
        "body_s": min(plain),
        "gzip_s": min(packed),
        "body_mib": body_bytes / 2**20,
        "gzip_mib": gzip_bytes / 2**20,
        "memory_mib": memory,
    }


class Peer:
    """The same series as prometheus-client would have them from a collector of one's own."""

    def __init__(self, plan: list[Subject], numbers: list[Table]) -> None:
        self._devices = [subject.id.partition(":")[2] for subject in plan]
        self._numbers = numbers

    def collect(self) -> Iterator[Metric]:
        for index, name in enumerate(FAMILIES):
            family = CounterMetricFamily(name, "Bytes of an interface.", labels=("device", "interface"))
            for device, table in zip(self._devices, self._numbers, strict=True):
                for ((_, interface),), value in zip(PORTS, table[index], strict=True):
                    family.add_metric((device, interface), value)
            yield family


def measure_peer(devices: int, rounds: int) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(Peer(subjects(devices), tables(devices)))
    before = resident_mib()
    plain, packed = [], []
    for _ in range(rounds):
        began = time.process_time()
        body = generate_latest(registry)
        plain.append(time.process_time() - began)
        began = time.process_time()
        squeezed = gzip.compress(body)  # as its own exposition door does
        packed.append(time.process_time() - began)
    return {
        "body_s": min(plain),
        "gzip_s": min(plain) + min(packed),
        "body_mib": len(body) / 2**20,
        "gzip_mib": len(squeezed) / 2**20,
        "memory_mib": resident_mib() - before,
    }


def measure_stall(devices: int, rounds: int) -> dict[str, float]:
    """What a scrape over the wire costs everybody else: the longest time for which the loop was held."""
    return asyncio.run(_measure_stall(devices, rounds))


async def _measure_stall(devices: int, rounds: int) -> dict[str, float]:
    plan, numbers = subjects(devices), tables(devices)
    settings = ExportSettings(listen="127.0.0.1:0")
    health = Health(SystemClock(), lab=False)
    exposition = Exposition([KIND], raise_misfit)
    exposition.show_plan(plan)
    poll_all(exposition, plan, numbers)
    listening = listen(settings)
    address = listening.getsockname()
    result: dict[str, float] = {}
    async with asyncio.TaskGroup() as group:
        server = group.create_task(serve(build_doors(exposition, health, Readiness, settings), listening, settings))
        for encoding in ("identity", "gzip"):
            stalls, times = [], []
            for _ in range(rounds):
                done = asyncio.Event()
                watch = group.create_task(_longest_stall(done))
                began = time.perf_counter()
                await asyncio.to_thread(_scrape, address, encoding)
                times.append(time.perf_counter() - began)
                done.set()
                stalls.append(await watch)
            result[f"{encoding}_wall_s"] = min(times)
            result[f"{encoding}_stall_ms"] = statistics.median(stalls) * 1e3
        server.cancel()
    return result


async def _longest_stall(done: asyncio.Event) -> float:
    longest, last = 0.0, time.perf_counter()
    while not done.is_set():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return longest


def _scrape(address: tuple[str, int], encoding: str) -> int:
    """Read a whole answer in a thread of its own, without looking at it."""
    with socket.create_connection(address) as connection:
        request = f"GET /metrics HTTP/1.1\r\nhost: x\r\naccept-encoding: {encoding}\r\nconnection: close\r\n\r\n"
        connection.sendall(request.encode())
        size = 0
        while data := connection.recv(1 << 20):
            size += len(data)
    return size


def profile_rendering(devices: int) -> Shares:
    """Where the time of rendering goes."""
    plan, numbers = subjects(devices), tables(devices)
    exposition = Exposition([KIND], raise_misfit)
    exposition.show_plan(plan)
    return profiled(lambda: poll_all(exposition, plan, numbers))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    ways = {"netmon": measure_fragments, "prometheus_client": measure_peer, "over_the_wire": measure_stall}
    results: dict[str, dict[str, float]] = {}
    for name, way in ways.items():
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            results[name] = pool.apply(way, (options.devices, options.rounds))
    ours, peer = results["netmon"], results["prometheus_client"]
    results["ratios"] = {
        "body": peer["body_s"] / ours["body_s"],
        "gzip": peer["gzip_s"] / ours["gzip_s"],
        "render_and_gzip": peer["gzip_s"] / (ours["render_again_s"] + ours["gzip_s"]),
    }
    series = options.devices * INTERFACES * len(FAMILIES)
    print(f"{series:,} series, best of {options.rounds} rounds")
    for name, values in results.items():
        print(f"\n{name}")
        for what, value in values.items():
            print(f"  {what:20} {value:10.3f}")
    shares = profile_rendering(options.devices // 10)
    show(f"rendering {series // 10:,} series for the first time", shares)
    bars = [
        Bar("prometheus-client's time for a plain body / ours", results["ratios"]["body"], 50, at_least=True),
        Bar("prometheus-client's time for a gzip body / ours", results["ratios"]["gzip"], 50, at_least=True),
    ]
    if options.json:
        figures = {"series": series, **results, "profile": shares, "bars": [bar.plain for bar in bars]}
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return tell(bars)


if __name__ == "__main__":
    sys.exit(main())
