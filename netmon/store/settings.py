"""Where the store is, as `config.yaml` says it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from netmon.kernel.settings import DurationText, SecretReference, Settings
from netmon.model.moments import SECOND, Duration


class StoreSettings(Settings):
    """Which database holds the log."""

    url: str = Field(
        default="sqlite:///netmon.db",
        description=(
            "`sqlite:///FILE` (a relative FILE lies in the state directory) or "
            "`postgresql://USER@HOST[:PORT]/DATABASE`; never with a password in it."
        ),
    )
    password: SecretReference | None = Field(
        default=None,
        description="Where the password for PostgreSQL stands; without it libpq's own ways hold (peer, .pgpass).",
    )
    busy_timeout: DurationText = Field(
        default=Duration(5 * SECOND),
        description="How long to wait for a database that another program holds, before giving up with a message.",
    )
    patience: DurationText = Field(
        default=Duration(30 * SECOND),
        description=(
            "How long PostgreSQL may take for one batch or one question; then the connection is given up, "
            "and the batch is offered again on another. Longer than `busy_timeout`."
        ),
    )

    @field_validator("url")
    @classmethod
    def _names_a_database(cls, value: str) -> str:
        url = _parse(value)
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise ValueError(f'"{url.get_backend_name()}" is not supported; write sqlite:///FILE or postgresql://...')
        if url.password is not None:
            raise ValueError("a password stands elsewhere: write `password: env:NAME` or `password: file:PATH`")
        if not url.database or url.database == ":memory:":
            raise ValueError("names no database; write sqlite:///netmon.db or postgresql://USER@HOST/DATABASE")
        return value

    @model_validator(mode="after")
    def _waits_longer_for_the_database_than_for_its_lock(self) -> Self:
        if self.patience <= self.busy_timeout:
            raise ValueError("`patience` must be longer than `busy_timeout`")
        return self


def _parse(text: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("is not a URL; write sqlite:///netmon.db or postgresql://USER@HOST/DATABASE") from None
