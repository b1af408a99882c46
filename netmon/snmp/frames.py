"""Messages of version 3, put together and taken apart (RFC 3412, RFC 3414): what stands round the PDU."""

from __future__ import annotations

from typing import NamedTuple

from netmon.snmp import ber
from netmon.snmp.ber import Malformed
from netmon.snmp.security import MessageVersion, Stray, message_version

AUTH, PRIV, REPORTABLE = 1, 2, 4
SALT_BYTES = 8

_USM = 3
_NUMBER_BYTES = 4
_VERSION = ber.encode_integer(MessageVersion.V3)
_LARGEST_MESSAGE = ber.encode_integer(65_507)
_MODEL = ber.encode_integer(_USM)
_LONG_MESSAGE, _LONG_SECRET, _LONG_SCOPED = b"\x30\x82", b"\x04\x82", b"\x30\x82"
_LONG_HEAD = 4
_SALT_HEAD = bytes((ber.OCTET_STRING, SALT_BYTES))


class Message(NamedTuple):
    """A message, taken apart: *signature* is where its signature begins and ends, *data_at* where its data begin."""

    number: int
    flags: int
    engine: bytes
    boots: int
    time: int
    user: bytes
    signature: tuple[int, int]
    salt: bytes
    data_at: int


def header(number: int, flags: int) -> bytes:
    """The global part of the message *number*, with the version before it."""
    fields = ber.encode_integer(number) + _LARGEST_MESSAGE + bytes((ber.OCTET_STRING, 1, flags)) + _MODEL
    return _VERSION + ber.encode(ber.SEQUENCE, fields)


def parameters(engine: bytes, boots: int, time: int, user: bytes, sizes: tuple[int, int]) -> bytes:
    """The security parameters up to the signature; *sizes* are those of the signature and of the salt behind it."""
    signature_bytes, salt_bytes = sizes
    fields = (
        ber.encode(ber.OCTET_STRING, engine)
        + ber.encode_integer(boots)
        + ber.encode_integer(time)
        + ber.encode(ber.OCTET_STRING, user)
        + ber.head(ber.OCTET_STRING, signature_bytes)
    )
    size = len(fields) + signature_bytes + 2 + salt_bytes
    inner = ber.head(ber.SEQUENCE, size)
    return ber.head(ber.OCTET_STRING, len(inner) + size) + inner + fields


def scope(engine: bytes, context: bytes) -> bytes:
    """What stands before the PDU inside a scoped PDU."""
    return ber.encode(ber.OCTET_STRING, engine) + ber.encode(ber.OCTET_STRING, context)


def pdu_of(scoped: bytes, expected: bytes) -> bytes:
    """The PDU in *scoped*, whatever its scope; *expected* is the `scope` that it nearly always has."""
    if (
        scoped[:2] == _LONG_SCOPED
        and int.from_bytes(scoped[2:4], "big") == len(scoped) - _LONG_HEAD
        and scoped.startswith(expected, _LONG_HEAD)
    ):
        return scoped[_LONG_HEAD + len(expected) :]
    begin, end = ber.element(scoped, 0, ber.SEQUENCE)
    _, at = ber.octets(scoped, begin)
    _, at = ber.octets(scoped, at)
    return scoped[at:end]


def take_apart(data: bytes) -> Message:
    """The message that *data* is, whole but for its data.

    Raises:
        Malformed: it is none.
        Stray: it is one of another version.
    """
    version, at, _ = message_version(data)
    if version != MessageVersion.V3:
        raise Stray("a message of another version")
    begin, header_end = ber.element(data, at, ber.SEQUENCE)
    number, at = ber.integer(data, begin)
    _, at = ber.integer(data, at)
    flags, at = ber.octets(data, at)
    model, _ = ber.integer(data, at)
    if len(flags) != 1 or model != _USM:
        raise Malformed("a message of another security model")
    at, data_at = ber.element(data, header_end, ber.OCTET_STRING)
    at, _ = ber.element(data, at, ber.SEQUENCE)
    engine, at = ber.octets(data, at)
    boots, at = ber.integer(data, at)
    time, at = ber.integer(data, at)
    if not (0 <= boots < 2**31 and 0 <= time < 2**31):
        raise Malformed("an engine time that cannot be")
    user, at = ber.octets(data, at)
    signature = ber.element(data, at, ber.OCTET_STRING)
    salt, _ = ber.octets(data, signature[1])
    return Message(number, flags[0], engine, boots, time, user, signature, salt, data_at)


class Mould:
    """What stays the same from one encrypted answer of an agent to its next, so that the next is told by comparing.

    All but the number of the message, the engine's time, signature, salt and the length of the data must be octet by
    octet what they were in *message*, which was taken apart strictly and whose signature was right.
    """

    __slots__ = ("_after_number", "_after_time", "_before_number", "_model", "_number_at", "_signature", "_time")

    def __init__(self, data: bytes, message: Message) -> None:
        """*data* is what *message* was taken from; see `fits`."""
        header_at = _LONG_HEAD + len(_VERSION)
        self._number_at = ber.any_element(data, header_at)[1] + 2
        user_at = message.signature[0] - len(ber.head(ber.OCTET_STRING, message.signature[1] - message.signature[0]))
        user_at -= len(ber.encode(ber.OCTET_STRING, message.user))
        self._time = user_at - len(ber.encode_integer(message.time)) + 2, user_at
        self._signature = message.signature
        self._before_number = data[_LONG_HEAD : self._number_at]
        self._after_number = data[self._number_at + _NUMBER_BYTES : self._time[0]]
        self._after_time = data[user_at : message.signature[0]]
        self._model = message

    def read(self, data: bytes, number: int) -> Message | None:
        """The message that *data* is, if it answers *number* and fits; else nothing is said about it."""
        number_at, (time_at, time_end), (_, signed_end) = self._number_at, self._time, self._signature
        data_at = signed_end + len(_SALT_HEAD) + SALT_BYTES
        if not (
            data[:2] == _LONG_MESSAGE
            and int.from_bytes(data[2:4], "big") == len(data) - _LONG_HEAD
            and data.startswith(self._before_number, _LONG_HEAD)
            and int.from_bytes(data[number_at : number_at + _NUMBER_BYTES], "big") == number
            and data.startswith(self._after_number, number_at + _NUMBER_BYTES)
            and data.startswith(self._after_time, time_end)
            and data.startswith(_SALT_HEAD, signed_end)
            and data.startswith(_LONG_SECRET, data_at)
            and int.from_bytes(data[data_at + 2 : data_at + _LONG_HEAD], "big") == len(data) - data_at - _LONG_HEAD
        ):
            return None
        time = int.from_bytes(data[time_at:time_end], "big", signed=True)
        if time < 0:
            return None
        _, flags, engine, boots, _, user, _, _, _ = self._model
        salt = data[data_at - SALT_BYTES : data_at]
        return Message(number, flags, engine, boots, time, user, self._signature, salt, data_at)


def mould_of(data: bytes, message: Message) -> Mould | None:
    """The mould of the encrypted *message*, taken from *data*, unless it has an unusual form."""
    mould = Mould(data, message) if data[:2] == _LONG_MESSAGE else None
    return mould if mould is not None and mould.read(data, message.number) == message else None
