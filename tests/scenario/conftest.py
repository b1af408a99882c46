"""A world for each story, which ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.scenario.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    loop = asyncio.get_running_loop()
    with capture_logs() as events:
        told = World(tmp_path, events=events)
        yield told
        await told.stops()
        told.spool.close()
    loop.__dict__.pop("time", None)
