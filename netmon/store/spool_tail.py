"""The end of the spool: the segment that is written to, and how much of it is on the disk for certain."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from netmon.store.spool_segments import FORM, segment_path, sync, sync_folder

_UNSYNCED_AT_MOST = 5
"""So many records may wait for a sync: a power cut costs at most what was seen in their ten seconds, and no news."""


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where there are whole records: in the segment *number*, up to *offset*."""

    number: int
    offset: int = 0


class Tail:
    """Appends frames to one segment after the other, each up to *longest* bytes; for one thread alone to write with."""

    def __init__(self, folder: Path, number: int, *, longest: int) -> None:
        self._folder = folder
        self._longest = longest
        self._file: IO[bytes] | None = None
        self._unsynced = 0
        self.place = Place(number)

    def append(self, frame: bytes, *, durable: bool) -> None:
        """Add *frame* whole or not at all, and have everything up to it on the disk where it is *durable*.

        Raises:
            OSError: the disk did not take it.
        """
        if self.place.offset >= self._longest:
            self.close()
        file = self._file or self._begin()
        try:
            rest = memoryview(frame)
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            self._cut(file)
            raise
        self._unsynced += 1
        if durable or self._unsynced > _UNSYNCED_AT_MOST:
            self._sync(file)
        self.place = Place(self.place.number, self.place.offset + len(frame))

    def close(self) -> None:
        """Be done with the segment that was written to; what follows stands in the next one."""
        file, self._file = self._file, None
        if file is None:
            return
        self.place = Place(self.place.number + 1)
        with file:
            sync(file)
        self._unsynced = 0

    def leave(self) -> None:
        """Write no more behind what is there, whatever of it is on the disk."""
        file, self._file = self._file, None
        if file is not None:
            self.place = Place(self.place.number + 1)
            with contextlib.suppress(OSError):
                file.close()

    def _begin(self) -> IO[bytes]:
        path = segment_path(self._folder, self.place.number, self.place.number)
        file = path.open("xb", buffering=0)
        try:
            file.write(FORM)
            sync_folder(self._folder)
        except OSError:
            file.close()
            path.unlink(missing_ok=True)
            raise
        self._file, self.place = file, Place(self.place.number, len(FORM))
        return file

    def _sync(self, file: IO[bytes]) -> None:
        try:
            sync(file)
        except OSError:
            self.leave()  # nobody knows what of it is on the disk: no more is written behind it
            raise
        self._unsynced = 0

    def _cut(self, file: IO[bytes]) -> None:
        """Take back the part of a frame that was written; where even that fails, write to another segment."""
        try:
            file.truncate(self.place.offset)
            file.seek(self.place.offset)
        except OSError:
            self.leave()
