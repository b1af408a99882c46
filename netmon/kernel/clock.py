"""The clock: the only place that reads the time, and the one that tests replace.

Inside one life the time never jumps: it is the wall clock of the beginning, carried on by the monotonic
clock. `SystemClock.drift` says how far the wall clock has gone elsewhere since (a step, a suspended host).
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import time
from typing import Protocol

from netmon.model.moments import SECOND, Duration, Moment, in_seconds

QUIET_ROUNDS = 3
"""A loop in which nothing was ready for so many rounds is at rest; what a socket brings needs one to be seen."""

RESTLESS_ROUNDS = 100_000


class Clock(Protocol):
    """What tells the time and wakes sleepers."""

    def now(self) -> Moment:
        """The present moment; never smaller than before."""

    async def sleep_until(self, due: Moment) -> None:
        """Return at *due*, or at once where that has passed."""

    async def wait(self, event: asyncio.Event, due: Moment) -> None:
        """Return when *event* is set or at *due*, whichever is first."""


class SystemClock:
    """The wall clock at the beginning, carried on by the monotonic clock."""

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()

    def now(self) -> Moment:
        return Moment((time.monotonic_ns() + self._offset) // 1_000)

    async def sleep_until(self, due: Moment) -> None:
        while (wait := due - self.now()) > 0:  # noqa: ASYNC110  there is no event: the time itself is awaited
            await asyncio.sleep(in_seconds(Duration(wait)))

    async def wait(self, event: asyncio.Event, due: Moment) -> None:
        if (left := due - self.now()) <= 0 or event.is_set():
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(in_seconds(Duration(left))):
                await event.wait()

    def drift(self) -> Duration:
        """How far the wall clock is ahead of this one; negative where it is behind."""
        return Duration((time.time_ns() - time.monotonic_ns() - self._offset) // 1_000)

    def catch_up(self, moment: Moment) -> None:
        """Go on from *moment* where that is ahead: the log never goes back, even if the wall clock did."""
        self._offset += max(0, moment - self.now()) * 1_000

    def follow_wall(self) -> None:
        """Take over the wall clock's time where that is ahead; never go back."""
        self._offset += max(0, self.drift()) * 1_000


def wall_nanoseconds() -> int:
    """The wall clock as it is set now; only to be compared with the stamps that the kernel puts on packets."""
    return time.time_ns()


class FakeClock:
    """A clock that stands still until it is told to go on; sleepers wake in the order of their due times."""

    def __init__(self, now: Moment = Moment(1_800_000_000 * SECOND)) -> None:
        self._now = now
        self._alarms: list[tuple[Moment, int, asyncio.Future[None]]] = []
        self._count = 0
        self.wall: Moment | None = None
        """Where the wall clock stands, if elsewhere."""

    def now(self) -> Moment:
        return self._now

    async def sleep_until(self, due: Moment) -> None:
        if due <= self._now:
            await asyncio.sleep(0)
            return
        await self._alarm(due)

    async def wait(self, event: asyncio.Event, due: Moment) -> None:
        if due <= self._now or event.is_set():
            await asyncio.sleep(0)
            return
        alarm = self._alarm(due)
        async with asyncio.TaskGroup() as group:
            listener = group.create_task(_ring(alarm, event))
            await alarm
            listener.cancel()

    def drift(self) -> Duration:
        return Duration(self.wall - self._now) if self.wall else Duration(0)

    def catch_up(self, moment: Moment) -> None:
        self._now = max(self._now, moment)

    def follow_wall(self) -> None:
        self.catch_up(Moment(self._now + self.drift()))
        self.wall = None

    async def advance(self, by: Duration) -> None:
        """Let *by* pass, waking each sleeper at its moment and letting it do what it can before the next.

        Sleepers with the same moment wake one after the other, in the order in which they lay down.
        """
        until = Moment(self._now + by)
        await _come_to_rest()
        while self._alarms and self._alarms[0][0] <= until:
            due, _, alarm = heapq.heappop(self._alarms)
            if alarm.done():
                continue
            self._now = max(self._now, due)
            alarm.set_result(None)
            await _come_to_rest()
        self._now = max(self._now, until)
        await _come_to_rest()

    def _alarm(self, due: Moment) -> asyncio.Future[None]:
        alarm: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._alarms, (due, self._count, alarm))
        return alarm


async def _ring(alarm: asyncio.Future[None], event: asyncio.Event) -> None:
    await event.wait()
    if not alarm.done():
        alarm.set_result(None)


async def _come_to_rest() -> None:
    """Let every task do what it can, until all of them wait for something that only time or others can bring."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]  # noqa: SLF001  nothing public tells
    quiet = 0
    for _ in range(RESTLESS_ROUNDS):
        await asyncio.sleep(0)
        quiet = 0 if ready else quiet + 1
        if quiet == QUIET_ROUNDS:
            return
    raise RuntimeError(f"after {RESTLESS_ROUNDS:,} rounds of the event loop something is still busy")
