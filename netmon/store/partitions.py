"""The big tables on PostgreSQL: cut by time into partitions, so that what is too old goes without reading it.

Periods begin on a Monday, 00:00 UTC, and never change: they are part of the schema. Their number stays small (about a
dozen for each table at the default retention, one a year where nothing is ever dropped), because whoever asks for
the last row of an entity looks into each of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from netmon.model.moments import DAY, Duration, Moment, to_datetime

SCHEMA = "netmon_partitions"
"""Where the partitions stand; the tables that they belong to stand where the search path leads."""

_MONDAY = 4 * DAY
"""The first Monday after the epoch, which was a Thursday."""

_LEAST, _MOST = -(2**63), 2**63 - 1


def start_of_period(at: Moment, width: Duration) -> Moment:
    """When the period of *width* that *at* lies in begins."""
    return Moment(at - (at - _MONDAY) % width)


@dataclass(frozen=True, slots=True)
class Partitioned:
    """A table that is cut into spans of *width* by the moments in its column *moment*."""

    table: str
    moment: str
    width: Duration

    def start(self, at: Moment) -> Moment:
        """When the period that *at* lies in begins."""
        return start_of_period(at, self.width)

    @property
    def start_in_sql(self) -> str:
        """The same, as an expression for the database."""
        return (
            f"{self.moment} - mod(mod({self.moment} - {_MONDAY}::numeric, {self.width}) + {self.width}, {self.width})"
        )

    def name(self, start: Moment) -> str:
        """What the partition of the period that begins at *start* is called."""
        try:
            return f"{self.table}_{to_datetime(start):%Y%m%d}"
        except OverflowError:  # no clock of ours, but a row of it must find its place all the same
            return f"{self.table}_day{start // DAY}".replace("-", "_")

    def making(self, start: Moment) -> tuple[str, ...]:
        """The statements that make the partition of the period that begins at *start*.

        It is made first and attached then: that way nobody who reads meanwhile, for however long, is waited for.
        """
        name, end = f"{SCHEMA}.{self.name(start)}", start + self.width
        since = "MINVALUE" if start < _LEAST else str(start)
        until = "MAXVALUE" if end > _MOST else str(end)
        return (
            f"CREATE TABLE {name} (LIKE {self.table} INCLUDING DEFAULTS)",
            f"ALTER TABLE {self.table} ATTACH PARTITION {name} FOR VALUES FROM ({since}) TO ({until})",
        )

    def starts(self, moments: Iterable[Moment]) -> set[Moment]:
        """When the periods begin that *moments* lie in."""
        return {self.start(at) for at in moments}

    @property
    def before(self) -> str:
        """The partition of everything before the oldest period, once that was cleared."""
        return f"{SCHEMA}.{self.table}_before"


LOOKS = Partitioned("looks", "known", Duration(7 * DAY))
RUNS = Partitioned("runs", "first", Duration(28 * DAY))
TRANSITIONS = Partitioned("transitions", "at", Duration(364 * DAY))
ROLLUPS_5M = Partitioned("rollups_5m", "since", Duration(7 * DAY))

PARTITIONED = {table.table: table for table in (LOOKS, RUNS, TRANSITIONS, ROLLUPS_5M)}
"""Every table that is cut by time, by its name."""
