"""JSON: strict and bounded decoding (RFC 8259), and pointers into it (RFC 6901)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from enum import Enum, auto
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, WithJsonSchema

LARGEST_DOCUMENT = 512 * 2**10
MOST_PARTS = 60_000
"""A document is not read where it has more values than this, for all of it is read at once."""
_LONGEST_SHOWN = 60
_LONGEST_POINTER = 200

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_POINTER = re.compile(r"(/([^~/]|~[01])*)*")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


class Absent(Enum):
    """Nothing stands where a pointer leads."""

    ABSENT = auto()


ABSENT = Absent.ABSENT


def _validate(text: str) -> str:
    if _POINTER.fullmatch(text) is None:
        raise ValueError(f'"{text}" is no JSON pointer; write one such as /status or /queues/0/length')
    return text


Pointer = Annotated[
    str,
    Field(max_length=_LONGEST_POINTER),
    AfterValidator(_validate),
    WithJsonSchema({"type": "string", "pattern": "^(/([^~/]|~[01])*)*$", "examples": ["/queue/length"]}),
]
"""A JSON pointer: ``/queues/0/length``; ``~1`` stands for a slash and ``~0`` for a tilde in a name."""


def parse_document(body: bytearray) -> Json:
    """The JSON text that *body* is: UTF-8, no name twice in an object, no NaN.

    Raises:
        ValueError: it is none; the message says why, and shows nothing of it.
    """
    try:
        document: Json = json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return document


def count_parts(body: bytearray) -> int:
    """How many values the JSON text *body* has at most, told by its brackets and commas."""
    return 1 + body.count(b"[") + body.count(b"{") + body.count(b",")


def find(document: Json, pointer: str) -> Json | Absent:
    """What stands at *pointer* in *document*; half of a letter in a text (a lone surrogate) counts as unreadable."""
    found = document
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and _INDEX.fullmatch(name) and int(name) < len(found):
            found = found[int(name)]
        else:
            return ABSENT
    return _whole_letters(found) if isinstance(found, str) else found


def shown(value: Json | Absent) -> str:
    """*value* as evidence may show it: short, and without what is inside."""
    match value:
        case Absent():
            return "nothing"
        case list():
            return f"a list of {len(value)}"
        case dict():
            return f"an object with {len(value)} names"
        case str():
            return json.dumps(value[:_LONGEST_SHOWN] + ("…" if len(value) > _LONGEST_SHOWN else ""), ensure_ascii=False)
    return json.dumps(value)[:_LONGEST_SHOWN]


def _whole_letters(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _object(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is no JSON")
