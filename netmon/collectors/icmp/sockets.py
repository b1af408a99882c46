"""The kernel's side of ICMP: which sockets this process may open, and how they are set up."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
from dataclasses import dataclass
from enum import StrEnum

from netmon.collectors.icmp.packets import IPV4, IPV6, Family
from netmon.model.looks import Failure
from netmon.model.states import Reason

FIX = (
    'allow unprivileged echoes with `sysctl -w net.ipv4.ping_group_range="0 2147483647"`, or give netmon the raw '
    "socket with `AmbientCapabilities=CAP_NET_RAW` in its systemd unit or `setcap cap_net_raw+ep` on its interpreter"
)
"""What an administrator can do where neither kind of socket is allowed."""

RECEIVE_BUFFER_BYTES = 8 * 2**20

# Names that the socket module does not have; values of Linux.
SO_TIMESTAMPNS = 35
_SO_RCVBUFFORCE = 33
_SO_SNDBUFFORCE = 32
_SOL_RAW = 255
_ICMP_FILTER = 1
_ICMP6_FILTER = 1
IP_RECVERR = 11
IPV6_RECVERR = 25


class Access(StrEnum):
    """By which kind of socket this process may send echoes."""

    RAW = "raw"
    DATAGRAM = "datagram"
    REFUSED = "refused"
    """Neither kind of socket is allowed to this process."""
    MISSING = "missing"
    """This machine does not speak that version of IP."""


@dataclass(frozen=True, slots=True)
class Privileges:
    """What `probe_privileges` found for each version of IP."""

    ipv4: Access
    ipv6: Access

    @property
    def fix(self) -> str | None:
        """What to do where echoes are refused; ``None`` where they are not."""
        return FIX if Access.REFUSED in (self.ipv4, self.ipv6) else None


class EchoRefusedError(PermissionError):
    """This process may open neither kind of ICMP socket; the message says what to do."""


def probe_privileges() -> Privileges:
    """Try to open the sockets that the icmp check would use, and close them again; nothing is sent."""
    return Privileges(ipv4=_probe(IPV4), ipv6=_probe(IPV6))


def open_socket(family: Family) -> tuple[socket.socket, Access]:
    """A non-blocking ICMP socket, raw where that is allowed, else a datagram one.

    Raises:
        EchoRefusedError: neither is allowed.
        OSError: the machine does not speak *family*.
    """
    try:
        opened = socket.socket(family.family, socket.SOCK_RAW, family.protocol)
        access = Access.RAW
    except PermissionError:
        try:
            opened = socket.socket(family.family, socket.SOCK_DGRAM, family.protocol)
        except PermissionError:
            raise EchoRefusedError(f"this process may not send ICMP echoes over {family.name}: {FIX}") from None
        access = Access.DATAGRAM
    try:
        _prepare(opened, family, access)
    except OSError:
        opened.close()
        raise
    return opened, access


def _probe(family: Family) -> Access:
    try:
        opened, access = open_socket(family)
    except EchoRefusedError:
        return Access.REFUSED
    except OSError:
        return Access.MISSING
    opened.close()
    return access


def _prepare(opened: socket.socket, family: Family, access: Access) -> None:
    opened.setblocking(False)
    _enlarge(opened, _SO_RCVBUFFORCE, socket.SO_RCVBUF)
    _enlarge(opened, _SO_SNDBUFFORCE, socket.SO_SNDBUF)
    with contextlib.suppress(OSError):  # without the kernel's stamps the moment of reading stands for the arrival
        opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    if access is Access.RAW:
        _filter(opened, family)
    elif family is IPV4:
        opened.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    else:
        opened.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)


def _enlarge(opened: socket.socket, force: int, polite: int) -> None:
    """Make room for bursts: past the system's limit where we may, else up to it."""
    try:
        opened.setsockopt(socket.SOL_SOCKET, force, RECEIVE_BUFFER_BYTES)
    except PermissionError:
        opened.setsockopt(socket.SOL_SOCKET, polite, RECEIVE_BUFFER_BYTES)


def _filter(opened: socket.socket, family: Family) -> None:
    """Let only replies and errors through: a raw socket would also hand out every other ICMP message."""
    wanted = {family.reply} | {kind for kind, _ in family.troubles}
    if family is IPV4:
        blocked = ~sum(1 << kind for kind in wanted) & 0xFFFFFFFF
        opened.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", blocked))
        return
    words = [0xFFFFFFFF] * 8
    for kind in wanted:
        words[kind >> 5] &= ~(1 << (kind & 31))
    opened.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *words))


def random_identifier() -> int:
    """An identifier for the echoes of one raw socket; it tells them from those of other programs."""
    return int.from_bytes(os.urandom(2), "big")


def explain_refusal(address: str, error: OSError) -> Failure:
    """Why this machine does not send to *address*.

    Raises:
        OSError: *error* itself, where it says nothing about *address*: then the trouble is ours.
    """
    cause = error.strerror or str(error)
    if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL):
        return Failure(Reason.UNREACHABLE, f"{address}: this machine has no way there ({cause})")
    if error.errno in (errno.EPERM, errno.EACCES):
        return Failure(Reason.FORBIDDEN, f"{address}: this machine must not send there ({cause})")
    raise error
