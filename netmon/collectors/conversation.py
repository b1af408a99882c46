"""Lines of text over one connection, in the clear or by TLS, with a change to TLS where both sides agree on it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass

from netmon.collectors.dialing import Stream, hang_up, shake_hands
from netmon.collectors.mask import Mask
from netmon.collectors.miss import MissError, excerpt
from netmon.collectors.phases import Phase, Stopwatch
from netmon.collectors.trust import read_expiry
from netmon.model.looks import Failure
from netmon.model.moments import Moment
from netmon.model.states import Reason

_LONGEST_LINE = 8 * 2**10
_MOST_BYTES = 256 * 2**10
_CHUNK = 4 * 2**10


@dataclass(frozen=True, slots=True)
class Proof:
    """How the other side has to prove itself: as *server_name*, to whom *context* believes."""

    context: ssl.SSLContext
    server_name: str


@dataclass(frozen=True, slots=True)
class _Clear:
    """A connection without TLS, read by hand: not a byte of it can pass for one that came by TLS later."""

    opened: socket.socket

    async def read(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.opened, _CHUNK)

    async def write(self, content: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.opened, content)

    def close(self) -> None:
        self.opened.close()


@dataclass(frozen=True, slots=True)
class _Secure:
    """A connection with TLS."""

    stream: Stream

    async def read(self) -> bytes:
        return await self.stream[0].read(_CHUNK)

    async def write(self, content: bytes) -> None:
        self.stream[1].write(content)
        await self.stream[1].drain()

    def close(self) -> None:
        hang_up(self.stream[1])


class Conversation:
    """What is said and heard over *opened*, which it closes at its end; *mask* hides what must not be quoted.

    Attributes:
        where: how evidence calls the other side.
        expiry: when the certificate ends by which it proved itself.
        flaw: what of its answers is not as it should be, though they are answers.
        own_address: from where it is held.
    """

    def __init__(self, opened: socket.socket, stopwatch: Stopwatch, where: str, mask: Mask) -> None:
        self.where = where
        self.expiry: Moment | None = None
        self.flaw: Failure | None = None
        self.own_address = str(opened.getsockname()[0])
        self._opened = opened
        self._mask = mask
        self._stopwatch = stopwatch
        self._wire: _Clear | _Secure = _Clear(opened)
        self._heard = bytearray()
        self._most = _MOST_BYTES
        self._awaited = "a word"
        stopwatch.enter(Phase.PROCESSING)

    async def secure(self, proof: Proof) -> None:
        """Go on by TLS.

        Raises:
            MissError: the other side does not prove who it is, or went on in the clear.
        """
        if self._heard:
            raise self.miss(Reason.MALFORMED, f"went on in the clear after agreeing on TLS: {self._quote_heard()}")
        self._stopwatch.enter(Phase.TLS)
        stream = await shake_hands(self._opened, proof.context, proof.server_name, where=self.where)
        self._wire = _Secure(stream)
        self.expiry = read_expiry(stream[1].get_extra_info("ssl_object"))
        self._stopwatch.enter(Phase.PROCESSING)

    async def say(self, line: str) -> None:
        """Send *line*, to which the line end is added.

        Raises:
            MissError: the connection broke.
        """
        try:
            await self._wire.write(f"{line}\r\n".encode())
        except OSError as error:
            raise self._broken(error) from error

    async def hear(self, awaited: str) -> str:
        """The next line, without its end.

        Args:
            awaited: what the line should bring (``the greeting``), for the evidence where none comes.

        Raises:
            MissError: the connection ended, or the line does not.
        """
        self._awaited = awaited
        self._stopwatch.unanswered = f"{awaited} did not come"
        searched = 0
        while (end := self._heard.find(b"\n", searched)) < 0:
            searched = len(self._heard)
            if searched > _LONGEST_LINE:
                raise self.miss(Reason.TOO_LARGE, f"a line of more than {_LONGEST_LINE} bytes: {self._quote_heard()}")
            self._heard += await self._hear_more()
        line = self._heard[:end].removesuffix(b"\r").decode("utf-8", "replace")
        del self._heard[: end + 1]
        return line

    def miss(self, reason: Reason, evidence: str) -> MissError:
        """What the other side does wrong."""
        return MissError(reason, f"{self.where}: {evidence}")

    def quote(self, text: str) -> str:
        """*text*, which the other side said, as evidence may show it."""
        return f'"{excerpt(self._mask.over(text))}"'

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    async def _hear_more(self) -> bytes:
        try:
            part = await self._wire.read()
        except OSError as error:
            raise self._broken(error) from error
        if not part:
            raise self.miss(Reason.CUT_OFF, f"closed before {self._awaited} came")
        self._most -= len(part)
        if self._most < 0:
            raise self.miss(Reason.TOO_LARGE, f"says more than {_MOST_BYTES} bytes")
        return part

    def _quote_heard(self) -> str:
        return self.quote(self._heard.decode("utf-8", "replace"))

    def _broken(self, error: OSError) -> MissError:
        return self.miss(Reason.CUT_OFF, f"the connection broke ({error.strerror or error})")
