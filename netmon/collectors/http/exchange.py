"""One request and its answer over an open connection (RFC 9112); every part of the answer is bounded."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import h11
import httpx

from netmon.collectors.http.body import Body
from netmon.collectors.http.connection import Connection
from netmon.collectors.http.headers import Headers
from netmon.collectors.http.urls import shown
from netmon.collectors.miss import MissError
from netmon.collectors.phases import Phase, Stopwatch
from netmon.model.states import Reason

_LARGEST_HEAD = 32 * 2**10
_MOST_HEADERS = 500
_CHUNK = 4 * 2**10
_MOST_INTERIM_ANSWERS = 10
_TOO_LARGE = 431


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: *headers* maps lower-case names to their first values; *body* is unpacked.

    Attributes:
        cookies: the cookies that it set, as it wrote them.
    """

    status: int
    phrase: str
    headers: dict[str, str]
    body: bytearray
    cookies: tuple[str, ...] = ()


async def exchange(
    connection: Connection,
    url: httpx.URL,
    method: str,
    *,
    headers: Headers,
    limit: int,
    stopwatch: Stopwatch,
    body: bytes = b"",
) -> Answer:
    """Ask for *url*, sending *body*, and read the whole answer.

    Raises:
        MissError: it is cut off, too long, or no HTTP, or HTTP cannot ask for *url*.
    """
    stopwatch.enter(Phase.PROCESSING)
    wire = _Wire(connection, shown(url))
    wire.ask(method, url.raw_path, headers, body)
    response = await wire.read_head()
    stopwatch.enter(Phase.TRANSFER)
    received: dict[str, str] = {}
    cookies = []
    for name, value in response.headers:
        received.setdefault(name.decode("ascii"), text := value.decode("utf-8", "replace"))
        if name == b"set-cookie":
            cookies.append(text)
    content = Body(received.get("content-encoding", ""), limit, shown(url))
    while isinstance(event := await wire.read_event(), h11.Data):
        await content.take(bytes(event.data))
    phrase = response.reason.decode("utf-8", "replace")
    return Answer(response.status_code, phrase, received, content.whole(), tuple(cookies))


class _Wire:
    """Turns bytes into events until the answer ends."""

    def __init__(self, connection: Connection, where: str) -> None:
        self._connection = connection
        self._where = where
        self._protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
        self._ended = False
        self._lines = 0

    def ask(self, method: str, target: bytes, headers: Headers, body: bytes) -> None:
        try:
            request = h11.Request(method=method, target=target, headers=list(headers))
            events = [request, *([h11.Data(data=body)] if body else []), h11.EndOfMessage()]
            sent = [self._protocol.send(event) for event in events]
        except h11.LocalProtocolError:  # its message and its traceback may hold the value of a header
            raise MissError(Reason.MALFORMED, f"{self._where}: HTTP cannot ask for that") from None
        self._connection.writer.write(b"".join(part for part in sent if part))

    async def read_head(self) -> h11.Response:
        for _ in range(_MOST_INTERIM_ANSWERS):
            event = await self.read_event()
            if isinstance(event, h11.Response):
                return event
        raise MissError(Reason.MALFORMED, f"{self._where}: interim answers only")

    async def read_event(self) -> h11.Event:
        while True:
            try:
                event = self._protocol.next_event()
            except h11.RemoteProtocolError as error:
                raise self._explain(error) from error
            if isinstance(event, h11.Event):
                self._lines = 0
                return event
            if event is h11.PAUSED:
                raise MissError(Reason.MALFORMED, f"{self._where}: switched to another protocol unasked")
            self._protocol.receive_data(await self._read())

    async def _read(self) -> bytes:
        """A little of the answer; others have their turn before the next, however quickly it comes."""
        await asyncio.sleep(0)
        if self._lines > _MOST_HEADERS:  # what makes no event is a head, or a trailer, and is read in one go at its end
            raise MissError(Reason.TOO_LARGE, f"{self._where}: more than {_MOST_HEADERS} headers")
        try:
            data = await self._connection.reader.read(_CHUNK)
        except OSError as error:
            evidence = f"{self._where}: the connection broke during the answer ({error.strerror or error})"
            raise MissError(Reason.CUT_OFF, evidence) from error
        self._ended = not data
        self._lines += data.count(b"\n")
        return data

    def _explain(self, error: h11.RemoteProtocolError) -> MissError:
        if self._ended:
            return MissError(Reason.CUT_OFF, f"{self._where}: closed before the answer was complete")
        if error.error_status_hint == _TOO_LARGE:
            return MissError(Reason.TOO_LARGE, f"{self._where}: more than {_LARGEST_HEAD} bytes of headers")
        return MissError(Reason.MALFORMED, f"{self._where}: the answer is no HTTP ({error})")
