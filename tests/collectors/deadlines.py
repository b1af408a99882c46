"""Looks whose time runs out at a chosen point: the loop's clock is put forward, so that no test waits or hurries."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from netmon.model.looks import Outcome

_LONGER_THAN_ANY_LOOK_SECONDS = 1_000.0
_TURNS = 20


async def run_out(looking: Coroutine[Any, Any, Outcome], reached: asyncio.Event) -> Outcome:
    """What comes of *looking* where its time is up as soon as *reached* is set and both sides have heard of it."""
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(looking)
        async with asyncio.timeout(60):
            await reached.wait()
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        true_time = loop.time
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "time", lambda: true_time() + _LONGER_THAN_ANY_LOOK_SECONDS)
            return await task
