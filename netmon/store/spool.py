"""The spool: what cannot go into the store now, kept in order on this machine's own disk until it can."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import IO, TypeVar

import structlog

from netmon.ports import Batch, Checkpoint, SpoolRecord, StoreError
from netmon.store.claim import ClaimTakenError, lock_file
from netmon.store.spool_checkpoint import forget_checkpoint, mend, read_checkpoint, write_checkpoint
from netmon.store.spool_codec import written
from netmon.store.spool_reading import Reading, Work
from netmon.store.spool_segments import Damage, Segment, framed, segments, sound_length
from netmon.store.spool_tail import Tail
from netmon.store.spool_thinning import detail_rows, thinned
from netmon.store.spool_tidying import DamagedError, bring_together, next_together, thin

T = TypeVar("T")

SEGMENT = 4 * 2**20

_TENTH = 10
"""Of the limit: so much is made free at once, and so much more than the limit the news may take."""


def one_thread() -> Executor:
    """A thread of its own: what it is given is done one after the other."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")


class DiskSpool:
    """Implements `netmon.ports.Spool` in *folder*, within *limit* bytes.

    One thread writes at the end; another reads and tidies what lies before it, so that neither waits for the other.
    """

    def __init__(
        self, folder: Path, *, limit: int, segment: int = SEGMENT, executor: Callable[[], Executor] = one_thread
    ) -> None:
        self._folder = folder
        self._limit = limit
        self._segment = segment
        self._writing, self._tidying = executor(), executor()
        self._events = structlog.get_logger("netmon.spool")
        self._lock: IO[str] | None = None
        self._tail = Tail(folder, 1, longest=segment)
        self._reading: Reading | None = None
        self._told: set[tuple[int, int]] = set()
        self._unfit: set[Path] = set()
        self._thin: set[Path] = set()
        self.is_empty = True
        self.size_bytes = 0
        self.thinned_rows = 0

    async def open(self) -> Checkpoint | None:
        """Take the right to it, and look what an earlier process has left; ``None`` where that is nothing."""
        return await self._do(self._writing, "open", self._open)

    def close(self) -> None:
        """Let another process have it."""
        for executor in (self._writing, self._tidying):
            executor.shutdown()
        self._tail.leave()
        if self._lock is not None:
            self._lock.close()

    async def begin(self, checkpoint: Checkpoint) -> None:
        """From now on records follow *checkpoint*; what was there before is forgotten."""
        await self._do(self._writing, "write to", self._begin, checkpoint)

    async def append(self, record: SpoolRecord) -> None:
        """Keep *record* behind all others; where room is short, without its detail."""
        if self.size_bytes > self._limit:
            record = self._give_up_detail(record)
        try:
            await self._do(self._writing, "write to", self._append, record)
        except StoreError as error:
            if not isinstance(cause := error.__cause__, OSError) or cause.errno != errno.ENOSPC:
                raise
            await self._do(self._tidying, "make room in", self._thin_out, 2 * self._segment)
            await self._do(self._writing, "write to", self._append, self._give_up_detail(record))

    def reading(self, *, loads: bool = True) -> Reading:
        """A way through it from the beginning; the last one that *loads* is the one that `forget` goes by."""

        async def do(work: Work) -> list[SpoolRecord]:
            return await self._do(self._tidying, "read", work)

        reading = Reading(self._folder, self._tail, do=do, damaged=self._tell_damage)
        if loads:
            self._reading = reading
        return reading

    async def forget(self, checkpoint: Checkpoint) -> None:
        """Let go of the segments that were read; *checkpoint* is what the log comes to there."""
        if self._reading is not None:
            await self._do(self._tidying, "write to", self._forget, self._reading.passed, checkpoint)
            self._reading.forget()

    async def tidy(self) -> None:
        """Bring together what replaces each other, and give up detail where the limit is reached."""
        await self._do(self._tidying, "write to", self._tidy)

    async def clear(self, checkpoint: Checkpoint) -> None:
        """Forget everything: the store has it, and *checkpoint* is what it came to."""
        await self._do(self._writing, "write to", self._clear, checkpoint)
        self._reading = None
        self.thinned_rows = 0

    # ------------------------------------------------------------ what waits for the disk

    def _open(self) -> Checkpoint | None:
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        if self._lock is None:
            self._lock = lock_file(self._folder / "lock")
            self._lock.truncate(0)
            self._lock.write(f"{os.getpid()}\n")
            self._lock.flush()
        found = read_checkpoint(self._folder)
        begin, checkpoint = found or (1, None)
        wanted = {segment.path for segment in segments(self._folder) if segment.last >= begin}
        for path in [*self._folder.glob("*.draft"), *self._folder.glob("*.spool")]:
            if path not in wanted:
                path.unlink()
        if wanted and checkpoint is None:
            raise StoreError(f"cannot read {self._folder}: its checkpoint is missing. {mend(self._folder)}")
        self._cut_tail()
        left = segments(self._folder)
        self._tail = Tail(self._folder, max([begin, *(one.last + 1 for one in left)]), longest=self._segment)
        self.is_empty = not left
        self._measure()
        return checkpoint

    def _cut_tail(self) -> None:
        """Take away what a power cut left of the last record: nothing in it was told."""
        for segment in segments(self._folder)[-1:]:
            size, sound = segment.path.stat().st_size, sound_length(segment.path)
            if sound < size:
                self._events.warning("spool_tail_cut", file=segment.path.name, size_bytes=size - sound)
                os.truncate(segment.path, sound)
            if not sound:
                segment.path.unlink()

    def _begin(self, checkpoint: Checkpoint) -> None:
        self._tail.close()
        write_checkpoint(self._folder, self._tail.place.number, checkpoint)
        self._drop(self._tail.place.number)
        self.is_empty = True

    def _append(self, record: SpoolRecord) -> None:
        is_news = not isinstance(record, Batch) or bool(record.transitions)
        if self.size_bytes > self._limit + self._limit // _TENTH:
            raise OSError(errno.EDQUOT, "its limit is reached, and there is no detail left to give up")
        self._tail.append(framed(written(record)), durable=is_news)
        self.is_empty = False
        self._measure()

    def _forget(self, done: int, checkpoint: Checkpoint) -> None:
        write_checkpoint(self._folder, done + 1, checkpoint)
        self._drop(done + 1)

    def _clear(self, checkpoint: Checkpoint) -> None:
        with contextlib.suppress(OSError):  # it stands for what is gone only if a kill comes before we are done
            self._tail.close()
            write_checkpoint(self._folder, self._tail.place.number, checkpoint)
        self._drop(self._tail.place.number)
        forget_checkpoint(self._folder)
        self.is_empty = True

    def _drop(self, before: int) -> None:
        """Remove the segments before *before*; a damaged one is put aside, for whoever can read more of it."""
        for segment in segments(self._folder):
            if segment.last >= before:
                continue
            if any(first == segment.first for first, _ in self._told):
                segment.path.replace(segment.path.with_suffix(".damaged"))
            else:
                segment.path.unlink()
        self._measure()

    def _tidy(self) -> None:
        some = next_together([one for one in self._closed() if one.path not in self._unfit])
        if some:
            try:
                bring_together(self._folder, some)
            except (DamagedError, OSError, ValueError) as error:
                self._unfit |= {one.path for one in some}
                self._events.warning("spool_not_tidied", error=str(error))
        self._measure()
        if self.size_bytes > self._limit:
            self._thin_out(self.size_bytes - self._limit + self._limit // _TENTH)

    def _thin_out(self, wanted: int) -> None:
        """Give up detail, oldest first, until *wanted* bytes are free or there is none left."""
        begin = self.size_bytes
        for segment in self._closed():
            if begin - self.size_bytes >= wanted:
                return
            if segment.path in self._thin:
                continue
            with contextlib.suppress(DamagedError, OSError, ValueError):
                self._count_thinned(thin(segment))
            self._thin.add(segment.path)
            self._measure()

    def _closed(self) -> list[Segment]:
        """The segments that nobody writes to or reads now."""
        busy = self._reading.busy_until if self._reading else 0
        return [one for one in segments(self._folder) if busy < one.first and one.last < self._tail.place.number]

    def _measure(self) -> None:
        size = 0
        for one in segments(self._folder):
            with contextlib.suppress(FileNotFoundError):  # the other thread has just let go of it
                size += one.path.stat().st_size
        self.size_bytes = size

    # ------------------------------------------------------------ what is said

    def _give_up_detail(self, record: SpoolRecord) -> SpoolRecord:
        self._count_thinned(detail_rows(record))
        return thinned(record)

    def _count_thinned(self, rows: int) -> None:
        if rows and not self.thinned_rows:
            self._events.error("spool_thinned", limit_bytes=self._limit, size_bytes=self.size_bytes)
        self.thinned_rows += rows

    def _tell_damage(self, segment: Segment, damage: Damage) -> None:
        if (place := (segment.first, damage.offset)) not in self._told:
            self._told.add(place)
            self._events.error(
                "spool_damaged", file=segment.path.name, offset=damage.offset, size_bytes=damage.end - damage.offset
            )

    async def _do(self, executor: Executor, task: str, work: Callable[..., T], *arguments: object) -> T:
        """Have *work* done by *executor*, and say in words what the disk refuses."""
        try:
            return await asyncio.get_running_loop().run_in_executor(executor, work, *arguments)
        except ClaimTakenError as taken:
            raise StoreError(
                f"cannot {task} {self._folder}: the netmon with process id {taken.holder} does already. "
                "Stop that one first"
            ) from None
        except OSError as error:
            raise StoreError(f"cannot {task} {self._folder}: {error.strerror or error}. {_way_out(error)}") from error


def _way_out(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Make room, or let `state:` stand on a larger disk"
    return "See who may write there, and the disk's health"
