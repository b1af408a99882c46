"""Rooms for rows: a writer to PostgreSQL has the partition made that a row needs, ahead of time or on demand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

from netmon.model.moments import DAY, Moment
from netmon.store.partitions import SCHEMA, Partitioned

AHEAD = DAY
"""How long before its first row a partition is made, so that nothing has to be made in a hurry."""

_THERE = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'"

_KEPT_SINCE = "SELECT moment FROM marks WHERE name = %s"


class Rooms:
    """What one connection knows of the partitions; nobody else makes or drops any."""

    def __init__(self) -> None:
        self._there: set[str] | None = None
        self._made: set[str] = set()
        self._kept_since: dict[str, int | None] = {}

    async def prepare(self, driver: psycopg.AsyncConnection[Any], table: Partitioned, moments: Iterable[Any]) -> None:
        """Have a partition of *table* for each of *moments*, and for the time after them.

        A moment may lie anywhere: a late fact, a clock that is wrong by years. What lies before the time since
        which the table is kept has its place already.
        """
        if self._there is None:
            self._there = {name for (name,) in await (await driver.execute(_THERE, (SCHEMA,))).fetchall()}
        if table.table not in self._kept_since:
            row = await (await driver.execute(_KEPT_SINCE, (f"{table.table}.kept_since",))).fetchone()
            self._kept_since[table.table] = row[0] if row else None
        kept_since = self._kept_since[table.table]
        wanted = set(moments)
        for start in sorted(table.starts({*wanted, max(wanted) + AHEAD})):
            if (kept_since is None or start >= kept_since) and table.name(start) not in self._there | self._made:
                await self._make(driver, table, start)

    def begin(self) -> None:
        """A transaction begins: what an earlier one made and did not confirm is not there."""
        self._made.clear()

    def confirm(self) -> None:
        """The transaction is committed: what it made is there for good."""
        if self._there is not None:
            self._there |= self._made

    async def _make(self, driver: psycopg.AsyncConnection[Any], table: Partitioned, start: Moment) -> None:
        for statement in table.making(start):
            await driver.execute(statement)
        self._made.add(table.name(start))
