"""Real echoes: one ICMP socket of one family, shared by every check, drained whenever the kernel has something."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque

from netmon.collectors.icmp.packets import (
    IPV4,
    Family,
    build_echo,
    explain_trouble,
    parse_quote,
    parse_reply,
    parse_sequence,
)
from netmon.collectors.icmp.sockets import (
    IP_RECVERR,
    IPV6_RECVERR,
    Access,
    explain_refusal,
    open_socket,
    random_identifier,
)
from netmon.collectors.icmp.transport import OnReply, OnTrouble
from netmon.kernel.clock import wall_nanoseconds
from netmon.model.looks import Failure
from netmon.model.states import Reason

_LARGEST_MESSAGE = 2_048
_USUAL_MESSAGE = 256
"""Room for what a router says, and for replies of the usual size; made larger with the first larger echo."""
_TIMESPEC = struct.Struct("@ll")
_EXTENDED_ERROR = struct.Struct("=IBBBBII")
_FROM_ICMP = (2, 3)
_HEADERS = 68
"""The longest IPv4 header, and that of an echo."""
_ANCILLARY = socket.CMSG_SPACE(_TIMESPEC.size)
_ANCILLARY_ERROR = _ANCILLARY + socket.CMSG_SPACE(_EXTENDED_ERROR.size + 28)
_DRAIN_LIMIT = 2_000
_BURST = 250
"""So many echoes are sent before replies are read: they are still in the processor's caches then."""

_BYTES_PER_PACKET = 4_096
"""What the kernel charges a small packet against a buffer at most, by a wide margin."""


