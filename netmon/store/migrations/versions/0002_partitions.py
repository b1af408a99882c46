"""Partitions by time on PostgreSQL; marks, and transitions that may vanish where retention has passed them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netmon.model.moments import Moment
from netmon.store.partitions import LOOKS, RUNS, SCHEMA, TRANSITIONS, Partitioned

revision = "0002"
down_revision = "0001"

_KEYS = {
    LOOKS: ("life, sequence, known",),
    RUNS: ("check_id, life, first",),
    TRANSITIONS: ("id, at", "entity, at, life, turn"),
}
"""A key of a partitioned table holds the moment by which it is cut."""

_KEYS_BEFORE = {
    LOOKS: ("life, sequence",),
    RUNS: ("check_id, life, first",),
    TRANSITIONS: ("id", "entity, at, life, turn"),
}

_KEY_NAMES = {LOOKS: ("looks_pkey",), RUNS: ("runs_pkey",), TRANSITIONS: ("transitions_pkey", "transitions_once")}

_INDEXES = {
    LOOKS: {"looks_in_order": "known, check_id"},
    RUNS: {"runs_in_order": "first, check_id"},
    TRANSITIONS: {"transitions_of_entity": "entity, at, id", "transitions_in_order": "at"},
}

_REPLACED_OFTEN = ("last_looks", "latest")
"""Half-empty pages let PostgreSQL put a new row beside the old one, without touching an index."""

_INTERVALS = """
CREATE VIEW intervals AS
SELECT entity, since, until, state, reason, evidence, recorded, poller, life
FROM (
    SELECT entity, at AS since, lead(at) OVER (PARTITION BY entity ORDER BY at, id) AS until,
           state, reason, evidence, recorded, poller, life
    FROM transitions
) AS stretches
WHERE until IS NULL OR until > since
"""

_NEVER_VANISH = """
CREATE TRIGGER transitions_never_vanish BEFORE DELETE ON transitions
BEGIN SELECT RAISE(ABORT, 'transitions are only ever added'); END
"""

_NEVER_VANISH_SINCE = """
CREATE TRIGGER transitions_never_vanish BEFORE DELETE ON transitions
WHEN OLD.at >= coalesce((SELECT moment FROM marks WHERE name = 'transitions.kept_since'), -9223372036854775808)
BEGIN SELECT RAISE(ABORT, 'transitions are only ever added'); END
"""

_NEVER_CHANGE = """
CREATE TRIGGER transitions_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON transitions
FOR EACH STATEMENT EXECUTE FUNCTION transitions_refuse()
"""

_NO_ROW_CHANGES = """
CREATE TRIGGER transitions_rows_never_change BEFORE UPDATE OR DELETE ON transitions
FOR EACH ROW EXECUTE FUNCTION transitions_refuse()
"""
"""For each partition too: whoever names one directly passes the trigger of the whole by."""


def upgrade() -> None:
    op.create_table(
        "marks",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("moment", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="marks_pkey"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER transitions_never_vanish")
        op.execute(_NEVER_VANISH_SINCE)
        return
    op.execute(f"CREATE SCHEMA {SCHEMA}")
    op.execute("DROP VIEW intervals")
    for table, keys in _KEYS.items():
        _put_aside(table)
        likeness = f"{table.table} (LIKE {table.table}_old INCLUDING DEFAULTS)"
        op.execute(f"CREATE TABLE {likeness} PARTITION BY RANGE ({table.moment})")
        _add_keys(table, keys)
        _make_partitions(table)
        _take_over(table)
    op.execute(_NEVER_CHANGE)
    op.execute(_NO_ROW_CHANGES)
    op.execute(_INTERVALS)
    for often in _REPLACED_OFTEN:
        op.execute(f"ALTER TABLE {often} SET (fillfactor = 50)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER transitions_never_vanish")
        op.execute(_NEVER_VANISH)
    else:
        op.execute("DROP VIEW intervals")
        for table, keys in _KEYS_BEFORE.items():
            _put_aside(table)
            op.execute(f"CREATE TABLE {table.table} (LIKE {table.table}_old INCLUDING DEFAULTS)")
            _add_keys(table, keys)
            _take_over(table)
        op.execute(f"DROP SCHEMA {SCHEMA}")
        op.execute(_NEVER_CHANGE)
        op.execute(_INTERVALS)
        for often in _REPLACED_OFTEN:
            op.execute(f"ALTER TABLE {often} RESET (fillfactor)")
    op.drop_table("marks")


def _put_aside(table: Partitioned) -> None:
    op.execute(f"ALTER TABLE {table.table} RENAME TO {table.table}_old")
    for index in (*_KEY_NAMES[table], *_INDEXES[table]):
        op.execute(f"ALTER INDEX {index} RENAME TO {index}_old")


def _add_keys(table: Partitioned, keys: tuple[str, ...]) -> None:
    for name, kind, key in zip(_KEY_NAMES[table], ("PRIMARY KEY", "UNIQUE"), keys, strict=False):
        op.execute(f"ALTER TABLE {table.table} ADD CONSTRAINT {name} {kind} ({key})")
    for name, columns in _INDEXES[table].items():
        op.execute(f"CREATE INDEX {name} ON {table.table} ({columns})")


def _make_partitions(table: Partitioned) -> None:
    starts = op.get_bind().execute(sa.text(f"SELECT DISTINCT {table.start_in_sql} FROM {table.table}_old"))
    for (start,) in starts.all():
        for statement in table.making(Moment(int(start))):
            op.execute(statement)


def _take_over(table: Partitioned) -> None:
    op.execute(f"INSERT INTO {table.table} SELECT * FROM {table.table}_old")
    if table is TRANSITIONS:
        op.execute("ALTER SEQUENCE transitions_id_seq OWNED BY transitions.id")
    op.execute(f"DROP TABLE {table.table}_old")
