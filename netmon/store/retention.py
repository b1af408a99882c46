"""What may go when it is too old, and what is still needed then.

A table ages by one of its moments. Rows from before the *floor*, the beginning of the period that the horizon lies
in, go but for those that somebody still needs: both databases keep the same rows, and periods are whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Table, and_, exists, false, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.model.moments import DAY, Duration, Moment
from netmon.store import tables
from netmon.store.insertion import Insertion
from netmon.store.partitions import LOOKS, ROLLUPS_5M, RUNS, TRANSITIONS, start_of_period

SET_MARK = Insertion(
    table="marks",
    columns=("name", "moment"),
    key=("name",),
    again="DO UPDATE SET moment = excluded.moment WHERE excluded.moment > marks.moment",
    newer="moment",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aging:
    """A table whose rows age by their *moment*.

    Attributes:
        period: what goes is whole periods.
        stays: which rows from before a floor are still needed.
        outlives: tables whose rows refer to these, so that these are kept as long.
    """

    table: Table
    moment: str
    period: Duration = DAY
    stays: Callable[[Moment], ColumnElement[bool]] = lambda _: false()
    outlives: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """The name under which it is remembered since when the table is kept."""
        return f"{self.table.name}.kept_since"

    def goes(self, floor: Moment) -> ColumnElement[bool]:
        """Which rows go."""
        return and_(self.table.c[self.moment] < floor, not_(self.stays(floor)))

    def floor(self, horizon: Moment, kept_since: Mapping[str, Moment]) -> Moment | None:
        """From where on the table is kept whole, where *horizon* is wanted; ``None`` where nothing may go.

        It never goes back, even where more is wanted than was kept so far; *kept_since* are the marks.
        """
        floor = start_of_period(horizon, self.period)
        for other in self.outlives:
            if (needed := kept_since.get(f"{other}.kept_since")) is None:
                return kept_since.get(self.mark)
            floor = min(floor, needed)
        return max(floor, kept_since.get(self.mark, floor))


def _lasting_beyond(floor: Moment) -> ColumnElement[bool]:
    """Runs that go on beyond *floor*, and may still grow."""
    runs = tables.runs.c
    return runs.first + (runs.count - 1) * runs.interval >= floor


def _holding_at(floor: Moment) -> ColumnElement[bool]:
    """The last transition of each entity before *floor*: its state, and since when, must stay true."""
    own, later = tables.transitions.c, tables.transitions.alias("later").c
    is_later = or_(later.at > own.at, and_(later.at == own.at, later.id > own.id))
    return ~exists(select(later.id).where(later.entity == own.entity, later.at < floor, is_later))


def _in_force_at(floor: Moment) -> ColumnElement[bool]:
    """The takings of plans that went on at *floor*: no other of the same poller was there yet."""
    own, later = tables.plan_takings, tables.plan_takings.alias("later")
    of_own, of_later = tables.plans.alias("of_own"), tables.plans.alias("of_later")
    following = (
        select(later.c.id)
        .join(of_later, of_later.c.version == later.c.version)
        .join(of_own, of_own.c.poller == of_later.c.poller)
        .where(of_own.c.version == own.c.version, later.c.id > own.c.id, later.c.at <= floor)
    )
    return ~exists(following)


def _taken(_: Moment) -> ColumnElement[bool]:
    """Versions of which a taking is still kept."""
    return exists(select(tables.plan_takings.c.id).where(tables.plan_takings.c.version == tables.plans.c.version))


AGING: Mapping[str, tuple[Aging, ...]] = {
    "looks": (Aging(table=tables.looks, moment=LOOKS.moment, period=LOOKS.width),),
    "runs": (Aging(table=tables.runs, moment=RUNS.moment, period=RUNS.width, stays=_lasting_beyond),),
    "transitions": (
        Aging(table=tables.transitions, moment=TRANSITIONS.moment, period=TRANSITIONS.width, stays=_holding_at),
    ),
    "plans": (
        Aging(table=tables.plan_takings, moment="at", stays=_in_force_at, outlives=("looks", "runs")),
        Aging(table=tables.plans, moment="taken_at", stays=_taken, outlives=("looks", "runs")),
    ),
    "rollups_5m": (Aging(table=tables.rollups_5m, moment=ROLLUPS_5M.moment, period=ROLLUPS_5M.width),),
    "rollups_1h": (Aging(table=tables.rollups_1h, moment="since"),),
    "rollups_1d": (Aging(table=tables.rollups_1d, moment="since"),),
}
"""What ages, by the name of its setting; in the order in which it is cleared."""


async def marks_of(connection: AsyncConnection) -> dict[str, Moment]:
    """Every moment that is remembered, by its name."""
    return {row.name: Moment(row.moment) for row in await connection.execute(select(tables.marks))}


def oldest_of(aging: Aging) -> Select[int]:
    """When the oldest row of a table is from."""
    column = aging.table.c[aging.moment]
    return select(column).order_by(column).limit(1)


RECOLLECTION = DAY
"""So much of what is kept goes before the log, to find in it when each check was looked at last."""


def log_beginning(marks: Mapping[str, Moment]) -> Moment | None:
    """Where the log begins; ``None`` where nothing of it was ever dropped, and it begins with the first life."""
    known = [marks[aging.mark] for name in ("looks", "runs") for aging in AGING[name] if aging.mark in marks]
    return Moment(max(known) + RECOLLECTION) if known else None
