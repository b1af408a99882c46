"""What Alembic runs for every command: the steps, on the connection and in the transaction that `schema` gives it."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
