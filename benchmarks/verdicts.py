"""Bars: what a measurement must hold, printed beside what it found, and the exit code that follows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure that may be at most so much, or with *at_least* must be at least so much."""

    what: str
    found: float
    limit: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the figure is on the right side."""
        return self.found >= self.limit if self.at_least else self.found <= self.limit

    @property
    def plain(self) -> dict[str, Any]:
        """The bar for the file of figures."""
        side = "at_least" if self.at_least else "at_most"
        return {"what": self.what, "found": round(self.found, 4), side: self.limit, "holds": self.holds}


def tell(bars: Sequence[Bar]) -> int:
    """Print each of *bars* and whether it holds; 0 where all of them do, else 1."""
    print()
    for bar in bars:
        side, verdict = ("at least" if bar.at_least else "at most"), ("holds" if bar.holds else "MISSED")
        print(f"bar  {bar.what:<60} {bar.found:>10.4g}  {side} {bar.limit:<8g} {verdict}")
    sys.stdout.flush()
    return 0 if all(bar.holds for bar in bars) else 1
