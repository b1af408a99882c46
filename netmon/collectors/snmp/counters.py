"""32-bit counters carried on past their wraps, so that a wrap is neither a spike nor a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_WRAP = 2**32
_HALF = 2**31
_SLACK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Count:
    """Where a counter stands: what the device said last, and the whole turns of 2^32 before it."""

    said: int
    turned: int = 0

    @property
    def total(self) -> int:
        """The continued counter."""
        return self.said + self.turned


def carry_on(before: Count, said: int, most: float) -> Count:
    """The counter after the device said *said*, when it cannot have counted more than *most* since.

    A smaller number is a wrap only if the step across it is plausible: at most *most*, and less than
    half a turn. Else the device began anew, and so does the counter.
    """
    if said >= before.said:
        return Count(said, before.turned)
    step = said + _WRAP - before.said
    if step < _HALF and step <= most:
        return Count(said, before.turned + _WRAP)
    return Count(said)


class ContinuedColumn:
    """One column of 32-bit counters; rows are told apart by *keys* when the table is learned anew."""

    def __init__(self, keys: Sequence[object], memory: Mapping[object, Count]) -> None:
        self._keys = keys
        self._said: Sequence[int | None] = ()
        self._totals: list[int | None] = []
        self._counts: list[Count | None] = [memory.get(key) for key in keys]
        self._turned = any(count is not None and count.turned for count in self._counts)
        self._at = 0.0

    def follow(self, said: list[int | None], ceilings: Sequence[float], at: float) -> Sequence[int | None]:
        """The totals after the rows said *said*; *ceilings* are what a row can count in a second."""
        if said == self._said:
            self._at = at
            return self._totals
        elapsed = at - self._at + _SLACK_SECONDS
        for row, number in enumerate(said):
            before = self._counts[row]
            if number is None or (before is not None and before.said == number):
                continue
            if before is None:
                self._counts[row] = Count(number)
                continue
            after = carry_on(before, number, ceilings[row] * elapsed)
            self._turned = self._turned or after.turned != before.turned
            self._counts[row] = after
        self._at = at
        self._said = said
        self._totals = self._add_turns(said) if self._turned else said
        return self._totals

    def begin_anew(self, row: int) -> None:
        """The device says that this counter was not continuous."""
        self._counts[row] = None
        self._said = ()

    def memory(self) -> dict[object, Count]:
        """Where every row stands, by its key."""
        return {key: count for key, count in zip(self._keys, self._counts, strict=True) if count is not None}

    def _add_turns(self, said: list[int | None]) -> list[int | None]:
        return [
            None if number is None or count is None else number + count.turned
            for number, count in zip(said, self._counts, strict=True)
        ]
