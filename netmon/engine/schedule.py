"""The schedule: one heap of what is due, on the injected clock."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable
from typing import Generic, TypeVar

from netmon.kernel.clock import Clock
from netmon.model.moments import DAY, Moment

Item = TypeVar("Item")


class Schedule(Generic[Item]):
    """Items with their due moments; equal moments keep the order in which they were put in."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[Moment, int, Item]] = []
        self._count = 0
        self._changed = asyncio.Event()

    def put(self, due: Moment, item: Item) -> None:
        """Have *item* come up at *due*."""
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, item))
        if self._heap[0][1] == self._count:
            self._changed.set()

    def put_all(self, items: Iterable[tuple[Moment, Item]]) -> None:
        """Have many items come up at once: cheaper than to put one after the other."""
        for due, item in items:
            self._count += 1
            self._heap.append((due, self._count, item))
        heapq.heapify(self._heap)
        self._changed.set()

    def clear(self) -> None:
        """Forget everything that is due."""
        self._heap.clear()

    async def due(self, at_most: int) -> list[tuple[Moment, Item]]:
        """Wait until something is due, and return it in order; whatever else is ready to run has its turn before."""
        await asyncio.sleep(0)
        while not self._heap or self._heap[0][0] > self._clock.now():
            self._changed.clear()
            until = self._heap[0][0] if self._heap else Moment(self._clock.now() + DAY)
            await self._clock.wait(self._changed, until)
        now = self._clock.now()
        ready: list[tuple[Moment, Item]] = []
        while self._heap and self._heap[0][0] <= now and len(ready) < at_most:
            due, _, item = heapq.heappop(self._heap)
            ready.append((due, item))
        return ready
