"""Limits: how many looks may be under way at once, per target, per site and in all."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection
from types import TracebackType

from netmon.engine.settings import LookingSettings
from netmon.model.ids import EntityId, EntityKind, kind_of
from netmon.model.plan import Subject


class Places:
    """A number of places; who finds none free waits in line."""

    __slots__ = ("_waiting", "free")

    def __init__(self, number: int) -> None:
        self.free = number
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Take a place, waiting for one if need be."""
        if self.free:
            self.free -= 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.give()  # it was handed over just before we were told to stop
            raise

    def give(self) -> None:
        """Give a place back: to the first in line, if there is one."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self.free += 1


class Permit:
    """Leave to look at one subject, for as long as the context is open.

    The narrowest places are waited for first, so that who waits holds nothing that others need.
    """

    __slots__ = ("_held", "_places")

    def __init__(self, places: tuple[Places, ...]) -> None:
        self._places = places
        self._held = 0

    async def __aenter__(self) -> None:
        try:
            for places in self._places:
                if places.free:  # the usual case, without a coroutine for it
                    places.free -= 1
                else:
                    await places.take()
                self._held += 1
        except asyncio.CancelledError:
            self._give_back()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._give_back()

    def _give_back(self) -> None:
        for places in self._places[: self._held]:
            places.give()
        self._held = 0


class Limits:
    """Gives permits to look, of which only so many are out at a time."""

    def __init__(self, settings: LookingSettings) -> None:
        self._settings = settings
        self._in_all = Places(settings.looks_in_all)
        self._sites: dict[str, Places] = {}
        self._targets: dict[EntityId, Places] = {}

    def permit(self, subject: Subject) -> Permit:
        """A permit to look at *subject*, to be entered; canaries wait for no one: others are judged by them."""
        if kind_of(subject.id) is EntityKind.POLLER:
            return Permit(())
        target = self._targets.get(subject.id)
        if target is None:
            target = self._targets[subject.id] = Places(self._settings.looks_per_target)
        if subject.site is None:
            return Permit((target, self._in_all))
        site = self._sites.get(subject.site)
        if site is None:
            site = self._sites[subject.site] = Places(self._settings.looks_per_site)
        return Permit((target, site, self._in_all))

    def keep_only(self, subjects: Collection[EntityId]) -> None:
        """Forget the places of targets that are not among *subjects*."""
        for target in self._targets.keys() - subjects:
            del self._targets[target]
