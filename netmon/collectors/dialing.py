"""The way to a target: its addresses, those that may be contacted, and a connection to the first that answers."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Sequence

from netmon.collectors.endpoint import Endpoint
from netmon.collectors.miss import MissError
from netmon.collectors.names import NameNotResolvedError, Names
from netmon.collectors.permission import Address, Networks, find_refusal, parse_literal
from netmon.collectors.phases import Phase, Stopwatch
from netmon.collectors.trust import explain_certificate
from netmon.model.states import Reason

_MOST_ADDRESSES = 4
_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Dialer:
    """Opens connections; one for all checks of a kind, so that they share what the resolver said."""

    def __init__(self, networks: Networks, names: Names | None = None) -> None:
        self._networks = networks
        self._names = names or Names()

    async def dial(
        self, endpoint: Endpoint, stopwatch: Stopwatch, *, where: str = "", asked_first: Address | None = None
    ) -> tuple[socket.socket, Address]:
        """Connect to *endpoint*, trying its addresses in turn, each for its share of the time that is left.

        Args:
            where: how evidence calls the target, where that is more than the endpoint.
            asked_first: where the first connection of the look went, if this is not the first.

        Raises:
            MissError: there is no way to it, or it must not be contacted.
        """
        where = where or str(endpoint)
        stopwatch.enter(Phase.RESOLVE)
        found = await find_addresses(endpoint.host, self._names)
        addresses = choose_permitted(found, self._networks, where=where, asked_first=asked_first)
        stopwatch.enter(Phase.CONNECT)
        return await connect(addresses, endpoint.port, where=where, deadline=stopwatch.deadline)


async def find_addresses(host: str, names: Names) -> list[Address]:
    """The addresses of *host*, which may be one itself.

    Raises:
        MissError: the resolver has none.
    """
    if (literal := parse_literal(host)) is not None:
        return [literal]
    try:
        found = await names.addresses(host)
    except NameNotResolvedError as error:
        raise MissError(Reason.NAME_NOT_RESOLVED, str(error)) from error
    return [address for one in found if (address := parse_literal(one)) is not None]


def choose_permitted(
    addresses: Sequence[Address], networks: Networks, *, where: str, asked_first: Address | None = None
) -> list[Address]:
    """The first few of *addresses* that may be contacted.

    Raises:
        MissError: there is none.
    """
    refusal = None
    permitted = []
    for address in addresses:
        if cause := find_refusal(address, networks, asked_first=asked_first):
            refusal = f"{where} leads to {address}: {cause}"
        else:
            permitted.append(address)
    if not permitted:
        raise MissError(Reason.FORBIDDEN, refusal or f"{where} leads nowhere")
    return permitted[:_MOST_ADDRESSES]


async def connect(
    addresses: Sequence[Address], port: int, *, where: str, deadline: float
) -> tuple[socket.socket, Address]:
    """The first connection that succeeds; an address that is silent may use its share of the time until *deadline*.

    Raises:
        MissError: there is none; it tells of the last address.
    """
    loop = asyncio.get_running_loop()
    miss = MissError(Reason.UNREACHABLE, where)
    for index, address in enumerate(addresses):
        share = (deadline - loop.time()) / (len(addresses) - index)
        try:
            async with asyncio.timeout(share):
                return await _connect_to(address, port), address
        except TimeoutError:
            miss = MissError(Reason.TIMEOUT, f"{where}: no connection to {address} port {port}")
        except ConnectionRefusedError:
            miss = MissError(Reason.REFUSED, f"{where}: {address} port {port} is closed")
        except OSError as error:
            miss = explain_no_way(where, address, error)
    raise miss


def explain_no_way(where: str, address: Address, error: OSError) -> MissError:
    """Why nothing gets to *address*.

    Raises:
        OSError: *error* itself, where it says nothing about the server: then the trouble is ours.
    """
    evidence = f"{where}: no way to {address} ({error.strerror or error})"
    if isinstance(error, ConnectionError):
        return MissError(Reason.CUT_OFF, evidence)
    if error.errno in _NO_WAY:
        return MissError(Reason.UNREACHABLE, evidence)
    if error.errno in (errno.EPERM, errno.EACCES):
        return MissError(Reason.FORBIDDEN, evidence)
    raise error


async def shake_hands(opened: socket.socket, context: ssl.SSLContext, server_name: str, *, where: str) -> Stream:
    """TLS over *opened*, with a server that proves to be *server_name*; *opened* is closed where it does not.

    Raises:
        MissError: it does not prove it, or no TLS is agreed.
    """
    try:
        return await asyncio.open_connection(sock=opened, ssl=context, server_hostname=server_name)
    except ssl.SSLCertVerificationError as error:
        raise explain_certificate(where, error) from error
    except ssl.SSLError as error:
        cause = (error.reason or str(error)).replace("_", " ").lower()
        raise MissError(Reason.MALFORMED, f"{where}: no TLS was agreed ({cause})") from error
    except OSError as error:
        raise MissError(Reason.CUT_OFF, f"{where}: closed during the TLS handshake") from error


def hang_up(writer: asyncio.StreamWriter) -> None:
    """Say goodbye without waiting for the other side to say it too: nothing stays open."""
    writer.close()
    writer.transport.abort()


async def _connect_to(address: Address, port: int) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, (str(address), port))
        if opened.getsockname()[:2] == (str(address), port):  # TCP may meet itself on a free port of its own machine
            raise ConnectionRefusedError
    except BaseException:
        opened.close()
        raise
    return opened
