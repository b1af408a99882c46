"""The peers of the SNMP measurement: gufo-snmp, net-snmp's commands and snmp_exporter, all reading the same columns."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import os
import resource
import subprocess
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from http.client import HTTPConnection
from pathlib import Path
from time import sleep

from gufo.snmp.aio import SnmpSession

from benchmarks.snmp_pipeline import own_seconds
from netmon.collectors.snmp.columns import IF_NAME

EXPORTER = "127.0.0.1:19116"
INTERFACES = 50
NET_SNMP = ("-v2c", "-c", "public", "-On")
NO_MIBS = os.environ | {"MIBS": ""}

IF, IFX = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
COLUMNS = (
    *(f"{IF}.{column}" for column in (4, 7, 8, 9, 13, 14, 15, 19, 20)),
    *(f"{IFX}.{column}" for column in (1, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 19)),
)

Target = tuple[str, int]


def wait_for_agents(ports: Sequence[int]) -> None:
    for port in ports:
        command = ["snmpget", *NET_SNMP, "-r", "50", "-t", "0.2", f"127.0.0.1:{port}", "1.3.6.1.2.1.1.3.0"]
        subprocess.run(command, check=True, capture_output=True, env=NO_MIBS)


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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
    """Processor seconds of net-snmp's *commands*, which get the address of the target; the first must bring all."""
    first = commands(f"{targets[0][0]}:{targets[0][1]}")
    said = [subprocess.run(command, check=True, capture_output=True, env=NO_MIBS).stdout for command in first]
    assert sum(text.count(b"\n.1.3.6.1.2.1.") + 1 for text in said) >= INTERFACES * (len(COLUMNS) - 1)
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
    """Processor seconds of one scrape of each target through snmp_exporter, after a first one of each agent."""
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "snmp.yml"
        configuration.write_text(json.dumps(exporter_module(walked, lookups)))  # JSON is YAML
        command = ["prometheus-snmp-exporter", f"--config.file={configuration}", f"--web.listen-address={EXPORTER}"]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            wait_for_exporter()
            for target in targets[:2]:
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
    """Scrape as Prometheus does, which asks for gzip; netmon's figure has the deflating in it too."""
    exporter = HTTPConnection(EXPORTER, timeout=30)
    path = f"/snmp?module=if_mib&target={target[0]}:{target[1]}"
    exporter.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = exporter.getresponse()
    assert (answer.status, answer.headers["Content-Encoding"]) == (200, "gzip")
    body = gzip.decompress(answer.read()).decode()
    exporter.close()
    samples = [line for line in body.splitlines() if line.startswith("column")]
    assert len(samples) >= INTERFACES * (len(COLUMNS) - 2), len(samples)


def process_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
