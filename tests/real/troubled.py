"""A daemon whose targets are well at first and then misbehave in every way at once; what was seen meanwhile."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netmon.model.ids import CheckId, EntityId
from netmon.model.moments import SECOND, Moment
from netmon.model.news import Status
from netmon.ports import Latest
from tests import stores
from tests.real.daemon import Daemon, free_port, running, until, wall_clock, write_files
from tests.real.rogues import AGENTS, READY, SECURE, WEB, agent_address, web_address

INTERVAL_SECONDS = 5
TIMEOUT_SECONDS = 2
WINDOW_SECONDS = 15.0
HEALTHY = 40

LAB_FAULTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "garbage": ("garbage", {}),
    "endless": ("endless", {}),
    "non-increasing": ("non-increasing", {}),
    "wrong-id": ("wrong-id", {}),
    "late": ("late", {"delay": "4s"}),
    "double": ("double", {}),
    "refuse": ("refuse", {}),
    "dead": ("dead", {}),
    "wrap": ("wrap", {"within": "8s"}),
    "wrap-v1": ("wrap", {"within": "8s"}),
    "uptime-wrap": ("uptime-wrap", {"within": "8s"}),
    "reboot": ("reboot", {"pause": "1s"}),
    "reboot-v1": ("reboot", {"pause": "1s"}),
    "reshuffle": ("reshuffle", {"pause": "1s"}),
}
COUNTED = ("wrap", "wrap-v1", "uptime-wrap", "reboot", "reboot-v1", "reshuffle")

_SAMPLE = re.compile(r'^(netmon_interface_\w+)\{device="([^"]+)",(?:.*?)interface="([^"]+)"(.*)\} (\S+)$')
_LAG = re.compile(r'^netmon_schedule_lag_seconds_bucket\{kind="icmp",le="([^"]+)"\} (\S+)$')

Key = tuple[str, str, str]
"""Family, device and interface."""


@dataclass(frozen=True, slots=True)
class Scrape:
    """What ``/metrics`` showed at a moment: numbers of interfaces, labels of their infos, and how late looks were."""

    at: float
    numbers: Mapping[Key, float]
    infos: Mapping[Key, str]
    lags: Mapping[float, float]
    text: str

    @classmethod
    def of(cls, text: str) -> Scrape:
        found = [match.groups() for match in map(_SAMPLE.match, text.splitlines()) if match]
        return cls(
            at=time.monotonic(),
            numbers={(family, device, name): float(value) for family, device, name, _, value in found},
            infos={(family, device, name): rest for family, device, name, rest, _ in found if family.endswith("_info")},
            lags={float(match[1]): float(match[2]) for match in map(_LAG.match, text.splitlines()) if match},
            text=text,
        )


def counts_of_lags(before: Scrape, after: Scrape) -> Mapping[float, float]:
    """How many icmp looks between two scrapes were at most so late (seconds), by the bound; ``inf`` holds them all."""
    return {bound: count - before.lags.get(bound, 0) for bound, count in after.lags.items()}


def p99_bound(counts: Mapping[float, float]) -> float:
    """The bound below which 99 of 100 looks lie."""
    return min(bound for bound, count in counts.items() if count >= 0.99 * counts[float("inf")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubled:
    """What was seen of a daemon in trouble.

    Attributes:
        broken_at: when the trouble began.
        scrapes: one a second, through both windows.
        calm: the lags of the window before the trouble; *trouble*: those of the one in it.
        resident: memory before the trouble; *peak*: at most until the end.
        longest_took: the longest look of each check that was looked at in trouble.
        slots: how many slots of each check were looked at while it lasted.
    """

    latest: Mapping[CheckId, Latest]
    statuses: Mapping[EntityId, Status]
    broken_at: Moment
    scrapes: Sequence[Scrape]
    calm: Mapping[float, float]
    trouble: Mapping[float, float]
    trouble_seconds: float
    resident: int
    peak: int
    longest_took: Mapping[str, int]
    slots: Mapping[str, int]
    events: Sequence[Mapping[str, Any]]


def write_troubled(folder: Path, web_port: int, agent_port: int) -> Path:
    """The files: healthy devices, those that the lab will break, and targets that the rogues will play."""
    v2c, often = {"credential": "v2c", "port": agent_port}, {"snmp": {"relearn": "1s"}}
    ports = [{"name": f"eth{number}", "speed": speed} for number, speed in enumerate(("10 Mbps", "100 Mbps", "1 Gbps"))]
    shape = {"description": "a router", "object_id": "1.3.6.1.4.1.9.1.620", "ports": ports}
    lab = {"seed": 1, "echo_host": "127.20.200.254", "echo_port": free_port(), "roles": {"router": shape}}
    devices: list[dict[str, Any]] = [
        {"name": f"well-{number}", "role": "router", "address": f"127.20.200.{number + 1}", "snmp": v2c}
        for number in range(HEALTHY)
    ]
    for number, name in enumerate(LAB_FAULTS, start=1):
        snmp = {**v2c, "credential": "v1"} if name.endswith("-v1") else v2c
        checks = {} if name in COUNTED else {"checks": often}
        devices.append({"name": name, "role": "router", "address": f"127.20.201.{number}", "snmp": snmp, **checks})
    devices += [
        {"name": name, "role": "router", "address": agent_address(name), "snmp": v2c, "checks": {"icmp": "off"}}
        for name in AGENTS
    ]
    services: list[dict[str, Any]] = [
        {"id": name, "kind": "portal", "checks": [{"http": {"url": url_of(name, web_port), **_rhythm()}}]}
        for name in WEB
    ]
    usual = {"icmp": {"interval": f"{INTERVAL_SECONDS}s"}, "snmp": _rhythm()}
    settings = {"networks": ["127.20.0.0/16", "127.31.0.0/16"], "roles": {"router": {"checks": usual}}}
    return write_files(folder, devices=devices, services=services, lab=lab, settings=settings)


def url_of(name: str, port: int) -> str:
    """What the service *name* asks for."""
    scheme = "https" if name in SECURE or name == "no-tls" else "http"
    return f"{scheme}://{web_address(name)}:{port}/"


def _rhythm() -> dict[str, str]:
    return {"interval": f"{INTERVAL_SECONDS}s", "timeout": f"{TIMEOUT_SECONDS}s"}


@contextmanager
def rogues(web_port: int, agent_port: int) -> Iterator[None]:
    """The rogues, in a process of their own."""
    command = [sys.executable, "-m", "tests.real.rogues", str(web_port), str(agent_port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as player:
        assert player.stdout is not None
        try:
            assert player.stdout.readline().strip() == READY
            yield
        finally:
            player.kill()


def watch_trouble(folder: Path) -> Troubled:
    """Run a daemon through a calm window and one with all the trouble at once."""
    web_port, agent_port = free_port("127.31.0.1"), free_port("127.20.200.1")
    daemon = Daemon(write_troubled(folder, web_port, agent_port))
    with running(daemon):
        daemon.wait_for_first_looks()
        until(lambda: _shows_every_interface(daemon), "the interfaces of every counted device are shown")
        resident = daemon.memory_bytes()
        scrapes = list(_scrapes(daemon, WINDOW_SECONDS))
        broken_at = wall_clock()
        with rogues(web_port, agent_port):
            for name, (fault, options) in LAB_FAULTS.items():
                daemon.ask("lab.break", target=f"device:{name}", fault=fault, options=dict(options))
            calm = len(scrapes)
            scrapes += _scrapes(daemon, WINDOW_SECONDS + 3 * INTERVAL_SECONDS)
            ended_at = wall_clock()
            until(lambda: _is_judged(daemon), "every service and device is judged")
            peak = daemon.memory_bytes("VmHWM")
            latest = daemon.read(lambda reader: reader.latest())
            statuses = daemon.read(lambda reader: reader.statuses())
        assert daemon.stop() == 0
    return Troubled(
        latest=latest,
        statuses=statuses,
        broken_at=broken_at,
        scrapes=scrapes,
        calm=counts_of_lags(scrapes[0], scrapes[calm - 1]),
        trouble=counts_of_lags(scrapes[calm], scrapes[-1]),
        trouble_seconds=(ended_at - broken_at) / SECOND,
        resident=resident,
        peak=peak,
        longest_took=_longest_took(folder, broken_at),
        slots=_slots(folder, broken_at, ended_at),
        events=daemon.events(),
    )


def _scrapes(daemon: Daemon, seconds: float) -> Iterator[Scrape]:
    """What it shows, once a second."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield Scrape.of(daemon.scrape())
        time.sleep(1)


