"""Web servers of the tests' own, which answer until they are told to fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override


class Portals:
    """So many pages on one server."""

    def __init__(self, count: int) -> None:
        failing: set[str] = set()

        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(503 if self.path in failing else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            @override
            def log_message(self, format: str, *args: object) -> None:
                pass

        self._failing = failing
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.urls: Sequence[str] = [
            f"http://127.0.0.1:{self.server.server_address[1]}/{number}" for number in range(count)
        ]

    def fail(self, number: int) -> None:
        """From now on this page is an error."""
        self._failing.add(f"/{number}")


@contextmanager
def serving_portals(count: int) -> Iterator[Portals]:
    """*count* pages, for as long as the context is open."""
    portals = Portals(count)
    thread = threading.Thread(target=portals.server.serve_forever)
    thread.start()
    try:
        yield portals
    finally:
        portals.server.shutdown()
        thread.join()
        portals.server.server_close()
