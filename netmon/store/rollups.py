"""Rollups as rows: the statements that add figures of 5 minutes, and the queries that find figures again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, Table, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.model.ids import CheckId
from netmon.model.moments import HOUR, Moment, Span
from netmon.model.rollups import Figures, RolledPart, Rollup, Series, Width, merged
from netmon.model.sketches import Sketch
from netmon.store.database import Database
from netmon.store.insertion import Insertion, Row
from netmon.store.rows import json_text
from netmon.store.tables import rollups_1d, rollups_1h, rollups_5m, series

TABLES: dict[Width, Table] = {Width.FIVE_MINUTES: rollups_5m, Width.HOUR: rollups_1h, Width.DAY: rollups_1d}

_CHECKS_AT_ONCE = 500

ADD_SERIES = Insertion(table="series", columns=("check_id", "family", "labels"), key=("check_id", "family", "labels"))

_FIGURES = ("count", "lowest", "mean", "p95", "highest", "sketch")
_REPLACED = ", ".join(f"{column} = excluded.{column}" for column in _FIGURES)

ADD_PART = Insertion(
    table="rollups_5m",
    columns=("since", "series", "life", "part", *_FIGURES),
    key=("since", "series", "life", "part"),
    again=f"DO UPDATE SET {_REPLACED} WHERE excluded.count > rollups_5m.count",
    newer="count",
)


def part_rows(parts: Iterable[RolledPart], life: int, ids: Mapping[Series, int]) -> list[Row]:
    """The values of `ADD_PART`; *ids* are those of the series."""
    return [(part.since, ids[part.series], life, part.part, *figure_columns(part.figures)) for part in parts]


ADD_DUE = Insertion(
    table="rollups_due",
    columns=("width", "since", "touched"),
    key=("width", "since"),
    again="DO UPDATE SET touched = rollups_due.touched + 1",
)


def due_rows(width: Width, moments: Iterable[Moment]) -> list[Row]:
    """The values of `ADD_DUE`: the times of *width* that begin at *moments* are to be derived."""
    return [(width.value, at, 1) for at in sorted(set(moments))]


def add_derived(width: Width) -> Insertion:
    """How hours or days come into their table.

    Figures only grow: ones with fewer samples come of 5 minutes that retention has dropped since.
    """
    table = TABLES[width].name
    return Insertion(
        table=table,
        columns=("since", "series", *_FIGURES),
        key=("since", "series"),
        again=f"DO UPDATE SET {_REPLACED} WHERE excluded.count >= {table}.count",
        newer="count",
    )


async def add_parts(connection: AsyncConnection, database: Database, parts: Sequence[RolledPart], life: int) -> None:
    """Keep *parts* in the transaction of *connection*, and note which hours they touch."""
    if not parts:
        return
    ids = await _ids(connection, database, {part.series for part in parts})
    await database.add(connection, ADD_PART, part_rows(parts, life, ids))
    hours = due_rows(Width.HOUR, (Moment(part.since - part.since % HOUR) for part in parts))
    await database.add(connection, ADD_DUE, hours)


async def _ids(connection: AsyncConnection, database: Database, wanted: Set[Series]) -> dict[Series, int]:
    """The ids of the series *wanted*; those that are new are given one."""
    known = await _known_ids(connection, wanted)
    if new := wanted - known.keys():
        await database.add(connection, ADD_SERIES, sorted(map(_named, new)))
        known |= await _known_ids(connection, new)
    return known


async def _known_ids(connection: AsyncConnection, wanted: Set[Series]) -> dict[Series, int]:
    checks = sorted({one.check for one in wanted})
    known: dict[Series, int] = {}
    for first in range(0, len(checks), _CHECKS_AT_ONCE):
        own = select(series).where(series.c.check_id.in_(checks[first : first + _CHECKS_AT_ONCE]))
        known |= {series_of_row(row): row.id for row in await connection.execute(own)}
    return known


async def series_of_check(connection: AsyncConnection, check: CheckId, family: str) -> dict[int, Series]:
    """The series of *family* that were ever kept of *check*, by their ids."""
    own = select(series).where(series.c.check_id == check, series.c.family == family).order_by(series.c.labels)
    return {row.id: series_of_row(row) for row in await connection.execute(own)}


async def rollups_of(
    connection: AsyncConnection, found: Mapping[int, Series], width: Width, span: Span
) -> list[Rollup]:
    """The figures of the series *found* whose time begins in *span*, in order of time; parts are merged."""
    table = TABLES[width]
    if width is Width.DAY:  # they begin when the organisation says, and are few
        statement = select(table).where(table.c.since >= span.since, table.c.since < span.until)
    else:
        statement = at_slots(table, width, span)
    statement = statement.where(table.c.series.in_(found)).order_by(table.c.since, table.c.series)
    rows = await connection.execute(statement)
    return [
        Rollup(found[number], since, merged([figures_of_row(row) for row in parts]))
        for (since, number), parts in groupby(rows, key=attrgetter("since", "series"))
    ]


def at_slots(table: Table, width: Width, span: Span) -> Select[Any]:
    """The rows of *table* in *span*, by hopping from one moment to the next in its key.

    The key begins with the moment, so that rows are added where the last ones were and dropped in one piece; a
    database that is asked for one series would read all the others in between.
    """
    first = -(-span.since // width.length) * width.length
    slots = select(literal(first, table.c.since.type).label("at")).cte("slots", recursive=True)
    following = slots.c.at + width.length
    slots = slots.union_all(select(following).where(following < span.until))
    return select(table).join_from(slots, table, table.c.since == slots.c.at).where(slots.c.at < span.until)


def figure_columns(figures: Figures) -> Row:
    """The values of the columns that hold *figures*."""
    sketch = sketch_text(figures.sketch)
    return (figures.count, figures.lowest, figures.mean, figures.p95, figures.highest, sketch)


def figures_of_row(row: Any) -> Figures:
    """The figures that a row holds."""
    return Figures(
        count=row.count, lowest=row.lowest, mean=row.mean, highest=row.highest, sketch=sketch_of_text(row.sketch)
    )


def series_of_row(row: Any) -> Series:
    """The series of a row of ``series``."""
    return Series(row.check_id, row.family, tuple((name, value) for name, value in json.loads(row.labels)))


def sketch_text(sketch: Sketch) -> str:
    """*sketch* in a few bytes: for each bin its distance from the one before, and its count where that is not 1."""
    words = []
    before = 0
    for place, count in sketch.bins:
        words.append(str(place - before) if count == 1 else f"{place - before}:{count}")
        before = place
    return " ".join(words)


def sketch_of_text(text: str) -> Sketch:
    """What `sketch_text` wrote."""
    bins = []
    place = 0
    for word in text.split():
        step, _, count = word.partition(":")
        place += int(step)
        bins.append((place, int(count or 1)))
    return Sketch(tuple(bins))


def _named(series: Series) -> tuple[str, str, str]:
    return series.check, series.family, json_text([list(label) for label in series.labels])
