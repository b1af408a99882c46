"""Moments as people of the organisation read and write them: in its zone, with how long ago."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from netmon.kernel.problems import quote
from netmon.model.moments import SECOND, Duration, Moment, from_datetime, to_datetime
from netmon.model.quantities import parse_duration

_AGO = re.compile(r"\d+(\.\d+)?\s*[a-z]+", re.ASCII)


class LocalTime:
    """Reads and writes moments in one zone, as of one present."""

    def __init__(self, zone: ZoneInfo, now: Moment) -> None:
        self._zone = zone
        self.now = now

    @property
    def offset(self) -> str:
        """How far local time is ahead of UTC, such as ``+07``."""
        text = f"{to_datetime(self.now).astimezone(self._zone):%z}"
        return text.removesuffix("00")

    def show(self, at: Moment) -> str:
        """*at*, short for today (``21:30:05``), with its day otherwise (``2026-11-20 21:30:05``)."""
        local = to_datetime(at).astimezone(self._zone)
        today = to_datetime(self.now).astimezone(self._zone).date()
        return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%Y-%m-%d %H:%M:%S}"

    def show_whole(self, at: Moment) -> str:
        """*at* with its day and its offset, as ``2026-11-20 21:30:05 (+07)``."""
        local = to_datetime(at).astimezone(self._zone)
        offset = f"{local:%z}".removesuffix("00")
        return f"{local:%Y-%m-%d %H:%M:%S} ({offset})"

    def read(self, written: str) -> Moment:
        """The moment that *written* names: a day, a local time, RFC 3339, or how long ago (``2h``).

        Raises:
            ValueError: it is none of these; it holds *written* as it may be shown.
        """
        written = written.strip()
        today = to_datetime(self.now).astimezone(self._zone).date()
        try:
            if _AGO.fullmatch(written):
                return _bounded(self.now - parse_duration(written))
            if re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", written):
                return self._local(datetime.combine(today, _time_of_day(written)))
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
                return self._local(datetime.combine(date.fromisoformat(written), time()))
            return self._local(datetime.fromisoformat(written))
        except (ValueError, OverflowError):
            raise ValueError(quote(written)) from None

    def _local(self, value: datetime) -> Moment:
        return from_datetime(value if value.tzinfo else value.replace(tzinfo=self._zone))


def _bounded(at: int) -> Moment:
    if at < 0:
        raise ValueError("before 1970")
    return Moment(at)


def _time_of_day(written: str) -> time:
    hour, _, rest = written.partition(":")
    return time.fromisoformat(f"{hour:0>2}:{rest}")


def rounded(value: Duration) -> Duration:
    """*value* to the second, where it is a second or more."""
    return Duration(value // SECOND * SECOND if value >= SECOND else value)
