"""The wire to one agent: one socket, one open question, one deadline, stray datagrams or not.

A request that stays unanswered is sent again, unchanged, after a second and after two more: UDP loses
packets, and an answer to any copy counts. That replaces what the transport does not do; it confirms nothing
about the target, which is silent only when the deadline has passed.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from netmon.model.states import Reason
from netmon.snmp.ber import Malformed, Value
from netmon.snmp.failures import NoAnswer
from netmon.snmp.pdu import ErrorStatus, Kind, Response, decode_response, fresh_request_id
from netmon.snmp.run import Run
from netmon.snmp.security import Security, Stray
from netmon.snmp.sockets import Sockets

T = TypeVar("T")

_LARGEST_DATAGRAM = 65_535
_PATIENCE_SECONDS = 1.0
_MOST_COPIES = 3
_OWN_TROUBLE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})


@dataclass(frozen=True, slots=True)
class Target:
    """Where an agent listens."""

    host: str
    port: int = 161

    @property
    def where(self) -> str:
        """Host and port, for people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(slots=True)
class Oddities:
    """What came besides answers, since the session began."""

    strays: int = 0
    malformed: int = 0
    resent: int = 0


@dataclass(slots=True)
class _Waiting(Generic[T]):
    """The question that is open."""

    number: int
    datagram: bytes
    due: float
    until: float
    read: Callable[[bytes], T]
    answer: asyncio.Future[tuple[Response, T | None]]
    run: Run | None = None
    copies: int = 1
    strays: int = 0
    malformed: list[str] = field(default_factory=list)

    def fail(self, failure: NoAnswer) -> None:
        if not self.answer.done():
            self.answer.set_exception(failure)


