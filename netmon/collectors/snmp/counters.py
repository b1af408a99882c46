"""Counters carried on past wraps, restarts and whatever else makes them smaller, so that nothing of it is a spike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import le

_WRAP = 2**32
_HALF = 2**31
_BURST, _SLACK_SECONDS = 1.5, 2.0
"""A wrap is allowed so much above the speed, and answers so much apart from each other, before it is none."""


@dataclass(frozen=True, slots=True)
class Count:
    """Where a counter stands.

    Attributes:
        said: what the device said last.
        turned: what is added to that: the whole turns of 2^32 before it, or less where it did not begin with 0.
        at: when it was said, for whoever carries the counter on.
        broken: the device began anew since.
        source: the column that it was read from.
    """

    said: int
    turned: int = 0
    at: float = 0.0
    broken: bool = False
    source: str = ""

    @property
    def total(self) -> int:
        """The continued counter."""
        return self.said + self.turned


def carry_on(before: Count, said: int, most: float) -> Count:
    """The 32-bit counter after the device said *said*, when it cannot have counted more than *most* since.

    A smaller number is a wrap only if the step across it is plausible: at most *most*, and less than
    half a turn. Else the device began anew, and so does the counter.
    """
    if said >= before.said:
        return Count(said, before.turned)
    step = said + _WRAP - before.said
    if step < _HALF and step <= most:
        return Count(said, before.turned + _WRAP)
    return begin_anew(before, said, most)


def begin_anew(before: Count, said: int, most: float) -> Count:
    """The counter of a device that began anew and said *said*, when it cannot have counted more than *most* since.

    Most begin with 0, or go on. Whoever reads counters takes a step up for what was counted, and after a step down
    everything: where that is more than can be, as with an aggregate that lost a member or a gauge in a counter's
    place, the counter begins with 0 here, a reset for everyone.
    """
    step = said - before.total if said >= before.total else said
    return Count(said) if step <= most else Count(said, -said)


AfterFall = Callable[[Count, int, float], Count]
"""What becomes of a counter that fell: `carry_on` where it may have wrapped, else `begin_anew`."""


class CounterColumn:
    """One column of counters, a number for each row, shown as the device says them while none of them falls.

    Args:
        before: where the rows stood when the table was learned the last time; ``None`` for a row that is new.
    """

    def __init__(self, source: str, before: Sequence[Count | None], after_fall: AfterFall) -> None:
        known = {row: count for row, count in enumerate(before) if count is not None}
        whole = {row: count for row, count in known.items() if not count.broken and count.source == source}
        self._source = source
        self._after_fall = after_fall
        self._said: list[int | None] = [count.said if (count := whole.get(row)) else None for row in range(len(before))]
        self._turned = {row: count.turned for row, count in whole.items() if count.turned}
        self._broken = {row: count for row, count in known.items() if row not in whole}
        self._at = max((count.at for count in whole.values()), default=0.0)

    def follow(self, said: list[int | None], speeds: Sequence[float], at: float) -> list[int | None]:
        """The totals after the rows said *said*; *speeds* are what a row can count in a second."""
        if self._broken or (said != self._said and not _rise(self._said, said)):
            self._mend(said, speeds, at)
        else:
            self._said = said
        self._at = at
        return self._add_turns(said) if self._turned else said

    def begin_anew(self, row: int) -> None:
        """The device says that this counter was not continuous."""
        if (count := self._count(row)) is not None:
            self._broken[row] = replace(count, broken=True)

    def memory(self) -> list[Count | None]:
        """Where every row stands."""
        return [self._count(row) for row in range(len(self._said))]

    def _count(self, row: int) -> Count | None:
        if row in self._broken:
            return self._broken[row]
        said = self._said[row]
        return None if said is None else Count(said, self._turned.get(row, 0), self._at, source=self._source)

    def _mend(self, said: list[int | None], speeds: Sequence[float], at: float) -> None:
        """Take *said* row by row: one that is missing stands where it stood, one that began anew or fell is settled."""
        known = list(self._said)
        for row, number in enumerate(said):
            if number is None:
                continue
            before, last = self._broken.pop(row, None), known[row]
            if before is not None:
                self._turn(row, begin_anew(before, number, speeds[row] * (at - before.at)))
            elif last is not None and number < last:
                fallen = Count(last, self._turned.get(row, 0))
                self._turn(row, self._after_fall(fallen, number, _most(speeds[row], self._at, at)))
            known[row] = number
        self._said = known

    def _turn(self, row: int, count: Count) -> None:
        self._turned.pop(row, None)
        if count.turned:
            self._turned[row] = count.turned

    def _add_turns(self, said: list[int | None]) -> list[int | None]:
        shown = list(said)
        for row, turned in self._turned.items():
            if (number := said[row]) is not None:
                shown[row] = number + turned
        return shown


def _rise(before: list[int | None], said: list[int | None]) -> bool:
    """Whether every row is told, and none is smaller than before."""
    try:
        return all(map(le, before, said))  # type: ignore[arg-type]  # a number that is missing cannot be compared
    except TypeError:
        return False


def _most(speed: float, since: float, until: float) -> float:
    return speed * _BURST * (until - since + _SLACK_SECONDS)
