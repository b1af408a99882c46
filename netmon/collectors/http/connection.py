"""A new connection for every look: name, permission, TCP and TLS, each with its own bad news."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from dataclasses import dataclass

import httpx

from netmon.collectors.http.miss import MissError, shown
from netmon.collectors.http.phases import Phase, Stopwatch
from netmon.collectors.http.trust import TrustStore, explain_certificate, read_expiry
from netmon.collectors.names import NameNotResolvedError, Names
from netmon.collectors.permission import Address, Networks, find_refusal, parse_literal
from netmon.model.moments import Moment
from netmon.model.states import Reason

_MOST_ADDRESSES = 4
_PORTS = {"http": 80, "https": 443}
_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)


@dataclass(frozen=True, slots=True)
class Tls:
    """How the server has to prove itself: the name that it must carry, and the bundle that vouches for it."""

    server_name: str
    bundle: str | None


@dataclass(frozen=True, slots=True)
class Connection:
    """An open connection to *peer*; *expiry* is when its certificate ends."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    peer: Address
    expiry: Moment | None

    def close(self) -> None:
        """Say goodbye without waiting for the other side to say it too: nothing stays open."""
        self.writer.close()
        self.writer.transport.abort()


class Dialer:
    """Opens connections for all http checks."""

    def __init__(self, names: Names, networks: Networks, trust: TrustStore) -> None:
        self._names = names
        self._networks = networks
        self._trust = trust

    async def dial(
        self, url: httpx.URL, tls: Tls, stopwatch: Stopwatch, *, asked_first: Address | None, deadline: float
    ) -> Connection:
        """Connect to where *url* points, trying its addresses in turn.

        Raises:
            MissError: there is no way to it, or it does not prove who it is.
        """
        stopwatch.enter(Phase.RESOLVE)
        addresses = self._permitted(url, await self._addresses(url), asked_first)
        stopwatch.enter(Phase.CONNECT)
        opened, peer = await _connect(url, addresses, deadline)
        if url.scheme == "http":
            reader, writer = await asyncio.open_connection(sock=opened)
            return Connection(reader, writer, peer, None)
        stopwatch.enter(Phase.TLS)
        reader, writer = await self._prove(url, opened, tls)
        return Connection(reader, writer, peer, read_expiry(writer.get_extra_info("ssl_object")))

    async def _addresses(self, url: httpx.URL) -> list[Address]:
        if (literal := parse_literal(url.host)) is not None:
            return [literal]
        try:
            found = await self._names.addresses(url.raw_host.decode("ascii"))
        except NameNotResolvedError as error:
            raise MissError(Reason.NAME_NOT_RESOLVED, str(error)) from error
        return [address for one in found if (address := parse_literal(one)) is not None]

    def _permitted(self, url: httpx.URL, addresses: list[Address], asked_first: Address | None) -> list[Address]:
        refusal = None
        permitted = []
        for address in addresses:
            if cause := find_refusal(address, self._networks, asked_first=asked_first):
                refusal = f"{shown(url)} leads to {address}: {cause}"
            else:
                permitted.append(address)
        if not permitted:
            raise MissError(Reason.FORBIDDEN, refusal or f"{shown(url)} leads nowhere")
        return permitted[:_MOST_ADDRESSES]

    async def _prove(
        self, url: httpx.URL, opened: socket.socket, tls: Tls
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            context = self._trust.context(tls.bundle)
        except OSError:
            opened.close()
            raise
        try:
            return await asyncio.open_connection(sock=opened, ssl=context, server_hostname=tls.server_name)
        except ssl.SSLCertVerificationError as error:
            raise explain_certificate(shown(url), error) from error
        except ssl.SSLError as error:
            cause = (error.reason or str(error)).replace("_", " ").lower()
            raise MissError(Reason.MALFORMED, f"{shown(url)}: no TLS was agreed ({cause})") from error
        except OSError as error:
            raise MissError(Reason.CUT_OFF, f"{shown(url)}: closed during the TLS handshake") from error


async def _connect(url: httpx.URL, addresses: list[Address], deadline: float) -> tuple[socket.socket, Address]:
    """The first connection that succeeds; an address that is silent may use its share of what time is left."""
    loop = asyncio.get_running_loop()
    port = url.port or _PORTS[url.scheme]
    miss = MissError(Reason.UNREACHABLE, shown(url))
    for index, address in enumerate(addresses):
        share = (deadline - loop.time()) / (len(addresses) - index)
        try:
            async with asyncio.timeout(share):
                return await _connect_to(address, port), address
        except TimeoutError:
            miss = MissError(Reason.TIMEOUT, f"{shown(url)}: no connection to {address} port {port}")
        except ConnectionRefusedError:
            miss = MissError(Reason.REFUSED, f"{shown(url)}: {address} port {port} is closed")
        except OSError as error:
            miss = _explain(url, address, error)
    raise miss


async def _connect_to(address: Address, port: int) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, (str(address), port))
    except BaseException:
        opened.close()
        raise
    return opened


def _explain(url: httpx.URL, address: Address, error: OSError) -> MissError:
    """Why there is no connection.

    Raises:
        OSError: *error* itself, where it says nothing about the server: then the trouble is ours.
    """
    evidence = f"{shown(url)}: no way to {address} ({error.strerror or error})"
    if isinstance(error, ConnectionError):
        return MissError(Reason.CUT_OFF, evidence)
    if error.errno in _NO_WAY:
        return MissError(Reason.UNREACHABLE, evidence)
    if error.errno in (errno.EPERM, errno.EACCES):
        return MissError(Reason.FORBIDDEN, evidence)
    raise error
