"""The lab's web servers: HTTP and HTTPS on the addresses of simulated servers, well or badly, as the faults say."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from functools import partial
from html import escape
from http import HTTPStatus
from ipaddress import IPv4Address
from urllib.parse import urlsplit

from netmon.kernel.clock import Clock
from netmon.lab.certificates import Authority
from netmon.lab.faults import Fault, FaultKind
from netmon.lab.layout import LabEndpoint
from netmon.lab.post import Crew
from netmon.lab.world import Manner, World
from netmon.model.moments import DAY, MINUTE, Duration, Moment, in_seconds, later

MOST_CONNECTIONS = 500
_REQUEST_LIMIT = 16 * 1024
_PATIENCE = Duration(2 * MINUTE)
"""How long a connection may last, whatever the client does."""
_CERTIFICATE_LIFE = Duration(365 * DAY)
_GARBAGE = b"\x00\xff\x16\x03netmon lab: this is no HTTP\r\n"
_CHUNK = b"x" * 65_536


@dataclass(frozen=True, slots=True, order=True)
class Door:
    """Where a web server listens."""

    address: str
    port: int
    secure: bool

    @property
    def name(self) -> str:
        return f"{self.address}-{self.port}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a service."""

    service: str
    path: str
    text: str
    thinking: Duration


def door_of(url: str) -> tuple[Door, str]:
    """Where the server of *url* listens, and the path that it is asked for.

    Raises:
        ValueError: *url* is not ``http`` or ``https`` to a literal IPv4 address with an explicit port.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.hostname is None or parts.port is None:
        raise ValueError(f'the lab cannot serve "{url}": it needs http(s)://ADDRESS:PORT/')
    return Door(str(IPv4Address(parts.hostname)), parts.port, parts.scheme == "https"), parts.path or "/"


class WebServer:
    """Serves every page of the lab's services."""

    def __init__(self, world: World, clock: Clock, authority: Authority, crew: Crew) -> None:
        self._world = world
        self._clock = clock
        self._authority = authority
        self._crew = crew
        self._doors: dict[Door, dict[str, Page]] = {}
        self._servers: dict[Door, asyncio.Server] = {}
        self._contexts: dict[Door, ssl.SSLContext] = {}
        self._certified: dict[Door, Fault | None] = {}
        self._connections = 0
        for endpoint in world.layout.endpoints:
            door, path = door_of(endpoint.url)
            self._doors.setdefault(door, {})[path] = self._page(endpoint, path)

    async def listen(self) -> None:
        """Open each door where no service refuses, close the others; renew certificates that should end elsewhere."""
        now = self._clock.now()
        for door, pages in self._doors.items():
            quirks = [self._world.service_manner(page.service, door.address, now).quirks for page in pages.values()]
            if any(FaultKind.REFUSE in each for each in quirks):
                self._close(door)
                continue
            if door.secure:
                expiring = next((each[FaultKind.EXPIRING] for each in quirks if FaultKind.EXPIRING in each), None)
                self._certify(door, expiring, now)
            if door not in self._servers:
                self._servers[door] = await asyncio.start_server(
                    partial(self._welcome, door),
                    door.address,
                    door.port,
                    ssl=self._contexts.get(door),
                    limit=_REQUEST_LIMIT,
                )

    def close(self) -> None:
        """Close all doors; open connections end with their tasks."""
        for door in tuple(self._servers):
            self._close(door)

    def _close(self, door: Door) -> None:
        if (server := self._servers.pop(door, None)) is not None:
            server.close()

    def _certify(self, door: Door, expiring: Fault | None, now: Moment) -> None:
        if door in self._certified and self._certified[door] == expiring:
            return
        until = later(now, Duration(expiring.options.days * DAY) if expiring else _CERTIFICATE_LIFE)
        since = Moment(min(now, until) - DAY)
        path = self._authority.issue(IPv4Address(door.address), door.name, since=since, until=until)
        context = self._contexts.setdefault(door, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        context.load_cert_chain(path)
        self._certified[door] = expiring

    def _page(self, endpoint: LabEndpoint, path: str) -> Page:
        shape = self._world.settings.pages.get(endpoint.service)
        words = shape.body if shape else endpoint.owner
        thinking = shape.latency if shape and shape.latency is not None else self._world.settings.thinking
        return Page(endpoint.service, path, render_page(endpoint.title, words), thinking)

    def _welcome(self, door: Door, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._connections >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        self._connections += 1
        self._crew.start(self._attend(door, reader, writer))

    async def _attend(self, door: Door, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(in_seconds(_PATIENCE)):
                await self._serve(door, reader, writer)
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.abort()
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        finally:
            self._connections -= 1
            writer.close()

    async def _serve(self, door: Door, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, path = parse_request_line(head)
        page = self._doors[door].get(path)
        if page is None:
            writer.write(render_response(method, HTTPStatus.NOT_FOUND, f"no page {path}"))
            return
        manner = self._world.service_manner(page.service, door.address, self._clock.now())
        if manner.silent:
            # the client waits until it gives up, as for a server that hangs
            await reader.read()
            return
        await self._clock.sleep_until(later(self._clock.now(), Duration(page.thinking + manner.delay)))
        await _answer(method, page, manner, writer)


async def _answer(method: str, page: Page, manner: Manner, writer: asyncio.StreamWriter) -> None:
    if FaultKind.GARBAGE in manner.quirks:
        writer.write(_GARBAGE)
    elif FaultKind.ENDLESS in manner.quirks:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n")
        while True:
            writer.write(_CHUNK)
            await writer.drain()
    elif FaultKind.ERROR in manner.quirks:
        status = HTTPStatus(manner.quirks[FaultKind.ERROR].options.status)
        writer.write(render_response(method, status, render_page(f"{status.value} {status.phrase}", "")))
    elif method not in ("GET", "HEAD"):
        writer.write(render_response(method, HTTPStatus.METHOD_NOT_ALLOWED, "GET or HEAD"))
    else:
        writer.write(render_response(method, HTTPStatus.OK, page.text))


def parse_request_line(head: bytes) -> tuple[str, str]:
    """Method and path of the request that begins with *head*; an empty method where it is none."""
    line, _, _ = head.partition(b"\r\n")
    words = line.decode("ascii", errors="replace").split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1.") or not words[1].startswith("/"):
        return "", ""
    return words[0], words[1].partition("?")[0]


def render_page(title: str, words: str) -> str:
    """A page as small as it can be."""
    return (
        '<!doctype html>\n<html lang="vi">\n<head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head>\n<body>\n<h1>{escape(title)}</h1>\n<p>{escape(words)}</p>\n"
        "<footer>netmon lab</footer>\n</body>\n</html>\n"
    )


def render_response(method: str, status: HTTPStatus, text: str) -> bytes:
    """The response that carries *text*, or its head alone for HEAD."""
    body = text.encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nServer: netmon-lab\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + (b"" if method == "HEAD" else body)
