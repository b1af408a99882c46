"""The small words of the inventory's files: ids, names in two languages, dates, addresses."""

from __future__ import annotations

import re
import zoneinfo
from datetime import date
from ipaddress import ip_address
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from netmon.kernel.problems import nearest, quote
from netmon.kernel.settings import Settings
from netmon.model.ids import is_id

_HOST_NAME = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?\.?",
    re.ASCII | re.IGNORECASE,
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Shorthand:
    """Lets a mapping be written as its most telling value alone: ``snmp: lab-v2c`` for its ``credential``."""

    def __init__(self, key: str) -> None:
        self.key = key

    def expand(self, value: Any) -> Any:
        return {self.key: value} if isinstance(value, str) else value

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler(schema)]}


def shorthand(key: str) -> tuple[BeforeValidator, Shorthand]:
    """What `typing.Annotated` needs so that a bare text stands for a mapping with *key* alone."""
    form = Shorthand(key)
    return BeforeValidator(form.expand), form


def _identifier(value: Any) -> str:
    if isinstance(value, str) and is_id(value):
        return value
    raise ValueError(
        f"{quote(value)} is not an id: at most 63 lower-case letters, digits, dots and hyphens, "
        "the first a letter or a digit"
        if isinstance(value, str | int | float)
        else "an id must be text"
    )


def _day(value: Any) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{quote(value)} is not a day of the calendar") from None
    raise ValueError("must be a date such as 2008-05-31")


def _zone(value: Any) -> str:
    if isinstance(value, str) and value in zoneinfo.available_timezones():
        return value
    hint = nearest(str(value), zoneinfo.available_timezones()) or "write one such as Asia/Ho_Chi_Minh"
    raise ValueError(f"{quote(value)} is not a time zone - {hint}")


def canonical_address(value: Any) -> str:
    """*value* as an IP address in its shortest form, or as a host name in lower case.

    Raises:
        ValueError: it is neither.
    """
    if not isinstance(value, str):
        raise ValueError("an address must be text; put it into quotes")
    try:
        address = ip_address(value)
    except ValueError:
        if _HOST_NAME.fullmatch(value):
            return value.lower()
        raise ValueError(f"{quote(value)} is neither an IP address nor a host name") from None
    if "%" in value:
        raise ValueError(f"{quote(value)} holds a scope; an address must be reachable without one")
    return str(address)


Id = Annotated[
    str,
    PlainValidator(_identifier),
    WithJsonSchema({"type": "string", "pattern": "^[a-z0-9][a-z0-9.-]{0,62}$", "examples": ["syt-gw1"]}),
]
"""An id: ``[a-z0-9][a-z0-9.-]{0,62}``."""

Day = Annotated[
    date,
    PlainValidator(_day),
    PlainSerializer(lambda day: day.isoformat()),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2008-05-31"]}),
]
"""A day, written ``2008-05-31``."""

Zone = Annotated[str, PlainValidator(_zone), WithJsonSchema({"type": "string", "examples": ["Asia/Ho_Chi_Minh"]})]
"""A time zone of the IANA database."""

Address = Annotated[
    str, PlainValidator(canonical_address), WithJsonSchema({"type": "string", "examples": ["10.20.7.1"]})
]
"""An IPv4 or IPv6 address, or a host name."""

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A short text for people, without line breaks."""


class Title(Settings):
    """What people call something; a bare text is its Vietnamese name."""

    vi: Line = Field(description="Its name in Vietnamese.")
    en: Line | None = Field(default=None, description="Its name in English.")

    @property
    def by_language(self) -> dict[str, str]:
        """The names that there are, by language tag."""
        return {"vi": self.vi} if self.en is None else {"vi": self.vi, "en": self.en}


TitleText = Annotated[Title, *shorthand("vi")]
"""``{vi: ..., en: ...}``, or the Vietnamese name alone."""
