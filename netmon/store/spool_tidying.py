"""Tidying the spool: segments are brought together, and give up their detail, oldest first, where room runs out."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from netmon.ports import Batch, SpoolRecord
from netmon.store.spool_codec import read, written
from netmon.store.spool_segments import Damage, Segment, frames, segment_path, write_whole
from netmon.store.spool_thinning import Compaction, detail_rows, thinned

TOGETHER = 8
"""So many segments become one."""

_WIDEST = TOGETHER**2
"""What is made of so many is not brought together any further: there is little left in it that is replaced."""


class DamagedError(Exception):
    """A segment is damaged: it stays as it is, for whoever reads it to tell."""


def next_together(found: Sequence[Segment]) -> Sequence[Segment]:
    """The oldest neighbours among *found* that should become one; none where there are too few."""
    for start in range(len(found) - TOGETHER + 1):
        some = found[start : start + TOGETHER]
        if some[0].span < _WIDEST and all(
            one.span == other.span and one.last + 1 == other.first for one, other in pairwise(some)
        ):
            return some
    return ()


def bring_together(folder: Path, some: Sequence[Segment]) -> Segment:
    """Make one segment of neighbours, in which everything that was replaced stands once.

    Raises:
        DamagedError, OSError: they stay as they are.
    """
    compaction = Compaction()
    for record in _records(some):
        compaction.learn(record)
    joined = Segment(some[0].first, some[-1].last, segment_path(folder, some[0].first, some[-1].last))
    write_whole(joined.path, map(written, compaction.shorten(_records(some))))
    for segment in some:
        segment.path.unlink(missing_ok=True)
    return joined


def thin(segment: Segment) -> int:
    """Take the detail out of *segment*; how many rows that were.

    Raises:
        DamagedError, OSError: it stays as it is.
    """
    rows = sum(map(detail_rows, _records([segment])))
    if rows:
        try:
            write_whole(segment.path, map(written, _news(_records([segment]))))
        except OSError as error:
            if error.errno != errno.ENOSPC or any(map(_is_news, _records([segment]))):
                raise
            segment.path.unlink()  # there is not even room for its last beat
    return rows


def _news(records: Iterable[SpoolRecord]) -> Iterator[SpoolRecord]:
    """*records* without their detail, and of beats that follow each other the last."""
    held: SpoolRecord | None = None
    for record in map(thinned, records):
        if held is not None and (_is_news(held) or _is_news(record)):
            yield held
        held = record
    if held is not None:
        yield held


def _is_news(record: SpoolRecord) -> bool:
    return not isinstance(record, Batch) or bool(record.transitions)


def _records(some: Iterable[Segment]) -> Iterator[SpoolRecord]:
    for segment in some:
        for part in frames(segment.path):
            if isinstance(part, Damage):
                raise DamagedError(f"{segment.path} is damaged at byte {part.offset}")
            yield read(part.payload)
