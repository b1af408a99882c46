"""A farm: real net-snmp agents in a namespace with fifty interfaces, where each loopback address is a device."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import stores
from tests.real.places import Place, end, open_place

COUNT = 1_000
PORTS = (1161, 1162)
LONE_PORT = 1163
"""The agent that tests stop and start."""

LONE = tuple(f"lone{number}" for number in range(4))
MUTED, MUTED_ADDRESS = "muted", "127.11.1.1"
DROPPED = (101, 302, 705)
"""Of the thousand, those whose addresses a test drops."""

STRANGER = "stranger"
"""A device that is asked with a key that its agent does not know."""

SECRETS = {
    "FARM_COMMUNITY": "community-of-the-farm",
    "FARM_SIGN": "signs-for-the-farm",
    "FARM_HIDE": "hides-for-the-farm",
    "FARM_WRONG": "signs-for-nobody-here",
}

_INTERFACES = 50
_FILTER = """
table inet farm {
  set silent { type ipv4_addr; }
  set muted { type ipv4_addr; }
  chain input {
    type filter hook input priority 0
    ip daddr @silent drop
    udp dport 1161 ip daddr @muted drop
  }
}
"""
_AGENT = """
agentaddress udp:0.0.0.0:{port}
rocommunity {community} default
sysName agent-{port}
createUser farmer SHA-256 {sign} AES {hide}
rouser farmer priv
dontLogTCPWrappersConnects yes
maxGetbulkRepeats 0
maxGetbulkResponses 0
"""


class Farm:
    """The agents, and what stands between them and whoever asks."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place = place
        self._folder = folder
        self._agents: dict[int, subprocess.Popen[bytes]] = {}

    def start_agent(self, port: int) -> None:
        """Start the agent of *port* and wait until it answers; the client's retries are its deadline."""
        configuration = self._folder / f"agent-{port}.conf"
        names = {"community": "FARM_COMMUNITY", "sign": "FARM_SIGN", "hide": "FARM_HIDE"}
        secrets = {name: SECRETS[secret] for name, secret in names.items()}
        configuration.write_text(_AGENT.format(port=port, **secrets), encoding="utf-8")
        log = self._folder / f"agent-{port}.log"
        command = ["snmpd", "-f", "-Lo", "-C", "-c", str(configuration), "-I", "-systemstats_linux"]
        surroundings = {"MIBS": "", "SNMP_PERSISTENT_DIR": str(self._folder / f"agent-{port}")}
        self._agents[port] = self.place.start(*command, log=log, **surroundings)
        self.read(f"127.0.0.1:{port}", "1.3.6.1.2.1.1.5.0")

    def stop_agent(self, port: int) -> None:
        """Stop the agent of *port*: its port is closed then."""
        process = self._agents.pop(port)
        process.kill()
        process.wait()

    @contextmanager
    def without_agent(self, port: int) -> Iterator[None]:
        """The port is closed for as long as the context is open."""
        self.stop_agent(port)
        try:
            yield
        finally:
            self.start_agent(port)

    def close(self) -> None:
        """Stop every agent."""
        for process in self._agents.values():
            end(process)

    def read(self, where: str, *oids: str) -> list[str]:
        """What net-snmp's own client reads."""
        client = ["snmpget", "-v2c", "-c", SECRETS["FARM_COMMUNITY"], "-r", "50", "-t", "0.2", "-Oqvt"]
        return self.place.run("env", "MIBS=", *client, where, *oids).splitlines()

    @contextmanager
    def without(self, addresses: list[str], *, only_snmp: bool = False) -> Iterator[None]:
        """Nothing that is sent to *addresses* (or no question by SNMP) arrives, for as long as the context is open."""
        members = ("inet", "farm", "muted" if only_snmp else "silent", f"{{ {', '.join(addresses)} }}")
        self.place.run("nft", "add", "element", *members)
        try:
            yield
        finally:
            self.place.run("nft", "delete", "element", *members)


