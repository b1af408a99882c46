"""Exporters on loopback that say exactly what a test tells them to say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest

from netmon.collectors.prometheus import KIND
from netmon.kernel.clock import SystemClock
from netmon.model.looks import Outcome, Readings
from netmon.model.moments import SECOND, Duration
from netmon.ports import Collector, Ground
from tests.collectors.makers import check, ground

PLENTY = Duration(20 * SECOND)
TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def answer(text: str, *, status: str = "200 OK", content_type: str = TEXT) -> bytes:
    """A whole answer that says *text*."""
    body = text.encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nContent-Type: {content_type}\r\n\r\n".encode() + body


def numbers(outcome: Outcome) -> dict[str, Any]:
    """Every number by its family; those of tables by the value of the label that tells their rows apart."""
    found: dict[str, Any] = {}
    for table in outcome.readings:
        for family, column in table.columns.items():
            found[family] = column[0] if table.labels[0] == () else dict(zip(_names(table), column, strict=True))
    return found


def _names(table: Readings) -> list[str]:
    return [value for ((_, value),) in table.labels]


class Look(Protocol):
    def __call__(
        self, port: int, timeout: Duration = PLENTY, *, on: Ground | None = None, **settings: Any
    ) -> Coroutine[Any, Any, Outcome]: ...


class CollectorAt(Protocol):
    async def __call__(self, port: int, *, on: Ground | None = None, **settings: Any) -> Collector: ...


@pytest.fixture
async def collector_at() -> AsyncIterator[CollectorAt]:
    """A collector for the exporter on a port of 127.0.0.1, with the settings given."""
    async with AsyncExitStack() as stack:

        async def make(port: int, *, on: Ground | None = None, **settings: Any) -> Collector:
            questions = await stack.enter_async_context(KIND.open(on or ground(clock=SystemClock())))
            where = {} if "url" in settings else {"port": port}
            return questions.collector(check("prometheus", "127.0.0.1", {**where, **settings}), ())

        yield make


@pytest.fixture
def look(collector_at: CollectorAt) -> Look:
    """Looks once."""

    async def look_once(port: int, timeout: Duration = PLENTY, *, on: Ground | None = None, **settings: Any) -> Outcome:
        return await (await collector_at(port, on=on, **settings)).look(timeout)

    return look_once
