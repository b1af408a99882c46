"""Which revision a database is at, and the way to another one, forward and back."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.engine import Connection

_MIGRATIONS = Path(__file__).with_name("migrations")

EMPTY = "base"
"""The revision of a database without tables."""


def newest() -> str:
    """The revision that this netmon reads and writes."""
    (head,) = ScriptDirectory(str(_MIGRATIONS)).get_heads()
    return head


def revisions() -> frozenset[str]:
    """Every revision that this netmon knows."""
    return frozenset(script.revision for script in ScriptDirectory(str(_MIGRATIONS)).walk_revisions())


def revision_of(connection: Connection) -> str | None:
    """The revision of the database; `EMPTY` without any table, ``None`` where the tables are not netmon's."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None:
        return revision
    strangers = set(inspect(connection).get_table_names()) - {"alembic_version"}
    return None if strangers else EMPTY


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Go forward to *revision*, in the caller's transaction."""
    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Go back to *revision*, in the caller's transaction; what only later revisions hold is lost."""
    command.downgrade(_config(connection), revision)


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
