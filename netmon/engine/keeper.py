"""The keeper: the one writer. It keeps first and tells afterwards, beats every two seconds and never loses its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from netmon.engine.batches import both, give_up_rows
from netmon.engine.desk import Desk
from netmon.engine.ledger import RETRIES, Ledger
from netmon.kernel.clock import Clock
from netmon.model.moments import SECOND, Duration, Moment, in_seconds
from netmon.model.news import Transition
from netmon.ports import Batch, StoreError, Vitals

BEAT = Duration(2 * SECOND)

MOST_HELD = 100_000
"""So many rows of a sort are held in memory while neither the store nor the spool takes any; older ones are lost."""


class Keeper:
    """Takes what the desk has filed into the ledger, and hands on each transition once it is kept.

    A batch holds everything that was filed before it, and a later one is offered only when it is kept: what
    is kept is always a beginning of the log without holes, wherever netmon was stopped.
    """

    def __init__(self, *, clock: Clock, ledger: Ledger, tell: Callable[[Transition], None], vitals: Vitals) -> None:
        self._clock = clock
        self._ledger = ledger
        self._tell = tell
        self._vitals = vitals
        self._events = structlog.get_logger("netmon.keeper")
        self._urgent = asyncio.Event()
        self._drawn: Batch | None = None
        self._has_lost = False
        self.turn = asyncio.Lock()
        """Whoever holds it is the only one who writes."""

    def hurry(self) -> None:
        """There is news: do not wait for the next beat."""
        self._urgent.set()

    async def run(self, desk: Desk) -> None:
        """Keep what *desk* files until cancelled, however long nothing takes it."""
        while True:
            await self._clock.wait(self._urgent, Moment(self._clock.now() + BEAT))
            self._urgent.clear()
            await self._insist(desk, attempts=None)

    async def finish(self, desk: Desk) -> None:
        """Keep the rest of a life, with its last beat; what nothing takes for long is lost, as in a crash."""
        try:
            await self._insist(desk, attempts=len(RETRIES))
        except StoreError as error:
            self._events.error("last_batch_lost", error=str(error))
        finally:
            self._drawn = None

    async def keep(self, desk: Desk) -> None:
        """Keep what *desk* has filed so far, with a beat, and then tell the news in it; the caller has the turn.

        Raises:
            StoreError: nothing took it; it is not lost and will be offered again.
        """
        if self._drawn is not None:
            await self._offer(self._drawn)
        self._vitals.rows_waiting(desk.rows_waiting)
        self._drawn = desk.draw_up(self._clock.now())
        await self._offer(self._drawn)

    async def _insist(self, desk: Desk, *, attempts: int | None) -> None:
        """Keep until it is taken; say once that nothing takes it, and once that something does again."""
        failures = 0
        while True:
            try:
                async with self.turn:
                    await self._keep_or_hold(desk)
            except StoreError as error:
                if failures == attempts:
                    raise
                wait = RETRIES[min(failures, len(RETRIES) - 1)]
                failures += 1
                if failures == 1:
                    self._events.error("batch_refused", error=str(error), retry_seconds=in_seconds(wait))
                await self._clock.sleep_until(Moment(self._clock.now() + wait))
            else:
                if failures:
                    self._events.info("batch_taken_again", failures=failures)
                return

    async def _keep_or_hold(self, desk: Desk) -> None:
        try:
            await self.keep(desk)
        except StoreError:
            self._hold(desk)
            raise

    def _hold(self, desk: Desk) -> None:
        """Put what was filed meanwhile to what waits already, and give up the oldest where that becomes too much."""
        filed = desk.draw_up(self._clock.now())
        self._drawn = filed if self._drawn is None else both(self._drawn, filed)
        if lost := give_up_rows(self._drawn, MOST_HELD):
            self._vitals.rows_thinned(lost)
            if not self._has_lost:
                self._events.error("rows_lost", most=MOST_HELD)
            self._has_lost = True

    async def _offer(self, batch: Batch) -> None:
        await self._ledger.keep(batch)
        self._drawn, self._has_lost = None, False
        for transition in batch.transitions:
            self._tell(transition)
