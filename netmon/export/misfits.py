"""Readings that do not fit what was declared: a bug of ours, refused where it would spoil a scrape."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Misfit(StrEnum):
    """Why a reading is refused."""

    UNDECLARED = "undeclared"
    """Its family or fact is not declared by the kind of its check."""
    SHAPE = "shape"
    """A column is not as long as the labels of its table."""
    NUMBER = "number"
    """A column holds something that is neither a number nor ``None``."""
    LABEL = "label"
    """A label's name is not allowed, or is one that the exporter sets itself."""
    DUPLICATE = "duplicate"
    """Two rows of a table have the same labels; the first is kept."""


class MisfitError(Exception):
    """A reading does not fit; the text says which, in words of ours (names, never values)."""

    def __init__(self, why: Misfit, what: str) -> None:
        super().__init__(what)
        self.why = why


Refuse = Callable[[MisfitError], None]
"""What is done about a misfit: count and tell it in production, raise it in tests."""