def _shows_every_interface(daemon: Daemon) -> bool:
    shown = {key for key in Scrape.of(daemon.scrape()).numbers if key[0] == "netmon_interface_speed_bytes_per_second"}
    return {(device, f"eth{number}") for device in COUNTED for number in range(3)} <= {key[1:] for key in shown}


def _is_judged(daemon: Daemon) -> bool:
    statuses = daemon.read(lambda reader: reader.statuses())
    return all(f"service:{name}" in statuses for name in WEB) and all(f"device:{name}" in statuses for name in AGENTS)


def _ask(folder: Path, query: str, *values: int) -> list[tuple[Any, ...]]:
    url = stores.url_in(folder) or "sqlite:"
    return stores.ask(url, folder / "state", query, *values)


def _longest_took(folder: Path, since: Moment) -> Mapping[str, int]:
    return dict(_ask(folder, "SELECT check_id, max(took) FROM looks WHERE at > ? GROUP BY check_id", since))


def _slots(folder: Path, since: Moment, until: Moment) -> Mapping[str, int]:
    """How many slots of each check were looked at in a window, in runs or in rows of their own."""
    found: dict[str, int] = {}
    for check, first, count, interval in _ask(folder, "SELECT check_id, first, count, interval FROM runs"):
        slots = sum(since <= first + number * interval < until for number in range(count))
        found[check] = found.get(check, 0) + slots
    grid = "SELECT check_id, count(*) FROM looks WHERE occasion = 'grid' AND at >= ? AND at < ? GROUP BY check_id"
    for check, count in _ask(folder, grid, since, until):
        found[check] = found.get(check, 0) + count
    return found
