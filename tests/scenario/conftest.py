"""A world for each story, which ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from tests.scenario.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    loop = asyncio.get_running_loop()
    with capture_logs() as events:
        told = World(events=events)
        yield told
        await told.stops()
    loop.__dict__.pop("time", None)
