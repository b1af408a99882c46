"""Echoes on the wire (RFC 792, RFC 4443): what we send, and what the bytes that come back say.

The payload is self-describing: eight bytes of token, two of length, then a fixed pattern. So a reply that was cut
or damaged on its way is told from a whole one without looking up what was sent.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from functools import lru_cache

from netmon.model.looks import Failure
from netmon.model.states import Reason

SMALLEST_PAYLOAD = 16
LARGEST_PAYLOAD = 1_400

_ECHO = struct.Struct("!BBHHHQH")
"""Type, code, checksum, identifier, sequence number; then the beginning of the payload: token and length."""
_unpack_echo = _ECHO.unpack_from
_PREFIXED_LENGTH = _ECHO.size
_HEADER_LENGTH = 8
_PREFIX_LENGTH = _ECHO.size - _HEADER_LENGTH
_QUOTE = struct.Struct("!BBHHH")
_PATTERN = bytes(range(256)) * 6
_IPV6_HEADER_LENGTH = 40


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """What differs between ICMP for IPv4 and for IPv6.

    Attributes:
        header: whether a raw socket hands out the IP header in front of the message.
        checksums: whether the kernel computes the checksum of what a raw socket sends.
        troubles: what the error messages mean, by type and code; ``None`` for any other code of the type.
    """

    name: str
    family: socket.AddressFamily
    protocol: int
    request: int
    reply: int
    header: bool
    checksums: bool
    troubles: dict[tuple[int, int | None], str]


IPV4 = Family(
    name="IPv4",
    family=socket.AF_INET,
    protocol=socket.IPPROTO_ICMP,
    request=8,
    reply=0,
    header=True,
    checksums=False,
    troubles={
        (3, 0): "network unreachable",
        (3, 1): "host unreachable",
        (3, 4): "too big for a network on the way",
        (3, 6): "network unknown",
        (3, 7): "host unknown",
        (3, 9): "network administratively prohibited",
        (3, 10): "host administratively prohibited",
        (3, 13): "administratively prohibited",
        (3, None): "destination unreachable",
        (11, None): "time to live exceeded, perhaps a routing loop",
        (12, None): "parameter problem",
    },
)
IPV6 = Family(
    name="IPv6",
    family=socket.AF_INET6,
    protocol=socket.IPPROTO_ICMPV6,
    request=128,
    reply=129,
    header=False,
    checksums=True,
    troubles={
        (1, 0): "no route to the destination",
        (1, 1): "administratively prohibited",
        (1, 3): "address unreachable",
        (1, 5): "source address refused by policy",
        (1, 6): "route rejected",
        (1, None): "destination unreachable",
        (2, None): "too big for a network on the way",
        (3, None): "hop limit exceeded, perhaps a routing loop",
        (4, None): "parameter problem",
    },
)


@dataclass(frozen=True, slots=True)
class Quote:
    """The part of our own echo that an error message quotes."""

    address: str
    identifier: int
    sequence: int


@lru_cache(maxsize=256)
def _pattern(size: int) -> bytes:
    """What stands after the prefix of a payload of *size* bytes."""
    return _PATTERN[: max(0, size - _PREFIX_LENGTH)]


@lru_cache(maxsize=256)
def _tail(family: Family, identifier: int, size: int) -> tuple[bytes, int]:
    """The pattern after the prefix, and the sum over all that does not change from echo to echo, modulo 65535."""
    pattern = _pattern(size)
    even = pattern + b"\0" * (len(pattern) % 2)
    constant = _ECHO.pack(family.request, 0, 0, identifier, 0, 0, size) + even
    return pattern, int.from_bytes(constant, "big") % 0xFFFF


def build_echo(family: Family, identifier: int, token: int, size: int) -> bytes:
    """An echo request with *size* bytes of payload.

    The checksum is the sum of all 16-bit words in ones' complement, which is arithmetic modulo 65535: so a token
    of four words may be added whole.
    """
    pattern, constant = _tail(family, identifier, size)
    sequence = token & 0xFFFF
    checksum = 0 if family.checksums else 0xFFFF - (constant + sequence + token) % 0xFFFF
    return _ECHO.pack(family.request, 0, checksum, identifier, sequence, token, size) + pattern


def parse_reply(message: bytes, start: int) -> tuple[int, int, int, bool] | None:
    """Kind, identifier, token and wholeness of the ICMP *message* at *start*; ``None`` if it is too short for one."""
    try:
        kind, _, _, identifier, sequence, token, size = _unpack_echo(message, start)
    except struct.error:
        return None
    whole = (
        sequence == token & 0xFFFF
        and len(message) == start + _HEADER_LENGTH + size
        and message.endswith(_pattern(size), start + _PREFIXED_LENGTH)
    )
    return kind, identifier, token, whole


def parse_quote(family: Family, message: bytes, start: int) -> Quote | None:
    """What the ICMP error *message* at *start* quotes; ``None`` unless it is an echo request."""
    inner = start + _HEADER_LENGTH
    if len(message) <= inner:
        return None
    if family is IPV4:
        begin = inner + ((message[inner] & 0x0F) << 2)
        destination, protocol = message[inner + 16 : inner + 20], message[inner + 9 : inner + 10]
    else:
        begin = inner + _IPV6_HEADER_LENGTH
        destination, protocol = message[inner + 24 : inner + 40], message[inner + 6 : inner + 7]
    if len(message) < begin + _QUOTE.size or protocol != bytes([family.protocol]):
        return None
    kind, _, _, identifier, sequence = _QUOTE.unpack_from(message, begin)
    if kind != family.request:
        return None
    return Quote(socket.inet_ntop(family.family, destination), identifier, sequence)


def parse_sequence(family: Family, message: bytes) -> int | None:
    """The sequence number of the echo request that begins with *message*, as an error queue hands it back."""
    if len(message) < _QUOTE.size:
        return None
    kind, _, _, _, sequence = _QUOTE.unpack_from(message)
    return int(sequence) if kind == family.request else None


def explain_trouble(family: Family, kind: int, code: int, reporter: str) -> Failure | None:
    """The failure that an ICMP error of *kind* and *code* from *reporter* means; ``None`` if it is no error."""
    meaning = family.troubles.get((kind, code)) or family.troubles.get((kind, None))
    if meaning is None:
        return None
    return Failure(Reason.UNREACHABLE, f"{reporter} reports: {meaning}")
