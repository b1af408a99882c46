"""The control socket: whatever changes the running netmon comes in here, one JSON line each way."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

Answer = Mapping[str, Any]
Verb = Callable[[Mapping[str, Any]], Awaitable[Answer]]

LINE_LIMIT = 1 << 20
PATIENCE_SECONDS = 60.0


class ControlError(Exception):
    """The running netmon could not do what it was asked; the text is for the one who asked."""


class ControlSocket:
    """Serves *verbs* on a Unix socket that only its owner may open."""

    def __init__(self, path: Path, verbs: Mapping[str, Verb]) -> None:
        self._path = path
        self._verbs = verbs
        self._events = structlog.get_logger("netmon.control")

    async def run(self) -> None:
        """Serve until cancelled."""
        listener = self._listen()
        server = await asyncio.start_unix_server(self._serve, sock=listener, limit=LINE_LIMIT)
        try:
            async with server:
                await server.serve_forever()
        finally:
            self._path.unlink(missing_ok=True)

    def _listen(self) -> socket.socket:
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self._path))
        self._path.chmod(0o600)
        return listener

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                line = await reader.readline()
                writer.write(json.dumps(await self._answer(line), ensure_ascii=False).encode() + b"\n")
                await writer.drain()
        except (TimeoutError, ValueError, ConnectionError) as error:
            self._events.warning("control_connection_dropped", error=str(error))
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> Answer:
        try:
            question = json.loads(line)
            verb = self._verbs[question["verb"]]
        except (ValueError, KeyError, TypeError):
            return {"error": f"what is asked must be one JSON object with a verb of: {', '.join(sorted(self._verbs))}"}
        try:
            return await verb(question)
        except ControlError as error:
            return {"error": str(error)}


async def ask(path: Path, verb: str, **arguments: object) -> dict[str, Any]:
    """Ask the netmon that serves the socket at *path*.

    Raises:
        ControlError: nobody serves it, or netmon says why it cannot.
    """
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_unix_connection(str(path), limit=LINE_LIMIT * 16)
            try:
                writer.write(json.dumps({"verb": verb, **arguments}).encode() + b"\n")
                await writer.drain()
                line = await reader.readline()
            finally:
                writer.close()
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise ControlError(f"no netmon is running here ({path}): start it with `netmon run`") from error
    except PermissionError as error:
        raise ControlError(f"{path} belongs to another user: ask as the user that runs netmon") from error
    except TimeoutError as error:
        raise ControlError(f"netmon did not answer on {path} within {PATIENCE_SECONDS:g} s") from error
    if not line:
        raise ControlError(f"netmon closed {path} without an answer; its log says why")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise ControlError(answer["error"])
    return answer
