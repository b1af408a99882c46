"""Where a look may go: a server must not send it to places that nobody meant to ask (RFC 9110, section 15.4)."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from enum import StrEnum

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]


class _OwnPlace(StrEnum):
    """Addresses that mean something else on every machine or wire; clouds keep their metadata at link-local ones."""

    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    UNSPECIFIED = "unspecified"
    MULTICAST = "multicast"


def parse_literal(text: str) -> Address | None:
    """The address that *text* is, if it is one; an IPv4 address in IPv6 clothes is an IPv4 address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def find_refusal(address: Address, networks: Networks, *, asked_first: Address | None) -> str | None:
    """Why *address* must not be contacted; ``None`` where it may.

    Whatever the networks, a redirect leads to a loopback, link-local, unspecified or multicast address only
    where the look began at one of the same kind.

    Args:
        address: where the connection would go.
        networks: what may be contacted at all; empty where nothing is forbidden.
        asked_first: where the first connection of the look went; ``None`` for that one itself.
    """
    if networks and not any(address in network for network in networks):
        return "it lies outside the allowed networks"
    place = _own_place(address)
    if asked_first is None or place is None or place is _own_place(asked_first):
        return None
    return f"a redirect must not lead to {place} addresses"


def _own_place(address: Address) -> _OwnPlace | None:
    if address.is_loopback:
        return _OwnPlace.LOOPBACK
    if address.is_link_local:
        return _OwnPlace.LINK_LOCAL
    if address.is_unspecified:
        return _OwnPlace.UNSPECIFIED
    return _OwnPlace.MULTICAST if address.is_multicast else None
