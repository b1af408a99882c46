"""BER as SNMP uses it (X.690, RFC 3417 section 8): definite lengths, low tag numbers, nothing believed unchecked."""

from __future__ import annotations

from collections.abc import Iterator

INTEGER = 0x02
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30
IP_ADDRESS = 0x40
COUNTER32 = 0x41
GAUGE32 = 0x42
TIME_TICKS = 0x43
OPAQUE = 0x44
COUNTER64 = 0x46
UNSIGNED32 = 0x47
NO_SUCH_OBJECT = 0x80
NO_SUCH_INSTANCE = 0x81
END_OF_MIB_VIEW = 0x82

ABSENT = frozenset({NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW})
"""Tags that stand for "there is no such value"; version 1 has NULL alone."""

UNSIGNED = frozenset({COUNTER32, GAUGE32, TIME_TICKS, COUNTER64, UNSIGNED32})

MAX_SUB_IDENTIFIERS = 128
MAX_SUB_IDENTIFIER = 2**32 - 1
MAX_INTEGER_BYTES = 9
"""Eight bytes and the zero that keeps the largest Counter64 from looking negative."""

Value = int | bytes | str
"""Integers of any kind, octet strings, object identifiers in dotted text; an address is its octets."""


class Malformed(Exception):  # noqa: N818  it names what a datagram is
    """These octets are not what the standard says; the text tells where it went wrong, never what it held."""


def encode(tag: int, content: bytes) -> bytes:
    """One element: *tag*, the shortest length, *content*."""
    return head(tag, len(content)) + content


def head(tag: int, size: int) -> bytes:
    """What stands before *size* octets of content."""
    if size < 0x80:
        return bytes((tag, size))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length


def encode_integer(value: int) -> bytes:
    """*value* as an INTEGER in as few octets as it needs."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def encode_oid(dotted: str) -> bytes:
    """*dotted* (``1.3.6.1.2.1.1.3.0``) as an element.

    Raises:
        ValueError: it is not an object identifier.
    """
    numbers = [int(part) for part in dotted.split(".")]
    if len(numbers) < 2 or numbers[0] > 2 or numbers[1] > 39 or min(numbers) < 0:
        raise ValueError(f'"{dotted}" is not an object identifier')
    return encode(OBJECT_IDENTIFIER, encode_sub_identifiers(numbers[0] * 40 + numbers[1], *numbers[2:]))


def encode_sub_identifiers(*numbers: int) -> bytes:
    """*numbers* in base 128, the high bit set on all octets of a number but its last."""
    octets = bytearray()
    for number in numbers:
        shift = max(0, (number.bit_length() - 1) // 7 * 7)
        while shift:
            octets.append(0x80 | number >> shift & 0x7F)
            shift -= 7
        octets.append(number & 0x7F)
    return bytes(octets)


def decode_sub_identifiers(content: bytes) -> tuple[int, ...]:
    """The numbers of *content*, which may be the tail of an object identifier."""
    if content and content[-1] & 0x80:
        raise Malformed("an object identifier ends in the middle of a number")
    numbers: list[int] = []
    number = 0
    for octet in content:
        number = number << 7 | octet & 0x7F
        if number > MAX_SUB_IDENTIFIER:
            raise Malformed("an object identifier holds a number beyond 32 bits")
        if not octet & 0x80:
            numbers.append(number)
            number = 0
    if len(numbers) > MAX_SUB_IDENTIFIERS:
        raise Malformed(f"an object identifier has {len(numbers)} numbers")
    return tuple(numbers)


def decode_oid(content: bytes) -> str:
    """The dotted text of an object identifier's *content*."""
    numbers = decode_sub_identifiers(content)
    if not numbers:
        raise Malformed("an object identifier is empty")
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - first * 40, *numbers[1:])))


def element(data: bytes, at: int, tag: int) -> tuple[int, int]:
    """Where the content of the element at *at* begins and ends, which must carry *tag*."""
    if at + 2 > len(data):
        raise Malformed(f"it ends after {len(data)} octets, where an element should begin")
    if data[at] != tag:
        raise Malformed(f"octet {at} has tag {data[at]:#04x} in place of {tag:#04x}")
    return any_element(data, at)[1:]


def any_element(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, beginning and end of the content of the element at *at*."""
    if at + 2 > len(data):
        raise Malformed(f"it ends after {len(data)} octets, where an element should begin")
    size = data[at + 1]
    begin = at + 2
    if size & 0x80:
        octets = size & 0x7F
        if not 1 <= octets <= 4 or begin + octets > len(data):
            raise Malformed(f"octet {at + 1} begins no definite length")
        size = int.from_bytes(data[begin : begin + octets], "big")
        begin += octets
    if begin + size > len(data):
        raise Malformed(f"the element at octet {at} claims {size} octets, and {len(data) - begin} are left")
    return data[at], begin, begin + size


def integer(data: bytes, at: int) -> tuple[int, int]:
    """The INTEGER at *at* and where the next element begins."""
    begin, end = element(data, at, INTEGER)
    if not 1 <= end - begin <= MAX_INTEGER_BYTES:
        raise Malformed(f"the integer at octet {at} has {end - begin} octets")
    return int.from_bytes(data[begin:end], "big", signed=True), end


def octets(data: bytes, at: int) -> tuple[bytes, int]:
    """The OCTET STRING at *at* and where the next element begins."""
    begin, end = element(data, at, OCTET_STRING)
    return data[begin:end], end


def decode_value(tag: int, content: bytes) -> Value | None:
    """What a varbind holds; ``None`` where the agent says that there is nothing."""
    if tag in UNSIGNED or tag == INTEGER:
        if not 1 <= len(content) <= MAX_INTEGER_BYTES:
            raise Malformed(f"a number has {len(content)} octets")
        number = int.from_bytes(content, "big", signed=tag == INTEGER)
        if number >= 2**64:
            raise Malformed("a number needs more than 64 bits")
        return number
    if tag in (OCTET_STRING, IP_ADDRESS, OPAQUE):
        return content
    if tag == OBJECT_IDENTIFIER:
        return decode_oid(content)
    if tag in ABSENT:
        return None
    raise Malformed(f"a value has the unknown tag {tag:#04x}")


def varbinds(payload: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """The varbinds of *payload*: content of the name, tag of the value, content of the value."""
    at = 0
    while at < len(payload):
        begin, end = element(payload, at, SEQUENCE)
        name_begin, name_end = element(payload, begin, OBJECT_IDENTIFIER)
        tag, value_begin, value_end = any_element(payload, name_end)
        if value_end != end:
            raise Malformed(f"the varbind at octet {at} does not end with its value")
        yield payload[name_begin:name_end], tag, payload[value_begin:value_end]
        at = end
