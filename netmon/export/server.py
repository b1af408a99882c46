"""The server behind the doors: uvicorn as one task among ours, with a deadline for everything a client may do."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from netmon.export.settings import ExportSettings
from netmon.model.moments import Duration, in_seconds

_HEAD_BYTES = 16 * 1024
"""How long a request line with its headers may be."""

_FAREWELL_SECONDS = 2
"""How long answers under way may take when netmon stops."""


def listen(settings: ExportSettings) -> socket.socket:
    """A listening socket at the address of *settings*.

    Raises:
        OSError: somebody else listens there, or the address is not one of this machine.
    """
    host, port = settings.address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


async def serve(app: ASGIApp, listening: socket.socket, settings: ExportSettings) -> None:
    """Answer whoever asks at *listening*, until cancelled; signals stay with whoever runs this."""
    config = uvicorn.Config(
        app,
        http=_impatient(settings.ask_within, settings.answer_within),
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=settings.connections,
        timeout_graceful_shutdown=_FAREWELL_SECONDS,
        h11_max_incomplete_event_size=_HEAD_BYTES,
    )
    server = _Server(config)
    try:
        await server.serve(sockets=[listening])
    finally:
        if server.started:
            await server.shutdown()
        listening.close()


class _Server(uvicorn.Server):
    """uvicorn without its hands on the process' signals."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _impatient(ask_within: Duration, answer_within: Duration) -> type[H11Protocol]:
    """A protocol that cuts off who takes too long to send a request, or to read its answer."""

    class Impatient(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None
        _answering: RequestResponseCycle | None = None

        @override
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._give(ask_within)

        @override
        def handle_events(self) -> None:
            super().handle_events()
            if self.cycle is not self._answering:
                self._answering = self.cycle
                self._give(answer_within)

        @override
        def on_response_complete(self) -> None:
            self._give(ask_within)
            super().on_response_complete()

        @override
        def connection_lost(self, exc: Exception | None) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
            super().connection_lost(exc)

        def _give(self, time: Duration) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
            self._deadline = self.loop.call_later(in_seconds(time), self.transport.abort)

    return Impatient
