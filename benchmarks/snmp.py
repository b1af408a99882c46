"""How much processor time a poll of 50 interfaces x 22 columns costs, beside net-snmp's client and snmp_exporter.

    python -m benchmarks.snmp [--rounds 3] [--devices 100] [--json FILE]

All clients read the same columns of the same real agents (snmp_farm.sh; root, packages snmpd, snmp, iproute2,
prometheus-snmp-exporter) on the other core, one after the other in each round. netmon goes the whole way from asking
to rendering. Figures are medians of processor seconds, user and system, of the client alone; what matters are the
ratios, of which each is the median over the rounds. The exit code says whether every bar is held.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.snmp_peers import (
    COLUMNS,
    IF,
    IFX,
    INTERFACES,
    Target,
    command_cost,
    exporter_cost,
    get_columns,
    gufo_cost,
    wait_for_agents,
    walk_columns,
    walk_tables,
)
from benchmarks.snmp_pipeline import Pipeline, by_stage, heaviest, opened
from benchmarks.verdicts import Bar, tell
from netmon.collectors.snmp.columns import IF_ALIAS, IF_DESCR, IF_NAME

HERE = Path(__file__).parent
NAMESPACE = "nmsnmp"
PORTS, LIMITED_PORT = (1171, 1172), 1173
CLIENT_CORE, AGENT_CORE = 0, 1
PROFILED_FUNCTIONS = 15

COMMUNITY: dict[str, object] = {"version": "2c", "community": "literal:public"}
USER: dict[str, object] = {
    "version": 3,
    "user": "bench",
    "auth": {"protocol": "sha256", "key": "literal:authpass123"},
    "privacy": {"protocol": "aes128", "key": "literal:privpass123"},
}

OWN, OWN_V3 = "netmon, v2c", "netmon, v3 SHA-256/AES-128"
WALK, EXPORTER = "snmpbulkwalk, 22 columns one by one", "snmp_exporter, 22 columns"
ALL, INTERFACES_ALONE = slice(None), slice(1)


AIM = 10
"""How many times netmon's cost the exporter's should be; nothing fails while it is less."""


def bars_of(clients: dict[str, dict[str, float]]) -> list[Bar]:
    return [
        Bar(
            "snmp_exporter's CPU to netmon's, the same columns", clients[EXPORTER]["ratio_to_netmon"], 5, at_least=True
        ),
        Bar("snmpbulkwalk's CPU to netmon's, the same columns", clients[WALK]["ratio_to_netmon"], 4, at_least=True),
        Bar("v3 SHA-256/AES-128 to v2c", clients[OWN_V3]["ratio_to_netmon"], 1.3),
    ]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--devices", type=int, default=100)
    options.add_argument("--json", type=Path)
    options.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if not chosen.inside:
        return run_in_farm(sys.argv[1:])
    os.sched_setaffinity(0, {CLIENT_CORE})
    report = asyncio.run(measure(chosen.rounds, chosen.devices))
    bars = bars_of(report["clients"])
    report["bars"] = [bar.plain for bar in bars]
    print_report(report)
    if chosen.json:
        chosen.json.write_text(json.dumps(report, indent=2) + "\n")
    return tell(bars)


def run_in_farm(arguments: list[str]) -> int:
    """Start the agents on their core, run this again among them, and clear up."""
    farm = ["taskset", "-c", str(AGENT_CORE), str(HERE / "snmp_farm.sh")]
    ports = {"PORTS": " ".join(map(str, PORTS)), "LIMITED": str(LIMITED_PORT)}
    surroundings = os.environ | {"NS": NAMESPACE} | ports
    subprocess.run([*farm, "up"], check=True, env=surroundings)
    try:
        inside = ["ip", "netns", "exec", NAMESPACE, sys.executable, "-m", "benchmarks.snmp", "--inside", *arguments]
        return subprocess.run(inside, check=False, env=os.environ | {"PYTHONPATH": str(HERE.parent)}).returncode
    finally:
        subprocess.run([*farm, "down"], check=True, env=surroundings)


async def measure(rounds: int, devices: int) -> dict:
    """Every client once in each round, and netmon's own between each two of the others, so that all meet one noise."""
    wait_for_agents((*PORTS, LIMITED_PORT))
    addresses = [f"127.10.0.{device % 250 + 1}" for device in range(devices)]
    targets = [(address, PORTS[device % len(PORTS)]) for device, address in enumerate(addresses)]
    limited = [(address, LIMITED_PORT) for address in addresses]
    peers = peers_of(targets)
    spent: dict[str, list[float]] = {}
    async with AsyncExitStack() as stack:
        pipelines = {
            OWN: await learned(stack, targets, COMMUNITY, INTERFACES_ALONE),
            OWN_V3: await learned(stack, targets, USER, INTERFACES_ALONE),
            "netmon, v2c, agents of 100 values an answer": await learned(stack, limited, COMMUNITY, INTERFACES_ALONE),
            "netmon, v2c, with storage and processors": await learned(stack, targets, COMMUNITY, ALL),
        }
        for number in range(rounds):
            polls: dict[str, list[float]] = {name: [] for name in pipelines}
            for name, client in peers.items():
                for own, pipeline in pipelines.items():
                    polls[own].append(await pipeline.poll())
                spent.setdefault(name, []).append(await asyncio.to_thread(client) * 1_000 / devices)
            for own, seconds in polls.items():
                spent.setdefault(own, []).append(statistics.median(seconds) * 1_000 / devices)
            print(f"round {number + 1}: " + ", ".join(f"{n}: {v[-1]:.2f}" for n, v in spent.items()), file=sys.stderr)
        profiles = {name: await profile(pipelines[name]) for name in (OWN, OWN_V3)}
    clients = {name: summary(spent[name], spent[OWN]) for name in (*pipelines, *peers)}
    return {"clients": clients, "profiles": profiles}


