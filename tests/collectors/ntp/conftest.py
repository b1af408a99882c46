"""Time servers on loopback that answer as a test tells them."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

import pytest

from netmon.collectors.ntp.packet import timestamp
from netmon.kernel.clock import wall_nanoseconds

_HEAD = struct.Struct("!BBbbII4s8s8sQQ")


@dataclass(frozen=True)
class Time:
    """What a server says: its clock is *ahead_seconds* ahead of ours, and it takes *at_work_seconds* to say so."""

    ahead_seconds: float = 0.0
    at_work_seconds: float = 0.0
    leap: int = 0
    mode: int = 4
    stratum: int = 2
    reference: bytes = b"\x0a\x14\x00\x15"
    root_delay_seconds: float = 0.25
    root_dispersion_seconds: float = 0.5

    def answer(self, question: bytes, now_nanoseconds: int) -> bytes:
        """The answer to *question*, which has just come in."""
        received = (timestamp(now_nanoseconds) + int(self.ahead_seconds * 2**32)) % 2**64
        return _HEAD.pack(
            self.leap << 6 | 4 << 3 | self.mode,
            self.stratum,
            6,
            -20,
            int(self.root_delay_seconds * 2**16),
            int(self.root_dispersion_seconds * 2**16),
            self.reference,
            bytes(8),
            question[40:48],
            received,
            (received + int(self.at_work_seconds * 2**32)) % 2**64,
        )


Say = Callable[[bytes], list[bytes]]
"""The datagrams with which a server answers a question."""


def says(time: Time) -> Say:
    return lambda question: [time.answer(question, wall_nanoseconds())]


class TimeServer(asyncio.DatagramProtocol):
    """Answers datagrams with what *say* says, and keeps what it was asked."""

    transport: asyncio.DatagramTransport

    def __init__(self, say: Say) -> None:
        self._say = say
        self.asked: list[bytes] = []
        self.has_heard = asyncio.Event()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked.append(data)
        self.has_heard.set()
        for datagram in self._say(data):
            self.transport.sendto(datagram, addr)

    @property
    def port(self) -> int:
        return int(self.transport.get_extra_info("sockname")[1])


class OpenServer(Protocol):
    async def __call__(self, say: Say) -> TimeServer: ...


@pytest.fixture
async def time_server() -> AsyncIterator[OpenServer]:
    """Opens a time server on 127.0.0.1."""
    opened: list[TimeServer] = []

    async def open_server(say: Say) -> TimeServer:
        _, server = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: TimeServer(say), local_addr=("127.0.0.1", 0)
        )
        opened.append(server)
        return server

    yield open_server
    for one in opened:
        one.transport.abort()
