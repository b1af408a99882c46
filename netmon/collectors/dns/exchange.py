"""One question to one name server: by UDP, and again by TCP where the answer did not fit (RFC 1035, RFC 7766)."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import dns.exception
import dns.flags
import dns.message
from typing_extensions import override

from netmon.collectors.dialing import connect, explain_no_way, hang_up
from netmon.collectors.endpoint import Endpoint
from netmon.collectors.miss import MissError
from netmon.collectors.permission import Address
from netmon.collectors.phases import Stopwatch
from netmon.model.states import Reason

LARGEST_DATAGRAM = 1_232
"""What is offered to servers, so that no answer is cut into fragments on its way (DNS flag day 2020)."""

_LARGEST_ANSWER = 16 * 2**10
"""Reading a message takes time in proportion to its length, and everyone else waits meanwhile."""

_LENGTH = struct.Struct("!H")

Answer = dns.message.QueryMessage


async def ask(question: Answer, address: Address, port: int, stopwatch: Stopwatch) -> Answer:
    """What the server at *address* answers before the stopwatch's deadline.

    Raises:
        MissError: nothing, or nothing that is DNS.
    """
    where = str(Endpoint(str(address), port))
    answer = await _ask_by_datagram(question, address, port, stopwatch)
    if not answer.flags & dns.flags.TC:
        return answer
    try:
        async with asyncio.timeout_at(stopwatch.deadline):
            return await _ask_by_stream(question, address, port, stopwatch)
    except TimeoutError:
        raise MissError(Reason.TIMEOUT, f"{where}: a truncated answer by UDP, and none in time by TCP") from None
    except OSError as error:
        evidence = f"{where}: a truncated answer by UDP, and by TCP the connection broke ({error.strerror or error})"
        raise MissError(Reason.CUT_OFF, evidence) from error


def read_answer(question: Answer, wire: bytes) -> Answer | None:
    """The answer to *question* that *wire* is; ``None`` where it answers another one, or none.

    Of a truncated answer the head and the question are read alone.

    Raises:
        dns.exception.DNSException: it is no DNS message.
    """
    head = dns.message.from_wire(wire, question_only=True, ignore_trailing=True)
    if not isinstance(head, Answer) or not question.is_response(head):
        return None
    if head.flags & dns.flags.TC:
        return head
    whole = dns.message.from_wire(wire)
    return whole if isinstance(whole, Answer) else None


class _Ear(asyncio.DatagramProtocol):
    """Listens on a connected socket, which hears the server alone, for the answer to *question*.

    Whatever else comes may have been sent by anybody in the server's name: the true answer is waited for, and
    *trouble* tells of it where none comes.
    """

    def __init__(self, question: Answer) -> None:
        self._question = question
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.trouble = ""

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        try:
            answer = read_answer(self._question, data)
        except dns.exception.DNSException as error:
            self.trouble = f"{len(data)} bytes came that are no DNS message ({error})"
            return
        if answer is None:
            self.trouble = "an answer came, but to another question"
        elif not self.answer.done():
            self.answer.set_result(answer)

    @override
    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


async def _ask_by_datagram(question: Answer, address: Address, port: int, stopwatch: Stopwatch) -> Answer:
    where = str(Endpoint(str(address), port))
    ear = _Ear(question)
    try:
        async with asyncio.timeout_at(stopwatch.deadline):
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: ear, remote_addr=(str(address), port)
            )
            try:
                transport.sendto(question.to_wire())
                return await ear.answer
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


async def _ask_by_stream(question: Answer, address: Address, port: int, stopwatch: Stopwatch) -> Answer:
    where = f"{Endpoint(str(address), port)} by TCP"
    opened, _ = await connect([address], port, where=where, deadline=stopwatch.deadline)
    reader, writer = await asyncio.open_connection(sock=opened)
    try:
        wire = question.to_wire()
        writer.write(_LENGTH.pack(len(wire)) + wire)
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > _LARGEST_ANSWER:
            raise MissError(
                Reason.TOO_LARGE, f"{where}: an answer of {length} bytes, at most {_LARGEST_ANSWER} are read"
            )
        answer = read_answer(question, await reader.readexactly(length))
    except asyncio.IncompleteReadError as error:
        raise MissError(Reason.CUT_OFF, f"{where}: closed before the answer was complete") from error
    except dns.exception.DNSException as error:
        raise MissError(Reason.MALFORMED, f"{where}: the answer is no DNS message ({error})") from error
    finally:
        hang_up(writer)
    if answer is None or answer.flags & dns.flags.TC:
        raise MissError(Reason.MALFORMED, f"{where}: the answer is not one to what was asked")
    return answer
