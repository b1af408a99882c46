"""The server behind the doors, on loopback: what clients may do, and for how long."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from netmon.export.server import listen, serve
from netmon.export.settings import ExportSettings

pytestmark = pytest.mark.real

PATIENCE = 20
SOON, LATE = "200ms", "10m"

Address = tuple[str, int]


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, *, ask: str = LATE, answer: str = LATE, most: int = 64) -> AsyncIterator[Address]:
    settings = ExportSettings.model_validate(
        {"listen": "127.0.0.1:0", "ask_within": ask, "answer_within": answer, "connections": most}
    )
    listening = listen(settings)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        server = group.create_task(serve(app, listening, settings))
        yield listening.getsockname()
        server.cancel()


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("hello")(scope, receive, send)


async def cut_off(reader: asyncio.StreamReader) -> bool:
    """Whether the server ends the connection without an answer."""
    with contextlib.suppress(ConnectionResetError):
        return await reader.read() == b""
    return True


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nhost: "], ids=["nothing", "half a request"])
async def test_who_takes_too_long_to_ask_is_cut_off(sent: bytes) -> None:
    async with serving(hello, ask=SOON) as address:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(sent)

        assert await cut_off(reader)
        writer.close()


async def test_asking_a_letter_at_a_time_does_not_win_more_time() -> None:
    async with serving(hello, ask=SOON) as address:
        reader, writer = await asyncio.open_connection(*address)
        ended = asyncio.Event()

        async def dribble() -> None:
            writer.write(b"GET / HTTP/1.1\r\nx: ")
            while not ended.is_set():
                writer.write(b"y")
                await asyncio.sleep(0.02)

        async with asyncio.TaskGroup() as group:
            group.create_task(dribble())
            assert await cut_off(reader)
            ended.set()
        writer.close()


async def test_who_stops_reading_is_cut_off_and_the_answer_ends() -> None:
    finished = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(512):
            await send({"type": "http.response.body", "body": bytes(1 << 18), "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        finished.set()

    async with serving(endless, answer=SOON) as address:
        with socket.create_connection(address) as lazy:
            lazy.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            await finished.wait()


async def test_a_connection_is_used_again_by_who_is_quick() -> None:
    async with serving(hello, ask="5s", answer="5s") as address:
        reader, writer = await asyncio.open_connection(*address)
        for _ in range(3):
            writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200 OK\r\n")
        writer.close()


async def test_a_connection_too_many_is_told_so() -> None:
    async with serving(hello, most=2) as address:
        held = [await asyncio.open_connection(*address) for _ in range(2)]
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://{address[0]}:{address[1]}/")
        for _, writer in held:
            writer.close()

        assert answer.status_code == 503


async def test_a_head_that_never_ends_is_refused() -> None:
    async with serving(hello) as address:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"GET / HTTP/1.1\r\nx: " + b"y" * 40_000)

        assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
        writer.close()


async def test_the_answer_does_not_say_what_serves_it() -> None:
    async with serving(hello) as address, httpx.AsyncClient() as client:
        answer = await client.get(f"http://{address[0]}:{address[1]}/")

    assert "server" not in answer.headers


async def test_signals_stay_with_the_process_and_the_port_is_free_again_afterwards() -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    async with serving(hello) as address, httpx.AsyncClient() as client:
        await client.get(f"http://{address[0]}:{address[1]}/")
        assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before
        with pytest.raises(OSError, match="in use"):
            listen(ExportSettings(listen=f"127.0.0.1:{address[1]}"))

    listen(ExportSettings(listen=f"127.0.0.1:{address[1]}")).close()


async def test_stopping_waits_for_nobody_who_does_not_read() -> None:
    begun = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": bytes(1 << 18), "more_body": True})
            begun.set()

    with contextlib.ExitStack() as stack:
        async with serving(endless) as address:
            lazy = stack.enter_context(socket.create_connection(address))
            lazy.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            await begun.wait()


async def test_ipv6_is_listened_to_where_it_is_asked_for() -> None:
    try:
        listening = listen(ExportSettings(listen="[::1]:0"))
    except OSError as error:
        pytest.skip(f"no IPv6 loopback here: {error}")
    with listening:
        assert listening.getsockname()[0] == "::1"
