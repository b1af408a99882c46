"""Echoes on their way: each is matched to its own reply, or is a miss at its deadline, exactly.

Deadlines stand in line as they come, which is in their order where time-outs are equal; those out of turn stand on
a heap. One timer waits for the earliest that still matters. Before an echo is called
missed, every transport is drained, and replies carry the moment at which the kernel took them in: a reply that
came in time is never lost because the loop was busy, and one that came late is never taken for an answer.
"""

from __future__ import annotations

import asyncio
import math
import os
import struct
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

from netmon.collectors.icmp.sockets import explain_refusal
from netmon.collectors.icmp.transport import Aim, EchoTransport
from netmon.model.looks import Failure

_TOKENS = struct.Struct("!Q")
_TOKENS_AT_ONCE = 512
_STAMP_ERROR_SECONDS = 0.001
"""How far the kernel's stamp and our two clocks, which are read one after the other, may disagree."""

Key = tuple[str, int]
"""The address that was asked, and the sequence number: all that a router's report of trouble is sure to quote."""

Ending = float | Failure | None
"""How an echo ended: the round trip in seconds; at its deadline, what came instead of a reply, or silence."""


@dataclass(slots=True, eq=False)
class Echo:
    """One echo on its way; *sent* and *deadline* are moments of the loop's clock."""

    key: Key
    token: int
    sent: float
    deadline: float
    on_end: Callable[[Ending], None]
    trouble: Failure | None = None
    is_done: bool = False


@dataclass(slots=True)
class Tally:
    """What came in, for those who wonder.

    Attributes:
        answers: replies that were waited for and came in time.
        strays: replies that nobody waits for: doubled, late, forged.
        troubles: reports of an error on the way, and damaged replies.
    """

    answers: int = 0
    strays: int = 0
    troubles: int = 0


class Flight:
    """All echoes of a poller that are on their way, over any number of transports."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._tokens = _random_tokens()
        self._transports: list[EchoTransport] = []
        self._flying: dict[Key, Echo] = {}
        self._line: deque[Echo] = deque()
        self._out_of_turn: list[tuple[float, int, Echo]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._due = math.inf
        self.tally = Tally()

    def carry(self, transport: EchoTransport) -> None:
        """Listen to *transport* from now on; it is closed with the flight."""
        transport.listen(self._replied, self._troubled)
        self._transports.append(transport)

    def launch(self, aim: Aim, *, size: int, timeout_seconds: float, on_end: Callable[[Ending], None]) -> Echo:
        """Send one echo with *size* bytes of payload; *on_end* is called once, unless it is forgotten before."""
        flying, line = self._flying, self._line
        token = next(self._tokens)
        while (key := (aim.source, token & 0xFFFF)) in flying:
            token = next(self._tokens)
        sent = self._loop.time()
        deadline = sent + timeout_seconds
        echo = flying[key] = Echo(key, token, sent, deadline, on_end)
        try:
            aim.transport.send(aim.address, token, size)
        except OSError as error:
            try:
                echo.trouble = explain_refusal(aim.address, error)
            except OSError:
                self.forget(echo)
                raise
        if not line or deadline >= line[-1].deadline:
            line.append(echo)
        else:
            heappush(self._out_of_turn, (deadline, token, echo))
        if deadline < self._due:
            self._wake_at(deadline)
        return echo

    def forget(self, echo: Echo) -> None:
        """Wait no longer for *echo*; nothing happens if it has ended."""
        if not echo.is_done:
            echo.is_done = True
            del self._flying[echo.key]

    def close(self) -> None:
        """Close the transports; what is still on its way is forgotten."""
        if self._timer is not None:
            self._timer.cancel()
        for transport in self._transports:
            transport.close()
        self._flying.clear()

    def _replied(self, address: str, token: int, at: float) -> None:
        echo = self._flying.get((address, token & 0xFFFF))
        if echo is None or echo.token != token:
            self.tally.strays += 1
            return
        took = at - echo.sent
        if took < -_STAMP_ERROR_SECONDS or took > self._loop.time() - echo.sent:
            took = self._loop.time() - echo.sent  # the wall clock was set between stamp and reading
        if echo.sent + took > echo.deadline:
            self.tally.strays += 1
            return
        echo.is_done = True
        del self._flying[echo.key]
        self.tally.answers += 1
        echo.on_end(took if took > 0.0 else 0.0)

    def _troubled(self, address: str, sequence: int, failure: Failure) -> None:
        """Keep *failure* as the reason, should the echo be missed: a true reply may still come."""
        self.tally.troubles += 1
        if (echo := self._flying.get((address, sequence))) is not None:
            echo.trouble = failure

    def _wake_at(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        self._timer = self._loop.call_at(due, self._expire)

    def _expire(self) -> None:
        self._timer, self._due = None, math.inf
        heard = min((transport.drain() for transport in self._transports), default=self._loop.time())
        while (echo := self._earliest()) is not None:
            if echo.deadline > heard:
                self._wake_at(echo.deadline)
                return
            self.forget(echo)
            echo.on_end(echo.trouble)

    def _earliest(self) -> Echo | None:
        """The echo on its way whose deadline comes first; those that have ended make room."""
        line, others = self._line, self._out_of_turn
        while line and line[0].is_done:
            line.popleft()
        while others and others[0][2].is_done:
            heappop(others)
        if others and (not line or others[0][0] < line[0].deadline):
            return others[0][2]
        return line[0] if line else None


def _random_tokens() -> Iterator[int]:
    """Numbers that nobody can guess, so that nobody can answer for a device that is silent."""
    while True:
        for (token,) in _TOKENS.iter_unpack(os.urandom(_TOKENS.size * _TOKENS_AT_ONCE)):
            yield token
