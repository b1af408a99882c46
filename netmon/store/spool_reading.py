"""Reading the spool: its records in order, from segment to segment, up to where they are written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from netmon.ports import SpoolRecord, StoreError
from netmon.store.spool_codec import read
from netmon.store.spool_segments import Damage, Frame, Segment, frames, segments
from netmon.store.spool_tail import Place, Tail

_ROWS_AT_ONCE = 2_000


Work = Callable[[], list[SpoolRecord]]


class Reading:
    """One way through the segments in *folder*, up to where *tail* writes.

    Args:
        do: has the work done that waits for the disk.
        damaged: is told of damage, which is passed by.
    """

    def __init__(
        self,
        folder: Path,
        tail: Tail,
        *,
        do: Callable[[Work], Awaitable[list[SpoolRecord]]],
        damaged: Callable[[Segment, Damage], None],
    ) -> None:
        self._folder = folder
        self._tail = tail
        self._do = do
        self._damaged = damaged
        self._segment: Segment | None = None
        self._offset = 0
        self._forgotten = 0
        self.passed = 0
        """Up to this segment everything was read."""

    @property
    def busy_until(self) -> int:
        """Segments up to this one are being read, or were."""
        return self._segment.last if self._segment else self.passed

    @property
    def has_passed(self) -> bool:
        """Whether a whole segment was read since the last time that one was forgotten."""
        return self.passed > self._forgotten

    def forget(self) -> None:
        """What was passed is gone."""
        self._forgotten = self.passed

    async def more(self) -> list[SpoolRecord]:
        """The next few records; none where there are no more for now.

        Raises:
            StoreError: one of them is nothing that this netmon writes, or the disk fails.
        """
        return await self._do(self._next_records)

    def _next_records(self) -> list[SpoolRecord]:
        records: list[SpoolRecord] = []
        place = self._tail.place
        while not records and (segment := self._at(place)) is not None:
            self._read(segment, place.offset if segment.first == place.number else None, records)
            if segment.first == place.number:
                break
        return records

    def _at(self, place: Place) -> Segment | None:
        """The segment to go on with, so far as there is one up to *place*."""
        if self._segment is None:
            ahead = (one for one in segments(self._folder) if self.passed < one.first <= place.number)
            self._segment = next(ahead, None)
        return self._segment

    def _read(self, segment: Segment, end: int | None, records: list[SpoolRecord]) -> None:
        rows = 0
        for part in frames(segment.path, self._offset, end):
            if isinstance(part, Damage):
                self._damaged(segment, part)
            else:
                record = _record(segment, part)
                records.append(record)
                rows += 1 + _rows(record)
            self._offset = part.end
            if rows >= _ROWS_AT_ONCE:
                return
        if end is None:
            self.passed, self._segment, self._offset = segment.last, None, 0


def _record(segment: Segment, frame: Frame) -> SpoolRecord:
    try:
        return read(frame.payload)
    except (ValueError, TypeError) as error:
        raise StoreError(
            f"cannot read {segment.path}: the record that ends at byte {frame.end} is whole, but {error}. "
            "Use the netmon that wrote it"
        ) from error


def _rows(record: SpoolRecord) -> int:
    return sum(len(part) for part in (getattr(record, name, ()) for name in ("looked", "runs", "rolled", "latest")))
