"""Fragments: pieces of a scrape, rendered and deflated when the numbers came, joined when somebody asks.

A gzip body is one member. Every fragment was deflated on its own and ends with a full flush, that is on a byte
boundary and with nothing referring to what stood before it, so blocks may be joined in any order; only the
checksum is computed over the whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_LEVEL = 1
"""Higher levels cost up to twice the time and save a fortieth of the size: see docs/metrics.md, "Cost"."""

_CHUNK_BYTES = 512 * 1024
"""How much text is joined at a time; the event loop takes its turn between chunks."""

_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # RFC 1952: deflate, no name, no time, unknown system
_DEFLATE_END = b"\x03\x00"  # RFC 1951: an empty last block


class Fragment(NamedTuple):
    """Whole lines, as they are and deflated."""

    plain: bytes
    deflated: bytes


class Press:
    """Makes fragments. One compressor serves all: a full flush leaves nothing behind in it but its memory."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)

    def make(self, text: str) -> Fragment:
        """The fragment of *text*, which is not empty."""
        return self.remake(text, None)

    def remake(self, text: str, before: Fragment | None) -> Fragment:
        """The fragment of *text*: *before* itself where nothing has changed, as is so for most tables' most columns."""
        plain = text.encode()
        if before is not None and before.plain == plain:
            return before
        return Fragment(plain, self._deflate.compress(plain) + self._deflate.flush(zlib.Z_FULL_FLUSH))


def plain_chunks(fragments: Iterable[Fragment]) -> Iterator[bytes]:
    """The body of *fragments* in pieces."""
    for batch in _batches(fragments):
        yield b"".join([fragment.plain for fragment in batch])


def gzip_chunks(fragments: Iterable[Fragment]) -> Iterator[bytes]:
    """The body of *fragments* as one gzip member, in pieces."""
    checksum, size = 0, 0
    yield _GZIP_HEAD
    for batch in _batches(fragments):
        for plain, _ in batch:
            checksum = zlib.crc32(plain, checksum)
            size += len(plain)
        yield b"".join([fragment.deflated for fragment in batch])
    yield _DEFLATE_END + checksum.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")


def _batches(fragments: Iterable[Fragment]) -> Iterator[list[Fragment]]:
    batch: list[Fragment] = []
    size = 0
    for fragment in fragments:
        batch.append(fragment)
        size += len(fragment.plain)
        if size >= _CHUNK_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
