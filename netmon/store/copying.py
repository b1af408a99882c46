"""Rows into PostgreSQL by COPY: straight into their table where they are new, by way of another otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from netmon.store.insertion import Insertion, Row


async def copy_rows(driver: psycopg.AsyncConnection[Any], insertion: Insertion, rows: Sequence[Row]) -> None:
    """Add *rows* in the transaction that *driver* is in; a row that is there already is treated as *insertion* says."""
    async with driver.cursor() as cursor:
        if not insertion.keeps:
            await _merge(cursor, insertion, rows)
            return
        try:
            async with driver.transaction():  # a savepoint: the batch goes on where this was tried in vain
                await _copy(cursor, insertion.places, rows)
        except psycopg.errors.UniqueViolation:
            if not insertion.key:
                raise
            await _merge(cursor, insertion, rows)


async def _merge(cursor: psycopg.AsyncCursor[Any], insertion: Insertion, rows: Sequence[Row]) -> None:
    """By way of a temporary table, which is empty again after the transaction."""
    staged, columns = f"staged_{insertion.table}", insertion.named(insertion.columns)
    await cursor.execute(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {staged} ON COMMIT DELETE ROWS "
        f"AS SELECT {columns} FROM {insertion.table} WITH NO DATA"
    )
    await _copy(cursor, f"{staged} ({columns})", insertion.distinct(rows))
    await cursor.execute(f"INSERT INTO {insertion.places} SELECT {columns} FROM {staged} {insertion.on_conflict}")


async def _copy(cursor: psycopg.AsyncCursor[Any], places: str, rows: Iterable[Row]) -> None:
    async with cursor.copy(f"COPY {places} FROM STDIN") as copy:
        for row in rows:
            await copy.write_row(row)
