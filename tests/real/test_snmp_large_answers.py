"""Large answers of net-snmp's agent where packets carry 1,500 bytes: fragmented, limited, or lost on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.real.conftest import needs
from tests.real.places import Place, end, open_place

pytestmark = [pytest.mark.real, needs("snmpd", "snmpget", "ip", "nft")]

ROOT = Path(__file__).parents[2]
LOOKS = Path(__file__).parent / "snmp_looks.py"
PORT = 1161
INTERFACES = 30
CREDENTIALS: dict[str, dict[str, object]] = {
    "v2c": {"version": "2c", "community": "literal:public"},
    "v3": {
        "version": 3,
        "user": "reader",
        "auth": {"protocol": "sha256", "key": "literal:authpass123"},
        "privacy": {"protocol": "aes128", "key": "literal:privpass123"},
    },
}
AGENT = """
agentaddress udp:127.0.0.1:{port}
rocommunity public default
createUser reader SHA-256 authpass123 AES privpass123
rouser reader priv
dontLogTCPWrappersConnects yes
maxGetbulkRepeats -1
maxGetbulkResponses {values}
"""
NO_FRAGMENTS = """
table ip narrow {
  chain prerouting {
    type filter hook prerouting priority -450
    ip frag-off & 0x3fff != 0 counter drop
  }
}
"""

Look = Callable[[], dict[str, object]]


@pytest.fixture
def place() -> Iterator[Place]:
    """A namespace with thirty interfaces, in which loopback carries 1,500 bytes at a time."""
    with open_place("large") as place:
        links = [f"link add name eth{number} type ifb" for number in range(INTERFACES - 1)]
        place.run("ip", "-batch", "-", given="\n".join([*links, "link set lo mtu 1500"]))
        yield place


@contextmanager
def agent(place: Place, folder: Path, values: int) -> Iterator[None]:
    """An agent that puts so many *values* into an answer, or with -1 as many as fit."""
    configuration = folder / "agent.conf"
    configuration.write_text(AGENT.format(port=PORT, values=values), encoding="utf-8")
    command = ["snmpd", "-f", "-Lo", "-C", "-c", str(configuration), "-I", "-systemstats_linux"]
    process = place.start(*command, log=folder / "agent.log", MIBS="", SNMP_PERSISTENT_DIR=str(folder / "state"))
    try:
        client = ["snmpget", "-v2c", "-c", "public", "-r", "50", "-t", "0.2"]
        place.run("env", "MIBS=", *client, f"127.0.0.1:{PORT}", "1.3.6.1.2.1.1.3.0")
        yield
    finally:
        end(process)


@contextmanager
def looks(place: Place, credential: dict[str, object]) -> Iterator[Look]:
    """One collector, asked to look again and again."""
    command = [sys.executable, str(LOOKS), json.dumps(credential), json.dumps({"port": PORT})]
    with subprocess.Popen(
        ["ip", "netns", "exec", place.namespace, "env", f"PYTHONPATH={ROOT}", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def look() -> dict[str, object]:
            process.stdin.write("look\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield look
        process.stdin.close()


WHOLE = {"reason": None, "flaw": None, "interfaces": INTERFACES, "resent": 0}


@pytest.mark.parametrize("version", CREDENTIALS)
@pytest.mark.parametrize("values", [-1, 100], ids=["as much as fits", "100 values at most"])
def test_every_interface_is_read_however_much_the_agent_gives_at_a_time(
    place: Place, tmp_path: Path, version: str, values: int
) -> None:
    with agent(place, tmp_path, values), looks(place, CREDENTIALS[version]) as look:
        assert [look() for _ in range(4)] == [WHOLE] * 4


@pytest.mark.parametrize("version", CREDENTIALS)
def test_where_fragments_are_dropped_every_interface_is_still_read(place: Place, tmp_path: Path, version: str) -> None:
    with agent(place, tmp_path, -1), looks(place, CREDENTIALS[version]) as look:
        assert look() == WHOLE
        place.run("nft", "-f", "-", given=NO_FRAGMENTS)

        first, second, third = look(), look(), look()

    assert first | {"resent": 0} == WHOLE
    assert first["resent"]
    assert [second, third] == [WHOLE, WHOLE]
