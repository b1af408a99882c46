"""Moments, durations and spans: integer microseconds inside, ``datetime`` at the edges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NewType

Moment = NewType("Moment", int)
"""Microseconds since 1970-01-01T00:00:00Z."""

Duration = NewType("Duration", int)
"""Microseconds; may be zero, and is negative only as the difference of two moments."""

MICROSECOND = Duration(1)
MILLISECOND = Duration(1_000)
SECOND = Duration(1_000_000)
MINUTE = Duration(60 * SECOND)
HOUR = Duration(60 * MINUTE)
DAY = Duration(24 * HOUR)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of time ``[since, until)``; empty where both are equal."""

    since: Moment
    until: Moment

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise ValueError(f"a span cannot end ({self.until}) before it begins ({self.since})")

    @property
    def length(self) -> Duration:
        """How long the span lasts."""
        return Duration(self.until - self.since)

    def covers(self, at: Moment) -> bool:
        """Whether *at* lies inside: the beginning does, the end does not."""
        return self.since <= at < self.until


def seconds(value: float) -> Duration:
    """The duration of *value* seconds, rounded to the microsecond."""
    return Duration(round(value * SECOND))


def in_seconds(value: Duration) -> float:
    """*value* as a number of seconds."""
    return value / SECOND


def later(at: Moment, by: Duration) -> Moment:
    """The moment *by* after *at*."""
    return Moment(at + by)


def from_datetime(value: datetime) -> Moment:
    """The moment of an aware *value*; a naive one is a mistake of the caller.

    Raises:
        ValueError: *value* has no time zone.
    """
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone")
    return Moment((value - _EPOCH) // timedelta(microseconds=1))


def to_datetime(at: Moment) -> datetime:
    """*at* as an aware ``datetime`` in UTC."""
    return _EPOCH + timedelta(microseconds=at)


def rfc3339(at: Moment) -> str:
    """*at* as RFC 3339 text in UTC, with as many decimals as it needs (``2026-11-21T20:46:00.5Z``)."""
    text = to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = at % SECOND
    return f"{text}.{fraction:06d}".rstrip("0") + "Z" if fraction else f"{text}Z"


def from_rfc3339(text: str) -> Moment:
    """The moment that RFC 3339 *text* names.

    Raises:
        ValueError: *text* is no RFC 3339 date-time with an offset.
    """
    return from_datetime(datetime.fromisoformat(text))
