"""Housekeeping: once a day what is too old leaves the store, in steps so short that the keeper hardly waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import time
from zoneinfo import ZoneInfo

import structlog

from netmon.engine.calendar import daily, last_due
from netmon.kernel.clock import Clock
from netmon.model.moments import MILLISECOND, MINUTE, Duration, Moment, in_seconds, rfc3339
from netmon.ports import Cleared, Holding, StoreError, Upkeep, Vitals

DONE = "housekeeping.done"
"""The mark of the last round that came to its end."""

SETTLING = Duration(5 * MINUTE)
"""After a start the first looks come first."""

AGAIN = Duration(10 * MINUTE)
"""How long to leave a store alone that refused a step."""

SHORTEST_PAUSE = Duration(20 * MILLISECOND)


@dataclass(frozen=True, slots=True)
class Routine:
    """When housekeeping is due, and how long each table is kept (``None``: for ever), by the name of its setting."""

    at: time
    zone: ZoneInfo
    retention: Mapping[str, Duration | None]

    def horizons(self, now: Moment) -> dict[str, Moment]:
        """From where on each table is kept that is not kept for ever."""
        return {name: Moment(now - span) for name, span in self.retention.items() if span is not None}


class Housekeeping:
    """Clears *store* by *routine*; *turn* is that of whoever writes to it."""

    def __init__(self, *, clock: Clock, store: Upkeep, turn: asyncio.Lock, vitals: Vitals, routine: Routine) -> None:
        self._clock = clock
        self._store = store
        self._turn = turn
        self._vitals = vitals
        self._routine = routine
        self._events = structlog.get_logger("netmon.housekeeping")
        self._bell = asyncio.Event()
        self.is_at_work = False

    def ask_for(self) -> None:
        """Let a round begin now; one that goes on already is not begun a second time."""
        if not self.is_at_work:
            self._bell.set()

    async def survey(self) -> list[Holding]:
        """What each table holds, and what would go now."""
        return list(await self._store.survey(self._routine.horizons(self._clock.now())))

    async def run(self) -> None:
        """Do a round whenever it is due, until cancelled; one that was missed is made up once."""
        async with daily(self._bell, self._routine.at, self._routine.zone):
            await self._clock.wait(self._bell, Moment(self._clock.now() + SETTLING))
            while not self._bell.is_set() and not await self._was_missed():
                await self._bell.wait()
            while True:
                self._bell.clear()
                self.is_at_work = True
                await self._insist()
                self.is_at_work = False
                await self._bell.wait()

    async def tidy(self) -> None:
        """One round.

        Raises:
            StoreError: the store refused a step; what was done is done.
        """
        began = self._clock.now()
        rows = freed = 0
        for name, horizon in self._routine.horizons(began).items():
            done = await self._step_by_step(name, lambda name=name, horizon=horizon: self._store.clear(name, horizon))  # type: ignore[misc]
            rows, freed = rows + done.rows, freed + done.size_bytes
        freed += (await self._step_by_step("", self._store.reclaim)).size_bytes
        async with self._turn:
            await self._store.set_mark(DONE, began)
        took = Duration(self._clock.now() - began)
        self._vitals.housekeeping_ended(self._clock.now(), took, is_done=True)
        self._events.info("housekeeping_done", rows=rows, freed_bytes=freed, seconds=in_seconds(took))

    async def _insist(self) -> None:
        """Do a round to its end, however often the store refuses a step of it; say once that it does."""
        is_told = False
        while True:
            began = self._clock.now()
            try:
                await self.tidy()
            except StoreError as error:
                ended = self._clock.now()
                self._vitals.housekeeping_ended(ended, Duration(ended - began), is_done=False)
                if not is_told:
                    self._events.warning("housekeeping_put_off", error=str(error), retry_seconds=in_seconds(AGAIN))
                is_told = True
                await self._clock.sleep_until(Moment(ended + AGAIN))
            else:
                return

    async def _step_by_step(self, name: str, step: Callable[[], Awaitable[Cleared]]) -> Cleared:
        """Take steps until nothing is left; after each, the others have as much time as it took."""
        rows = freed = 0
        while True:
            async with self._turn:
                began = self._clock.now()
                cleared = await step()
                took = Duration(self._clock.now() - began)
            rows, freed = rows + cleared.rows, freed + cleared.size_bytes
            self._vitals.tidied(name, cleared.rows, cleared.size_bytes)
            if cleared.is_done:
                break
            await self._clock.sleep_until(Moment(self._clock.now() + max(took, SHORTEST_PAUSE)))
        if rows:
            horizon = self._routine.horizons(self._clock.now())[name]
            self._events.info("table_cleared", table=name, rows=rows, freed_bytes=freed, older_than=rfc3339(horizon))
        return Cleared(rows=rows, size_bytes=freed, is_done=True)

    async def _was_missed(self) -> bool:
        try:
            done = await self._store.mark(DONE)
        except StoreError:
            return True  # the round itself says what is wrong, and waits for the store
        return done is None or done < last_due(self._routine.at, self._routine.zone, self._clock.now())
