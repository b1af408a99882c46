"""Counters carried on past wraps and restarts, so that neither is ever a spike, and a wrap is no loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

_WRAP = 2**32
_HALF = 2**31
_SLACK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Count:
    """Where a counter stands.

    Attributes:
        said: what the device said last.
        turned: what is added to that: the whole turns of 2^32 before it, or less where it did not begin with 0.
        at: when it was said, for whoever carries the counter on.
        broken: the device began anew since.
    """

    said: int
    turned: int = 0
    at: float = 0.0
    broken: bool = False

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


def begin_anew(before: Count, said: int, ceiling: float, at: float) -> Count:
    """The counter of a device that began anew and said *said* at *at*; *ceiling* is what it can count in a second.

    Most begin with 0, or go on. One that stands further than it can have come would be a spike to whoever takes
    a step up for what was counted: it begins with 0 here, a reset for everyone.
    """
    most = ceiling * (at - before.at + _SLACK_SECONDS)
    return Count(said) if said - before.total <= most else Count(said, -said)


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
            if number is None or (before is not None and before.said == number and not before.broken):
                continue
            if before is None:
                self._counts[row] = Count(number)
                continue
            if before.broken:
                after = begin_anew(before, number, ceilings[row], at)
            else:
                after = carry_on(before, number, ceilings[row] * elapsed)
            self._turned = self._turned or after.turned != before.turned
            self._counts[row] = after
        self._at = at
        self._said = said
        self._totals = self._add_turns(said) if self._turned else said
        return self._totals

    def begin_anew(self, row: int) -> None:
        """The device says that this counter was not continuous."""
        if (count := self._counts[row]) is not None and not count.broken:
            self._counts[row] = replace(count, at=self._at, broken=True)
        self._said = ()

    def memory(self) -> dict[object, Count]:
        """Where every row stands, by its key."""
        return {
            key: count if count.broken else replace(count, at=self._at)
            for key, count in zip(self._keys, self._counts, strict=True)
            if count is not None
        }

    def _add_turns(self, said: list[int | None]) -> list[int | None]:
        return [
            None if number is None or count is None else number + count.turned
            for number, count in zip(said, self._counts, strict=True)
        ]


class WideColumn:
    """One column of 64-bit counters: shown as the device says them, unless one began anew further than it can be."""

    def __init__(self, keys: Sequence[object], memory: Mapping[object, Count]) -> None:
        known = {row: memory[key] for row, key in enumerate(keys) if key in memory}
        self._keys = keys
        self._said: Sequence[int | None] = ()
        self._at = 0.0
        self._broken = {row: count for row, count in known.items() if count.broken}
        self._turned = {row: count.turned for row, count in known.items() if count.turned}

    def follow(self, said: list[int | None], ceilings: Sequence[float], at: float) -> Sequence[int | None]:
        """The totals after the rows said *said*; *ceilings* are what a row can count in a second."""
        for row in [row for row in self._broken if said[row] is not None]:
            self._settle(row, said[row] or 0, ceilings[row], at)
        self._said, self._at = said, at
        return self._add_turns(said) if self._turned else said

    def begin_anew(self, row: int) -> None:
        """The device says that this counter was not continuous."""
        count = self._count(row)
        if count is not None:
            self._broken.setdefault(row, replace(count, broken=True))

    def memory(self) -> dict[object, Count]:
        """Where every row stands, by its key."""
        counts = {key: self._broken.get(row) or self._count(row) for row, key in enumerate(self._keys)}
        return {key: count for key, count in counts.items() if count is not None}

    def _count(self, row: int) -> Count | None:
        said = self._said[row] if self._said else None
        return None if said is None else Count(said, self._turned.get(row, 0), self._at)

    def _settle(self, row: int, said: int, ceiling: float, at: float) -> None:
        after = begin_anew(self._broken.pop(row), said, ceiling, at)
        self._turned.pop(row, None)
        if after.turned:
            self._turned[row] = after.turned

    def _add_turns(self, said: list[int | None]) -> Sequence[int | None]:
        shown = list(said)
        for row, turned in list(self._turned.items()):
            number = said[row]
            if number is None:
                continue
            if number + turned < 0:  # it wrapped, or began anew: it says itself again
                del self._turned[row]
            else:
                shown[row] = number + turned
        return shown