class Wire:
    """Sends sealed requests and brings back what answers them."""

    def __init__(self, target: Target, security: Security, sockets: Sockets) -> None:
        self.oddities = Oddities()
        self._target = target
        self._security = security
        self._sockets = sockets
        self._used = 0.0
        self._socket: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop
        self._waiting: _Waiting[Any] | None = None
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a socket."""
        return self._socket is not None

    def was_idle_since(self, moment: float) -> bool:
        """Whether nothing was asked since *moment* of the loop's clock, and nothing is waited for."""
        return self._waiting is None and self._used < moment

    def close(self) -> None:
        """Close the socket; whoever waits for an answer is told that there will be none."""
        if self._waiting is not None:
            self._waiting.fail(NoAnswer(Reason.CUT_OFF, f"{self._target.where}: closed before an answer came"))
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
            self._sockets.forget(self)

    async def open(self, until: float) -> None:
        """Open the socket, unless it is.

        Raises:
            NoAnswer: its address is not known by *until*, or must not be asked, or there is no way to it.
        """
        if self._socket is not None:
            return
        self._loop = asyncio.get_running_loop()
        address = await self._locate(until)
        self._sockets.watch(self)
        try:
            self._socket = self._connected(str(address), socket.AF_INET if address.version == 4 else socket.AF_INET6)
        finally:
            if self._socket is None:
                self._sockets.forget(self)
        self._used = self._loop.time()

    def _connected(self, address: str, family: socket.AddressFamily) -> socket.socket:
        opened = socket.socket(family, socket.SOCK_DGRAM)
        try:
            opened.setblocking(False)
            opened.connect((address, self._target.port))
        except OSError as error:
            opened.close()
            raise NoAnswer(Reason.UNREACHABLE, f"{self._target.where}: {os.strerror(error.errno or 0)}") from error
        if opened.getsockname() == opened.getpeername():  # the port was free, on this very machine, and is ours now
            opened.close()
            raise NoAnswer(Reason.REFUSED, f"{self._target.where}: port closed")
        self._loop.add_reader(opened, self._read_one, opened)
        return opened

    async def _locate(self, until: float) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        try:
            async with asyncio.timeout_at(until):
                return await self._sockets.locate(self._target.host)
        except TimeoutError as error:
            raise NoAnswer(Reason.NAME_NOT_RESOLVED, f"{self._target.host}: no answer from the resolver") from error

    async def go_through(self, run: Run) -> None:
        """Ask the questions of *run* without waking anybody in between."""
        number, now = fresh_request_id(), self._loop.time()
        datagram = self._security.seal(run.question.request.encode(number), number, now)
        await self.exchange(datagram, number, run.question.decode, run.deadline(now), run)

    async def exchange(
        self, datagram: bytes, number: int, read: Callable[[bytes], T], until: float, run: Run | None = None
    ) -> tuple[Response, T | None]:
        now = self._used = self._loop.time()
        due = _first_due(now, until)
        answer: asyncio.Future[tuple[Response, T | None]] = self._loop.create_future()
        self._waiting = _Waiting(number, datagram, due, until, read, answer, run)
        try:
            self._send(self._waiting)
            if self._alarm is None or self._alarm.when() > due:
                self._set_alarm(due)
            return await answer
        finally:
            self._waiting = None

    def _set_alarm(self, due: float) -> None:
        """One alarm serves many questions: it is moved only where it would ring too late."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(due, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        waiting = self._waiting
        if waiting is None:
            return
        now = self._loop.time()
        if now >= waiting.until:
            waiting.fail(self._silence(waiting))
            return
        if now >= waiting.due:
            self.oddities.resent += 1
            waiting.copies += 1
            gap = _PATIENCE_SECONDS * 2 ** (waiting.copies - 1)
            waiting.due = min(now + gap, waiting.until) if waiting.copies < _MOST_COPIES else waiting.until
            self._send(waiting)
        self._set_alarm(waiting.due)

    def _send(self, waiting: _Waiting[Any]) -> None:
        assert self._socket is not None  # noqa: S101  a question is open, so the socket is
        try:
            try:
                self._socket.send(waiting.datagram)
            except ConnectionRefusedError:  # news about the question before this one
                self._socket.send(waiting.datagram)
        except BlockingIOError:
            return  # as good as lost on the way: the next copy may leave
        except OSError as error:
            self._fail(waiting, error)

    def _read_one(self, opened: socket.socket) -> None:
        waiting = self._waiting
        try:
            datagram = opened.recv(_LARGEST_DATAGRAM)
        except BlockingIOError:
            return
        except OSError as error:
            if waiting is not None:
                self._fail(waiting, error)
            return
        if waiting is None or waiting.answer.done():
            self.oddities.strays += 1
            return
        try:
            self._take(datagram, waiting)
        except Stray:
            waiting.strays += 1
            self.oddities.strays += 1
        except Malformed as error:
            waiting.malformed.append(f"{len(datagram)} octets: {error}")
            del waiting.malformed[3:]
            self.oddities.malformed += 1

    def _take(self, datagram: bytes, waiting: _Waiting[Any]) -> None:
        response = decode_response(self._security.unseal(datagram, waiting.number, self._loop.time()))
        if response.kind == Kind.REPORT:
            waiting.answer.set_result((response, None))
            return
        if response.request_id != waiting.number:
            raise Stray("an answer to another question")
        if response.status != ErrorStatus.NO_ERROR:
            waiting.answer.set_result((response, None))
            return
        value = waiting.read(response.payload)
        if waiting.run is None or not self._go_on(waiting, waiting.run, value):
            waiting.answer.set_result((response, value))

    def _go_on(self, waiting: _Waiting[Any], run: Run, value: list[Value | None]) -> bool:
        """Keep *value* and ask the next question of *run*, if there is one."""
        question = run.take(value)
        if question is None:
            return False
        now = self._used = self._loop.time()
        waiting.number = fresh_request_id()
        waiting.datagram = self._security.seal(question.request.encode(waiting.number), waiting.number, now)
        waiting.read = question.decode
        waiting.until = run.deadline(now)
        waiting.due, waiting.copies = _first_due(now, waiting.until), 1
        waiting.strays, waiting.malformed = 0, []
        self._send(waiting)
        return True

    def _fail(self, waiting: _Waiting[Any], error: OSError) -> None:
        if error.errno in _OWN_TROUBLE and not waiting.answer.done():
            waiting.answer.set_exception(error)
        elif isinstance(error, ConnectionRefusedError):
            waiting.fail(NoAnswer(Reason.REFUSED, f"{self._target.where}: port closed"))
        else:
            text = os.strerror(error.errno) if error.errno else "no way there"
            waiting.fail(NoAnswer(Reason.UNREACHABLE, f"{self._target.where}: {text}"))

    def _silence(self, waiting: _Waiting[Any]) -> NoAnswer:
        if waiting.malformed:
            came = "; ".join(waiting.malformed)
            return NoAnswer(Reason.MALFORMED, f"{self._target.where}: what came is no answer: {came}")
        others = f", {waiting.strays} datagrams that answer something else" if waiting.strays else ""
        copies = f"sent {waiting.copies} times" if waiting.copies > 1 else "sent once"
        return NoAnswer(
            Reason.TIMEOUT, f"{self._target.where}: no answer to a question {copies}{others} ({self._security.silence})"
        )


def _first_due(now: float, until: float) -> float:
    """When a question is sent again: after the usual patience, or half of the time that is left."""
    return now + min(_PATIENCE_SECONDS, max(0.0, until - now) / 2)


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
