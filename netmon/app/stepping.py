"""Stepping aside: a running netmon leaves its store to whoever restores a backup, and goes on in what it finds then.

It ends its life as it does when it is stopped: everything that it saw is in the store, and in the backup that is
made of it. While it stands aside nobody looks, so that time is `unmonitored`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from netmon.app.files import Files, control_path, locate_store
from netmon.engine.control import Answer, ControlSocket
from netmon.kernel.clock import Clock
from netmon.model.moments import SECOND, Duration, Moment
from netmon.ports import StoreError
from netmon.store.database import explained

GLANCE = Duration(2 * SECOND)
"""How often it is seen whether the store is free again."""

PATIENCE = Duration(15 * SECOND)
"""Where nobody takes the store for so long, whoever asked for it is gone."""


class Stepping:
    """Whether netmon stops for good when *stop* is set, or only stands aside."""

    def __init__(self, files: Files, clock: Clock, stop: asyncio.Event) -> None:
        self._files = files
        self._clock = clock
        self._stop = stop
        self._is_asked = False
        self._is_done = asyncio.Event()
        self._events = structlog.get_logger("netmon.app")

    async def step_aside(self, question: Mapping[str, Any]) -> Answer:
        """Let go of the store, as soon as what was seen is in it."""
        self._is_asked = True
        self._stop.set()
        return {"stepping_aside": True}

    def end(self) -> None:
        """Stop for good, also while standing aside."""
        self._is_asked = False
        self._is_done.clear()
        self._stop.set()

    async def until_we_may_go_on(self) -> bool:
        """Stand aside until whoever asked for it is done or gone; ``False`` where netmon is to stop."""
        if not self._is_asked:
            return False
        self._is_asked = False
        self._stop.clear()
        self._is_done.clear()
        self._events.warning("stepped_aside_for_restore")
        control = ControlSocket(control_path(self._files.settings), {"go_on": self._go_on})
        control.listen()
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(control.run(), name="control")
            waiting = group.create_task(self._wait_for_store(), name="store")
            await self._stop.wait()
            waiting.cancel()
            serving.cancel()
        if not self._is_done.is_set():
            return False
        self._stop.clear()
        self._events.info("goes_on_after_restore")
        return True

    async def _go_on(self, question: Mapping[str, Any]) -> Answer:
        """Take the store again."""
        self._is_done.set()
        self._stop.set()
        return {"going_on": True}

    async def _wait_for_store(self) -> None:
        """Go on without being told where nobody takes the store for long, or somebody had it and is gone."""
        left = Moment(self._clock.now() + PATIENCE)
        was_taken = False
        while True:
            await self._clock.sleep_until(Moment(self._clock.now() + GLANCE))
            is_free = await self._is_store_free()
            if is_free and (was_taken or self._clock.now() >= left):
                await self._go_on({})
            was_taken = was_taken or not is_free

    async def _is_store_free(self) -> bool:
        database = locate_store(self._files.settings, self._files.places)
        try:
            with explained(database, "write to"):
                await database.seize()
        except StoreError:
            return False
        finally:
            await database.close()
        return True
