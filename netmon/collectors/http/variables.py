"""Variables: what one step captures and a later one sends, written ``${name}``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated

from pydantic import StringConstraints

LONGEST_VALUE = 4_096
"""A captured value is no longer than this: tokens are shorter, and whole pages are none."""

_SHORTEST_SECRET = 4
"""What is shorter is no token: hiding each 7 of a page number would make evidence unreadable."""

Variable = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,30}$")]

_PLACE = re.compile(r"\$\{([^{}]{0,64})\}")


def variables_in(value: object) -> Iterator[str]:
    """The names of the variables that stand in *value*, a text or what is made of texts."""
    match value:
        case str():
            yield from _PLACE.findall(value)
        case dict():
            for key, inner in value.items():
                yield from variables_in(key)
                yield from variables_in(inner)
        case list() | tuple():
            for inner in value:
                yield from variables_in(inner)


def may_be_secret(value: str) -> bool:
    """Whether a captured *value* is long enough to be hidden in evidence."""
    return len(value) >= _SHORTEST_SECRET


def fill(text: str, values: Mapping[str, str], written: Callable[[str], str] = str) -> str:
    """*text* with the *values* of its variables, each *written* as its place needs it."""
    return _PLACE.sub(lambda place: written(values[place[1]]), text)
