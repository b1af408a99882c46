"""How soon netmon looks after it was started, with 10,000 devices, and whether a restart makes a burst.

    python -m benchmarks.start [--devices 10000] [--seconds 20] [--json FILE]

Run as root. In a namespace of its own every device is an address on loopback: the kernel answers the echoes, one
real net-snmp agent the SNMP (packages iproute2 and snmpd). netmon runs as anybody runs it, twice on one store, and
is watched from outside: its packets are read off the wire, with the moments at which the kernel saw them. A look is
the first packet to a device and of a protocol within five seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import pstats
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.stages import shares_of, show
from benchmarks.verdicts import Bar, tell

INSIDE = "NETMON_BENCH_INSIDE"
DEVICES_AT_SITE = 25
SNMP_PORT = 1161
FIRST_LOOKS_SECONDS = 75
PATIENCE_SECONDS = 60
CANARY = "127.0.0.1"
REST_SECONDS = 5.0
_STAMP = struct.Struct("@ll")
_SO_TIMESTAMPNS = 35

CONFIGURATION = f"""
poller: bench
inventory: inventory
state: state
store: {{url: "sqlite:///netmon.db"}}
listen: "127.0.0.1:9780"
networks: [127.0.0.0/8]
canaries: [{{name: canary, address: {CANARY}}}]
"""
ORGANIZATION = """
organization: {id: bench, name: {vi: Tỉnh lớn, en: A large province}, zone: Asia/Ho_Chi_Minh}
networks: [{id: wan, kind: wan, name: {vi: Mạng diện rộng, en: Wide area network}}]
peer_groups: [{id: units, name: {vi: Đơn vị, en: Units}, ranked: true}]
credentials: [{id: agents, version: 2c, community: "literal:public"}]
departments:
"""


def write_inventory(folder: Path, devices: int) -> None:
    """A province of *devices*, each looked at by icmp and snmp, a site for every few of them."""
    sites = folder / "inventory" / "sites"
    sites.mkdir(parents=True)
    (folder / "config.yaml").write_text(CONFIGURATION)
    units = []
    for site in range(-(-devices // DEVICES_AT_SITE)):
        unit = f"unit-{site:04d}"
        units.append(f"  - {{id: {unit}, name: {{vi: Đơn vị {site}, en: Unit {site}}}, peer_group: units}}\n")
        lines = [f"site: {{id: {unit}, department: {unit}, address: Phan Rang, geo: [11.565, 108.99]}}", "devices:"]
        for number in range(site * DEVICES_AT_SITE, min(devices, (site + 1) * DEVICES_AT_SITE)):
            is_gateway = number % DEVICES_AT_SITE == 0
            reached = "" if is_gateway else f", parents: [d{site * DEVICES_AT_SITE:05d}]"
            lines.append(
                f"  - {{name: d{number:05d}, role: {'router' if is_gateway else 'switch'}, address: {address(number)},"
                f" snmp: {{credential: agents, port: {SNMP_PORT}}}{reached}}}"
            )
        uplink = f"{{id: {unit}-wan, network: wan, medium: fibre, bandwidth: 100 Mbps, a: d{number:05d}/lo}}"
        lines += ["links:", f"  - {uplink}"]
        (sites / f"{unit}.yaml").write_text("\n".join(lines) + "\n")
    (folder / "inventory" / "organization.yaml").write_text(ORGANIZATION + "".join(units))


def address(number: int) -> str:
    """The address of a device."""
    return f"127.{60 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"


class Wire:
    """Reads off loopback when which device was asked; moments are those of the wall clock, as the kernel saw them."""

    def __init__(self) -> None:
        self.looks: list[tuple[float, str]] = []
        self._heard: dict[tuple[str, bytes], float] = {}
        self._sockets = [
            self._open(socket.IPPROTO_ICMP, lambda message: message[20] == 8),
            self._open(socket.IPPROTO_UDP, lambda message: message[22:24] == SNMP_PORT.to_bytes(2, "big")),
        ]

    def _open(self, protocol: int, is_question: object) -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
        opened.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        opened.setsockopt(socket.SOL_SOCKET, 33, 64 * 2**20)  # SO_RCVBUFFORCE: nothing may be missed
        threading.Thread(target=self._read, args=(opened, is_question), daemon=True).start()
        return opened

    def _read(self, opened: socket.socket, is_question: object) -> None:
        assert callable(is_question)
        while True:
            message, ancillary, _, _ = opened.recvmsg(128, socket.CMSG_SPACE(_STAMP.size))
            if not is_question(message):
                continue
            seconds, nanoseconds = _STAMP.unpack(ancillary[0][2])
            at, target = seconds + nanoseconds / 1e9, (socket.inet_ntoa(message[16:20]), message[9:10])
            before = self._heard.get(target, 0.0)
            self._heard[target] = at
            if at - before > REST_SECONDS and target[0] != CANARY:
                self.looks.append((at, target[0]))

    def since(self, moment: float) -> list[float]:
        """When devices were asked from *moment* on."""
        return [at for at, _ in self.looks[:] if at >= moment]


@dataclass
class Start:
    """One start: seconds from the start of the process, looks in each second from the first on, memory."""

    plan_loaded_seconds: float
    life_seconds: float
    first_look_seconds: float
    looks_in_each_second: list[int] = field(default_factory=list)
    rss_mib: int = 0
    peak_rss_mib: int = 0


class Netmon:
    """One run of netmon, with the moments at which it said what."""

    def __init__(self, folder: Path, profile: Path | None = None) -> None:
        python = [sys.executable, *(["-m", "cProfile", "-o", str(profile)] if profile else [])]
        self.said: dict[str, float] = {}
        self.began = time.time()
        self.process = subprocess.Popen(
            [*python, "-m", "netmon", "--config", str(folder / "config.yaml"), "run", "--json"],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            now = time.time()
            try:
                self.said.setdefault(json.loads(line)["event"], now)
            except (ValueError, KeyError):
                print(line, end="", file=sys.stderr)

    def memory_mib(self, key: str) -> int:
        """A figure of the process's status."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(key)) // 1024

    def stop(self) -> None:
        """Stop it as an administrator does."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)


def observe(folder: Path, wire: Wire, seconds: float) -> Start:
    """Start netmon, and watch it for *seconds* from its first look on."""
    netmon = Netmon(folder)
    first = wait_for_look(wire, netmon)
    time.sleep(seconds)
    moments = wire.since(netmon.began)
    by_second = Counter(int(at - first) for at in moments)
    start = Start(
        plan_loaded_seconds=netmon.said["netmon_started"] - netmon.began,
        life_seconds=netmon.said["life_began"] - netmon.began,
        first_look_seconds=first - netmon.began,
        looks_in_each_second=[by_second[second] for second in range(int(seconds))],
        rss_mib=netmon.memory_mib("VmRSS"),
        peak_rss_mib=netmon.memory_mib("VmHWM"),
    )
    netmon.stop()
    return start


def wait_for_look(wire: Wire, netmon: Netmon) -> float:
    """The moment of the first look."""
    for _ in range(PATIENCE_SECONDS * 20):
        if moments := wire.since(netmon.began):
            return min(moments)
        if netmon.process.poll() is not None:
            break
        time.sleep(0.05)
    raise SystemExit("netmon did not look at anything")


def profile_of_start(folder: Path, wire: Wire) -> dict[str, float]:
    """Where the time of a start goes, on a store of its own."""
    shutil.rmtree(folder / "state")
    file = folder / "start.profile"
    netmon = Netmon(folder, file)
    wait_for_look(wire, netmon)
    netmon.stop()
    return dict(shares_of(pstats.Stats(str(file))))


@contextmanager
def agent() -> Iterator[None]:
    """A net-snmp agent that answers on every address of loopback."""
    with tempfile.TemporaryDirectory() as state:
        settings = Path(state, "snmpd.conf")
        settings.write_text(f"agentaddress udp:0.0.0.0:{SNMP_PORT}\nrocommunity public default\nsysName agent\n")
        quiet = ["-Lf", "/dev/null", "-I", "-smux,mteTrigger,mteTriggerConf"]
        command = ["snmpd", "-f", "-C", "-c", str(settings), *quiet]
        running = subprocess.Popen(command, env={**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": state})
        try:
            yield
        finally:
            running.terminate()
            running.wait()


def measure(devices: int, seconds: float) -> tuple[dict[str, Start], dict[str, float]]:
    """A first start, a restart on the same store, and the profile of a third."""
    with tempfile.TemporaryDirectory() as place, agent():
        folder, wire = Path(place), Wire()
        write_inventory(folder, devices)
        starts = {
            "first start": observe(folder, wire, FIRST_LOOKS_SECONDS + seconds),
            "restart": observe(folder, wire, seconds),
        }
        return starts, profile_of_start(folder, wire)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    if INSIDE not in os.environ:
        command = ["unshare", "--net", sys.executable, "-m", "benchmarks.start", *sys.argv[1:]]
        return subprocess.run(command, check=False, env={**os.environ, INSIDE: "1"}).returncode
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    starts, shares = measure(chosen.devices, chosen.seconds)
    steady = sum(starts["first start"].looks_in_each_second[-chosen.seconds :]) / chosen.seconds
    print(f"{chosen.devices} devices, icmp every 10 s and snmp every 60 s: steady {steady:.0f} looks/s")
    heads = f"{'':12}{'plan loaded':>13}{'life began':>12}{'first look':>12}{'RSS MiB':>9}{'peak':>6}"
    print(f"{heads}   looks in each second")
    for case, start in starts.items():
        moments = (start.plan_loaded_seconds, start.life_seconds, start.first_look_seconds)
        print(f"{case:12}" + f"{moments[0]:>11.2f} s{moments[1]:>10.2f} s{moments[2]:>10.2f} s", end="")
        print(f"{start.rss_mib:>9}{start.peak_rss_mib:>6}   {' '.join(map(str, start.looks_in_each_second[:12]))} ...")
    show("a start up to the first look", shares)
    bars = [
        Bar("seconds from the start of the process to the first look", starts["first start"].first_look_seconds, 5),
        Bar("the same after a restart", starts["restart"].first_look_seconds, 5),
        Bar("looks in the busiest second after a restart / steady",
            max(starts["restart"].looks_in_each_second) / steady, 1.2),
    ]  # fmt: skip
    code = tell(bars)
    if chosen.json:
        figures = {"devices": chosen.devices, "steady_looks_per_second": steady, "profile": shares}
        figures |= {case: asdict(start) for case, start in starts.items()}
        figures["bars"] = [bar.plain for bar in bars]
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
