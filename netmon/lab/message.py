"""SNMP v1 and v2c messages as an agent sees them: a request in, a response out (RFC 1157, RFC 3416)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from netmon.lab.ber import MalformedError, Tag, decode, decode_integer, encode, encode_integer, expect

MAX_NAMES = 2_000

_Kind = TypeVar("_Kind", bound=IntEnum)


class Version(IntEnum):
    """The version field of a message."""

    V1 = 0
    V2C = 1
    V3 = 3


class Pdu(IntEnum):
    """What a message asks for."""

    GET = 0xA0
    GET_NEXT = 0xA1
    RESPONSE = 0xA2
    SET = 0xA3
    GET_BULK = 0xA5


class ErrorStatus(IntEnum):
    """Why a request was not answered as asked."""

    NO_ERROR = 0
    TOO_BIG = 1
    NO_SUCH_NAME = 2
    NOT_WRITABLE = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, taken apart.

    Attributes:
        number: the request id, which the response repeats.
        non_repeaters: of a GETBULK.
        max_repetitions: of a GETBULK.
        names: payloads of the object identifiers that it names.
        bindings: its variable bindings as they came, for a response that reports an error.
    """

    version: Version
    community: bytes
    pdu: Pdu
    number: int
    non_repeaters: int
    max_repetitions: int
    names: tuple[bytes, ...]
    bindings: bytes


def version_of(datagram: bytes) -> int:
    """The version number of the message in *datagram*; raises MalformedError."""
    start, end = expect(datagram, 0, len(datagram), Tag.SEQUENCE)
    start, stop = expect(datagram, start, end, Tag.INTEGER)
    return decode_integer(datagram[start:stop])


def parse_request(datagram: bytes) -> Request:
    """The v1 or v2c request in *datagram*; raises MalformedError where it is none."""
    start, end = expect(datagram, 0, len(datagram), Tag.SEQUENCE)
    number, at = _integer(datagram, start, end)
    version = _member(Version, number)
    start, stop = expect(datagram, at, end, Tag.OCTET_STRING)
    community = datagram[start:stop]
    tag, at, end = decode(datagram, stop, end)
    pdu = _member(Pdu, tag)
    request_id, at = _integer(datagram, at, end)
    non_repeaters, at = _integer(datagram, at, end)
    max_repetitions, at = _integer(datagram, at, end)
    start, stop = expect(datagram, at, end, Tag.SEQUENCE)
    return Request(
        version=version,
        community=community,
        pdu=pdu,
        number=request_id,
        non_repeaters=max(0, non_repeaters),
        max_repetitions=max(0, max_repetitions),
        names=_names(datagram, start, stop),
        bindings=datagram[start:stop],
    )


def render_response(
    request: Request, bindings: bytes, *, status: ErrorStatus = ErrorStatus.NO_ERROR, index: int = 0, shift: int = 0
) -> bytes:
    """The response to *request*; *shift* makes its request id a wrong one."""
    body = (
        encode_integer((request.number + shift + 2**31) % 2**32 - 2**31)
        + encode_integer(status)
        + encode_integer(index)
        + encode(Tag.SEQUENCE, bindings)
    )
    head = encode_integer(request.version) + encode(Tag.OCTET_STRING, request.community)
    return encode(Tag.SEQUENCE, head + encode(Pdu.RESPONSE, body))


def _integer(datagram: bytes, at: int, end: int) -> tuple[int, int]:
    start, stop = expect(datagram, at, end, Tag.INTEGER)
    return decode_integer(datagram[start:stop]), stop


def _member(kinds: type[_Kind], number: int) -> _Kind:
    try:
        return kinds(number)
    except ValueError:
        raise MalformedError(f"{number} is no {kinds.__name__}") from None


def _names(datagram: bytes, at: int, end: int) -> tuple[bytes, ...]:
    names: list[bytes] = []
    while at < end:
        start, after = expect(datagram, at, end, Tag.SEQUENCE)
        start, stop = expect(datagram, start, after, Tag.OID)
        decode(datagram, stop, after)
        names.append(datagram[start:stop])
        at = after
        if len(names) > MAX_NAMES:
            raise MalformedError(f"more than {MAX_NAMES} names")
    return tuple(names)
