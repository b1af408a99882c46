"""Bounded walks: what stands below a name, up to its end, to a limit, or to where an agent runs in circles."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import islice

from netmon.model.looks import Failure
from netmon.model.states import Reason
from netmon.snmp import ber
from netmon.snmp.ber import Malformed, Value
from netmon.snmp.failures import NoAnswer
from netmon.snmp.pdu import ErrorStatus, Request, bulk_request, next_request
from netmon.snmp.security import MessageVersion
from netmon.snmp.session import SnmpSession

Index = tuple[int, ...]
"""What follows a column's name in the name of an instance."""

_STEP_SECONDS = 4.0
_MOST_VARBINDS = 4_096
_MOST_HALVINGS = 6
_SMALLER = frozenset({Reason.TIMEOUT, Reason.MALFORMED})

_Entry = tuple[bytes, Value | None]


@dataclass(frozen=True, slots=True)
class Walk:
    """The instances that were found, in order, and what ended the walk before its end."""

    rows: dict[Index, Value]
    flaw: Failure | None = None


class _Looping(Exception):  # noqa: N818  it is what the agent does
    """The agent went back, or stood still."""


async def walk(session: SnmpSession, column: str, limit: int, until: float) -> Walk:
    """What stands below *column*: at most *limit* instances, asked until *until*; what was had is kept.

    Every step must go forward and each brings a row, so that *limit* bounds the packets too. A step that
    gets no answer, or one that is too big, is asked again for half as much, and the session remembers.

    Raises:
        NoAnswer: not even the first step was answered.
    """
    start = ber.encode_oid(column)
    content = start[ber.any_element(start, 0)[1] :]
    rows: dict[Index, Value] = {}
    at = start
    while True:
        try:
            entries = await _step(session, at, until)
        except NoAnswer as failure:
            if not rows:
                raise
            return Walk(rows, Failure(Reason.PARTIAL, f"{column}: {len(rows)} rows, then {failure}"))
        try:
            last = _take_rows(entries, content, rows)
        except _Looping:
            return Walk(
                rows, Failure(Reason.LOOPING, f"{column}: the agent does not go forward after {len(rows)} rows")
            )
        except Malformed as error:
            return Walk(rows, Failure(Reason.PARTIAL, f"{column}: {len(rows)} rows, then {error}"))
        if len(rows) > limit:
            kept = dict(islice(rows.items(), limit))
            return Walk(kept, Failure(Reason.PARTIAL, f"{column}: more than {limit} rows"))
        if last is None:
            return Walk(rows)
        at = ber.encode(ber.OBJECT_IDENTIFIER, last)


async def _step(session: SnmpSession, at: bytes, until: float) -> list[_Entry]:
    """The entries that follow *at*; none where the agent has no more."""
    loop = asyncio.get_running_loop()
    for _ in range(_MOST_HALVINGS):
        by = min(until, loop.time() + _STEP_SECONDS)
        try:
            response, entries = await session.ask(_request(session, at), _read_entries, by)
        except NoAnswer as failure:
            worth_less = session.repetitions > 1 and failure.failure.reason in _SMALLER
            if not worth_less or session.version is MessageVersion.V1:
                raise
            session.repetitions = max(1, session.repetitions // 2)
            if by >= until:
                raise
            continue
        if entries is not None:
            return entries
        if response.status == ErrorStatus.TOO_BIG and session.repetitions > 1:
            session.repetitions = max(1, session.repetitions // 2)
            continue
        if response.status == ErrorStatus.NO_SUCH_NAME:
            return []
        raise NoAnswer(Reason.UNEXPECTED, f"{session.target}: error status {response.status} in a walk")
    raise NoAnswer(Reason.UNEXPECTED, f"{session.target}: every answer is too big or lost")


def _request(session: SnmpSession, at: bytes) -> Request:
    if session.version is MessageVersion.V1:
        return next_request(at)
    return bulk_request((at,), session.repetitions)


def _read_entries(payload: bytes) -> list[_Entry]:
    return [
        (name, ber.decode_value(tag, content)) for name, tag, content in islice(ber.varbinds(payload), _MOST_VARBINDS)
    ]


def _take_rows(entries: list[_Entry], column: bytes, rows: dict[Index, Value]) -> bytes | None:
    """Add *entries* to *rows*; the name to go on from, or ``None`` at the end of the column."""
    before = next(reversed(rows), ())
    last = None
    for name, value in entries:
        if not name.startswith(column) or value is None:
            return None
        index = ber.decode_sub_identifiers(name[len(column) :])
        if index <= before:
            raise _Looping
        rows[index] = value
        before, last = index, name
    return last
