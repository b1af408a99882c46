"""How what is too old goes: some rows at a time, or, where a table is cut by time, whole partitions."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import MetaData, delete, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.model.moments import Moment
from netmon.ports import Cleared
from netmon.store.partitions import SCHEMA, Partitioned
from netmon.store.retention import Aging

ROWS_AT_ONCE = 2_000
"""So many rows go in one transaction: some tens of milliseconds, for which nobody else writes."""

_PARTITIONS = """
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), pg_total_relation_size(c.oid)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass
"""

_END = re.compile(r"TO \('(-?\d+)'\)")


async def delete_some(connection: AsyncConnection, aging: Aging, floor: Moment) -> Cleared:
    """Delete the oldest rows that go at *floor*; the room that they took is free for others."""
    key = list(aging.table.primary_key.columns)
    some = select(*key).where(aging.goes(floor)).order_by(aging.table.c[aging.moment]).limit(ROWS_AT_ONCE)
    result = await connection.execute(delete(aging.table).where(tuple_(*key).in_(some)))
    return Cleared(rows=result.rowcount, size_bytes=0, is_done=result.rowcount < ROWS_AT_ONCE)


async def drop_partitions(connection: AsyncConnection, aging: Aging, table: Partitioned, floor: Moment) -> Cleared:
    """Drop every partition that ends at or before *floor*; what is still needed of them moves into one partition.

    That one holds everything from before *floor*, what comes late included: it is made even where nothing is old yet.
    """
    old = await _ended(connection, table, floor)
    if old == {table.before: floor}:
        return Cleared(rows=0, size_bytes=0, is_done=True)
    size_before, rows_before = await _size(connection, table), await _count(connection, list(old))
    new = aging.table.to_metadata(MetaData(), schema=SCHEMA, name=f"{table.table}_new")
    await connection.exec_driver_sql(f"CREATE TABLE {new} (LIKE {table.table} INCLUDING DEFAULTS)")
    own = aging.table
    needed = select(own).where(own.c[aging.moment] < floor, aging.stays(floor))
    await connection.execute(insert(new).from_select([column.name for column in own.columns], needed))
    for name in old:
        await connection.exec_driver_sql(f"DROP TABLE {name}")
    await connection.exec_driver_sql(f"ALTER TABLE {new} RENAME TO {table.table}_before")
    await connection.exec_driver_sql(
        f"ALTER TABLE {table.table} ATTACH PARTITION {table.before} FOR VALUES FROM (MINVALUE) TO ({floor})"
    )
    return Cleared(
        rows=rows_before - await _count(connection, [table.before]),
        size_bytes=max(0, size_before - await _size(connection, table)),  # an empty partition takes room as well
        is_done=True,
    )


async def _ended(connection: AsyncConnection, table: Partitioned, floor: Moment) -> dict[str, int]:
    """The partitions that end at or before *floor*, and where."""
    rows: Any = await connection.exec_driver_sql(_PARTITIONS, (table.table,))
    ends = {f"{SCHEMA}.{name}": _END.search(bounds) for name, bounds, _ in rows}
    return {name: int(end[1]) for name, end in ends.items() if end is not None and int(end[1]) <= floor}


async def _size(connection: AsyncConnection, table: Partitioned) -> int:
    rows: Any = await connection.exec_driver_sql(_PARTITIONS, (table.table,))
    return sum(size for *_, size in rows)


async def _count(connection: AsyncConnection, names: list[str]) -> int:
    counts = [(await connection.exec_driver_sql(f"SELECT count(*) FROM {name}")).scalar_one() for name in names]
    return sum(counts)
