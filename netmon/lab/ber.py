"""BER as SNMP uses it (RFC 3416, section 3; RFC 3417, section 8): definite lengths only, strict and bounded.

Written apart from the client's, so that neither can hide the mistakes of the other.
"""

from __future__ import annotations

from enum import IntEnum

MAX_ARC = 2**32 - 1
MAX_ARCS = 128


class Tag(IntEnum):
    """The types that SNMP sends."""

    INTEGER = 0x02
    OCTET_STRING = 0x04
    NULL = 0x05
    OID = 0x06
    SEQUENCE = 0x30
    IP_ADDRESS = 0x40
    COUNTER32 = 0x41
    GAUGE32 = 0x42
    TIME_TICKS = 0x43
    COUNTER64 = 0x46
    NO_SUCH_OBJECT = 0x80
    NO_SUCH_INSTANCE = 0x81
    END_OF_MIB_VIEW = 0x82


class MalformedError(ValueError):
    """The bytes are not what they claim to be."""


def encode(tag: int, payload: bytes) -> bytes:
    """*payload* behind its tag and length."""
    size = len(payload)
    if size < 0x80:
        return bytes((tag, size)) + payload
    extent = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(extent))) + extent + payload


def encode_integer(value: int, tag: int = Tag.INTEGER) -> bytes:
    """*value* in the fewest bytes of two's complement."""
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return encode(tag, value.to_bytes(size, "big", signed=True))


def encode_text(value: str) -> bytes:
    """*value* as an octet string in UTF-8."""
    return encode(Tag.OCTET_STRING, value.encode())


def encode_oid(arcs: tuple[int, ...]) -> bytes:
    """*arcs* as an object identifier with its tag and length."""
    return encode(Tag.OID, oid_payload(arcs))


def oid_payload(arcs: tuple[int, ...]) -> bytes:
    """What stands in an object identifier of *arcs*: the first two in one number, each number in base 128."""
    first, second, *rest = arcs
    payload = bytearray()
    for number in (first * 40 + second, *rest):
        septets = [number & 0x7F]
        while number := number >> 7:
            septets.append(0x80 | number & 0x7F)
        payload += bytes(reversed(septets))
    return bytes(payload)


def decode(message: bytes, at: int, end: int) -> tuple[int, int, int]:
    """The tag of the element that begins at *at*, and where its payload starts and stops.

    Raises:
        MalformedError: it is cut short, reaches beyond *end*, or its length is indefinite or absurd.
    """
    if at + 2 > end:
        raise MalformedError("cut short")
    tag, size = message[at], message[at + 1]
    start = at + 2
    if size & 0x80:
        extent = size & 0x7F
        if not 1 <= extent <= 4 or start + extent > end:
            raise MalformedError("the length is indefinite, too long or cut short")
        size = int.from_bytes(message[start : start + extent], "big")
        start += extent
    if start + size > end:
        raise MalformedError("longer than what holds it")
    return tag, start, start + size


def expect(message: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where the payload of the element at *at* starts and stops, which must be of *tag*; raises MalformedError."""
    found, start, stop = decode(message, at, end)
    if found != tag:
        raise MalformedError(f"type {found:#04x} where {tag:#04x} belongs")
    return start, stop


def decode_integer(payload: bytes) -> int:
    """The number in *payload*, at most 64 bits and a sign; raises MalformedError."""
    if not 1 <= len(payload) <= 9:
        raise MalformedError(f"an integer of {len(payload)} bytes")
    return int.from_bytes(payload, "big", signed=True)


def decode_oid(payload: bytes) -> tuple[int, ...]:
    """The arcs in *payload*; raises MalformedError where there are too many, or one is too large or padded."""
    if not payload or payload[-1] & 0x80:
        raise MalformedError("an object identifier without an end")
    numbers: list[int] = []
    number, fresh = 0, True
    for byte in payload:
        if fresh and byte == 0x80:
            raise MalformedError("a padded arc")
        number = number << 7 | byte & 0x7F
        fresh = not byte & 0x80
        if fresh:
            numbers.append(number)
            number = 0
        elif number > MAX_ARC:
            raise MalformedError("an arc beyond 32 bits")
    first = min(numbers[0] // 40, 2)
    arcs = (first, numbers[0] - first * 40, *numbers[1:])
    if len(arcs) > MAX_ARCS or max(arcs) > MAX_ARC:
        raise MalformedError("too many arcs, or one beyond 32 bits")
    return arcs
