"""How much processor time a poll of 50 interfaces x 22 columns costs, beside net-snmp's client and snmp_exporter.

    python benchmarks/snmp.py [--rounds 3] [--devices 100] [--json FILE]

All clients read the same columns of the same real agents (snmp_farm.sh; root, packages snmpd, snmp, iproute2,
prometheus-snmp-exporter) on the other core, one after the other in each round. Figures are medians of processor
seconds, user and system, of the client alone; what matters are the ratios, which the last column prints.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from time import sleep

from gufo.snmp.aio import SnmpSession

from netmon.collectors.snmp import KIND
from netmon.collectors.snmp.columns import IF_ALIAS, IF_DESCR, IF_NAME, OPER_STATUS
from netmon.kernel.clock import SystemClock
from netmon.model.ids import EntityKind, check_id, entity_id
from netmon.model.moments import SECOND, Duration
from netmon.model.plan import POLLED_RULE, CheckSpec
from netmon.ports import Ground

HERE = Path(__file__).parent
NAMESPACE = "nmsnmp"
PORTS = (1171, 1172)
EXPORTER = "127.0.0.1:19116"
CLIENT_CORE, AGENT_CORE = 0, 1
INTERFACES = 50
PATIENCE = Duration(10 * SECOND)
NET_SNMP = ("-v2c", "-c", "public", "-On")
NO_MIBS = os.environ | {"MIBS": ""}
OWN = "netmon, 22 columns"

IF, IFX = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
COLUMNS = (
    *(f"{IF}.{column}" for column in (4, 7, 8, 9, 13, 14, 15, 19, 20)),
    *(f"{IFX}.{column}" for column in (1, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 19)),
)
COMMUNITY: dict[str, object] = {"version": "2c", "community": "literal:public"}
USER: dict[str, object] = {
    "version": 3,
    "user": "bench",
    "auth": {"protocol": "sha256", "key": "literal:authpass123"},
    "privacy": {"protocol": "aes128", "key": "literal:privpass123"},
}

Target = tuple[str, int]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--devices", type=int, default=100)
    options.add_argument("--json", type=Path)
    options.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if not chosen.inside:
        run_in_farm(sys.argv[1:])
        return
    os.sched_setaffinity(0, {CLIENT_CORE})
    report = measure(chosen.rounds, chosen.devices)
    print_table(report)
    if chosen.json:
        chosen.json.write_text(json.dumps(report, indent=2) + "\n")


def run_in_farm(arguments: list[str]) -> None:
    """Start the agents on their core, run this again among them, and clear up."""
    farm = ["taskset", "-c", str(AGENT_CORE), str(HERE / "snmp_farm.sh")]
    surroundings = os.environ | {"NS": NAMESPACE, "PORTS": " ".join(map(str, PORTS))}
    subprocess.run([*farm, "up"], check=True, env=surroundings)
    try:
        inside = ["ip", "netns", "exec", NAMESPACE, sys.executable, __file__, "--inside", *arguments]
        subprocess.run(inside, check=True, env=os.environ | {"PYTHONPATH": str(HERE.parent)})
    finally:
        subprocess.run([*farm, "down"], check=True, env=surroundings)


def measure(rounds: int, devices: int) -> dict[str, dict[str, float]]:
    targets = [(f"127.10.0.{device % 250 + 1}", PORTS[device % len(PORTS)]) for device in range(devices)]
    wait_for_agents()
    clients: dict[str, Callable[[], float]] = {
        OWN: lambda: netmon_cost(targets, COMMUNITY, slice(1)),
        "netmon, with storage, processors, memory": lambda: netmon_cost(targets, COMMUNITY, slice(None)),
        "netmon, v3 SHA-256/AES": lambda: netmon_cost(targets, USER, slice(1)),
        "gufo-snmp, public get_many": lambda: gufo_cost(targets),
        "snmpbulkget, 22 columns in one answer": lambda: command_cost(targets, get_columns),
        "snmpbulkwalk, 22 columns one by one": lambda: command_cost(targets, walk_columns),
        "snmpbulkwalk, both tables as shipped": lambda: command_cost(targets, walk_tables),
        "snmp_exporter, 22 columns": lambda: exporter_cost(targets, COLUMNS, (IF_NAME,)),
        "snmp_exporter, both tables as shipped": lambda: exporter_cost(
            targets, (IF, IFX), (IF_NAME, IF_DESCR, IF_ALIAS)
        ),
    }
    spent: dict[str, list[float]] = {name: [] for name in clients}
    for number in range(rounds):
        for name, client in clients.items():
            spent[name].append(client() * 1_000 / devices)
            print(f"round {number + 1}: {name}: {spent[name][-1]:.2f}", file=sys.stderr)
    own = statistics.median(spent[OWN])
    return {
        name: {
            "cpu_seconds_per_1000_devices": statistics.median(values),
            "least": min(values),
            "most": max(values),
            "ratio_to_netmon": statistics.median(values) / own,
        }
        for name, values in spent.items()
    }


def wait_for_agents() -> None:
    for port in PORTS:
        command = ["snmpget", *NET_SNMP, "-r", "50", "-t", "0.2", f"127.0.0.1:{port}", "1.3.6.1.2.1.1.3.0"]
        subprocess.run(command, check=True, capture_output=True, env=NO_MIBS)


def own_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def netmon_cost(targets: list[Target], credential: dict[str, object], tables: slice) -> float:
    """Processor seconds of one poll of each target, after each was learned; *tables* picks those that are asked."""
    return asyncio.run(poll(targets, credential, tables))


async def poll(targets: list[Target], credential: dict[str, object], tables: slice) -> float:
    ground = Ground(
        clock=SystemClock(),
        secret=lambda reference: reference.removeprefix("literal:"),
        credential=lambda name: credential,
    )
    async with KIND.open(ground) as questions:
        collectors = [
            questions.collector(
                CheckSpec(
                    id=check_id(entity_id(EntityKind.DEVICE, f"device-{number}"), "snmp"),
                    subject=entity_id(EntityKind.DEVICE, f"device-{number}"),
                    kind="snmp",
                    name=None,
                    address=address,
                    rule=POLLED_RULE,
                    settings={"credential": "it", "port": port},
                ),
                ("eth1",),
            )
            for number, (address, port) in enumerate(targets)
        ]
        for collector in collectors:
            learned = await collector.look(PATIENCE)
            assert learned.failure is None, learned.failure
            collector._known.tables = collector._known.tables[tables]
        gc.collect()
        began = own_seconds()
        outcomes = [await collector.look(PATIENCE) for collector in collectors]
        spent = own_seconds() - began
    for outcome in outcomes:
        assert (outcome.failure, outcome.flaw) == (None, None), outcome
        assert sum(len(table.labels) for table in outcome.readings if OPER_STATUS in table.columns) == INTERFACES
    return spent


def gufo_cost(targets: list[Target]) -> float:
    """The same names in GETs of the same size by the public session of gufo-snmp."""
    oids = [f"{column}.{row}" for row in range(1, INTERFACES + 1) for column in COLUMNS]

    async def poll_by_gufo() -> float:
        sessions = [SnmpSession(address, port=port, community="public") for address, port in targets]
        gc.collect()
        began = own_seconds()
        for session in sessions:
            for first in range(0, len(oids), 66):
                await session.get_many(oids[first : first + 66])
        return own_seconds() - began

    return asyncio.run(poll_by_gufo())


def command_cost(targets: list[Target], commands: Callable[[str], list[list[str]]]) -> float:
    """Processor seconds of net-snmp's *commands*, which get the address of the target."""
    began = children_seconds()
    for address, port in targets:
        for command in commands(f"{address}:{port}"):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=NO_MIBS)
    return children_seconds() - began