class IcmpTransport:
    """Keeps `EchoTransport` over a raw or a datagram ICMP socket.

    A raw socket gets routers' errors as messages of their own, a datagram one on its error queue.

    Attributes:
        access: which kind of socket it is.
        foreign: how many messages were not ours, such as replies to another program.
    """

    def __init__(self, family: Family) -> None:
        self._loop = asyncio.get_running_loop()
        self._family = family
        self._socket, self.access = open_socket(family)
        self._identifier = random_identifier()
        self._headed = family.header and self.access is Access.RAW
        room = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        self._burst = max(1, min(_BURST, room // _BYTES_PER_PACKET))
        self._room = _USUAL_MESSAGE
        self._unheard = 0
        self._unsent: deque[tuple[bytes, str]] = deque()
        self.foreign = 0

    def listen(self, on_reply: OnReply, on_trouble: OnTrouble) -> None:
        """Read whenever the socket has something."""
        self._on_reply = on_reply
        self._on_trouble = on_trouble
        self._loop.add_reader(self._socket.fileno(), self.drain)

    def send(self, address: str, token: int, size: int) -> None:
        """Send one echo; where the kernel's buffer is full it follows as soon as there is room.

        Replies are read in between, so that a burst of echoes cannot overrun the receive buffer.
        """
        self._unheard += 1
        if self._unheard > self._burst:
            self.drain()
        if size + _HEADERS > self._room:
            self._room = _LARGEST_MESSAGE
        packet = build_echo(self._family, self._identifier, token, size)
        if self._unsent:
            self._unsent.append((packet, address))
            return
        try:
            self._socket.sendto(packet, _target(address) if "%" in address else (address, 0))
        except BlockingIOError:
            self._unsent.append((packet, address))
            self._loop.add_writer(self._socket.fileno(), self._send_rest)
        except OSError:
            self._send_again(packet, address)

    def drain(self) -> float:
        """Read what has come in, at most `_DRAIN_LIMIT` messages at a time."""
        wall = wall_nanoseconds()
        now = self._loop.time()
        self._unheard = 0
        if self.access is Access.DATAGRAM:
            self._drain_errors()
        at = now
        whole = wall // 1_000_000_000
        whole_at = now - (wall - whole * 1_000_000_000) / 1e9
        receive, room, on_reply = self._socket.recvmsg, self._room, self._on_reply
        headed, wanted, unpack_stamp = self._headed, self._family.reply, _TIMESPEC.unpack
        identifier = self._identifier if self.access is Access.RAW else None  # the kernel gives a datagram its own
        for _ in range(_DRAIN_LIMIT):
            try:
                message, ancillary, _, source = receive(room, _ANCILLARY)
            except BlockingIOError:
                return now
            except OSError:  # an error about one echo, which stands on the error queue as well
                continue
            at = now
            if ancillary:
                seconds, nanoseconds = unpack_stamp(ancillary[0][2])
                at = whole_at + (seconds - whole) + nanoseconds / 1e9
            start = (message[0] & 0x0F) << 2 if headed and message else 0
            reply = parse_reply(message, start)
            if reply is None:
                self._take_trouble(message, start, source[0])
                continue
            kind, to, token, is_whole = reply
            if kind != wanted:
                self._take_trouble(message, start, source[0])
            elif identifier is not None and to != identifier:
                self.foreign += 1
            elif is_whole:
                on_reply(source[0], token, at)
            else:
                failure = Failure(Reason.MALFORMED, f"{source[0]} answered with a damaged echo")
                self._on_trouble(source[0], token & 0xFFFF, failure)
        return min(at, now)

    def close(self) -> None:
        """Close the socket; echoes that were not sent yet never will be."""
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._unsent.clear()
        self._socket.close()

    def _send_again(self, packet: bytes, address: str) -> None:
        """After an error that may be about another echo: a datagram socket tells it to whoever uses it next."""
        self._drain_errors()
        self._socket.sendto(packet, _target(address))

    def _send_rest(self) -> None:
        while self._unsent:
            packet, address = self._unsent.popleft()
            try:
                self._send_again(packet, address)
            except BlockingIOError:
                self._unsent.appendleft((packet, address))
                return
            except OSError as error:
                (sequence,) = struct.unpack_from("!H", packet, 6)
                self._on_trouble(address.partition("%")[0], sequence, explain_refusal(address, error))
        self._loop.remove_writer(self._socket.fileno())

    def _take_trouble(self, message: bytes, start: int, reporter: str) -> None:
        """An error message about an echo, ours or another's; raw sockets alone see these."""
        quote = parse_quote(self._family, message, start)
        if quote is None or quote.identifier != self._identifier:
            self.foreign += 1
            return
        failure = explain_trouble(self._family, message[start], message[start + 1], reporter)
        if failure is not None:
            self._on_trouble(quote.address, quote.sequence, failure)

    def _drain_errors(self) -> None:
        for _ in range(_DRAIN_LIMIT):
            try:
                message, ancillary, _, target = self._socket.recvmsg(
                    _LARGEST_MESSAGE, _ANCILLARY_ERROR, socket.MSG_ERRQUEUE
                )
            except OSError:
                return
            sequence = parse_sequence(self._family, message)
            failure = self._explain(ancillary)
            if sequence is not None and failure is not None:
                self._on_trouble(target[0], sequence, failure)

    def _explain(self, ancillary: list[tuple[int, int, bytes]]) -> Failure | None:
        wanted = IP_RECVERR if self._family is IPV4 else IPV6_RECVERR
        for _, name, value in ancillary:
            if name == wanted and len(value) >= _EXTENDED_ERROR.size:
                _, origin, kind, code, _, _, _ = _EXTENDED_ERROR.unpack_from(value)
                if origin in _FROM_ICMP:
                    return explain_trouble(self._family, kind, code, self._offender(value))
        return None

    def _offender(self, extended_error: bytes) -> str:
        """The address after a ``sock_extended_err``: a ``sockaddr`` of the one who reports the error."""
        offset = _EXTENDED_ERROR.size + (4 if self._family is IPV4 else 8)
        packed = extended_error[offset : offset + (4 if self._family is IPV4 else 16)]
        try:
            return socket.inet_ntop(self._family.family, packed)
        except ValueError:
            return "a router"


def _target(address: str) -> tuple[str, int] | tuple[str, int, int, int]:
    """What the socket calls *address*; one with a zone means something on that interface alone."""
    if "%" not in address:
        return address, 0
    plain, _, zone = address.partition("%")
    return plain, 0, 0, int(zone) if zone.isdecimal() else socket.if_nametoindex(zone)
