"""Echoes to the lab: UDP datagrams to its echo server, which answers as the addressed device would.

A datagram is ``NMECHO1``, eight bytes of token and the address in ASCII; a reply is the same datagram, unchanged.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

from netmon.collectors.icmp.transport import OnReply, OnTrouble

MAGIC = b"NMECHO1"
_TOKEN = struct.Struct("!Q")
_HEADER_LENGTH = len(MAGIC) + _TOKEN.size
_LARGEST = _HEADER_LENGTH + 45
_DRAIN_LIMIT = 1_000


def encode(address: str, token: int) -> bytes:
    """The datagram that asks for *address*."""
    return MAGIC + _TOKEN.pack(token) + address.encode("ascii")


def decode(datagram: bytes) -> tuple[str, int] | None:
    """The address and the token in *datagram*; ``None`` where it is not one of ours."""
    if not datagram.startswith(MAGIC) or not _HEADER_LENGTH < len(datagram) <= _LARGEST:
        return None
    try:
        address = datagram[_HEADER_LENGTH:].decode("ascii")
    except UnicodeDecodeError:
        return None
    (token,) = _TOKEN.unpack_from(datagram, len(MAGIC))
    return address, token


class LabEchoTransport:
    """Keeps `EchoTransport` over one UDP socket that is connected to the lab's echo server."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET6 if ":" in server[0] else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect(server)

    def listen(self, on_reply: OnReply, on_trouble: OnTrouble) -> None:
        """Take *on_reply*; the lab reports no trouble, its dead devices are silent."""
        self._on_reply = on_reply
        self._loop.add_reader(self._socket.fileno(), self.drain)

    def send(self, address: str, token: int, size: int) -> None:
        """Ask the lab; a lab that is not there, or is too busy, is a device that does not answer."""
        with contextlib.suppress(ConnectionRefusedError, BlockingIOError):
            self._socket.send(encode(address, token))

    def drain(self) -> float:
        """Tell what has come in, at most `_DRAIN_LIMIT` datagrams at a time."""
        now = self._loop.time()
        for _ in range(_DRAIN_LIMIT):
            try:
                reply = decode(self._socket.recv(_LARGEST + 1))
            except ConnectionRefusedError:
                continue
            except BlockingIOError:
                break
            if reply is not None:
                self._on_reply(*reply, self._loop.time())
        return now

    def close(self) -> None:
        """Close the socket."""
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
