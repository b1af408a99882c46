"""What every settings model is built from: frozen, unknown keys forbidden, quantities with units, secrets by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, PlainValidator, WithJsonSchema

from netmon.model.moments import Duration
from netmon.model.quantities import parse_bit_rate, parse_bytes, parse_duration

_REFERENCE = re.compile(r"(env|file|credential|literal):(.+)", re.DOTALL)


class Settings(BaseModel):
    """Settings that stand beside the code that obeys them; give every field a ``description``."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False, hide_input_in_errors=True)


def _quantity(parse: Callable[[str], int]) -> BeforeValidator:
    """Text with a unit becomes a number, to which bounds (``ge``, ``le``) of the field apply."""

    def validate(value: Any) -> int:
        if isinstance(value, bool):
            raise ValueError(f'"{str(value).lower()}" is not a quantity')
        return parse(str(value))

    return BeforeValidator(validate)


def _reference(value: Any) -> str:
    if not isinstance(value, str) or _REFERENCE.fullmatch(value) is None:
        raise ValueError("a secret stands elsewhere: write env:NAME, file:PATH or credential:NAME")
    return value


def _text_schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


DurationText = Annotated[
    Duration,
    _quantity(parse_duration),
    PlainSerializer(lambda value: f"{value}us"),
    _text_schema(r"^\d+(\.\d+)?\s*(us|ms|s|m|min|h|d|w)$", "90s"),
]
"""A duration written with its unit (``90s``); a `Duration` in code."""

BytesText = Annotated[
    int,
    _quantity(parse_bytes),
    PlainSerializer(lambda value: f"{value}B"),
    _text_schema(r"^\d+(\.\d+)?\s*(B|kB|MB|GB|KiB|MiB|GiB)$", "10 MiB"),
]
"""A size written with its unit (``10 MiB``); bytes in code."""

BitRateText = Annotated[
    int,
    _quantity(parse_bit_rate),
    PlainSerializer(lambda value: f"{value}bps"),
    _text_schema(r"^\d+(\.\d+)?\s*(bps|kbps|Mbps|Gbps)$", "100 Mbps"),
]
"""A bandwidth written with its unit (``100 Mbps``); bits per second in code."""

SecretReference = Annotated[
    str,
    PlainValidator(_reference),
    _text_schema(r"^(env|file|credential|literal):.+$", "env:SNMP_COMMUNITY"),
]
"""Where a secret stands: ``env:NAME``, ``file:PATH``, ``credential:NAME`` (systemd), ``literal:`` for the lab alone."""
