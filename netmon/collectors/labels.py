"""Names that a target gives to its parts, as labels may show them: printable, short, and the same each time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netmon.model.looks import Labels

_LONGEST_BYTES = 128


def label_text(text: str) -> str:
    """*text* without what cannot be printed, cut to 128 bytes at the end of a character; never empty."""
    shown = text if text.isprintable() else "".join(one for one in text if one.isprintable())
    short = shown.encode()[:_LONGEST_BYTES].decode("utf-8", "ignore").strip()
    return short or "unnamed"


class SteadyRows:
    """The rows of a table, which stay the same object while they say the same: whoever renders them may rely on it."""

    def __init__(self) -> None:
        self._rows: Sequence[Labels] = ()

    def of(self, label: str, names: Iterable[str]) -> Sequence[Labels]:
        """A row for each of *names*, the values of *label*."""
        return self.keep(((label, name),) for name in names)

    def keep(self, rows: Iterable[Labels]) -> Sequence[Labels]:
        """*rows*, as the object that they were before where nothing has changed."""
        wanted = tuple(rows)
        if wanted != self._rows:
            self._rows = wanted
        return self._rows
