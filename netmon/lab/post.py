"""Sending later: what is delayed waits here, in bounded number, on the lab's own clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from netmon.kernel.clock import Clock
from netmon.model.moments import Duration, later

MOST_WAITING = 20_000


class Crew:
    """Tasks of the lab in the task group of whoever runs it, so that the lab can stop alone."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Run *work* beside the rest."""
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Cancel whatever still runs."""
        for task in self._tasks:
            task.cancel()


class Post:
    """Sends at once or later; what would wait beyond the limit is lost, as on a line that is full."""

    def __init__(self, clock: Clock, crew: Crew, most: int = MOST_WAITING) -> None:
        self._clock = clock
        self._crew = crew
        self._most = most
        self.waiting = 0
        self.lost = 0

    def send(self, delay: Duration, deliver: Callable[[], None]) -> None:
        """Call *deliver* after *delay*."""
        if delay <= 0:
            deliver()
        elif self.waiting >= self._most:
            self.lost += 1
        else:
            self.waiting += 1
            self._crew.start(self._send_later(delay, deliver))

    async def _send_later(self, delay: Duration, deliver: Callable[[], None]) -> None:
        try:
            await self._clock.sleep_until(later(self._clock.now(), delay))
            deliver()
        finally:
            self.waiting -= 1
