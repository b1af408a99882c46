"""The log (lives, plans, looks, runs, transitions), and what is drawn from it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")

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

_ONLY_ADDED = {
    "sqlite": (
        """
        CREATE TRIGGER transitions_never_change BEFORE UPDATE ON transitions
        BEGIN SELECT RAISE(ABORT, 'transitions are only ever added'); END
        """,
        """
        CREATE TRIGGER transitions_never_vanish BEFORE DELETE ON transitions
        BEGIN SELECT RAISE(ABORT, 'transitions are only ever added'); END
        """,
    ),
    "postgresql": (
        """
        CREATE FUNCTION transitions_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'transitions are only ever added'; END $$
        """,
        """
        CREATE TRIGGER transitions_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON transitions
        FOR EACH STATEMENT EXECUTE FUNCTION transitions_refuse()
        """,
    ),
}


def upgrade() -> None:
    _create_lives_and_plans()
    _create_looks()
    _create_transitions()
    _create_lasts()


def downgrade() -> None:
    op.execute("DROP VIEW intervals")
    for table in ("latest", "last_looks", "transitions", "runs", "looks", "plan_takings", "plans", "lives"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION transitions_refuse()")


def _create_lives_and_plans() -> None:
    op.create_table(
        "lives",
        _whole("life"),
        sa.Column("poller", _WORD, nullable=False),
        _whole("began"),
        _whole("last_beat"),
        sa.PrimaryKeyConstraint("life", name="lives_pkey"),
    )
    op.create_table(
        "plans",
        _whole("version"),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("poller", _WORD, nullable=False),
        _whole("taken_at"),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("sources", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("version", name="plans_pkey"),
    )
    op.create_table(
        "plan_takings",
        sa.Column("id", _SERIAL, nullable=False),
        _whole("at"),
        _whole("version"),
        sa.Column("life", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="plan_takings_pkey"),
    )


def _create_looks() -> None:
    op.create_table(
        "looks",
        _whole("life"),
        _whole("sequence"),
        sa.Column("check_id", _WORD, nullable=False),
        _whole("plan"),
        _whole("at"),
        _whole("took"),
        _whole("known"),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("evidence", sa.Text),
        sa.Column("occasion", sa.Text, nullable=False),
        sa.Column("opener", sa.BigInteger),
        sa.Column("findings", sa.Text),
        sa.PrimaryKeyConstraint("life", "sequence", name="looks_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("looks_in_order", "looks", ["known", "check_id"])
    op.create_table(
        "runs",
        sa.Column("check_id", _WORD, nullable=False),
        _whole("life"),
        _whole("first"),
        _whole("count"),
        _whole("interval"),
        _whole("plan"),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("findings", sa.Text),
        sa.PrimaryKeyConstraint("check_id", "life", "first", name="runs_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("runs_in_order", "runs", ["first", "check_id"])


def _create_transitions() -> None:
    op.create_table(
        "transitions",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("entity", _WORD, nullable=False),
        _whole("at"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("evidence", sa.Text),
        _whole("recorded"),
        sa.Column("poller", _WORD, nullable=False),
        _whole("life"),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="transitions_pkey"),
        sa.UniqueConstraint("entity", "at", "life", "turn", name="transitions_once"),
    )
    op.create_index("transitions_of_entity", "transitions", ["entity", "at", "id"])
    op.create_index("transitions_in_order", "transitions", ["at"])
    for statement in _ONLY_ADDED[op.get_bind().dialect.name]:
        op.execute(statement)
    op.execute(_INTERVALS)


def _create_lasts() -> None:
    op.create_table(
        "last_looks",
        sa.Column("poller", _WORD, nullable=False),
        sa.Column("check_id", _WORD, nullable=False),
        _whole("looked_at"),
        sa.Column("answered_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("poller", "check_id", name="last_looks_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "latest",
        sa.Column("check_id", _WORD, nullable=False),
        _whole("at"),
        _whole("took"),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("evidence", sa.Text),
        sa.Column("occasion", sa.Text, nullable=False),
        sa.Column("opener", sa.BigInteger),
        sa.Column("findings", sa.Text),
        sa.Column("scalars", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("check_id", name="latest_pkey"),
    )


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False)
