"""The snmp check against net-snmp's own agent, in every version, beside net-snmp's own client."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from netmon.collectors.snmp import KIND
from netmon.kernel.clock import SystemClock
from netmon.model.ids import CheckId, EntityId
from netmon.model.looks import Outcome
from netmon.model.moments import SECOND, Duration
from netmon.model.plan import POLLED_RULE, CheckSpec
from netmon.model.states import Reason
from netmon.ports import Collector, Ground

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not (shutil.which("snmpd") and shutil.which("snmpget")), reason="needs the packages snmpd and snmp"
    ),
]

RECEIVED = "netmon_interface_receive_bytes_total"
SECRETS = {
    "env:COMMUNITY": "public",
    "env:WRONG": "not the right phrase",
    "env:AUTH": "authpass123",
    "env:PRIVACY": "privpass123",
}


def user(name: str, auth: str, privacy: str | None = None, **keys: str) -> dict[str, object]:
    signed = {"version": 3, "user": name, "auth": {"protocol": auth, "key": keys.get("auth_key", "env:AUTH")}}
    if privacy is None:
        return signed
    return signed | {"privacy": {"protocol": privacy, "key": keys.get("privacy_key", "env:PRIVACY")}}


CREDENTIALS = {
    "v1": {"version": 1, "community": "env:COMMUNITY"},
    "v2c": {"version": "2c", "community": "env:COMMUNITY"},
    "open": {"version": 3, "user": "open"},
    "md5": user("md5", "md5"),
    "md5-des": user("md5des", "md5", "des"),
    "sha1-aes128": user("sha1aes", "sha1", "aes128"),
    "sha224-aes128": user("sha224aes", "sha224", "aes128"),
    "sha256-aes128": user("sha256aes", "sha256", "aes128"),
    "sha384-aes192": user("sha384aes", "sha384", "aes192"),
    "sha512-aes256": user("sha512aes", "sha512", "aes256"),
    "sha1-aes256": user("sha1aes256", "sha1", "aes256"),
    "sha1-aes192-cisco": user("sha1cisco", "sha1", "aes192-cisco"),
}
CONFIGURATION = """
agentaddress udp:127.0.0.1:{port}
rocommunity public 127.0.0.1
sysName gw-thật
createUser open
createUser md5 MD5 authpass123
createUser md5des MD5 authpass123 DES privpass123
createUser sha1aes SHA authpass123 AES privpass123
createUser sha224aes SHA-224 authpass123 AES privpass123
createUser sha256aes SHA-256 authpass123 AES privpass123
createUser sha384aes SHA-384 authpass123 AES192 privpass123
createUser sha512aes SHA-512 authpass123 AES256 privpass123
createUser sha1aes256 SHA authpass123 AES256 privpass123
createUser sha1cisco SHA authpass123 AES192C privpass123
rouser open noauth
rouser md5 auth
rouser md5des priv
rouser sha1aes priv
rouser sha224aes priv
rouser sha256aes priv
rouser sha384aes priv
rouser sha512aes priv
rouser sha1aes256 priv
rouser sha1cisco priv
"""


class RealAgent:
    """An snmpd on a loopback port, with a state of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        (folder / "snmpd.conf").write_text(CONFIGURATION.format(port=self.port))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["snmpd", "-f", "-Lf", str(self._folder / "log"), "-C", "-c", str(self._folder / "snmpd.conf")]
        surroundings = {"MIBS": "", "SNMP_PERSISTENT_DIR": str(self._folder / "state"), "PATH": "/usr/sbin:/usr/bin"}
        self._process = subprocess.Popen([*command, "-I", "-systemstats_linux"], env=surroundings)
        self.get("1.3.6.1.2.1.1.3.0")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def get(self, oid: str) -> str:
        """What net-snmp's client says; its retries are the deadline for the agent's start."""
        command = ["snmpget", "-v2c", "-c", "public", "-r", "50", "-t", "0.2", "-Oqvt", f"127.0.0.1:{self.port}", oid]
        return subprocess.run(
            command, env={"MIBS": "", "PATH": "/usr/bin"}, check=True, capture_output=True, text=True
        ).stdout


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealAgent]:
    started = RealAgent(tmp_path_factory.mktemp("snmpd"))
    started.start()
    yield started
    started.stop()


