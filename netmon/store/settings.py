"""Where the store is, as `config.yaml` says it."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from netmon.kernel.settings import DurationText, SecretReference, Settings
from netmon.model.moments import DAY, SECOND, Duration
from netmon.model.quantities import parse_duration

FOREVER = "forever"

SHORTEST = Duration(7 * DAY)


def _at_least_a_week(value: Duration | None) -> Duration | None:
    if value is not None and value < SHORTEST:
        raise ValueError("what is kept for less than 7d is not there when it is needed; write 7d or more")
    return value


def _span_or_forever(value: Any) -> int | None:
    if value is None or value == FOREVER:
        return None
    try:
        return parse_duration(str(value))
    except ValueError as error:
        raise ValueError(f"{error}, or {FOREVER}") from None


def _time_of_day(value: Any) -> time:
    if isinstance(value, time):
        return value
    if not isinstance(value, str) or re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value) is None:
        raise ValueError('a time of day is written HH:MM in quotes, such as "03:10"')
    return time.fromisoformat(value)


TimeText = Annotated[
    time,
    BeforeValidator(_time_of_day),
    PlainSerializer(lambda value: f"{value:%H:%M}"),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "examples": ["03:10"]}),
]
"""A time of day."""

RetentionText = Annotated[
    Duration | None,
    BeforeValidator(_span_or_forever),
    AfterValidator(_at_least_a_week),
    PlainSerializer(lambda value: FOREVER if value is None else f"{value}us"),
    WithJsonSchema({"type": "string", "pattern": r"^(forever|\d+(\.\d+)?\s*(h|d|w))$", "examples": ["90d", "forever"]}),
]
"""How long something is kept: a duration, or `forever` (``None`` in code)."""


class RetentionSettings(Settings):
    """How long each table is kept: at least so long, and longer to the end of a period (a day to a year).

    What is still needed is never dropped: the state of everything at that time, and plans that what is kept refers to.
    """

    looks: RetentionText = Field(
        default=Duration(90 * DAY),
        description="Single looks: the bursts around each outage, with their evidence. Goes week by week.",
    )
    runs: RetentionText = Field(
        default=Duration(400 * DAY),
        description="Runs: that somebody looked, and saw the same again. A year and a month. Goes by four weeks.",
    )
    transitions: RetentionText = Field(
        default=None,
        description="What changed, since when and why: all reports rest on it. Goes by 52 weeks, where it goes.",
    )
    plans: RetentionText = Field(
        default=None, description="What was watched, and by which files. Goes day by day, where it goes."
    )
    rollups_5m: RetentionText = Field(
        default=Duration(40 * DAY), description="Figures of 5 minutes. Goes week by week."
    )
    rollups_1h: RetentionText = Field(default=Duration(730 * DAY), description="Figures of an hour.")
    rollups_1d: RetentionText = Field(default=None, description="Figures of a day.")

    @property
    def by_name(self) -> dict[str, Duration | None]:
        """How long each is kept, by the name of its setting; ``None`` for ever."""
        return {name: getattr(self, name) for name in type(self).model_fields}


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

    connections: int = Field(
        default=5,
        ge=2,
        le=100,
        description="How many connections to PostgreSQL netmon holds at most: one writes, the others read.",
    )
    retention: RetentionSettings = Field(
        default=RetentionSettings(), description="How long each table is kept, each with its unit, or `forever`."
    )
    housekeeping: TimeText = Field(
        default=time(3, 10),
        description="When what is too old is dropped, each day, in the organisation's zone: `HH:MM`.",
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
