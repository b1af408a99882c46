"""Where a look may go: a server must not send it to places that nobody meant to ask (RFC 9110, section 15.4)."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]


def parse_literal(text: str) -> Address | None:
    """The address that *text* is, if it is one; an IPv4 address in IPv6 clothes is an IPv4 address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def find_refusal(address: Address, networks: Networks, *, asked_first: Address | None) -> str | None:
    """Why *address* must not be contacted; ``None`` where it may.

    Args:
        address: where the connection would go.
        networks: what may be contacted at all; empty where nothing is forbidden.
        asked_first: where the first connection of the look went; ``None`` for that one itself.
    """
    if networks:
        return None if any(address in network for network in networks) else "it lies outside the allowed networks"
    if asked_first is None or not _is_private_to_a_host(address) or _is_private_to_a_host(asked_first):
        return None
    return "a redirect must not lead to a machine's own addresses"


def _is_private_to_a_host(address: Address) -> bool:
    """Loopback and link-local (where clouds keep their metadata) mean something else on every machine."""
    return address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast
