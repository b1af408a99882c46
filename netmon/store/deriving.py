"""Hours and days from 5 minutes: each is derived when it is over, and again whenever late figures touch it.

What is due stands in a table of its own, written with the figures themselves, so that neither a kill nor figures
that come days later leave an hour behind. Deriving twice gives the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.model.moments import Moment, Span
from netmon.model.rollups import Width, merged
from netmon.store.insertion import Row
from netmon.store.rollups import at_slots, figure_columns, figures_of_row
from netmon.store.tables import rollups_5m, rollups_due, series

_ROWS_AT_ONCE = 2_500
"""So many rows are merged before somebody else has a turn: some 20 ms."""


@dataclass(frozen=True, slots=True)
class Due:
    """An hour or a day that is to be derived, as it was *touched* for the so manieth time."""

    width: Width
    since: Moment
    touched: int


async def everything_due(connection: AsyncConnection) -> list[Due]:
    """What is to be derived, hours before days."""
    rows = await connection.execute(select(rollups_due).order_by(rollups_due.c.width.desc(), rollups_due.c.since))
    return [Due(Width(row.width), row.since, row.touched) for row in rows]


async def forget_due(connection: AsyncConnection, due: Due) -> None:
    """*due* was derived, unless it was touched again meanwhile."""
    own = (rollups_due.c.width == due.width.value, rollups_due.c.since == due.since)
    await connection.execute(delete(rollups_due).where(*own, rollups_due.c.touched == due.touched))


async def series_batches(connection: AsyncConnection, span: Span) -> Sequence[tuple[int, int]]:
    """The ids of all series, in ranges (over, up to) of as many as are merged at once for *span*."""
    most = (await connection.execute(select(func.coalesce(func.max(series.c.id), 0)))).scalar_one()
    size = max(1, _ROWS_AT_ONCE * Width.FIVE_MINUTES.length // span.length)
    return [(first, min(first + size, most)) for first in range(0, most, size)]


async def derived_rows(connection: AsyncConnection, span: Span, ids: tuple[int, int]) -> list[Row]:
    """The values of `add_derived` for what *span* holds of the series in the range *ids*."""
    over, up_to = ids
    statement = at_slots(rollups_5m, Width.FIVE_MINUTES, span)
    statement = statement.where(rollups_5m.c.series > over, rollups_5m.c.series <= up_to)
    rows = await connection.execute(statement.order_by(rollups_5m.c.series))
    return [(span.since, number, *figure_columns(merged(parts))) for number, parts in _by_series(rows)]


def _by_series(rows: Iterable[Any]) -> Iterator[tuple[int, list[Any]]]:
    for number, own in groupby(rows, key=attrgetter("series")):
        yield number, [figures_of_row(row) for row in own]
