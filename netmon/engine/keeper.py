"""The keeper: the one writer. It keeps first and tells afterwards, beats every two seconds and never loses its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from netmon.engine.desk import Desk
from netmon.kernel.clock import Clock
from netmon.model.moments import SECOND, Duration, Moment, in_seconds
from netmon.model.news import Transition
from netmon.ports import Batch, Store, StoreError, Vitals

BEAT = Duration(2 * SECOND)
RETRIES = (Duration(SECOND // 4), SECOND, Duration(5 * SECOND))
"""How long to wait before a batch is offered to the store again; the last one from then on."""


class Keeper:
    """Takes what the desk has filed into the store, and hands on each transition once it is kept.

    A batch holds everything that was filed before it, and a later one is offered only when it is kept: what
    the store holds is always a beginning of the log without holes, wherever netmon was stopped.
    """

    def __init__(self, *, clock: Clock, store: Store, tell: Callable[[Transition], None], vitals: Vitals) -> None:
        self._clock = clock
        self._store = store
        self._tell = tell
        self._vitals = vitals
        self._events = structlog.get_logger("netmon.keeper")
        self._urgent = asyncio.Event()
        self._drawn: Batch | None = None
        self.turn = asyncio.Lock()
        """Whoever holds it is the only one who writes."""
        self.last_kept: Moment | None = None

    def hurry(self) -> None:
        """There is news: do not wait for the next beat."""
        self._urgent.set()

    async def run(self, desk: Desk) -> None:
        """Keep what *desk* files until cancelled, however long the store refuses it."""
        while True:
            await self._clock.wait(self._urgent, Moment(self._clock.now() + BEAT))
            self._urgent.clear()
            await self._insist(desk, attempts=None)

    async def finish(self, desk: Desk) -> None:
        """Keep the rest of a life, with its last beat; what the store refuses for long is lost, as in a crash."""
        try:
            await self._insist(desk, attempts=len(RETRIES))
        except StoreError as error:
            self._events.error("last_batch_lost", error=str(error))
        finally:
            self._drawn = None

    async def keep(self, desk: Desk) -> None:
        """Keep what *desk* has filed so far, with a beat, and then tell the news in it; the caller has the turn.

        Raises:
            StoreError: the store refused it; it is not lost and will be offered again.
        """
        if self._drawn is not None:
            await self._offer(self._drawn)
        self._vitals.rows_waiting(desk.rows_waiting)
        self._drawn = desk.draw_up(self._clock.now())
        await self._offer(self._drawn)

    async def _insist(self, desk: Desk, *, attempts: int | None) -> None:
        """Keep until the store takes it; say once that it does not, and once that it does again."""
        failures = 0
        while True:
            try:
                async with self.turn:
                    await self.keep(desk)
            except StoreError as error:
                if failures == attempts:
                    raise
                wait = RETRIES[min(failures, len(RETRIES) - 1)]
                failures += 1
                if failures == 1:
                    self._events.error("store_refused_batch", error=str(error), retry_seconds=in_seconds(wait))
                await self._clock.sleep_until(Moment(self._clock.now() + wait))
            else:
                if failures:
                    self._events.info("store_took_batch_again", failures=failures)
                return

    async def _offer(self, batch: Batch) -> None:
        began = self._clock.now()
        try:
            await self._store.keep(batch)
        except StoreError:
            self._vitals.keep_failed()
            raise
        self._drawn = None
        self.last_kept = batch.beat
        ended = self._clock.now()
        rows = len(batch.looked) + len(batch.runs) + len(batch.transitions)
        self._vitals.kept(rows, Duration(ended - began), ended)
        for transition in batch.transitions:
            self._tell(transition)
