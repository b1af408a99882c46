"""The files of the spool: frames with their length and checksum, one behind the other, in numbered segments.

A segment begins with a line that names the form. A frame is a mark, the length and the CRC-32 of what follows, and
a record, deflated. Whatever is damaged is found by that, and what is whole behind it by the mark.
"""

from __future__ import annotations

import mmap
import os
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from netmon.ports import StoreError

FORM = b"netmon spool 1\n"
LONGEST = 256 * 2**20
"""No record is longer, neither on the disk nor unpacked."""

_FORM = re.compile(rb"netmon spool \d+\n")
_NAME = re.compile(r"(\d{12})-(\d{12})\.spool", re.ASCII)
_HEAD = struct.Struct(">4sII")
_MARK = b"\xf5nmR"
_LEVEL = 1

_Bytes = bytes | mmap.mmap


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One file: the segments *first* to *last*, which were brought together where these are not the same."""

    first: int
    last: int
    path: Path

    @property
    def span(self) -> int:
        """How many segments it is made of."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole record; *end* is where the next one begins."""

    end: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """Something between *offset* and *end* that is no frame."""

    offset: int
    end: int


def framed(payload: bytes) -> bytes:
    """*payload* as a frame."""
    packed = zlib.compress(payload, _LEVEL)
    return _HEAD.pack(_MARK, len(packed), _checksum(packed)) + packed


def segment_path(folder: Path, first: int, last: int) -> Path:
    """What the file of the segments *first* to *last* is called."""
    return folder / f"{first:012d}-{last:012d}.spool"


def segments(folder: Path) -> list[Segment]:
    """The segments in *folder* in order; one that lies inside another is what a power cut left of making that."""
    names = ((path, _NAME.fullmatch(path.name)) for path in folder.iterdir())
    found = [Segment(int(name[1]), int(name[2]), path) for path, name in names if name]
    kept: list[Segment] = []
    for segment in sorted(found, key=lambda one: (one.first, -one.last)):
        if not kept or segment.last > kept[-1].last:
            kept.append(segment)
    return kept


def frames(path: Path, offset: int = 0, end: int | None = None) -> Iterator[Frame | Damage]:
    """What is in the file from *offset* (0 or a frame's end) to *end*.

    Raises:
        StoreError: another netmon wrote it, in a form that this one does not know.
        OSError: it cannot be read.
    """
    with _mapped(path) as whole:
        content = memoryview(whole)[: len(whole) if end is None else end]
        try:
            yield from _frames(path, whole, content, offset)
        finally:
            content.release()


def sound_length(path: Path) -> int:
    """Where the last whole frame of the file ends; 0 where there is none."""
    ends = [frame.end for frame in frames(path) if isinstance(frame, Frame)]
    return max(ends, default=0)


def write_whole(path: Path, payloads: Iterator[bytes]) -> None:
    """Have *payloads* in the file at *path*, all or none of them, so that a power cut cannot undo it."""
    draft = path.with_suffix(".draft")
    try:
        with draft.open("wb") as file:
            file.write(FORM)
            for payload in payloads:
                file.write(framed(payload))
            sync(file)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync(file: IO[bytes]) -> None:
    """Have everything in *file* on the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names in *folder* on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _frames(path: Path, whole: _Bytes, content: memoryview, offset: int) -> Iterator[Frame | Damage]:
    if offset == 0:
        if (form := _FORM.match(content)) and form[0] != FORM:
            raise StoreError(
                f"cannot read {path}: it is in the form {form[0].decode().strip()!r}, which this netmon does not know. "
                "Use the newer netmon that wrote it"
            )
        offset = len(FORM) if form else 0
    while offset < len(content):
        frame = _frame_at(content, offset)
        if frame is None:
            behind = _next_frame(whole, content, offset + 1)
            yield Damage(offset, behind)
            offset = behind
        else:
            yield frame
            offset = frame.end


def _frame_at(content: memoryview, offset: int) -> Frame | None:
    begin = offset + _HEAD.size
    if begin > len(content):
        return None
    mark, length, checksum = _HEAD.unpack_from(content, offset)
    if mark != _MARK or length > LONGEST or begin + length > len(content):
        return None
    packed = content[begin : begin + length]
    try:
        if _checksum(packed) != checksum:
            return None
        unpacking = zlib.decompressobj()
        payload = unpacking.decompress(packed, LONGEST)
        return Frame(begin + length, payload) if unpacking.eof else None
    except zlib.error:
        return None
    finally:
        packed.release()


def _next_frame(whole: _Bytes, content: memoryview, offset: int) -> int:
    """Where the next whole frame begins; the end where there is none."""
    while (place := whole.find(_MARK, offset, len(content))) >= 0:
        if _frame_at(content, place) is not None:
            return place
        offset = place + 1
    return len(content)


@contextmanager
def _mapped(path: Path) -> Iterator[_Bytes]:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield mapped


def _checksum(packed: bytes | memoryview) -> int:
    return zlib.crc32(packed, len(packed))
