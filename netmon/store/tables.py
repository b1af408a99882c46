"""The tables, as queries see them; the migrations make them, and a test compares the two."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, PrimaryKeyConstraint, Table, Text, UniqueConstraint

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
