"""Messages of DNS (RFC 1035): the question as it goes out, and a reply, read no further than the answers in it.

Replies are read here and not by the library, which takes seconds over a reply of 16 KiB whose names are all long and
compressed, and nobody else gets a turn meanwhile. Only the contents of the wanted records are left to it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import dns.flags
import dns.message
import dns.name
import dns.rcode

from netmon.collectors.dns.records import Record

LARGEST_DATAGRAM = 1_232
"""What is offered to servers, so that no answer is cut into fragments on its way (DNS flag day 2020)."""

MOST_RECORDS = 128

_HEADER = struct.Struct("!6H")
_RECORD = struct.Struct("!HHIH")
_QUESTION_TAIL = 4
_IN = 1
_CNAME = Record.CNAME.type
_MOST_STEPS = 128
_LONGEST_NAME = 255
_OPCODE = 0x7800
_WITHOUT_QUESTION = (dns.rcode.FORMERR, dns.rcode.SERVFAIL, dns.rcode.NOTIMP, dns.rcode.REFUSED)

Labels = tuple[bytes, ...]
"""A name in lower case."""


class MalformedError(Exception):
    """What came is no DNS message; the text says why."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its message, where the question ends in it, and the type of record that is asked for."""

    wire: bytes
    end: int
    record: Record


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server replies to a question.

    Attributes:
        records: where the contents of the wanted records stand in *wire*, aliases followed.
    """

    wire: bytes
    rcode: dns.rcode.Rcode
    flags: int
    records: tuple[slice, ...] = ()

    @property
    def is_truncated(self) -> bool:
        """Whether there is more to be had by TCP."""
        return bool(self.flags & dns.flags.TC)

    @property
    def is_authenticated(self) -> bool:
        """Whether the server says that it validated the answer."""
        return bool(self.flags & dns.flags.AD)


def make_question(name: dns.name.Name, record: Record) -> Question:
    """A new question, with an id that nobody can guess; it asks for recursion, and whether the answer was validated."""
    flags = dns.flags.RD | dns.flags.AD
    message = dns.message.make_query(name, record.type, use_edns=0, payload=LARGEST_DATAGRAM, flags=flags)
    return Question(message.to_wire(), _HEADER.size + len(name.to_wire() or b"") + _QUESTION_TAIL, record)


def read_reply(question: Question, wire: bytes) -> Reply | None:
    """The reply to *question* that *wire* is; ``None`` where it replies to another one, or to none.

    Raises:
        MalformedError: it is no DNS message, holds too many answers, or its aliases lead in a circle.
    """
    if len(wire) < _HEADER.size:
        raise MalformedError(f"{len(wire)} bytes are too short")
    identity, flags, questions, answers, _, _ = _HEADER.unpack_from(wire)
    reply = Reply(wire, dns.rcode.Rcode.make(flags & 0xF), flags)
    if identity != _HEADER.unpack_from(question.wire)[0] or not flags & dns.flags.QR or flags & _OPCODE:
        return None
    if questions == 0 and reply.rcode in _WITHOUT_QUESTION:
        return reply
    asked = slice(_HEADER.size, question.end)
    if questions != 1 or wire[asked].lower() != question.wire[asked].lower():
        return None
    if reply.is_truncated or reply.rcode != dns.rcode.NOERROR:
        return reply
    if answers > MOST_RECORDS:
        raise MalformedError(f"{answers} records, at most {MOST_RECORDS} are read")
    try:
        return Reply(wire, reply.rcode, flags, _find_wanted(question, wire, answers))
    except (IndexError, struct.error):
        raise MalformedError(f"{len(wire)} bytes end too early") from None


def _find_wanted(question: Question, wire: bytes, count: int) -> tuple[slice, ...]:
    wanted: dict[Labels, list[slice]] = {}
    aliases: dict[Labels, Labels] = {}
    for owner, kind, content in _read_records(wire, question.end, count):
        if kind == question.record.type:
            wanted.setdefault(owner, []).append(content)
        elif kind == _CNAME:
            aliases[owner] = _read_name(wire, content.start)[0]
    name, _ = _read_name(wire, _HEADER.size)
    return tuple(wanted.get(_follow(name, aliases), ()))


def _follow(name: Labels, aliases: Mapping[Labels, Labels]) -> Labels:
    for _ in range(len(aliases) + 1):
        if name not in aliases:
            return name
        name = aliases[name]
    raise MalformedError("the aliases lead in a circle")


def _read_records(wire: bytes, at: int, count: int) -> Iterator[tuple[Labels, int, slice]]:
    """Owner, type and place of the content of *count* records of the internet from *at* on."""
    for _ in range(count):
        owner, at = _read_name(wire, at)
        kind, family, _, length = _RECORD.unpack_from(wire, at)
        content = slice(at + _RECORD.size, at + _RECORD.size + length)
        at = content.stop
        if at > len(wire):
            raise IndexError
        if family == _IN:
            yield owner, kind, content


def _read_name(wire: bytes, at: int) -> tuple[Labels, int]:
    """The name at *at*, and where it ends there; parts of it may stand earlier in the message."""
    labels: list[bytes] = []
    end, first, length = None, at, 1
    for _ in range(_MOST_STEPS):
        size = wire[at]
        if size >= 0xC0:
            end = end or at + 2
            at = (size & 0x3F) << 8 | wire[at + 1]
            if at >= first:
                raise MalformedError("a name leads to itself or beyond")
            first = at
            continue
        if size == 0:
            return tuple(labels), end or at + 1
        label = wire[at + 1 : at + 1 + size]
        length += 1 + size
        if size >= 0x40 or len(label) < size or length > _LONGEST_NAME:
            raise MalformedError("a name is none")
        labels.append(label.lower())
        at += 1 + size
    raise MalformedError("a name is put together of too many parts")
