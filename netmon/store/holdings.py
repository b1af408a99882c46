"""What the tables hold, and how much of it is too old: counted, with nothing changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.model.moments import Moment
from netmon.ports import Holding
from netmon.store.retention import AGING, Aging, marks_of, oldest_of


async def holdings(
    connection: AsyncConnection, sizes: Mapping[str, int], horizons: Mapping[str, Moment]
) -> AsyncIterator[Holding]:
    """What each table that ages holds; *sizes* are those of the tables, as far as they are known."""
    marks = await marks_of(connection)
    for name, agings in AGING.items():
        for aging in agings:
            floor = aging.floor(horizons[name], marks) if name in horizons else None
            yield await _holding(connection, name, aging, floor, sizes.get(aging.table.name))


async def _holding(
    connection: AsyncConnection, name: str, aging: Aging, floor: Moment | None, size_bytes: int | None
) -> Holding:
    counting = select(func.count()).select_from(aging.table)
    rows: int = (await connection.execute(counting)).scalar_one()
    to_go = 0 if floor is None else (await connection.execute(counting.where(aging.goes(floor)))).scalar_one()
    oldest = (await connection.execute(oldest_of(aging))).scalar()
    return Holding(
        name=name,
        table=aging.table.name,
        rows=rows,
        oldest=None if oldest is None else Moment(oldest),
        keep_since=floor,
        rows_to_go=to_go,
        size_bytes=size_bytes,
        bytes_to_go=None if size_bytes is None else size_bytes * to_go // max(1, rows),
    )
