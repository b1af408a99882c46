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
FLUSH = Duration(5 * SECOND)
RETRIES = (Duration(SECOND // 4), SECOND, Duration(5 * SECOND))
"""How long to wait before a batch is offered to the store again; the last one from then on."""


class Keeper:
    """Takes what the desk has filed into the store, and hands on each transition once it is kept."""

    def __init__(self, *, clock: Clock, store: Store, tell: Callable[[Transition], None], vitals: Vitals) -> None:
        self._clock = clock
        self._store = store
        self._tell = tell
        self._vitals = vitals
        self._events = structlog.get_logger("netmon.keeper")
        self._urgent = asyncio.Event()
        self.turn = asyncio.Lock()
        """Whoever holds it is the only one who writes."""
        self.last_kept: Moment | None = None

    def hurry(self) -> None:
        """There is news: do not wait for the next beat."""
        self._urgent.set()

    async def run(self, desk: Desk) -> None:
        """Keep what *desk* files until cancelled."""
        flush_at = beat_at = Moment(self._clock.now() + BEAT)
        while True:
            await self._clock.wait(self._urgent, min(beat_at, flush_at))
            self._urgent.clear()
            now = self._clock.now()
            whole = now >= flush_at
            await self.keep(desk, whole=whole)
            if whole:
                flush_at = Moment(now + FLUSH)
            beat_at = Moment(now + BEAT)

    async def keep(self, desk: Desk, *, whole: bool = True) -> None:
        """Keep what *desk* has filed so far, with a beat, and then tell the news in it."""
        async with self.turn:
            self._vitals.rows_waiting(desk.rows_waiting)
            batch = desk.draw_up(self._clock.now(), whole=whole)
            await self._offer(batch)
            self.last_kept = batch.beat
        for transition in batch.transitions:
            self._tell(transition)

    async def _offer(self, batch: Batch) -> None:
        """Offer *batch* until the store takes it; say once that it does not, and once that it does again."""
        failures = 0
        while True:
            began = self._clock.now()
            try:
                await self._store.keep(batch)
            except StoreError as error:
                wait = RETRIES[min(failures, len(RETRIES) - 1)]
                failures += 1
                self._vitals.keep_failed()
                if failures == 1:
                    self._events.error("store_refused_batch", error=str(error), retry_seconds=in_seconds(wait))
                await self._clock.sleep_until(Moment(self._clock.now() + wait))
                continue
            if failures:
                self._events.info("store_took_batch_again", failures=failures)
            ended = self._clock.now()
            rows = len(batch.looked) + len(batch.runs) + len(batch.transitions)
            self._vitals.kept(rows, Duration(ended - began), ended)
            return
