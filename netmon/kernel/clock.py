"""The clock: the only place that reads the time, and the one that tests replace.

Inside one life the time never jumps: it is the wall clock of the beginning, carried on by the monotonic
clock. `SystemClock.drift` says how far the wall clock has gone elsewhere since (a step, a suspended host).
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from netmon.model.moments import SECOND, Duration, Moment, in_seconds


class Clock(Protocol):
    """What tells the time and wakes sleepers."""

    def now(self) -> Moment:
        """The present moment; never smaller than before."""

    async def sleep_until(self, due: Moment) -> None:
        """Return at *due*, or at once where that has passed."""


class SystemClock:
    """The wall clock at the beginning, carried on by the monotonic clock."""

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()

    def now(self) -> Moment:
        return Moment((time.monotonic_ns() + self._offset) // 1_000)

    async def sleep_until(self, due: Moment) -> None:
        while (wait := due - self.now()) > 0:
            await asyncio.sleep(in_seconds(Duration(wait)))

    def drift(self) -> Duration:
        """How far the wall clock is ahead of this one; negative where it is behind."""
        return Duration((time.time_ns() - time.monotonic_ns() - self._offset) // 1_000)

    def follow_wall(self) -> None:
        """Take over the wall clock's time where that is ahead; never go back."""
        self._offset += max(0, self.drift()) * 1_000


class FakeClock:
    """A clock that stands still until it is told to go on; sleepers wake in the order of their due times."""

    def __init__(self, now: Moment = Moment(1_800_000_000 * SECOND)) -> None:
        self._now = now
        self._sleepers: list[tuple[Moment, int, asyncio.Event]] = []
        self._count = 0

    def now(self) -> Moment:
        return self._now

    async def sleep_until(self, due: Moment) -> None:
        if due <= self._now:
            await asyncio.sleep(0)
            return
        self._count += 1
        woken = asyncio.Event()
        sleeper = (due, self._count, woken)
        self._sleepers.append(sleeper)
        try:
            await woken.wait()
        finally:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)

    async def advance(self, by: Duration) -> None:
        """Let *by* pass, waking each sleeper at its moment and letting it do what it can before the next."""
        until = Moment(self._now + by)
        await self._settle()
        while self._sleepers and min(self._sleepers)[0] <= until:
            due, _, woken = sleeper = min(self._sleepers)
            self._now = max(self._now, due)
            self._sleepers.remove(sleeper)
            woken.set()
            await self._settle()
        self._now = until
        await self._settle()

    async def _settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)
