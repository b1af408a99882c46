"""The window: how many of the last looks on the grid were missed or slow, for loss too mild to be an outage."""

from __future__ import annotations

from dataclasses import dataclass

SIZE = 60
ENOUGH = 20
ENTER = 9
LEAVE = 3

_MASK = (1 << SIZE) - 1


@dataclass(frozen=True, slots=True)
class Window:
    """The last looks on the grid, newest in the lowest bit; a set bit is a look that was missed or slow."""

    bits: int = 0
    length: int = 0

    def add(self, *, bad: bool) -> Window:
        """The window after one more look."""
        return Window((self.bits << 1 | bad) & _MASK, min(SIZE, self.length + 1))

    @property
    def bad(self) -> int:
        """How many looks in it were missed or slow."""
        return self.bits.bit_count()

    def is_lossy(self, was_lossy: bool) -> bool:
        """Whether the check is lossy now: entered at 9 of 60, left at 3, and not judged on fewer than 20."""
        if self.length < ENOUGH:
            return was_lossy
        return self.bad > LEAVE if was_lossy else self.bad >= ENTER


EMPTY = Window()
