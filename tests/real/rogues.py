"""Web servers and agents that misbehave, as a process of its own: `python -m tests.real.rogues WEB_PORT AGENT_PORT`.

Each has an address of its own on loopback; what it does stands in `WEB` and `AGENTS`.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import sys
import tempfile
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import cast

from typing_extensions import override

from netmon.kernel.clock import SystemClock
from netmon.lab.certificates import Authority
from netmon.model.moments import DAY, Moment

READY = "the rogues are ready"
ELSEWHERE = "127.31.1.250"
_CHUNK = bytes(65_536)
_DRIP_SECONDS = 0.2
_FLOOD = 500

Peer = tuple[str, int]
Chunks = AsyncIterator[bytes]


async def send_ten_gigabytes() -> Chunks:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n"
    for _ in range(10_000_000_000 // len(_CHUNK)):
        yield _CHUNK


async def send_a_bomb() -> Chunks:
    """Zeros that unpack to a thousand times their length."""
    yield b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
    packer = zlib.compressobj(9, wbits=31)
    while True:
        yield packer.compress(bytes(2**22))


async def drip_a_head() -> Chunks:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        await asyncio.sleep(_DRIP_SECONDS)
        yield b"x"


async def drip_a_body() -> Chunks:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    while True:
        await asyncio.sleep(_DRIP_SECONDS)
        yield b"x"


async def send_heads_without_end() -> Chunks:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-Again: " + b"x" * 1_000 + b"\r\n"


async def promise_without_end() -> Chunks:
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n"


async def say_nothing() -> Chunks:
    await asyncio.sleep(3_600)
    yield b""


def answer(text: bytes) -> Callable[[], Chunks]:
    """One answer, whole."""

    async def send() -> Chunks:
        yield text

    return send


def redirect(target: str) -> Callable[[], Chunks]:
    """A redirect to *target*."""
    return answer(b"HTTP/1.1 302 Found\r\nLocation: " + target.encode() + b"\r\nContent-Length: 0\r\n\r\n")


_FORGERY = b"\x1b[2J\x1b[31mall is well\r\nX: \xe2\x80\xae\x00\xff"

WEB: dict[str, Callable[[], Chunks]] = {
    "ten-gigabytes": send_ten_gigabytes,
    "bomb": send_a_bomb,
    "slow-head": drip_a_head,
    "slow-body": drip_a_body,
    "endless-head": send_heads_without_end,
    "endless-promises": promise_without_end,
    "silence": say_nothing,
    "to-metadata": redirect("http://169.254.169.254/latest/meta-data/"),
    "to-a-file": redirect("file:///etc/passwd"),
    "to-itself": redirect("/again"),
    "no-http": answer(_FORGERY),
    "forgery": answer(b"HTTP/1.1 500 \x1b[31mfine\r\nContent-Length: 25\r\n\r\n" + _FORGERY[:25]),
    "hangs-up": answer(b""),
    "no-tls": answer(b"this is no TLS\r\n"),
    "expired-certificate": answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
}
SECURE = ("expired-certificate",)


class Agent(asyncio.DatagramProtocol):
    """Takes questions and leaves the answer to *reply*, which may send as much as it likes."""

    def __init__(self, reply: Callable[[bytes, Callable[[bytes], None]], None]) -> None:
        self._reply = reply
        self._transport: asyncio.DatagramTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    @override
    def datagram_received(self, data: bytes, addr: Peer) -> None:
        transport = self._transport
        assert transport is not None
        self._reply(data, lambda datagram: transport.sendto(datagram, addr))


def flood(question: bytes, send: Callable[[bytes], None]) -> None:
    """Hundreds of datagrams that are nothing, of any length."""
    for _ in range(_FLOOD):
        send(random.randbytes(random.randrange(1, 1_400)))


def send_a_monster(question: bytes, send: Callable[[bytes], None]) -> None:
    """A head that promises more than there is, and nested heads as deep as a datagram holds."""
    send(b"\x30\x84\xff\xff\xff\xff" * 1_000)
    send(b"\x30\x80" * 30_000)


def echo(question: bytes, send: Callable[[bytes], None]) -> None:
    """The question itself as its answer: the right number, and no value in it."""
    at = question.index(b"public") + len(b"public")
    send(question[:at] + b"\xa2" + question[at + 1 :])


AGENTS: dict[str, Callable[[bytes, Callable[[bytes], None]], None]] = {
    "flood": flood,
    "monster": send_a_monster,
    "elsewhere": echo,
}


def web_address(name: str) -> str:
    """Where the web server *name* is."""
    return f"127.31.0.{1 + list(WEB).index(name)}"


def agent_address(name: str) -> str:
    """Where the agent *name* is."""
    return f"127.31.1.{1 + list(AGENTS).index(name)}"


async def attend(chunks: Callable[[], Chunks], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send *chunks* to whoever has asked, until that one has gone."""
    try:
        await reader.read(65_536)
        async for chunk in chunks():
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.transport.abort() if writer.transport.is_closing() else writer.close()


def expired(folder: Path, address: str) -> ssl.SSLContext:
    """A server's TLS with a certificate that ended yesterday, by an authority that nobody knows."""
    now = SystemClock().now()
    issued = Authority(folder, now).issue(
        IPv4Address(address), "rogue", since=Moment(now - 9 * DAY), until=Moment(now - DAY)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued)
    return context


@asynccontextmanager
async def agents(port: int) -> AsyncIterator[None]:
    """Every agent, for as long as the context is open."""
    loop = asyncio.get_running_loop()
    elsewhere, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(ELSEWHERE, port))
    transports = [elsewhere]
    for name, reply in AGENTS.items():
        transport, protocol = await loop.create_datagram_endpoint(
            partial(Agent, reply), local_addr=(agent_address(name), port)
        )
        transports.append(transport)
        if name == "elsewhere":
            protocol.connection_made(elsewhere)  # it hears at its own address and answers from the other
    try:
        yield
    finally:
        for transport in transports:
            transport.close()


async def play(web_port: int, agent_port: int) -> None:
    """Play until killed."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        await stack.enter_async_context(agents(agent_port))
        for name, chunks in WEB.items():
            tls = expired(folder, web_address(name)) if name in SECURE else None
            await asyncio.start_server(partial(attend, chunks), web_address(name), web_port, ssl=tls)
        print(READY, flush=True)  # noqa: T201  whoever started us reads it
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(play(int(sys.argv[1]), int(sys.argv[2])))
