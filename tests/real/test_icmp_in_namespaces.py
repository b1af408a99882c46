"""Real echoes through real kernels: a near namespace, a far one behind a router, and one that answers badly."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.real.daemon import until

HERE = Path(__file__).parent
NEAR, FAR, ROGUE = (f"nmi{os.getpid()}{end}" for end in "nfr")

pytestmark = [
    pytest.mark.real,
    pytest.mark.alone,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(not (shutil.which("ip") and shutil.which("nft")), reason="iproute2 or nftables is missing"),
]

SETUP = f"""
ip netns add {FAR}
ip netns add {ROGUE}
ip link add f0 netns {NEAR} type veth peer name n0 netns {FAR}
ip link add r0 netns {NEAR} type veth peer name n0 netns {ROGUE}
ip link add r0 netns {FAR} type veth peer name f0 netns {ROGUE}
ip -n {NEAR} link set lo up
ip -n {NEAR} addr add 10.99.0.1/24 dev f0
ip -n {NEAR} addr add 10.98.0.1/24 dev r0
ip -n {NEAR} addr add fd00:99::1/64 dev f0 nodad
ip -n {NEAR} link set f0 up
ip -n {NEAR} link set r0 up
ip -n {FAR} link set lo up
ip -n {FAR} addr add 10.99.0.2/24 dev n0
ip -n {FAR} addr add fd00:99::2/64 dev n0 nodad
ip -n {FAR} addr add fe80::2/64 dev n0 nodad
ip -n {FAR} link set n0 up
ip -n {FAR} addr add 10.97.0.1/24 dev r0
ip -n {FAR} link set r0 up
ip -n {ROGUE} link set lo up
ip -n {ROGUE} addr add 10.97.0.2/24 dev f0
ip -n {ROGUE} link set f0 up
ip -n {ROGUE} addr add 10.98.0.2/24 dev n0
ip -n {ROGUE} link set n0 up
ip -n {NEAR} route add 10.64.0.0/13 via 10.99.0.2
ip -n {NEAR} route add 10.88.0.0/24 via 10.98.0.2
ip -n {NEAR} route add fd00:66::/64 via fd00:99::2
ip -n {FAR} route add local 10.64.0.0/16 dev lo
ip -n {FAR} route add unreachable 10.65.0.0/24
ip -n {FAR} route add prohibit 10.66.0.0/24
ip -n {FAR} route add 10.67.0.0/24 via 10.97.0.2
ip -n {FAR} route add prohibit fd00:66::/64
ip -n {ROGUE} route add local 10.88.0.0/24 dev lo
ip -n {ROGUE} route add 10.67.0.0/24 via 10.97.0.1
ip -n {ROGUE} route add 10.99.0.0/24 via 10.97.0.1
"""
SYSCTLS = {
    FAR: {
        "net.ipv4.ip_forward": "1",
        "net.ipv4.icmp_ratemask": "0",
        "net.ipv6.conf.all.forwarding": "1",
        "net.ipv6.icmp.ratelimit": "0",
    },
    ROGUE: {"net.ipv4.ip_forward": "1", "net.ipv4.icmp_ratemask": "0", "net.ipv4.icmp_echo_ignore_all": "1"},
}
FAR_FILTER = """
table ip lossy {
  chain input {
    type filter hook input priority 0
    ip daddr 10.64.1.66 drop
    ip daddr 10.64.3.0/24 reject with icmp type admin-prohibited
    ip daddr 10.64.2.0/24 numgen random mod 100 < 30 drop
  }
}
"""
NEAR_FILTER = """
table ip guard {
  chain output {
    type filter hook output priority 0
    ip daddr 10.64.1.99 drop
  }
}
"""


def run(*command: str, stdin: str | None = None) -> str:
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True, timeout=60).stdout


def is_settled(namespace: str) -> bool:
    """Whether its links carry packets and its addresses may be used.

    The kernel takes up to a second to believe in a link whose other end came up, and drops what is sent to a group
    until then: the first question for an IPv6 neighbour is lost. Looking for duplicate addresses takes another.
    """
    links = json.loads(run("ip", "-n", namespace, "-6", "-j", "addr"))
    addresses = [address for link in links for address in link["addr_info"]]
    return all(link["operstate"] != "DOWN" for link in links) and not any("tentative" in each for each in addresses)


@dataclass(frozen=True)
class Asker:
    """Who asks: root with raw sockets, or nobody with datagram ones."""

    nobody: bool
    access: str

    def asks(self, *addresses: str, timeout_seconds: float = 5.0, rounds: int = 1) -> Any:
        wanted = {"addresses": addresses, "timeout_seconds": timeout_seconds, "rounds": rounds, "nobody": self.nobody}
        program = str(HERE / "icmp_looks.py")
        return json.loads(run("ip", "netns", "exec", NEAR, sys.executable, program, json.dumps(wanted)))

    def reasons(self, *addresses: str, **rest: Any) -> list[str | None]:
        looks = self.asks(*addresses, **rest)["looks"]
        return [look["reason"] for address in addresses for look in looks[address]]


@pytest.fixture(scope="module")
def network() -> Iterator[None]:
    try:
        run("ip", "netns", "add", NEAR)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"this machine gives no network namespaces: {error.stderr.strip()}")
    try:
        for line in filter(None, SETUP.split("\n")):
            run(*line.split())
        for namespace, values in SYSCTLS.items():
            run(
                "ip", "netns", "exec", namespace, "sysctl", "-q", *(f"{name}={value}" for name, value in values.items())
            )
        run("ip", "netns", "exec", FAR, "nft", "-f", "-", stdin=FAR_FILTER)
        run("ip", "netns", "exec", NEAR, "nft", "-f", "-", stdin=NEAR_FILTER)
        until(lambda: all(map(is_settled, (NEAR, FAR, ROGUE))), "every link is up")
        yield
    finally:
        for namespace in (NEAR, FAR, ROGUE):
            subprocess.run(["ip", "netns", "del", namespace], check=False, capture_output=True)


@pytest.fixture
def rogue(network: None) -> Iterator[None]:
    command = ["ip", "netns", "exec", ROGUE, sys.executable, str(HERE / "icmp_rogue.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
        process.kill()


@pytest.fixture(params=["raw", "datagram"])
def asker(network: None, request: pytest.FixtureRequest) -> Iterator[Asker]:
    setting = "net.ipv4.ping_group_range"
    allowed = "0 2147483647" if request.param == "datagram" else "1 0"
    run("ip", "netns", "exec", NEAR, "sysctl", "-q", f"{setting}={allowed}")
    yield Asker(nobody=request.param == "datagram", access=request.param)
    run("ip", "netns", "exec", NEAR, "sysctl", "-q", f"{setting}=1 0")


def test_the_far_and_the_own_kernel_answer_over_both_versions_of_ip(asker: Asker) -> None:
    told = asker.asks("10.64.0.1", "127.0.0.1", "::1", "fd00:99::2", "fd00:0099:0::2", "fe80::2%f0")
    assert (told["ipv4"], told["ipv6"], told["fix"]) == (asker.access, asker.access, None)
    assert [look["reason"] for looks in told["looks"].values() for look in looks] == [None] * 6
    assert told["strays"] == 0


def test_a_dropped_address_is_a_time_out_at_its_deadline(asker: Asker) -> None:
    (look,) = asker.asks("10.64.1.66", timeout_seconds=0.3)["looks"]["10.64.1.66"]
    assert look == {"took": 300_000, "reason": "timeout", "evidence": "10.64.1.66: no echo reply within 300 ms"}


def test_loss_is_seen_as_it_is(asker: Asker) -> None:
    addresses = [f"10.64.2.{n}" for n in range(1, 201)]
    answered = asker.reasons(*addresses, timeout_seconds=0.5).count(None)
    assert 100 < answered < 180


@pytest.mark.parametrize(
    ("address", "evidence"),
    [
        ("10.65.0.9", "10.99.0.2 reports: host unreachable"),
        ("10.66.0.9", "10.99.0.2 reports: administratively prohibited"),
        ("fd00:66::9", "fd00:99::2 reports: administratively prohibited"),
        ("203.0.113.9", "203.0.113.9: this machine has no way there (Network is unreachable)"),
    ],
)
def test_what_a_router_reports_is_the_reason(address: str, evidence: str, asker: Asker) -> None:
    (look,) = asker.asks(address, timeout_seconds=0.3)["looks"][address]
    assert look == {"took": 300_000, "reason": "unreachable", "evidence": evidence}


def test_a_routing_loop_is_suspected(asker: Asker) -> None:
    (look,) = asker.asks("10.67.0.9", timeout_seconds=0.5)["looks"]["10.67.0.9"]
    assert look["reason"] == "unreachable"
    assert look["evidence"].endswith("reports: time to live exceeded, perhaps a routing loop")


def test_our_own_firewall_is_named(asker: Asker) -> None:
    (look,) = asker.asks("10.64.1.99", timeout_seconds=0.3)["looks"]["10.64.1.99"]
    assert look["reason"] == "forbidden"


def test_errors_about_some_do_not_harm_others(asker: Asker) -> None:
    addresses = [f"10.64.{n % 2 + 3}.{n}" for n in range(200)]
    reasons = asker.reasons(*addresses, timeout_seconds=1.0, rounds=3)
    assert reasons == [None if n % 2 else "unreachable" for n in range(200) for _ in range(3)]


def test_no_reply_is_lost_of_thousands_asked_at_once(asker: Asker) -> None:
    addresses = [f"10.64.{n // 200 + 10}.{n % 200 + 1}" for n in range(5_000)]
    assert asker.reasons(*addresses, timeout_seconds=10.0) == [None] * 5_000


def test_doubled_late_damaged_and_foreign_replies_are_told_apart(asker: Asker, rogue: None) -> None:
    told = asker.asks(*(f"10.88.0.{n}" for n in range(1, 8)), timeout_seconds=0.4, rounds=3)
    reasons = {address: {look["reason"] for look in looks} for address, looks in told["looks"].items()}
    assert reasons == {
        "10.88.0.1": {None},
        "10.88.0.2": {None},
        "10.88.0.3": {"timeout"},
        "10.88.0.4": {"malformed"},
        "10.88.0.5": {"timeout"},
        "10.88.0.6": {"timeout"},
        "10.88.0.7": {"timeout"},
    }
    assert told["answers"] == 6


def test_where_neither_socket_is_allowed_the_fix_is_named(network: None) -> None:
    told = Asker(nobody=True, access="refused").asks()
    assert (told["ipv4"], told["ipv6"]) == ("refused", "refused")
    assert 'sysctl -w net.ipv4.ping_group_range="0 2147483647"' in told["fix"]
    assert "CAP_NET_RAW" in told["fix"]

    with pytest.raises(subprocess.CalledProcessError) as caught:
        Asker(nobody=True, access="refused").asks("127.0.0.1")
    assert "EchoRefusedError: this process may not send ICMP echoes over IPv4" in caught.value.stderr
