"""The body of an answer: unpacked as it comes, in steps, without ever holding much more than its limit."""

from __future__ import annotations

import asyncio
import zlib

from netmon.collectors.miss import MissError
from netmon.model.states import Reason

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_STEP = 256 * 2**10
_FREE_CRUMBS = 20_000
_SMALLEST_CRUMB = 64


class Body:
    """Takes a body as it comes; *where* is for the evidence."""

    def __init__(self, encoding: str, limit: int, where: str) -> None:
        self._limit = limit
        self._where = where
        self._content = bytearray()
        self._taken = 0
        self._crumbs = 0
        match encoding.strip().lower():
            case "" | "identity":
                self._unpack = None
            case "gzip" | "x-gzip":
                self._unpack = zlib.decompressobj(_GZIP_WINDOW)
            case other:
                evidence = f'{where}: the body is packed with "{other}", which was not asked for'
                raise MissError(Reason.MALFORMED, evidence)

    async def take(self, data: bytes) -> None:
        """Add *data*.

        Raises:
            MissError: the body has grown beyond its limit, comes in crumbs, or cannot be unpacked.
        """
        self._taken += len(data)
        self._crumbs += 1
        if self._crumbs > _FREE_CRUMBS + self._taken // _SMALLEST_CRUMB:
            raise MissError(Reason.MALFORMED, f"{self._where}: the body comes in {self._crumbs} crumbs")
        if self._unpack is None:
            self._add(data)
        elif not self._unpack.eof:
            await self._unpack_in_steps(self._unpack, data)
        self._check(self._taken)

    def whole(self) -> bytearray:
        """The whole body.

        Raises:
            MissError: what was packed ends too early.
        """
        if self._unpack is not None and self._taken and not self._unpack.eof:
            raise MissError(Reason.CUT_OFF, f"{self._where}: the packed body ends too early")
        return self._content

    async def _unpack_in_steps(self, unpack: zlib._Decompress, data: bytes) -> None:
        while True:
            try:
                unpacked = unpack.decompress(data, _STEP)
            except zlib.error as error:
                raise MissError(Reason.MALFORMED, f"{self._where}: the body cannot be unpacked ({error})") from error
            self._add(unpacked)
            data = unpack.unconsumed_tail
            if not data and len(unpacked) < _STEP:
                return
            await asyncio.sleep(0)  # a few bytes may unpack to a thousand times as many

    def _add(self, data: bytes) -> None:
        self._content += data
        self._check(len(self._content))

    def _check(self, length: int) -> None:
        if length > self._limit:
            raise MissError(Reason.TOO_LARGE, f"{self._where}: the body is longer than {self._limit} bytes")
