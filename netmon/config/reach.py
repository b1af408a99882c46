"""What may be contacted at all, and whom a secret may be told that stands in the files themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from netmon.config.settings import IpNetwork
from netmon.kernel.documents import Node
from netmon.kernel.problems import Problem, quote

LAB_NETWORK = ip_network("127.20.0.0/16")
"""The addresses that the lab plays."""

_LOOPBACK = ip_network("127.0.0.0/8")


@lru_cache(maxsize=64)  # one device is asked about several times in a row
def literal_address(address: str) -> IPv4Address | IPv6Address | None:
    """*address*, or ``None`` where it is a host name."""
    try:
        return ip_address(address)
    except ValueError:
        return None


def in_lab(address: str) -> bool:
    """Whether the lab plays *address*."""
    found = literal_address(address)
    return found is not None and found in LAB_NETWORK


def allowed(address: str, node: Node, networks: Sequence[IpNetwork]) -> Iterator[Problem]:
    """A problem at *node* where *address* lies outside *networks*; a host name is looked at when it is resolved."""
    found = literal_address(address)
    if found is not None and not any(found in network for network in networks):
        shown = ", ".join(str(network) for network in networks[:8])
        cause = f"{quote(address)} lies in none of the networks that may be contacted ({shown})"
        yield node.problem(cause, "mend it, or add a network to networks: in config.yaml")


def kept_on_loopback(node: Node, targets: Iterable[tuple[str, str]]) -> Iterator[Problem]:
    """A problem where the ``literal:`` at *node* would be told to any of *targets* (names, addresses) beyond 127/8."""
    for name, address in targets:
        found = literal_address(address)
        if found is None or found not in _LOOPBACK:
            cause = f"literal: is for 127.0.0.0/8 alone, and {quote(name)} at {quote(address)} is asked with it"
            yield node.problem(cause, "write env:NAME, file:PATH or credential:NAME")
            return
