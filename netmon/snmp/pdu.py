"""Protocol data units: what is asked and what is answered, whatever version carries it (RFC 3416, RFC 1157)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple
from weakref import WeakValueDictionary

from netmon.snmp import ber
from netmon.snmp.along import Names
from netmon.snmp.ber import Malformed, Value

_REQUEST_ID_BYTES = 4
_LONG_RESPONSE = b"\xa2\x82"
_LONG_NUMBER = b"\x02\x04"
_GOOD = b"\x02\x01\x00\x02\x01\x00\x30\x82"


class Kind(IntEnum):
    """The tags of the PDUs that a client meets."""

    GET = 0xA0
    GET_NEXT = 0xA1
    RESPONSE = 0xA2
    GET_BULK = 0xA5
    REPORT = 0xA8


class ErrorStatus(IntEnum):
    """Why an agent gave no values (RFC 3416 section 3); the statuses that only a SET can cause are left out."""

    NO_ERROR = 0
    TOO_BIG = 1
    NO_SUCH_NAME = 2
    BAD_VALUE = 3
    READ_ONLY = 4
    GENERAL_ERROR = 5
    NO_ACCESS = 6
    RESOURCE_UNAVAILABLE = 13
    AUTHORIZATION_ERROR = 16


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, but for the number that the answer must repeat.

    Attributes:
        first: error-status, or the number of non-repeaters of a GETBULK.
        second: error-index, or the max-repetitions of a GETBULK.
        names: the varbind list, encoded.
    """

    kind: Kind
    first: bytes
    second: bytes
    names: bytes

    def encode(self, request_id: int) -> bytes:
        """The whole PDU; *request_id* comes from `fresh_request_id`."""
        number = bytes((ber.INTEGER, _REQUEST_ID_BYTES)) + request_id.to_bytes(_REQUEST_ID_BYTES, "big")
        return ber.encode(self.kind, number + self.first + self.second + self.names)


_ZERO = ber.encode_integer(0)


def _names(oids: Sequence[bytes]) -> bytes:
    null = bytes((ber.NULL, 0))
    return ber.encode(ber.SEQUENCE, b"".join([ber.encode(ber.SEQUENCE, oid + null) for oid in oids]))


def next_request(oid: bytes) -> Request:
    """Ask for what follows the encoded *oid*."""
    return Request(Kind.GET_NEXT, _ZERO, _ZERO, _names((oid,)))


def bulk_request(oids: Sequence[bytes], repetitions: int) -> Request:
    """Ask for the *repetitions* instances that follow each of the encoded *oids*."""
    return Request(Kind.GET_BULK, _ZERO, ber.encode_integer(repetitions), _names(oids))


def fresh_request_id() -> int:
    """A number that cannot be guessed from those before it and is always encoded in four octets."""
    return 0x40000000 | secrets.randbits(30)


class Response(NamedTuple):
    """What came back: *payload* holds the varbinds, not yet decoded."""

    kind: int
    request_id: int
    status: int
    error_index: int
    payload: bytes


def decode_response(data: bytes) -> Response:
    """The response or report that *data* is, whole.

    Raises:
        Malformed: it is none, or it does not end where it says.
    """
    size = len(data)
    if (
        data[10:18] == _GOOD
        and data[:2] == _LONG_RESPONSE
        and data[4:6] == _LONG_NUMBER
        and int.from_bytes(data[2:4], "big") == size - 4
        and int.from_bytes(data[18:20], "big") == size - 20
    ):  # the form that nearly every long answer has
        return Response(Kind.RESPONSE, int.from_bytes(data[6:10], "big", signed=True), 0, 0, data[20:])
    tag, at, end = ber.any_element(data, 0)
    if tag not in (Kind.RESPONSE, Kind.REPORT):
        raise Malformed(f"a PDU with tag {tag:#04x} answers nothing")
    if end != len(data):
        raise Malformed(f"{len(data) - end} octets follow the PDU")
    request_id, at = ber.integer(data, at)
    status, at = ber.integer(data, at)
    index, at = ber.integer(data, at)
    begin, stop = ber.element(data, at, ber.SEQUENCE)
    if stop != end:
        raise Malformed(f"{end - stop} octets follow the varbinds")
    return Response(tag, request_id, status, index, data[begin:stop])


class Get:
    """A GET of instances that are known to exist, made once and asked many times.

    An agent names in its answer what was asked, in the same order; so the answer is read along the
    names. Where the order or the form of lengths differs, it is read in general.

    Args:
        oids: what is asked for, in dotted text or encoded.
    """

    __slots__ = ("__weakref__", "_names", "request")

    def __init__(self, oids: Sequence[str | bytes]) -> None:
        self._names = Names([ber.encode_oid(oid) if isinstance(oid, str) else oid for oid in oids])
        self.request = Request(Kind.GET, _ZERO, _ZERO, _names(self._names.encoded))

    def __len__(self) -> int:
        return len(self._names)

    def without(self, position: int) -> Get:
        """The same question but for the name at *position*."""
        names = self._names.encoded
        return Get(names[:position] + names[position + 1 :])

    def halves(self) -> tuple[Get, Get]:
        """The same question in two, for an agent to whom the whole is too big."""
        names = self._names.encoded
        middle = len(names) // 2
        return Get(names[:middle]), Get(names[middle:])

    def decode(self, payload: bytes) -> list[Value | None]:
        """The values in the order of the names; ``None`` where the agent has none.

        Raises:
            Malformed: *payload* is not a list of varbinds.
        """
        values, end = self._names.read(payload)
        if end == len(payload) and len(values) == len(self._names):
            return values
        found = {name: ber.decode_value(tag, value) for name, tag, value in ber.varbinds(payload)}
        contents = (name[ber.any_element(name, 0)[1] :] for name in self._names.encoded)
        return [found.get(content) for content in contents]


_ASKED: WeakValueDictionary[bytes, Get] = WeakValueDictionary()


def share(question: Get) -> Get:
    """*question*, or one alike that is asked already: devices of one model are asked for the same names.

    A question is about 90 bytes a name, which a thousand devices need not pay a thousand times.
    """
    return _ASKED.setdefault(question.request.names, question)
