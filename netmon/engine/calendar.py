"""Calendar work: what is due at a time of day in the organisation's zone, rung by APScheduler and done by its owner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]

from netmon.model.moments import Moment, from_datetime, to_datetime


def last_due(at: time, zone: ZoneInfo, now: Moment) -> Moment:
    """When it was last *at* in *zone*, at *now* or before."""
    local = to_datetime(now).astimezone(zone)
    today = datetime.combine(local.date(), at, zone)
    return from_datetime(today if today <= local else datetime.combine(local.date() - timedelta(days=1), at, zone))


@asynccontextmanager
async def daily(bell: asyncio.Event, at: time, zone: ZoneInfo) -> AsyncIterator[None]:
    """Ring *bell* every day *at* that time in *zone*, for as long as the context is open.

    Whoever waits for it works in a task of its own: the scheduler itself does nothing that could fail or take long.
    A day that a suspended host slept through is rung once when it wakes.
    """

    async def ring() -> None:
        bell.set()

    scheduler = AsyncIOScheduler(timezone=zone)
    trigger = CronTrigger(hour=at.hour, minute=at.minute, timezone=zone)
    scheduler.add_job(ring, trigger, coalesce=True, misfire_grace_time=None, max_instances=1)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
