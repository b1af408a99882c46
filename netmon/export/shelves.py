"""The shelves on which fragments lie, by family and owner, ready to be taken down for a scrape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netmon.export.families import Family, distinct
from netmon.export.fragments import Fragment, Press
from netmon.export.syntax import Syntax


class Shelves:
    """Every sample that is shown. One change is one call, so a scrape sees a check's numbers whole or not at all."""

    def __init__(self, families: Iterable[Family]) -> None:
        self.families = distinct(families)
        self._press = Press()
        self._heads: Mapping[Syntax, Mapping[str, Fragment]] = {
            syntax: {name: self._press.make(family.head(syntax)) for name, family in self.families.items()}
            for syntax in Syntax
        }
        self._shelves: dict[str, dict[str, Fragment]] = {name: {} for name in self.families}

    def put(self, family: str, owner: str, lines: str) -> None:
        """Replace what *owner* shows of *family*; without lines, take it away."""
        shelf = self._shelves[family]
        if lines:
            shelf[owner] = self._press.remake(lines, shelf.get(owner))
        else:
            shelf.pop(owner, None)

    def clear(self, owner: str, families: Iterable[str]) -> None:
        """Take away what *owner* shows of *families*."""
        for family in families:
            self._shelves[family].pop(owner, None)

    def fragments(self, syntax: Syntax) -> list[Fragment]:
        """Everything at this moment, each family's head above its samples; later changes do not touch the list."""
        taken: list[Fragment] = []
        for name, shelf in self._shelves.items():
            if shelf:
                taken.append(self._heads[syntax][name])
                taken.extend(shelf.values())
        return taken
