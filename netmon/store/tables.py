"""The tables, as queries see them; the migrations make them, and a test compares the two.

On PostgreSQL the keys of `looks` and `transitions` also hold the moment by which the table is cut into partitions.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

WORD = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is sorted: by code point on every database, as Python does, whatever the locale."""

SERIAL = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

lives = Table(
    "lives",
    metadata,
    Column("life", BigInteger, nullable=False, autoincrement=False),
    Column("poller", WORD, nullable=False),
    Column("began", BigInteger, nullable=False),
    Column("last_beat", BigInteger, nullable=False),
    Column("remembers", BigInteger, nullable=False, server_default="1"),
    PrimaryKeyConstraint("life", name="lives_pkey"),
)

plans = Table(
    "plans",
    metadata,
    Column("version", BigInteger, nullable=False, autoincrement=False),
    Column("hash", Text, nullable=False),
    Column("poller", WORD, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Column("sources", Text, nullable=False),
    PrimaryKeyConstraint("version", name="plans_pkey"),
)

plan_takings = Table(
    "plan_takings",
    metadata,
    Column("id", SERIAL, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("life", BigInteger),
    PrimaryKeyConstraint("id", name="plan_takings_pkey"),
)

looks = Table(
    "looks",
    metadata,
    Column("life", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("check_id", WORD, nullable=False),
    Column("plan", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("took", BigInteger, nullable=False),
    Column("known", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text),
    Column("evidence", Text),
    Column("occasion", Text, nullable=False),
    Column("opener", BigInteger),
    Column("findings", Text),
    PrimaryKeyConstraint("life", "sequence", name="looks_pkey"),
    Index("looks_in_order", "known", "check_id"),
    sqlite_with_rowid=False,
)

runs = Table(
    "runs",
    metadata,
    Column("check_id", WORD, nullable=False),
    Column("life", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("interval", BigInteger, nullable=False),
    Column("plan", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text),
    Column("findings", Text),
    PrimaryKeyConstraint("check_id", "life", "first", name="runs_pkey"),
    Index("runs_in_order", "first", "check_id"),
    sqlite_with_rowid=False,
)

transitions = Table(
    "transitions",
    metadata,
    Column("id", SERIAL, nullable=False),
    Column("entity", WORD, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("evidence", Text),
    Column("recorded", BigInteger, nullable=False),
    Column("poller", WORD, nullable=False),
    Column("life", BigInteger, nullable=False),
    Column("turn", Integer, nullable=False),
    PrimaryKeyConstraint("id", name="transitions_pkey"),
    UniqueConstraint("entity", "at", "life", "turn", name="transitions_once"),
    Index("transitions_of_entity", "entity", "at", "id"),
    Index("transitions_in_order", "at"),
)

last_looks = Table(
    "last_looks",
    metadata,
    Column("poller", WORD, nullable=False),
    Column("check_id", WORD, nullable=False),
    Column("looked_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    PrimaryKeyConstraint("poller", "check_id", name="last_looks_pkey"),
    sqlite_with_rowid=False,
)

latest = Table(
    "latest",
    metadata,
    Column("check_id", WORD, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("took", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text),
    Column("evidence", Text),
    Column("occasion", Text, nullable=False),
    Column("opener", BigInteger),
    Column("findings", Text),
    Column("scalars", Text, nullable=False),
    Column("facts", Text, nullable=False),
    PrimaryKeyConstraint("check_id", name="latest_pkey"),
)

marks = Table(
    "marks",
    metadata,
    Column("name", Text, nullable=False),
    Column("moment", BigInteger, nullable=False),
    PrimaryKeyConstraint("name", name="marks_pkey"),
)
"""Moments that netmon itself must not forget: ``TABLE.kept_since``, and when something was last done."""

series = Table(
    "series",
    metadata,
    Column("id", SERIAL, nullable=False),
    Column("check_id", WORD, nullable=False),
    Column("family", WORD, nullable=False),
    Column("labels", WORD, nullable=False),
    PrimaryKeyConstraint("id", name="series_pkey"),
    UniqueConstraint("check_id", "family", "labels", name="series_once"),
)


def _figures() -> tuple[Column[Any], ...]:
    return (
        Column("count", BigInteger, nullable=False),
        Column("lowest", Double, nullable=False),
        Column("mean", Double, nullable=False),
        Column("p95", Double, nullable=False),
        Column("highest", Double, nullable=False),
        Column("sketch", Text, nullable=False),
    )


rollups_5m = Table(
    "rollups_5m",
    metadata,
    Column("since", BigInteger, nullable=False),
    Column("series", BigInteger, nullable=False),
    Column("life", BigInteger, nullable=False),
    Column("part", BigInteger, nullable=False),
    *_figures(),
    PrimaryKeyConstraint("since", "series", "life", "part", name="rollups_5m_pkey"),
    sqlite_with_rowid=False,
)

rollups_1h, rollups_1d = (
    Table(
        f"rollups_{width}",
        metadata,
        Column("since", BigInteger, nullable=False),
        Column("series", BigInteger, nullable=False),
        *_figures(),
        PrimaryKeyConstraint("since", "series", name=f"rollups_{width}_pkey"),
        sqlite_with_rowid=False,
    )
    for width in ("1h", "1d")
)

rollups_due = Table(
    "rollups_due",
    metadata,
    Column("width", WORD, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("touched", BigInteger, nullable=False),
    PrimaryKeyConstraint("width", "since", name="rollups_due_pkey"),
    sqlite_with_rowid=False,
)

intervals = Table(
    "intervals",
    MetaData(),
    Column("entity", WORD),
    Column("since", BigInteger),
    Column("until", BigInteger),
    Column("state", Text),
    Column("reason", Text),
    Column("evidence", Text),
)
"""A view: each transition up to the next one of its entity; of those dated alike the later row counts."""
