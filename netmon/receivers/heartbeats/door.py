"""The door: a small HTTP server (h11) that lets in so few at a time that no flood delays a look.

Whoever comes faster waits for the turn of the place that they come from; what is read has a limit and a deadline.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import h11
import structlog

from netmon.kernel.clock import Clock
from netmon.model.moments import MILLISECOND, SECOND, Duration, Moment
from netmon.receivers.heartbeats.desk import Desk, Question, Reply
from netmon.receivers.heartbeats.turns import Turns

_LARGEST_HEAD = 8 * 2**10
_LARGEST_BODY = 16 * 2**10
_CHUNK = 4 * 2**10
_ROUNDS = 200
_PATIENCE_SECONDS = 10.0
_FAREWELL_SECONDS = 2.0
_PACE = Duration(20 * MILLISECOND)
"""From one that is let in to the next, on average: fifty in a second."""
_MOST_ADMITTED = 16
"""So many come from the kernel's queue into the waiting room with each step of the pace."""
_BACKLOG = 1_024
"""So many wait in the kernel at most, a little more than a second."""
_RETRY = Duration(10 * SECOND)


class Door:
    """Listens at *address* while anybody is expected to report, and answers each request once.

    Args:
        count: is told of each answer.
    """

    def __init__(self, desk: Desk, clock: Clock, *, address: tuple[str, int], count: Callable[[Reply], None]) -> None:
        self._desk = desk
        self._clock = clock
        self._address = address
        self._count = count
        self._events = structlog.get_logger("netmon.heartbeats")
        self._turns = Turns()

    async def run(self) -> None:
        """Listen until cancelled; an address that cannot be had is told, and tried again."""
        told = False
        while True:
            await self._desk.is_wanted.wait()
            try:
                listening = _listen(self._address)
            except OSError as error:
                if not told:
                    where = f"{self._address[0]}:{self._address[1]}"
                    self._events.error("heartbeats_not_heard", listen=where, error=error.strerror or str(error))
                    told = True
                await self._clock.sleep_until(Moment(self._clock.now() + _RETRY))
                continue
            told = False
            with listening:
                self._events.info("heartbeats_heard", listen="{}:{}".format(*listening.getsockname()[:2]))
                async with asyncio.TaskGroup() as group:
                    letting_in = group.create_task(self._let_in(listening), name="heartbeats")
                    await self._desk.is_unwanted.wait()
                    letting_in.cancel()

    async def _let_in(self, listening: socket.socket) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    if self._turns.is_empty:
                        await _readable(listening)
                    self._admit(listening)
                    if (connection := self._turns.call()) is not None:
                        group.create_task(self._serve(connection), name="heartbeat")
                    await self._clock.sleep_until(Moment(self._clock.now() + _PACE))
        finally:
            self._turns.end()

    def _admit(self, listening: socket.socket) -> None:
        for _ in range(_MOST_ADMITTED):
            try:
                connection, address = listening.accept()
            except OSError:  # nobody else is there, or there is no descriptor left for them
                return
            self._turns.come(connection, address[0])

    async def _serve(self, connection: socket.socket) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await _Visitor(connection, self._desk, self._count).answer()
        except (TimeoutError, OSError, h11.ProtocolError):
            pass  # whoever dawdles, hangs up or speaks no HTTP is owed nothing
        except Exception:  # noqa: BLE001  a bug here must not end the watching
            self._events.exception("heartbeat_crashed")
        finally:
            self._turns.leave(connection)


class _Visitor:
    """One connection, one request."""

    def __init__(self, connection: socket.socket, desk: Desk, count: Callable[[Reply], None]) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._desk = desk
        self._count = count
        self._loop = asyncio.get_running_loop()
        self._protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=_LARGEST_HEAD)
        self._rounds = 0

    async def answer(self) -> None:
        request = await self._next()
        if not isinstance(request, h11.Request):
            return
        question = _question(request)
        check = self._desk.find(question) if request.method in (b"GET", b"POST") else None
        if check is None:
            await self._reply(Reply.UNKNOWN, Reply.UNKNOWN.value[1])
            return
        body = await self._read_body()
        if body is None:
            await self._reply(Reply.TOO_LARGE, Reply.TOO_LARGE.value[1])
        else:
            await self._reply(*await self._desk.take(check, question, body))

    async def _read_body(self) -> bytes | None:
        """The whole body; ``None`` where it is too long."""
        if self._protocol.they_are_waiting_for_100_continue:
            await self._send(h11.InformationalResponse(status_code=100, headers=[]))
        body = bytearray()
        while isinstance(event := await self._next(), h11.Data):
            body += event.data
            if len(body) > _LARGEST_BODY:
                return None
        return bytes(body)

    async def _next(self) -> h11.Event | None:
        """The next part of the request; ``None`` where the other side has gone."""
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            self._rounds += 1
            data = await self._loop.sock_recv(self._connection, _CHUNK) if self._rounds <= _ROUNDS else b""
            self._protocol.receive_data(data)
        return event if isinstance(event, h11.Event) else None

    async def _reply(self, reply: Reply, line: str) -> None:
        self._count(reply)
        body = f"{line}\n".encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        headers += [("Cache-Control", "no-store"), ("Connection", "close")]
        if reply in (Reply.TOO_OFTEN, Reply.NOT_KEPT):
            headers.append(("Retry-After", "10"))
        await self._send(h11.Response(status_code=reply.value[0], headers=headers), h11.Data(data=body))
        await self._part()

    async def _send(self, *events: h11.Event) -> None:
        parts = [self._protocol.send(event) for event in events]
        await self._loop.sock_sendall(self._connection, b"".join(part for part in parts if part))

    async def _part(self) -> None:
        """Hang up in such a way that the reply arrives: what was sent and not read would make a reset of it."""
        self._connection.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(_FAREWELL_SECONDS):
            for _ in range(_ROUNDS):
                if not await self._loop.sock_recv(self._connection, _CHUNK):
                    return


def _listen(address: tuple[str, int]) -> socket.socket:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    listening = socket.create_server(address, family=family, backlog=_BACKLOG)
    listening.setblocking(False)
    return listening


async def _readable(listening: socket.socket) -> None:
    """Return when somebody stands before the door; unlike an accept that is cancelled, this loses nobody."""
    loop = asyncio.get_running_loop()
    knocked = asyncio.Event()
    loop.add_reader(listening, knocked.set)
    try:
        await knocked.wait()
    finally:
        loop.remove_reader(listening)


def _question(request: h11.Request) -> Question:
    headers = {name: value.decode("latin-1") for name, value in request.headers}
    scheme, _, token = headers.get(b"authorization", "").partition(" ")
    path, _, query = request.target.decode("ascii", "replace").partition("?")
    return Question(
        path=path,
        query=query,
        bearer=token.strip() if scheme.lower() == "bearer" else None,
        content_type=headers.get(b"content-type", ""),
    )
