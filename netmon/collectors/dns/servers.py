"""Which name servers this machine asks itself (resolv.conf(5))."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

from netmon.collectors.permission import Address, parse_literal

RESOLV_CONF = Path("/etc/resolv.conf")

_MOST_SERVERS = 3
_OWN: Address = IPv4Address("127.0.0.1")


def system_servers(path: Path = RESOLV_CONF) -> list[Address]:
    """The servers in the file at *path*; where it names none, the one on this machine, as the system has it.

    Raises:
        OSError: the file is there and cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    words = (line.split() for line in text.splitlines())
    named = (parse_literal(word[1]) for word in words if len(word) > 1 and word[0] == "nameserver")
    return list(dict.fromkeys(address for address in named if address is not None))[:_MOST_SERVERS] or [_OWN]
