"""Lines: the rows of a table as both databases give them alike, so that their digests can be compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, column, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.store.backup.manifest import Contents, Kind

ROWS_AT_ONCE = 2_000

Progress = Callable[[str, int], None]
"""Told the name of a table, and how many more of its rows are done."""


@dataclass(slots=True)
class Tally:
    """How many lines there were so far, and their digest."""

    rows: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def add(self, lines: bytes, rows: int) -> None:
        """Take *rows* more *lines*, each with its end."""
        self.rows += rows
        self._digest.update(lines)

    @property
    def sha256(self) -> str:
        return str(self._digest.hexdigest())

    def matches(self, contents: Contents) -> bool:
        """Whether these were exactly the lines of *contents*."""
        return (self.rows, self.sha256) == (contents.rows, contents.sha256)


async def lines_of(
    connection: AsyncConnection, name: str, columns: Mapping[str, Kind], key: Sequence[str]
) -> AsyncIterator[tuple[bytes, int]]:
    """The rows of the table *name* in the order of *key*, some thousand at a time: their lines, and how many."""
    ordered = [_in_order(connection, one, columns[one]) for one in key]
    wanted: list[Any] = [column(one) for one in columns]
    statement: Select[Any] = select(*wanted).select_from(table(name)).order_by(*ordered)
    result = await connection.stream(statement.execution_options(yield_per=ROWS_AT_ONCE))
    try:
        async for rows in result.partitions():
            yield b"".join(_line(row) for row in rows), len(rows)
    finally:
        await result.close()


async def tally_of(connection: AsyncConnection, contents: Contents, tell: Progress) -> Tally:
    """Read the table of *contents* as it is in the database."""
    tally = Tally()
    async for lines, rows in lines_of(connection, contents.table, contents.columns, contents.key):
        tally.add(lines, rows)
        tell(contents.table, rows)
    return tally


def _line(row: Sequence[object]) -> bytes:
    return json.dumps(tuple(row), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _in_order(connection: AsyncConnection, name: str, kind: Kind) -> ColumnElement[Any]:
    """*name* for an ORDER BY: text by code points on every database."""
    own: ColumnElement[Any] = column(name)
    return own.collate("C") if kind is Kind.TEXT and connection.dialect.name == "postgresql" else own
