"""Rollups: series, their figures of 5 minutes, an hour and a day, and which of these are to be derived anew.

On PostgreSQL the figures of 5 minutes, which are by far the most, are cut by time.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netmon.store.partitions import ROLLUPS_5M

revision = "0003"
down_revision = "0002"

_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "series",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("check_id", _WORD, nullable=False),
        sa.Column("family", _WORD, nullable=False),
        sa.Column("labels", _WORD, nullable=False),
        sa.PrimaryKeyConstraint("id", name="series_pkey"),
        sa.UniqueConstraint("check_id", "family", "labels", name="series_once"),
    )
    op.create_table(
        "rollups_5m",
        _whole("since"),
        _whole("series"),
        _whole("life"),
        _whole("part"),
        *_figures(),
        sa.PrimaryKeyConstraint("since", "series", "life", "part", name="rollups_5m_pkey"),
        sqlite_with_rowid=False,
        postgresql_partition_by=f"RANGE ({ROLLUPS_5M.moment})",
    )
    for width in ("1h", "1d"):
        op.create_table(
            f"rollups_{width}",
            _whole("since"),
            _whole("series"),
            *_figures(),
            sa.PrimaryKeyConstraint("since", "series", name=f"rollups_{width}_pkey"),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "rollups_due",
        sa.Column("width", _WORD, nullable=False),
        _whole("since"),
        _whole("touched"),
        sa.PrimaryKeyConstraint("width", "since", name="rollups_due_pkey"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in ("rollups_due", "rollups_1d", "rollups_1h", "rollups_5m", "series"):
        op.drop_table(table)


def _figures() -> tuple[sa.Column[object], ...]:
    return (
        _whole("count"),
        *(sa.Column(name, sa.Double, nullable=False) for name in ("lowest", "mean", "p95", "highest")),
        sa.Column("sketch", sa.Text, nullable=False),
    )


def _whole(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False)
