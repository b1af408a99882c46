"""Regular expressions that take linear time, whatever a server sends to be searched (RE2)."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Protocol, cast

import re2
from pydantic import AfterValidator, Field


class Pattern(Protocol):
    """A compiled regular expression."""

    groups: int

    def search(self, text: str) -> Found | None:
        """Where it stands first in *text*."""


class Found(Protocol):
    """What a regular expression has found."""

    def group(self, number: int) -> str | None:
        """The text of a group; of all for 0."""


@lru_cache(1_024)
def compile_pattern(text: str) -> Pattern:
    """The pattern that *text* is.

    Raises:
        ValueError: it is none, or needs what would take more than linear time (back references, look-around).
    """
    options = re2.Options()
    options.log_errors = False
    try:
        return cast("Pattern", re2.compile(text, options))
    except re2.error as error:
        said = error.args[0] if error.args else "?"
        cause = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        raise ValueError(f"this is no regular expression of RE2: {cause}") from None


def _validate(text: str) -> str:
    compile_pattern(text)
    return text


def _validate_with_group(text: str) -> str:
    if compile_pattern(text).groups != 1:
        raise ValueError("the regular expression must have exactly one group, the part that is wanted")
    return text


PatternText = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_validate)]
"""A regular expression in RE2's words."""

GroupPatternText = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_validate_with_group)]
"""The same with exactly one group."""
