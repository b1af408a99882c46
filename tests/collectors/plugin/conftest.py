"""Plug-ins that do exactly what a test tells them to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

from netmon.collectors.plugin import KIND
from netmon.kernel.clock import SystemClock
from netmon.model.looks import Outcome
from netmon.model.moments import SECOND, Duration
from tests.collectors.makers import check, ground

PLENTY = Duration(20 * SECOND)


class Look(Protocol):
    async def __call__(
        self, script: str, timeout: Duration = PLENTY, *, on: dict[str, Any] | None = None, **settings: Any
    ) -> Outcome: ...


@pytest.fixture
async def look(tmp_path: Path) -> AsyncIterator[Look]:
    """Writes a shell script as the plug-in ``check_it`` and looks once with it."""
    async with AsyncExitStack() as stack:

        async def look_once(
            script: str, timeout: Duration = PLENTY, *, on: dict[str, Any] | None = None, **settings: Any
        ) -> Outcome:
            program = tmp_path / "check_it"
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
            standing = {"clock": SystemClock(), "plugins": (tmp_path,), **(on or {})}
            questions = await stack.enter_async_context(KIND.open(ground(**standing)))
            spec = check("plugin", "127.0.0.1", {"program": "check_it", **settings})
            return await questions.collector(spec, ()).look(timeout)

        yield look_once
