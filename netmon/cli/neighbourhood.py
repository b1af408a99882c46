"""What this machine knows of its surroundings: the way out, and who answers for names. Nothing is asked."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

_ROUTES4, _ROUTES6 = Path("/proc/net/route"), Path("/proc/net/ipv6_route")
_RESOLVERS = Path("/etc/resolv.conf")
_GATEWAY_FLAG = 0x2
"""RTF_GATEWAY of linux/route.h: the route leads through a gateway."""

Address = IPv4Address | IPv6Address


def default_gateways() -> list[Address]:
    """The gateways of this machine's default routes, the preferred one of each family first."""
    found = sorted(_gateways4()) + sorted(_gateways6())
    return list(dict.fromkeys(address for _, address in found))


def name_servers() -> list[Address]:
    """The resolvers that this machine asks, without itself and what only one of its own links reaches."""
    servers = []
    for line in _lines(_RESOLVERS):
        key, *rest = line.split()[:2] or [""]
        if key == "nameserver" and rest:
            try:
                servers.append(ipaddress.ip_address(rest[0]))
            except ValueError:
                continue
    return [server for server in dict.fromkeys(servers) if not server.is_loopback and not server.is_link_local]


def _gateways4() -> Iterator[tuple[int, Address]]:
    """Metric and gateway, see proc_net(5): destination and gateway are hexadecimal, lowest octet first."""
    for line in _lines(_ROUTES4)[1:]:
        _, destination, gateway, flags, _, _, metric, mask, *_ = line.split()
        if destination == mask == "00000000" and int(flags, 16) & _GATEWAY_FLAG:
            yield int(metric), IPv4Address(bytes.fromhex(gateway)[::-1])


def _gateways6() -> Iterator[tuple[int, Address]]:
    for line in _lines(_ROUTES6):
        destination, prefix, _, _, gateway, metric, _, _, flags, _ = line.split()
        address = IPv6Address(bytes.fromhex(gateway))
        is_default = not int(destination, 16) and not int(prefix, 16)
        if is_default and int(flags, 16) & _GATEWAY_FLAG and not address.is_link_local:
            yield int(metric, 16), address


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
