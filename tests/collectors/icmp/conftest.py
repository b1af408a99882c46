"""A flight whose transport and clock the test holds in its hands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from netmon.collectors.icmp.flight import Ending, Flight
from netmon.collectors.icmp.transport import Aim, OnReply, OnTrouble


@dataclass
class ScriptedTransport:
    """Remembers what was sent; says what the test tells it to say."""

    sent: list[tuple[str, int, int]] = field(default_factory=list)
    waiting: list[tuple[str, int, float]] = field(default_factory=list)
    refusal: OSError | None = None
    heard: float | None = None
    closed: bool = False

    def listen(self, on_reply: OnReply, on_trouble: OnTrouble) -> None:
        self.reply = on_reply
        self.trouble = on_trouble

    def send(self, address: str, token: int, size: int) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.sent.append((address, token, size))

    def drain(self) -> float:
        for reply in self.waiting:
            self.reply(*reply)
        self.waiting.clear()
        return asyncio.get_running_loop().time() if self.heard is None else self.heard

    def close(self) -> None:
        self.closed = True


class Launched:
    """A flight with one scripted transport, and how its echoes ended."""

    def __init__(self) -> None:
        self.flight = Flight()
        self.wire = ScriptedTransport()
        self.flight.carry(self.wire)
        self.ends: list[Ending] = []
        self._news = asyncio.Event()

    def launch(self, address: str = "10.0.0.9", *, timeout_seconds: float = 1.0) -> int:
        """Send an echo and return its token."""
        aim = Aim(address, address, self.wire)
        return self.flight.launch(aim, size=56, timeout_seconds=timeout_seconds, on_end=self._end).token

    async def until_ended(self, count: int) -> list[Ending]:
        """How the first echoes ended, once *count* of them have."""
        async with asyncio.timeout(5):
            while len(self.ends) < count:
                self._news.clear()
                await self._news.wait()
        return self.ends

    def _end(self, ending: Ending) -> None:
        self.ends.append(ending)
        self._news.set()


@pytest.fixture
async def launched() -> AsyncIterator[Launched]:
    opened = Launched()
    yield opened
    opened.flight.close()
    assert opened.wire.closed
