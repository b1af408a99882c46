"""What the tests of several checks stand on: servers on loopback that follow a script, and an authority for them."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pytest

from netmon.kernel.clock import SystemClock
from netmon.model.moments import to_datetime
from tests.collectors.authority import Authority

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Plays *script* on each connection, or says the same bytes to everyone, and then waits for the other to leave.

    Attributes:
        closed: set when a connection has ended.
    """

    server: asyncio.Server

    def __init__(self, script: Script | bytes) -> None:
        self._script = script
        self.closed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if isinstance(self._script, bytes):
                writer.write(self._script)
            else:
                await self._script(reader, writer)
            await writer.drain()
            await reader.read()
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()
            self.closed.set()

    @property
    def port(self) -> int:
        return int(self.server.sockets[0].getsockname()[1])


class Serve(Protocol):
    async def __call__(self, script: Script | bytes, *, tls: ssl.SSLContext | None = None) -> Server: ...


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Opens a server on a free port of 127.0.0.1."""
    opened: list[Server] = []

    async def open_server(script: Script | bytes, *, tls: ssl.SSLContext | None = None) -> Server:
        one = Server(script)
        one.server = await asyncio.start_server(one.serve, "127.0.0.1", 0, ssl=tls)
        opened.append(one)
        return one

    yield open_server
    for one in opened:
        one.server.close()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of 127.0.0.1 on which nobody listens, and nobody will."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield unused.getsockname()[1]


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port of 127.0.0.1 that takes no more connections: whoever asks is left without an answer."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        yield address[1]
        for filler in fillers:
            filler.close()


@pytest.fixture(scope="session")
def now() -> datetime:
    return to_datetime(SystemClock().now())


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory, now: datetime) -> Authority:
    return Authority(Path(tmp_path_factory.mktemp("authority")), now)
