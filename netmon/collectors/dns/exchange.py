"""One question to one name server: by UDP, and again by TCP where the answer did not fit (RFC 1035, RFC 7766)."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

from typing_extensions import override

from netmon.collectors.dialing import connect, explain_no_way, hang_up
from netmon.collectors.dns.message import MalformedError, Question, Reply, read_reply
from netmon.collectors.endpoint import Endpoint
from netmon.collectors.miss import MissError
from netmon.collectors.permission import Address
from netmon.collectors.phases import Stopwatch
from netmon.model.states import Reason

_LARGEST_REPLY = 16 * 2**10
_MOST_HEARD = 100
_LENGTH = struct.Struct("!H")


async def ask(question: Question, address: Address, port: int, stopwatch: Stopwatch) -> Reply:
    """What the server at *address* replies before the stopwatch's deadline.

    Raises:
        MissError: nothing, or nothing that is DNS.
    """
    where = str(Endpoint(str(address), port))
    reply = await _ask_by_datagram(question, address, port, stopwatch)
    if not reply.is_truncated:
        return reply
    try:
        async with asyncio.timeout_at(stopwatch.deadline):
            return await _ask_by_stream(question, address, port, stopwatch)
    except TimeoutError:
        raise MissError(Reason.TIMEOUT, f"{where}: a truncated answer by UDP, and none in time by TCP") from None
    except OSError as error:
        evidence = f"{where}: a truncated answer by UDP, and by TCP the connection broke ({error.strerror or error})"
        raise MissError(Reason.CUT_OFF, evidence) from error


class _Ear(asyncio.DatagramProtocol):
    """Listens on a connected socket, which hears the server alone, for the reply to *question*.

    Whatever else comes may have been sent by anybody in the server's name: the true reply is waited for, and
    *trouble* tells of it where none comes.
    """

    def __init__(self, question: Question) -> None:
        self._question = question
        self._heard = 0
        self.reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.trouble = ""

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self._heard += 1
        if self.reply.done() or self._heard > _MOST_HEARD:
            return
        try:
            reply = read_reply(self._question, data)
        except MalformedError as error:
            self.trouble = f"what came is no DNS message ({error})"
            return
        if reply is None:
            self.trouble = "an answer came, but to another question"
        else:
            self.reply.set_result(reply)

    @override
    def error_received(self, exc: Exception) -> None:
        if not self.reply.done():
            self.reply.set_exception(exc)


async def _ask_by_datagram(question: Question, address: Address, port: int, stopwatch: Stopwatch) -> Reply:
    where = str(Endpoint(str(address), port))
    ear = _Ear(question)
    try:
        async with asyncio.timeout_at(stopwatch.deadline):
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: ear, remote_addr=(str(address), port)
            )
            try:
                transport.sendto(question.wire)
                return await ear.reply
            finally:
                transport.abort()
    except TimeoutError:
        if ear.trouble:
            raise MissError(Reason.MALFORMED, f"{where}: {ear.trouble}") from None
        silence = stopwatch.explain_timeout(where)
        raise MissError(silence.reason, silence.evidence) from None
    except ConnectionRefusedError as error:
        raise MissError(Reason.REFUSED, f"{where}: the port is closed") from error
    except OSError as error:
        raise explain_no_way(where, address, error) from error


async def _ask_by_stream(question: Question, address: Address, port: int, stopwatch: Stopwatch) -> Reply:
    where = f"{Endpoint(str(address), port)} by TCP"
    opened, _ = await connect([address], port, where=where, deadline=stopwatch.deadline)
    reader, writer = await asyncio.open_connection(sock=opened)
    try:
        writer.write(_LENGTH.pack(len(question.wire)) + question.wire)
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > _LARGEST_REPLY:
            raise MissError(
                Reason.TOO_LARGE, f"{where}: an answer of {length} bytes, at most {_LARGEST_REPLY} are read"
            )
        reply = read_reply(question, await reader.readexactly(length))
    except asyncio.IncompleteReadError as error:
        raise MissError(Reason.CUT_OFF, f"{where}: closed before the answer was complete") from error
    except MalformedError as error:
        raise MissError(Reason.MALFORMED, f"{where}: what came is no DNS message ({error})") from error
    finally:
        hang_up(writer)
    if reply is None or reply.is_truncated:
        raise MissError(Reason.MALFORMED, f"{where}: the answer is not one to what was asked")
    return reply
