"""A new connection for every look: name, permission, TCP and TLS, each with its own bad news."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx

from netmon.collectors.dialing import Dialer, hang_up, shake_hands
from netmon.collectors.endpoint import Endpoint
from netmon.collectors.http.urls import shown
from netmon.collectors.permission import Address
from netmon.collectors.phases import Phase, Stopwatch
from netmon.collectors.trust import TrustStore, read_expiry
from netmon.model.moments import Moment

_PORTS = {"http": 80, "https": 443}


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
        """Hang up."""
        hang_up(self.writer)


class HttpDialer:
    """Opens connections for all http checks."""

    def __init__(self, dialer: Dialer, trust: TrustStore) -> None:
        self._dialer = dialer
        self._trust = trust

    async def dial(self, url: httpx.URL, tls: Tls, stopwatch: Stopwatch, *, asked_first: Address | None) -> Connection:
        """Connect to where *url* points.

        Raises:
            MissError: there is no way to it, or it does not prove who it is.
            CannotTellError: the bundle that *tls* names cannot be used.
        """
        where = shown(url)
        endpoint = Endpoint(url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme])
        context = self._trust.context(tls.bundle) if url.scheme == "https" else None
        opened, peer = await self._dialer.dial(endpoint, stopwatch, where=where, asked_first=asked_first)
        if context is None:
            reader, writer = await asyncio.open_connection(sock=opened)
            return Connection(reader, writer, peer, None)
        stopwatch.enter(Phase.TLS)
        reader, writer = await shake_hands(opened, context, tls.server_name, where=where)
        return Connection(reader, writer, peer, read_expiry(writer.get_extra_info("ssl_object")))
