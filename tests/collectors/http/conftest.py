"""Web servers on loopback that say exactly what a test tells them to say."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest

from netmon.collectors.http import KIND
from netmon.kernel.clock import SystemClock
from netmon.model.looks import Outcome
from netmon.model.moments import SECOND, Duration
from netmon.ports import Ground
from tests.collectors.makers import check, ground

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

PLENTY = Duration(20 * SECOND)


def answer(body: bytes = b"", *, status: str = "200 OK", headers: str = "") -> bytes:
    """A whole answer with a correct length."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


class Site:
    """A server that plays *script* on each connection, or says the same bytes to everyone."""

    def __init__(self, script: Script | bytes) -> None:
        self._script = script
        self.requests: list[str] = []
        self.closed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if isinstance(self._script, bytes):
                self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
                writer.write(self._script)
            else:
                await self._script(reader, writer)
            await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
            await reader.read()
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()
            self.closed.set()

    @property
    def port(self) -> int:
        return int(self.server.sockets[0].getsockname()[1])


class Open(Protocol):
    async def __call__(self, script: Script | bytes, *, tls: ssl.SSLContext | None = None) -> Site: ...


class Look(Protocol):
    async def __call__(
        self, url: str, timeout: Duration = PLENTY, *, on: Ground | None = None, **settings: Any
    ) -> Outcome: ...


@pytest.fixture
async def site() -> AsyncIterator[Open]:
    """Opens a site on a free port of 127.0.0.1."""
    opened: list[Site] = []

    async def open_site(script: Script | bytes, *, tls: ssl.SSLContext | None = None) -> Site:
        one = Site(script)
        one.server = await asyncio.start_server(one.serve, "127.0.0.1", 0, ssl=tls)
        opened.append(one)
        return one

    yield open_site
    for one in opened:
        one.server.close()


@pytest.fixture
async def look() -> AsyncIterator[Look]:
    """Looks once at a URL, with the settings given."""
    async with AsyncExitStack() as stack:

        async def look_once(
            url: str, timeout: Duration = PLENTY, *, on: Ground | None = None, **settings: Any
        ) -> Outcome:
            questions = await stack.enter_async_context(KIND.open(on or ground(clock=SystemClock())))
            return await questions.collector(check("http", "127.0.0.1", {"url": url, **settings}), ()).look(timeout)

        yield look_once