async def learned(
    stack: AsyncExitStack, targets: list[Target], credential: dict[str, object], tables: slice
) -> Pipeline:
    pipeline = await stack.enter_async_context(opened(targets, credential, INTERFACES))
    await pipeline.learn(tables)
    return pipeline


def peers_of(targets: list[Target]) -> dict[str, Callable[[], float]]:
    return {
        "gufo-snmp, public get_many (asks and decodes alone)": lambda: gufo_cost(targets),
        "snmpbulkget, 22 columns in one answer": lambda: command_cost(targets, get_columns),
        WALK: lambda: command_cost(targets, walk_columns),
        "snmpbulkwalk, both tables as shipped": lambda: command_cost(targets, walk_tables),
        EXPORTER: lambda: exporter_cost(targets, COLUMNS, (IF_NAME,)),
        "snmp_exporter, both tables as shipped": lambda: exporter_cost(
            targets, (IF, IFX), (IF_NAME, IF_DESCR, IF_ALIAS)
        ),
    }


def summary(values: list[float], own: list[float]) -> dict[str, float]:
    return {
        "cpu_seconds_per_1000_devices": statistics.median(values),
        "least": min(values),
        "most": max(values),
        "ratio_to_netmon": statistics.median(one / ours for one, ours in zip(values, own, strict=True)),
    }


async def profile(pipeline: Pipeline) -> dict[str, object]:
    stats = await pipeline.profile()
    return {
        "stages": by_stage(stats),
        "heaviest": [
            {
                "function": name,
                "calls_a_device": calls / len(pipeline.devices),
                "microseconds_a_device": own * 1e6 / len(pipeline.devices),
            }
            for name, calls, own in heaviest(stats, PROFILED_FUNCTIONS)
        ],
    }


def print_report(report: dict) -> None:
    print(f"{'client':<52} {'CPU-s per 1,000 devices':>24} {'least..most':>16} {'to netmon':>10}")
    for name, row in report["clients"].items():
        spread = f"{row['least']:.2f}..{row['most']:.2f}"
        cost = row["cpu_seconds_per_1000_devices"]
        print(f"{name:<52} {cost:>24.2f} {spread:>16} {row['ratio_to_netmon']:>9.2f}x")
    print(f"\naim  snmp_exporter at {AIM} times netmon: {report['clients'][EXPORTER]['ratio_to_netmon']:.1f}")
    for name, found in report["profiles"].items():
        print(f"\n{name}: where the time goes, waiting left out; the profiler makes small functions look dearer")
        for stage, share in found["stages"].items():
            print(f"  {share:>6.1%}  {stage}")
        for row in found["heaviest"]:
            print(f"  {row['microseconds_a_device']:>8.1f} us {row['calls_a_device']:>8.1f} calls  {row['function']}")


if __name__ == "__main__":
    sys.exit(main())
