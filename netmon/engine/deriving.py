"""Deriving: has the store make hours and days of 5 minutes, once they are over."""

from __future__ import annotations

from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from netmon.kernel.clock import Clock
from netmon.model.moments import MINUTE, Moment
from netmon.ports import StoreError

EVERY = MINUTE


class Derives(Protocol):
    """Where figures are kept."""

    async def derive_rollups(self, now: Moment, zone: ZoneInfo) -> None:
        """Make the hours and days that are over and were touched since they were made last; days are those of *zone*.

        Raises:
            StoreError: not all of them were made; the others are the next time.
        """


async def derive_in_turn(clock: Clock, store: Derives, zone: ZoneInfo) -> None:
    """Look every minute whether something is to be derived, until cancelled."""
    events = structlog.get_logger("netmon.rollups")
    is_refused = False
    while True:
        await clock.sleep_until(Moment(clock.now() + EVERY))
        try:
            await store.derive_rollups(clock.now(), zone)
        except StoreError as error:
            if not is_refused:
                events.warning("rollups_wait_for_store", error=str(error))
            is_refused = True
        else:
            is_refused = False
