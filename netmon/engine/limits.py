"""Limits: how many looks may be under way at once, per target, per site and in all."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection

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


def take_at_once(wanted: tuple[Places, ...]) -> bool:
    """Take one of each of *wanted*, or none at all where one of them is full."""
    for places in wanted:
        if not places.free:
            return False
    for places in wanted:
        places.free -= 1
    return True


async def take_all(wanted: tuple[Places, ...]) -> None:
    """Take one of each of *wanted*, in their order: who waits for one holds nothing that stands after it."""
    held = 0
    try:
        for places in wanted:
            await places.take()
            held += 1
    except asyncio.CancelledError:
        give_back(wanted[:held])
        raise


def give_back(held: tuple[Places, ...]) -> None:
    """Give one of each of *held* back."""
    for places in held:
        places.give()


class Limits:
    """Knows the places of everybody who is looked at, the narrowest first, so that who waits blocks nobody else."""

    def __init__(self, settings: LookingSettings) -> None:
        self._settings = settings
        self._in_all = Places(settings.looks_in_all)
        self._sites: dict[str, Places] = {}
        self._targets: dict[EntityId, Places] = {}

    def places(self, subject: Subject) -> tuple[Places, ...]:
        """What a look at *subject* takes; canaries wait for no one: others are judged by them."""
        if kind_of(subject.id) is EntityKind.POLLER:
            return ()
        target = self._targets.get(subject.id)
        if target is None:
            target = self._targets[subject.id] = Places(self._settings.looks_per_target)
        if subject.site is None:
            return target, self._in_all
        site = self._sites.get(subject.site)
        if site is None:
            site = self._sites[subject.site] = Places(self._settings.looks_per_site)
        return target, site, self._in_all

    def keep_only(self, subjects: Collection[EntityId]) -> None:
        """Forget the places of targets that are not among *subjects*."""
        for target in self._targets.keys() - subjects:
            del self._targets[target]
