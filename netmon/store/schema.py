"""Which revision a database is at, and the way to another one, forward and back."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.engine import Connection

from netmon.store.partitions import SCHEMA
from netmon.store.tables import intervals, metadata

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


def clear(connection: Connection) -> None:
    """Take everything of netmon out of the database, in the caller's transaction, without copying any of it."""
    inspector = inspect(connection)
    own = metadata.tables.keys() | {"alembic_version"}
    for view in set(inspector.get_view_names()) & {intervals.name}:
        connection.exec_driver_sql(f"DROP VIEW {view}")
    for table in set(inspector.get_table_names()) & own:
        connection.exec_driver_sql(f"DROP TABLE {table}")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA}")
        connection.exec_driver_sql("DROP FUNCTION IF EXISTS transitions_refuse")


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