@contextmanager
def open_farm(folder: Path) -> Iterator[Farm]:
    """Fifty interfaces with traffic on two of them, and an agent on each port that answers on all of 127.0.0.0/8."""
    with open_place("farm") as place:
        links = [f"link add name eth{number} type ifb" for number in range(_INTERFACES - 2)]
        links += [f"link set dev eth{number} up" for number in range(_INTERFACES - 2)]
        links += ["link add name br0 type bridge", "link set br0 up", "addr add 10.255.0.1/24 dev br0"]
        links += ["neigh add 10.255.0.2 lladdr 02:00:00:00:00:02 dev br0"]
        place.run("ip", "-batch", "-", given="\n".join(links))
        place.run("nft", "-f", "-", given=_FILTER)
        farm = Farm(place, folder)
        traffic = place.start("ping", "-q", "-i", "0.1", "10.255.0.2", log=folder / "traffic.log")
        try:
            for port in (*PORTS, LONE_PORT):
                farm.start_agent(port)
            yield farm
        finally:
            traffic.kill()
            traffic.wait()
            farm.close()


# ---------------------------------------------------------------- what netmon is told about it


def name(number: int) -> str:
    """The name of a device."""
    return f"d{number:04}"


def address(number: int) -> str:
    """The address of a device."""
    return f"127.10.{number // 250}.{number % 250 + 1}"


def port(number: int) -> int:
    """The port of the agent that speaks for a device."""
    return PORTS[number % len(PORTS)]


def is_secure(number: int) -> bool:
    """Whether a device is asked by version 3: one in five, at both agents."""
    return number % 5 == 0


_CONFIG = """
listen: "127.0.0.1:9780"
networks: [127.0.0.0/8]
canaries: [{name: here, address: 127.0.0.1}]
"""
_ORGANIZATION = """
organization: {id: farm, name: Farm, zone: Asia/Ho_Chi_Minh}
networks: [{id: lan, name: LAN}]
peer_groups: [{id: all, name: All}]
departments: [{id: farm, name: Farm, peer_group: all}]
credentials:
  - {id: v2c, version: 2c, community: "env:FARM_COMMUNITY"}
  - {id: v3, version: 3, user: farmer, auth: {protocol: SHA-256, key: "env:FARM_SIGN"},
     privacy: {protocol: AES-128, key: "env:FARM_HIDE"}}
  - {id: wrong, version: 3, user: farmer, auth: {protocol: SHA-256, key: "env:FARM_WRONG"},
     privacy: {protocol: AES-128, key: "env:FARM_HIDE"}}
"""
_OFTEN = "checks: {snmp: {interval: 5s, timeout: 2s}}"
"""For the few devices whose polls a test waits for."""


def write_configuration(folder: Path) -> Path:
    """A configuration that watches the whole farm; the path of its first file."""
    sites = folder / "inventory" / "sites"
    sites.mkdir(parents=True)
    (folder / "config.yaml").write_text(_CONFIG, encoding="utf-8")
    stores.configure(folder / "config.yaml")
    (folder / "inventory" / "organization.yaml").write_text(_ORGANIZATION, encoding="utf-8")
    for hundred in range(COUNT // 100):
        numbers = range(100 * hundred, 100 * (hundred + 1))
        _write_site(sites, f"hall-{hundred}", [_device(number) for number in numbers])
    few = [_special(lone, f"127.11.0.{number + 1}", LONE_PORT, "v2c") for number, lone in enumerate(LONE)]
    few += [_special(MUTED, MUTED_ADDRESS, 1161, "v2c"), _special(STRANGER, "127.11.2.1", 1161, "wrong")]
    _write_site(sites, "annex", few)
    return folder / "config.yaml"


def _device(number: int) -> str:
    credential = "v3" if is_secure(number) else "v2c"
    return (
        f"  - {{name: {name(number)}, role: switch, address: {address(number)}, "
        f"snmp: {{credential: {credential}, port: {port(number)}}}}}"
    )


def _special(device: str, at: str, agent: int, credential: str) -> str:
    return (
        f"  - {{name: {device}, role: switch, address: {at}, "
        f"snmp: {{credential: {credential}, port: {agent}}}, {_OFTEN}}}"
    )


def _write_site(folder: Path, site: str, devices: list[str]) -> None:
    head = f"site: {{id: {site}, department: farm}}\ndevices:\n"
    (folder / f"{site}.yaml").write_text(head + "\n".join(devices) + "\n", encoding="utf-8")
