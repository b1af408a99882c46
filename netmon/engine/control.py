"""The control socket: whatever changes the running netmon comes in here, one JSON line each way."""

from __future__ import annotations

import asyncio
import json
import os
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

    def listen(self) -> None:
        """Open the socket, so that whoever asks from now on waits for `run`.

        Raises:
            OSError: the path is too long for a socket (107 bytes), or cannot be written to.
        """
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        os.fchmod(self._listener.fileno(), 0o600)  # before it has a name: nobody else may slip in between
        self._listener.bind(str(self._path))
        self._listener.listen()

    def close(self) -> None:
        """Close the socket, so that whoever asks is told that nobody is here."""
        self._listener.close()
        self._path.unlink(missing_ok=True)

    async def run(self) -> None:
        """Serve until cancelled."""
        server = await asyncio.start_unix_server(self._serve, sock=self._listener, limit=LINE_LIMIT)
        try:
            async with server:
                await server.serve_forever()
        finally:
            self.close()

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
        except Exception:  # noqa: BLE001  a bug in a verb must not leave whoever asks without an answer
            self._events.exception("control_verb_crashed", verb=question["verb"])
            return {"error": "a bug of netmon; its log says where"}


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
    except ValueError as error:
        raise ControlError(f"netmon's answer on {path} is longer than this command reads") from error
    if not line:
        raise ControlError(f"netmon closed {path} without an answer; its log says why")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise ControlError(answer["error"])
    return answer
