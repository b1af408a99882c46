"""Questions and answers of NTP as they go over the wire (RFC 5905, section 7.3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

NONCE_BYTES = 8

_ASKING = (4 << 3) | 3
"""No leap warning, version 4, mode client."""
_SERVER = 4
_HEAD = struct.Struct("!BBbbII4s8s8sQQ")
_UNIX_TO_NTP_SECONDS = 2_208_988_800
_ONE_SECOND = 2**32
_HALF_SPAN = 2**63
_SHORT_SECOND = 2**16
_BILLION = 10**9

_LEAPS = {0: 0, 1: 1, 2: -1}
_DISMISSALS = {
    "DENY": "does not serve us",
    "RSTR": "does not serve us",
    "RATE": "is asked too often",
}
"""Kiss codes (section 7.4) that say no; any other stands for a clock that is not set."""


class MalformedError(Exception):
    """What came is not the answer to a question; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says of itself and the time.

    Attributes:
        leap: seconds that the last minute of the day will be longer, or ``None`` where its clock is not set.
        kiss: four letters in place of a reference clock.
        received: when it got the question, on its own clock, in the units of `timestamp`.
        sent: when it sent the answer.
    """

    leap: int | None
    stratum: int
    root_delay_seconds: float
    root_dispersion_seconds: float
    kiss: str
    received: int
    sent: int

    @property
    def dismissal(self) -> str | None:
        """Why it gives no time, if it gives none."""
        if self.stratum == 0 and self.kiss in _DISMISSALS:
            return f"the server {_DISMISSALS[self.kiss]} (kiss code {self.kiss})"
        if self.leap is None or not 0 < self.stratum < 16:
            return f"the server's clock is not set by any other (stratum {self.stratum})"
        return None


def timestamp(wall_nanoseconds: int) -> int:
    """The wall clock in units of 2**-32 s since 1900, of which 64 bits are kept."""
    return (wall_nanoseconds * _ONE_SECOND // _BILLION + _UNIX_TO_NTP_SECONDS * _ONE_SECOND) % 2**64


def seconds_between(earlier: int, later: int) -> float:
    """The way from one timestamp to another, the shorter way round: they begin anew in 2036."""
    return ((later - earlier + _HALF_SPAN) % 2**64 - _HALF_SPAN) / _ONE_SECOND


def build_question(nonce: bytes) -> bytes:
    """A question; *nonce* stands where our time would, for the server only repeats it, and nobody can guess it."""
    return _HEAD.pack(_ASKING, 0, 0, 0, 0, 0, b"", b"", b"", 0, int.from_bytes(nonce, "big"))


def read_answer(nonce: bytes, wire: bytes) -> Answer:
    """The answer in *wire* to the question with *nonce*.

    Raises:
        MalformedError: it is none, or one to another question.
    """
    if len(wire) < _HEAD.size:
        raise MalformedError(f"{len(wire)} bytes are too short")
    flags, stratum, _, _, root_delay, root_dispersion, reference, _, origin, received, sent = _HEAD.unpack_from(wire)
    if flags & 7 != _SERVER:
        raise MalformedError(f"mode {flags & 7} is not that of a server")
    if origin != nonce:
        raise MalformedError("it answers another one")
    return Answer(
        leap=_LEAPS.get(flags >> 6),
        stratum=stratum,
        root_delay_seconds=root_delay / _SHORT_SECOND,
        root_dispersion_seconds=root_dispersion / _SHORT_SECOND,
        kiss=reference.decode("ascii", "replace") if stratum == 0 else "",
        received=received,
        sent=sent,
    )
