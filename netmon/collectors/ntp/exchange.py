"""One question to a time server by UDP, with the moments at which it left and its answer came in."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import struct
from dataclasses import dataclass

from netmon.collectors.dialing import explain_no_way
from netmon.collectors.miss import MissError
from netmon.collectors.ntp.packet import (
    NONCE_BYTES,
    Answer,
    MalformedError,
    build_question,
    read_answer,
    seconds_between,
    timestamp,
)
from netmon.collectors.permission import Address
from netmon.collectors.phases import Stopwatch
from netmon.kernel.clock import wall_nanoseconds
from netmon.model.states import Reason

_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("@ll")
_ANCILLARY = socket.CMSG_SPACE(_TIMESPEC.size)
_LARGEST_ANSWER = 2_048
_MOST_HEARD = 100


@dataclass(frozen=True, slots=True)
class Exchange:
    """An answer, and when its question left and it came in, on this machine's clock."""

    answer: Answer
    left: int
    came: int

    @property
    def offset_seconds(self) -> float:
        """How far the server's clock is ahead, if the way there took as long as the way back."""
        there, back = seconds_between(self.left, self.answer.received), seconds_between(self.came, self.answer.sent)
        return (there + back) / 2

    @property
    def delay_seconds(self) -> float:
        """What both ways took together; a server with a coarse clock may seem to have needed more than all of it."""
        at_work = seconds_between(self.answer.received, self.answer.sent)
        return max(0.0, seconds_between(self.left, self.came) - at_work)


async def ask(address: Address, port: int, stopwatch: Stopwatch, *, where: str) -> Exchange:
    """What the server at *address* answers before the stopwatch's deadline.

    Raises:
        MissError: nothing, or nothing that is NTP.
    """
    try:
        with _open_socket(address, port) as opened:
            return await _ask(opened, stopwatch, where)
    except ConnectionRefusedError as error:
        raise MissError(Reason.REFUSED, f"{where}: the port is closed") from error
    except OSError as error:
        raise explain_no_way(where, address, error) from error


async def _ask(opened: socket.socket, stopwatch: Stopwatch, where: str) -> Exchange:
    """Ask over *opened*, which hears the server alone.

    Whatever else comes may have been sent by anybody in the server's name: the true answer is waited for.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    left = timestamp(wall_nanoseconds())
    opened.send(build_question(nonce))
    trouble = ""
    try:
        async with asyncio.timeout_at(stopwatch.deadline):
            for _ in range(_MOST_HEARD):
                wire, came = await _receive(opened)
                try:
                    return Exchange(read_answer(nonce, wire), left, timestamp(came))
                except MalformedError as error:
                    trouble = str(error)
    except TimeoutError:
        if not trouble:
            raise
    raise MissError(Reason.MALFORMED, f"{where}: what came is no answer to our question ({trouble})")


def _open_socket(address: Address, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        with contextlib.suppress(OSError):  # without the kernel's stamps the moment of reading stands for the arrival
            opened.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        opened.connect((str(address), port))
    except BaseException:
        opened.close()
        raise
    return opened


async def _receive(opened: socket.socket) -> tuple[bytes, int]:
    """What comes next, with the kernel's stamp of it: however late the loop looks, the clocks are compared exactly."""
    while True:
        try:
            wire, ancillary, _, _ = opened.recvmsg(_LARGEST_ANSWER, _ANCILLARY)
        except BlockingIOError:
            await _wait_for(opened)
            continue
        if not ancillary:
            return wire, wall_nanoseconds()
        seconds, nanoseconds = _TIMESPEC.unpack(ancillary[0][2])
        return wire, seconds * 10**9 + nanoseconds


async def _wait_for(opened: socket.socket) -> None:
    """Return when *opened* has something to read."""
    loop, has_come = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(opened.fileno(), has_come.set)
    try:
        await has_come.wait()
    finally:
        loop.remove_reader(opened.fileno())
