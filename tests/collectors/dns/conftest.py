"""Name servers on loopback that say exactly what a test tells them to say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, Protocol

import dns.flags
import dns.message
import dns.rrset
import pytest

from netmon.collectors.dns import KIND
from netmon.model.looks import Outcome
from netmon.model.moments import SECOND, Duration
from netmon.ports import Ground
from tests.collectors.conftest import Serve
from tests.collectors.makers import check, ground

PLENTY = Duration(20 * SECOND)

Say = Callable[[dns.message.QueryMessage], list[bytes]]
"""The datagrams with which a server answers a question."""


def reply(question: dns.message.Message, *records: str, flags: int = 0, rcode: int = 0) -> dns.message.Message:
    """An answer with *records*, each as a line of a zone file."""
    answer = dns.message.make_response(question, recursion_available=True)
    answer.flags |= flags
    answer.set_rcode(dns.rcode.Rcode(rcode))
    for record in records:
        name, kind, content = record.split(" ", 2)
        answer.answer.append(dns.rrset.from_text(name, 300, "IN", kind, content))
    return answer


def says(*records: str, flags: int = 0, rcode: int = 0) -> Say:
    """Answers everything with the same *records*."""
    return lambda question: [reply(question, *records, flags=flags, rcode=rcode).to_wire()]


class NameServer(asyncio.DatagramProtocol):
    """Answers datagrams with what *say* says, and keeps what it was asked."""

    transport: asyncio.DatagramTransport

    def __init__(self, say: Say) -> None:
        self._say = say
        self.asked: list[dns.message.QueryMessage] = []
        self.has_heard = asyncio.Event()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = dns.message.from_wire(data)
        assert isinstance(question, dns.message.QueryMessage)
        self.asked.append(question)
        self.has_heard.set()
        for datagram in self._say(question):
            self.transport.sendto(datagram, addr)

    @property
    def port(self) -> int:
        return int(self.transport.get_extra_info("sockname")[1])


class OpenServer(Protocol):
    async def __call__(self, say: Say, *, host: str = "127.0.0.1", port: int = 0) -> NameServer: ...


@pytest.fixture
async def name_server() -> AsyncIterator[OpenServer]:
    """Opens a name server that speaks UDP."""
    opened: list[NameServer] = []

    async def open_server(say: Say, *, host: str = "127.0.0.1", port: int = 0) -> NameServer:
        _, server = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: NameServer(say), local_addr=(host, port)
        )
        opened.append(server)
        return server

    yield open_server
    for one in opened:
        one.transport.abort()


class OpenBoth(Protocol):
    async def __call__(self, by_udp: Say, by_tcp: Say) -> int: ...


@pytest.fixture
def both_servers(name_server: OpenServer, serve: Serve) -> OpenBoth:
    """Opens a name server that speaks UDP and TCP at one port, and gives that port."""

    async def open_both(by_udp: Say, by_tcp: Say) -> int:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            length = int.from_bytes(await reader.readexactly(2), "big")
            question = dns.message.from_wire(await reader.readexactly(length))
            assert isinstance(question, dns.message.QueryMessage)
            writer.writelines(by_tcp(question))
            writer.write_eof()

        stream = await serve(answer)
        return (await name_server(by_udp, port=stream.port)).port

    return open_both


class Look(Protocol):
    async def __call__(
        self, port: int, timeout: Duration = PLENTY, *, on: Ground | None = None, **settings: Any
    ) -> Outcome: ...


@pytest.fixture
async def look() -> AsyncIterator[Look]:
    """Asks a server on 127.0.0.1 for soyte.example.vn, unless told otherwise."""
    async with AsyncExitStack() as stack:

        async def look_once(
            port: int, timeout: Duration = PLENTY, *, on: Ground | None = None, **settings: Any
        ) -> Outcome:
            questions = await stack.enter_async_context(KIND.open(on or ground()))
            spec = check("dns", "127.0.0.1", {"query": "soyte.example.vn", "port": port, **settings})
            return await questions.collector(spec, ()).look(timeout)

        yield look_once
