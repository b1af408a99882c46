"""The doors: what is answered over HTTP, to GET and HEAD alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from netmon.export.exposition import Exposition
from netmon.export.fragments import Fragment, Press, gzip_chunks, plain_chunks
from netmon.export.health import Health, Scrape
from netmon.export.negotiation import accepts_gzip, choose_syntax
from netmon.export.settings import ExportSettings
from netmon.export.syntax import Syntax

_READING = ["GET", "HEAD"]
_FRESH = {"cache-control": "no-store"}
_INDEX = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>netmon</title></head><body><h1>netmon</h1><ul>
<li><a href="/metrics">/metrics</a>: what Prometheus scrapes</li>
<li><a href="/sd">/sd</a>: the devices, for Prometheus' http_sd</li>
<li><a href="/healthz">/healthz</a>: the process answers</li>
<li><a href="/readyz">/readyz</a>: it does its work</li>
</ul></body></html>
"""
_INDEX_HEADERS = {"content-security-policy": "default-src 'none'", "x-content-type-options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether netmon does its work; *causes* says in plain words why not (or not yet)."""

    causes: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Nothing stands in the way."""
        return not self.causes


def build_doors(
    exposition: Exposition, health: Health, readiness: Callable[[], Readiness], settings: ExportSettings
) -> ASGIApp:
    """The application behind the doors; the names of *exposition*'s families are no longer free in the registry.

    Raises:
        ValueError: a family of *exposition* is one of *health* as well.
    """
    health.registry.register(exposition.claim)

    def show_index(_: Request) -> Response:
        return HTMLResponse(_INDEX, headers=_INDEX_HEADERS)

    async def answer_alive(_: Request) -> Response:
        return PlainTextResponse("ok\n", headers=_FRESH)

    async def answer_ready(_: Request) -> Response:
        found = readiness()
        return _json(json.dumps({"ready": found.ready, "causes": found.causes}), 200 if found.ready else 503)

    async def show_targets(_: Request) -> Response:
        return _json(exposition.targets)

    routes = [
        Route("/", show_index, methods=_READING),
        Route("/metrics", Metrics(exposition, health, settings.scrapes_at_once), methods=_READING),
        Route("/healthz", answer_alive, methods=_READING),
        Route("/readyz", answer_ready, methods=_READING),
        Route("/sd", show_targets, methods=_READING),
    ]
    return WithoutBodies(Router(routes, redirect_slashes=False))


class Metrics:
    """The door of ``/metrics``: a snapshot, joined and sent piece by piece, so that the loop is never held long."""

    def __init__(self, exposition: Exposition, health: Health, scrapes_at_once: int) -> None:
        self._exposition = exposition
        self._health = health
        self._free = scrapes_at_once
        self._press = Press()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if request.method == "HEAD":
            await self._begin(request, send)
            await send({"type": "http.response.body", "body": b""})
        elif self._free == 0:
            self._health.scraped(Scrape.REFUSED)
            busy = PlainTextResponse("too many scrapes at once\n", 503, headers={"retry-after": "1", **_FRESH})
            await busy(scope, receive, send)
        else:
            with self._place():
                await self._serve(request, send)

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1

    async def _serve(self, request: Request, send: Send) -> None:
        syntax, gzip = await self._begin(request, send)
        chunks = gzip_chunks if gzip else plain_chunks
        for chunk in chunks(self._snapshot(syntax)):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await asyncio.sleep(0)  # sending waits for slow readers alone; everybody else takes a turn here
        await send({"type": "http.response.body", "body": b""})
        self._health.scraped(Scrape.SERVED)

    async def _begin(self, request: Request, send: Send) -> tuple[Syntax, bool]:
        syntax = choose_syntax(",".join(request.headers.getlist("accept")))
        gzip = accepts_gzip(",".join(request.headers.getlist("accept-encoding")))
        headers = [
            (b"content-type", syntax.value.encode()),
            (b"vary", b"accept, accept-encoding"),
            (b"cache-control", b"no-store"),
        ]
        if gzip:
            headers.append((b"content-encoding", b"gzip"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        return syntax, gzip

    def _snapshot(self, syntax: Syntax) -> list[Fragment]:
        own = self._press.make(self._health.text(syntax))
        end = [self._press.make(syntax.end)] if syntax.end else []
        return [own, *self._exposition.fragments(syntax), *end]


class WithoutBodies:
    """Turns requests with a body away: nothing here reads one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        if b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0":
            refusal = PlainTextResponse("no body is taken here\n", 413, headers={"connection": "close"})
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _json(document: str | bytes, status: int = 200) -> Response:
    return Response(document, status, headers=_FRESH, media_type="application/json")
