"""What scripted servers do, whatever protocol they are taken for."""

from __future__ import annotations

import asyncio

from tests.collectors.conftest import Script


def dribbling(piece: bytes, *, after: bytes = b"") -> Script:
    """A server that says *after*, and then *piece* again and again, so that it is never silent and never done.

    It rests a millisecond in between for real: sockets keep no virtual time.
    """

    async def dribble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(after)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.001)

    return dribble
