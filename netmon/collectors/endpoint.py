"""What a check connects to, as settings name it: a host and a port."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from typing_extensions import override

from netmon.collectors.permission import parse_literal

_LONGEST_NAME = 253
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)


def parse_host(value: Any) -> str:
    """*value* as an IP address, or as a host name in lower case and ASCII (IDNA).

    Raises:
        ValueError: it is neither.
    """
    if not isinstance(value, str):
        raise ValueError("a host must be text; put it into quotes")
    if "%" not in value and (literal := parse_literal(value)) is not None:
        return str(literal)
    try:
        name = value.encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    labels = name.removesuffix(".").split(".")
    if len(name) > _LONGEST_NAME or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        raise ValueError(f'"{value[:_LONGEST_NAME]}" is neither an IP address nor a host name')
    return name


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and a port; as text, the way people write it: ``mail.example.vn:25``, ``[2001:db8::1]:25``."""

    host: str
    port: int

    @override
    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


Host = Annotated[
    str,
    BeforeValidator(parse_host),
    WithJsonSchema({"type": "string", "minLength": 1, "examples": ["mail.example.vn"]}),
]
"""A host name or an IP address."""

Port = Annotated[int, Field(ge=1, le=65_535)]
"""A TCP or UDP port."""