def walk_columns(target: str) -> list[list[str]]:
    return [["snmpbulkwalk", *NET_SNMP, "-Cr50", target, column] for column in COLUMNS]


def get_columns(target: str) -> list[list[str]]:
    return [["snmpbulkget", *NET_SNMP, "-Cn0", f"-Cr{INTERFACES}", target, *COLUMNS]]


def walk_tables(target: str) -> list[list[str]]:
    return [["snmpbulkwalk", *NET_SNMP, "-Cr25", target, table] for table in (IF, IFX)]


def exporter_cost(targets: list[Target], walked: Sequence[str], lookups: Sequence[str]) -> float:
    """Processor seconds of one scrape of each target through snmp_exporter, after a first one of each port."""
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "snmp.yml"
        configuration.write_text(json.dumps(exporter_module(walked, lookups)))  # JSON is YAML
        command = ["prometheus-snmp-exporter", f"--config.file={configuration}", f"--web.listen-address={EXPORTER}"]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            wait_for_exporter()
            for target in targets[: len(PORTS)]:
                scrape(target)
            began = process_seconds(process.pid)
            for target in targets:
                scrape(target)
            return process_seconds(process.pid) - began
        finally:
            process.terminate()
            process.wait()


def exporter_module(walked: Sequence[str], lookups: Sequence[str]) -> dict[str, object]:
    index = [{"labelname": "ifIndex", "type": "gauge"}]
    named = [
        {"labels": ["ifIndex"], "labelname": f"label{number}", "oid": oid, "type": "DisplayString"}
        for number, oid in enumerate(lookups)
    ]
    numbers = [column for column in COLUMNS if column != IF_NAME]
    metrics = [
        {"name": f"column{number}", "oid": oid, "type": "counter", "help": "-", "indexes": index, "lookups": named}
        for number, oid in enumerate(numbers)
    ]
    return {
        "if_mib": {
            "version": 2,
            "max_repetitions": 25,
            "timeout": "5s",
            "auth": {"community": "public"},
            "walk": list(walked),
            "metrics": metrics,
        }
    }


def wait_for_exporter() -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://{EXPORTER}/metrics", timeout=1).close()
        except OSError:
            sleep(0.1)
        else:
            return
    raise TimeoutError("snmp_exporter did not start")


def scrape(target: Target) -> None:
    url = f"http://{EXPORTER}/snmp?module=if_mib&target={target[0]}:{target[1]}"
    with urllib.request.urlopen(url, timeout=30) as answer:
        samples = [line for line in answer.read().decode().splitlines() if line.startswith("column")]
    assert len(samples) >= INTERFACES * (len(COLUMNS) - 2), len(samples)


def process_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def print_table(report: dict[str, dict[str, float]]) -> None:
    print(f"{'client':<48} {'CPU-s per 1,000 devices':>24} {'least..most':>16} {'to netmon':>10}")
    for name, row in report.items():
        spread = f"{row['least']:.2f}..{row['most']:.2f}"
        cost = row["cpu_seconds_per_1000_devices"]
        print(f"{name:<48} {cost:>24.2f} {spread:>16} {row['ratio_to_netmon']:>9.1f}x")


if __name__ == "__main__":
    main()
