"""Answers echoes badly, in the manner that the last number of the asked address says; needs a kernel told not to.

1: once and well. 2: three times. 3: after 0.6 s. 4: with a damaged payload. 5: from another address.
6: with another token. Anything else: not at all.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
from functools import partial


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def reply(out: socket.socket, source: bytes, target: bytes, echo: bytes) -> None:
    message = b"\0\0\0\0" + echo[4:]
    message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 0, 0, 64, 1, 0) + source + target
    out.sendto(head + message, (socket.inet_ntoa(target), 0))


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]


def answer(out: socket.socket, packet: bytes) -> None:
    start = (packet[0] & 15) * 4
    asker, asked, echo = packet[12:16], packet[16:20], packet[start:]
    if echo[0] != 8:
        return
    match asked[3]:
        case 1:
            reply(out, asked, asker, echo)
        case 2:
            for _ in range(3):
                reply(out, asked, asker, echo)
        case 3:
            threading.Timer(0.6, partial(reply, out, asked, asker, echo)).start()
        case 4:
            reply(out, asked, asker, flipped(echo, 40))
        case 5:
            reply(out, asked[:3] + b"\x63", asker, echo)
        case 6:
            reply(out, asked, asker, flipped(echo, 8))


def main() -> None:
    heard = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    print("ready", flush=True)  # noqa: T201  this is how the test knows
    while True:
        answer(out, heard.recv(4_096))


if __name__ == "__main__":
    sys.exit(main())
