"""What an answer should be like: its status, words on the page, values in a JSON text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeGuard

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from netmon.collectors.http.pattern import PatternText, compile_pattern
from netmon.collectors.http.pointer import ABSENT, Absent, Json, Pointer, shown
from netmon.kernel.settings import Settings

_LONGEST_MATCHED = 10_000
_MOST_VALUES = 50
_KEYS = frozenset({"equals", "matches", "above", "below", "exists"})


def _listed(value: object) -> object:
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(str(one) if isinstance(one, int) else one for one in values)


def _spelled_out(value: Any) -> Any:
    """A plain value is short for one that must be equal."""
    return {"equals": value} if isinstance(value, bool | int | float | str) else value


StatusPattern = Annotated[str, StringConstraints(pattern=r"^[1-5](\d\d|xx)$")]

Statuses = Annotated[
    tuple[StatusPattern, ...],
    BeforeValidator(_listed),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 100, "maximum": 599},
                {"type": "string", "pattern": r"^[1-5](\d\d|xx)$"},
                {"type": "array", "items": {"type": ["integer", "string"]}, "minItems": 1},
            ]
        }
    ),
]


class JsonExpectation(Settings):
    """What one value in a JSON text should be like."""

    equals: StrictBool | StrictInt | StrictFloat | StrictStr | None = Field(
        default=None, description="The value itself: true or false, a number or a text."
    )
    matches: PatternText | None = Field(
        default=None, description="Regular expression (RE2) that must be found in the text."
    )
    above: StrictInt | StrictFloat | None = Field(default=None, description="The number must be greater.")
    below: StrictInt | StrictFloat | None = Field(default=None, description="The number must be smaller.")
    exists: StrictBool | None = Field(default=None, description="Whether anything stands there at all.")

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if all(getattr(self, key) is None for key in _KEYS):
            raise ValueError("nothing is expected; write a value, or equals, matches, above, below or exists")
        return self

    def find_fault(self, found: Json | Absent) -> str | None:
        """In what way *found* is not as expected."""
        if self.exists is False:
            return None if found is ABSENT else f"{shown(found)} stands there, and nothing should"
        if found is ABSENT:
            return "nothing stands there"
        if self.equals is not None and not _equal(self.equals, found):
            return f"is {shown(found)}, expected {shown(self.equals)}"
        if self.matches is not None and not _matches(self.matches, found):
            return f"is {shown(found)}, which does not match {shown(self.matches)}"
        if self.above is not None and not (is_number(found) and found > self.above):
            return f"is {shown(found)}, expected a number above {shown(self.above)}"
        if self.below is not None and not (is_number(found) and found < self.below):
            return f"is {shown(found)}, expected a number below {shown(self.below)}"
        return None


class Expectation(Settings):
    """What the answer should be like."""

    model_config = ConfigDict(serialize_by_alias=True)

    status: Statuses = Field(
        default=("2xx",), description="A status code, a class of them such as 2xx, or a list of either."
    )
    body: str | None = Field(default=None, min_length=1, max_length=1_000, description="Text that the page must hold.")
    body_not: str | None = Field(
        default=None, min_length=1, max_length=1_000, description="Text that the page must not hold."
    )
    document: Annotated[
        Mapping[
            Pointer,
            Annotated[
                JsonExpectation,
                BeforeValidator(_spelled_out),
                WithJsonSchema({"type": ["boolean", "number", "string", "object"]}),
            ],
        ],
        Field(max_length=_MOST_VALUES),
    ] = Field(
        default_factory=dict,
        alias="json",
        description="By JSON pointer what must stand there: a value, or what it must be like.",
    )

    def accepts(self, status: int) -> bool:
        """Whether *status* is one of those expected."""
        return str(status) in self.status or f"{status // 100}xx" in self.status

    @property
    def needs_body(self) -> bool:
        """Whether anything is expected of the body."""
        return self.body is not None or self.body_not is not None or bool(self.document)


def is_number(found: Json | Absent) -> TypeGuard[int | float]:
    """Whether *found* is a number that can be compared."""
    return isinstance(found, int | float) and not isinstance(found, bool) and _is_finite(found)


def _is_finite(found: float) -> bool:
    try:
        return math.isfinite(found)
    except OverflowError:  # hundreds of digits, more than a float can hold
        return False


def _equal(wanted: Json, found: Json | Absent) -> bool:
    """Equal as JSON has it: 1 is 1.0, and true is no number."""
    return isinstance(wanted, bool) is isinstance(found, bool) and wanted == found


def _matches(pattern: str, found: Json | Absent) -> bool:
    return isinstance(found, str) and compile_pattern(pattern).search(found[:_LONGEST_MATCHED]) is not None