@asynccontextmanager
async def looking_at(port: int, credential: dict[str, object], **settings: object) -> AsyncIterator[Collector]:
    ground = Ground(clock=SystemClock(), secret=SECRETS.__getitem__, credential=lambda name: credential)
    check = CheckSpec(
        id=CheckId("check:device:gw/snmp"),
        subject=EntityId("device:gw"),
        kind="snmp",
        name=None,
        address="127.0.0.1",
        rule=POLLED_RULE,
        settings={"credential": "it", "port": port} | settings,
    )
    async with KIND.open(ground) as questions:
        yield questions.collector(check, ("lo",))


def received(outcome: Outcome, name: str) -> int:
    table = next(table for table in outcome.readings if RECEIVED in table.columns)
    return int(table.columns[RECEIVED][list(table.labels).index((("interface", name),))] or 0)


@pytest.mark.parametrize("credential", CREDENTIALS.values(), ids=CREDENTIALS)
async def test_every_way_to_ask_brings_the_same(agent: RealAgent, credential: dict[str, object]) -> None:
    async with looking_at(agent.port, credential) as collector:
        await collector.look(Duration(10 * SECOND))
        outcome = await collector.look(Duration(10 * SECOND))

    assert (outcome.failure, outcome.flaw) == (None, None)
    assert outcome.facts is not None
    assert outcome.facts["sys_name"] == "gw-thật"
    assert [(found.interface, found.state.value) for found in outcome.findings] == [("lo", "up")]


@pytest.mark.parametrize("version", ["v2c", "sha256-aes128"])
async def test_a_counter_lies_between_what_snmpget_says_before_and_after(agent: RealAgent, version: str) -> None:
    octets = "1.3.6.1.2.1.31.1.1.1.6.1"
    async with looking_at(agent.port, CREDENTIALS[version]) as collector:
        await collector.look(Duration(10 * SECOND))
        before = int(agent.get(octets))
        outcome = await collector.look(Duration(10 * SECOND))
        after = int(agent.get(octets))

    assert before <= received(outcome, "lo") <= after


@pytest.mark.parametrize(
    ("credential", "evidence"),
    [
        pytest.param(user("nobody", "sha256"), "does not know the user", id="an unknown user"),
        pytest.param(
            user("sha256aes", "sha256", "aes128", auth_key="env:WRONG"),
            "authentication key",
            id="a wrong key to sign with",
        ),
        pytest.param(user("sha256aes", "sha1", "aes128"), "authentication key", id="a wrong protocol to sign with"),
        pytest.param(user("md5", "md5", "des"), "level of security", id="privacy that the user does not have"),
    ],
)
async def test_what_is_not_allowed_is_told_precisely(
    agent: RealAgent, credential: dict[str, object], evidence: str
) -> None:
    async with looking_at(agent.port, credential) as collector:
        outcome = await collector.look(Duration(5 * SECOND))

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.UNAUTHORIZED
    assert evidence in outcome.failure.evidence
    assert not any(secret in outcome.failure.evidence for secret in SECRETS.values())


async def test_a_wrong_key_to_encrypt_with_is_a_failure_that_names_it(agent: RealAgent) -> None:
    async with looking_at(agent.port, user("sha256aes", "sha256", "aes128", privacy_key="env:WRONG")) as collector:
        outcome = await collector.look(Duration(SECOND))

    assert outcome.failure is not None
    assert "privacy key" in outcome.failure.evidence


@pytest.mark.parametrize("version", ["v2c", "sha256-aes128"])
async def test_an_agent_that_restarts_is_refused_and_then_read_again(tmp_path: Path, version: str) -> None:
    agent = RealAgent(tmp_path)
    agent.start()
    try:
        async with looking_at(agent.port, CREDENTIALS[version]) as collector:
            assert (await collector.look(Duration(10 * SECOND))).failure is None
            agent.stop()
            gone = await collector.look(Duration(10 * SECOND))
            await asyncio.to_thread(agent.start)
            back = await collector.look(Duration(10 * SECOND))
    finally:
        agent.stop()

    assert gone.failure is not None
    assert gone.failure.reason is Reason.REFUSED
    assert (back.failure, back.flaw) == (None, None)
