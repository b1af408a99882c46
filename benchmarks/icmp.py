"""Echoes against fping: CPU for each target, and the time of a sweep, side by side in one namespace of its own.

Run as root: ``python -m benchmarks.icmp [--targets 5000] [--rounds 5] [--json FILE]``. Both are measured from the
inside, without the start of their process: ours by getrusage around a sweep, fping's by that of its whole life,
which favours nobody at thousands of targets.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.stages import profiled
from benchmarks.stages import show as show_shares
from benchmarks.verdicts import Bar, tell
from netmon.collectors.icmp import KIND
from netmon.collectors.icmp.flight import Ending
from netmon.collectors.icmp.probe import IcmpQuestions
from netmon.engine.monitor import ASKED_AT_ONCE
from netmon.kernel.clock import SystemClock
from netmon.kernel.memory import settle_memory
from netmon.model.ids import CheckId, EntityId
from netmon.model.looks import Outcome
from netmon.model.moments import SECOND
from netmon.model.plan import ICMP_RULE, CheckSpec
from netmon.ports import Ground

INSIDE = "NETMON_BENCH_INSIDE"
FILTER = """
table ip dead {
  chain input {
    type filter hook input priority 0
    ip daddr 127.101.0.0/16 drop
  }
}
"""


@dataclass(frozen=True)
class Cost:
    """One sweep: how long, how much CPU for each target, how many answered."""

    wall_seconds: float
    cpu_microseconds: float
    answered: int


def targets(count: int, dead_share: float) -> list[str]:
    """Addresses on loopback; the dead ones are spread evenly among the living."""
    every = round(1 / dead_share) if dead_share else 0
    return [f"127.{101 if every and n % every == 0 else 100}.{n // 250}.{n % 250 + 1}" for n in range(count)]


def cpu_seconds(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def by_fping(addresses: list[str]) -> Cost:
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join(addresses))
        file.flush()
        began, cpu = time.perf_counter(), cpu_seconds(resource.RUSAGE_CHILDREN)
        command = ["fping", "-C1", "-i0", "-t1000", "-q", "-f", file.name]
        said = subprocess.run(command, check=False, capture_output=True, text=True).stderr
        wall, used = time.perf_counter() - began, cpu_seconds(resource.RUSAGE_CHILDREN) - cpu
    answered = sum(line.rpartition(":")[2].strip() != "-" for line in said.splitlines())
    return Cost(wall, used / len(addresses) * 1e6, answered)


def opened(addresses: list[str], questions: IcmpQuestions) -> list:
    return [
        questions.collector(
            CheckSpec(
                id=CheckId(f"check:device:d{n}/icmp"),
                subject=EntityId(f"device:d{n}"),
                kind="icmp",
                name=None,
                address=address,
                rule=ICMP_RULE,
            ),
            (),
        )
        for n, address in enumerate(addresses)
    ]


async def by_looks(addresses: list[str]) -> Cost:
    """Through the collector with its outcomes, as the engine asks it."""
    async with KIND.open(Ground(clock=SystemClock(), secret=str, credential=lambda _: {})) as questions:
        collectors = opened(addresses, questions)
        outcomes: list[Outcome] = []
        done = asyncio.Event()

        def end(outcome: Outcome) -> None:
            outcomes.append(outcome)
            if len(outcomes) == len(collectors):
                done.set()

        began, cpu = time.perf_counter(), cpu_seconds(resource.RUSAGE_SELF)
        for number, one in enumerate(collectors):
            one.begin(SECOND, end)
            if number % ASKED_AT_ONCE == 0:
                await asyncio.sleep(0)
        await done.wait()
        wall, used = time.perf_counter() - began, cpu_seconds(resource.RUSAGE_SELF) - cpu
    answered = sum(outcome.failure is None for outcome in outcomes)
    return Cost(wall, used / len(addresses) * 1e6, answered)


async def by_tasks(addresses: list[str]) -> Cost:
    """The same with a task for each look, as a command asks a few targets."""
    async with KIND.open(Ground(clock=SystemClock(), secret=str, credential=lambda _: {})) as questions:
        collectors = opened(addresses, questions)
        began, cpu = time.perf_counter(), cpu_seconds(resource.RUSAGE_SELF)
        async with asyncio.TaskGroup() as group:
            looks = [group.create_task(one.look(SECOND)) for one in collectors]
        wall, used = time.perf_counter() - began, cpu_seconds(resource.RUSAGE_SELF) - cpu
    answered = sum(look.result().failure is None for look in looks)
    return Cost(wall, used / len(addresses) * 1e6, answered)


async def by_flight(addresses: list[str]) -> Cost:
    """The echo loop alone, as a sweep uses it: no task, no outcome for each target."""
    async with KIND.open(Ground(clock=SystemClock(), secret=str, credential=lambda _: {})) as questions:
        aims = [questions.aim(one._literal) for one in opened(addresses, questions)]
        ends: list[Ending] = []
        done = asyncio.Event()

        def end(ending: Ending) -> None:
            ends.append(ending)
            if len(ends) == len(aims):
                done.set()

        began, cpu = time.perf_counter(), cpu_seconds(resource.RUSAGE_SELF)
        for aim in aims:
            questions.flight.launch(aim, size=56, timeout_seconds=1.0, on_end=end)
        await done.wait()
        wall, used = time.perf_counter() - began, cpu_seconds(resource.RUSAGE_SELF) - cpu
    answered = sum(isinstance(one, float) for one in ends)
    return Cost(wall, used / len(addresses) * 1e6, answered)


def measure(count: int, rounds: int) -> dict[str, dict[str, Cost]]:
    """The median sweep of each way and case; the ways take turns, so that a busy moment hits all of them."""
    ways = {
        "fping": by_fping,
        "echo loop": lambda addresses: asyncio.run(by_flight(addresses)),
        "looks": lambda addresses: asyncio.run(by_looks(addresses)),
        "tasks": lambda addresses: asyncio.run(by_tasks(addresses)),
    }
    found: dict[str, dict[str, Cost]] = {}
    settle_memory()  # as the engine does: the collector's rounds would be charged to whoever they come upon
    for case, share in (("all alive", 0.0), ("20 % dead", 0.2)):
        addresses = targets(count, share)
        costs: dict[str, list[Cost]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, sweep in ways.items():
                costs[way].append(sweep(addresses))
        found[case] = {
            way: Cost(
                statistics.median(one.wall_seconds for one in taken),
                statistics.median(one.cpu_microseconds for one in taken),
                min(one.answered for one in taken),
            )
            for way, taken in costs.items()
        }
    return found


def show(found: dict[str, dict[str, Cost]], count: int) -> None:
    print(f"{count} targets, one echo each, 1 s time-out")
    print(f"{'case':<11}{'way':<11}{'wall s':>8}{'ratio':>7}{'CPU us/target':>15}{'ratio':>7}{'answered':>10}")
    for case, ways in found.items():
        peer = ways["fping"]
        for way, cost in ways.items():
            slower, dearer = cost.wall_seconds / peer.wall_seconds, cost.cpu_microseconds / peer.cpu_microseconds
            print(f"{case:<11}{way:<11}{cost.wall_seconds:>8.3f}{slower:>7.2f}", end="")
            print(f"{cost.cpu_microseconds:>15.2f}{dearer:>7.2f}{cost.answered:>10}")


def bars_of(found: dict[str, dict[str, Cost]]) -> list[Bar]:
    """The echo loop is what does fping's work; a whole look also makes an outcome that the engine can judge."""
    alive, dead = found["all alive"], found["20 % dead"]
    wall = {way: cost.wall_seconds / dead["fping"].wall_seconds for way, cost in dead.items()}
    lost = sum(
        cost.answered < peer.answered for ways, peer in ((alive, alive["fping"]), (dead, dead["fping"]))
        for cost in ways.values()
    )  # fmt: skip
    dearer = alive["echo loop"].cpu_microseconds / alive["fping"].cpu_microseconds
    return [
        Bar("echo loop's CPU per target / fping's, all alive", dearer, 1.5),
        Bar("echo loop's time / fping's, 20 % dead", wall["echo loop"], 1.1),
        Bar("whole looks' time / fping's, 20 % dead", wall["looks"], 1.1),
        Bar("ways and cases with a reply lost that fping got", lost, 0),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    if INSIDE not in os.environ:
        command = ["unshare", "--net", sys.executable, "-m", "benchmarks.icmp", *sys.argv[1:]]
        return subprocess.run(command, check=False, env={**os.environ, INSIDE: "1"}).returncode
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["nft", "-f", "-"], input=FILTER, text=True, check=True)
    found = measure(chosen.targets, chosen.rounds)
    show(found, chosen.targets)
    shares = profiled(lambda: asyncio.run(by_looks(targets(chosen.targets, 0.0))))
    show_shares(f"whole looks at {chosen.targets} targets, their collectors' making included", shares)
    bars = bars_of(found)
    if chosen.json:
        plain: dict[str, Any] = {case: {way: vars(cost) for way, cost in ways.items()} for case, ways in found.items()}
        figures = {"targets": chosen.targets, "cases": plain, "profile": shares, "bars": [bar.plain for bar in bars]}
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n")
    return tell(bars)


if __name__ == "__main__":
    sys.exit(main())
