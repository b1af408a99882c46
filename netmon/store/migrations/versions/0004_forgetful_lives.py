"""Lives that began while the store was away, and knew nothing of what was believed before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("lives", sa.Column("remembers", sa.BigInteger, nullable=False, server_default="1"))


def downgrade() -> None:
    op.drop_column("lives", "remembers")
