"""Limits: how many looks may be under way at once, per target, per site and in all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from netmon.engine.settings import LookingSettings
from netmon.model.plan import Subject


class Limits:
    """Permits to look. The narrowest is asked for first, so that who waits holds nothing that others need."""

    def __init__(self, settings: LookingSettings) -> None:
        self._settings = settings
        self._in_all = asyncio.Semaphore(settings.looks_in_all)
        self._sites: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._targets: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def permit(self, subject: Subject) -> AsyncIterator[None]:
        """Wait for leave to look at *subject* and hold it inside."""
        target = self._targets.setdefault(subject.id, asyncio.Semaphore(self._settings.looks_per_target))
        site = self._sites.setdefault(subject.site or "", asyncio.Semaphore(self._settings.looks_per_site))
        async with target, site, self._in_all:
            yield
