"""The checkpoint of the spool: what the log before its first record comes to, in a file that changes all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from netmon.model.log import LifeBegan
from netmon.model.moments import Moment
from netmon.ports import Checkpoint, Memory, PlanMark, StoreError
from netmon.store.spool_codec import read_as, write
from netmon.store.spool_segments import Damage, frames, write_whole

_NAME = "checkpoint"
_MANY = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What stands before the memory: segments before *begin* are in it, and in the store."""

    begin: int
    parts: int
    last_beat: Moment | None
    life: LifeBegan | None
    plan: PlanMark | None


def write_checkpoint(folder: Path, begin: int, checkpoint: Checkpoint) -> None:
    """Have *checkpoint* stand before the segment *begin*."""
    memory = checkpoint.memory
    parts = [write(part, Memory, "memory") for part in _parts(memory)]
    head = _Head(begin=begin, parts=len(parts), last_beat=memory.last_beat, life=checkpoint.life, plan=checkpoint.plan)
    write_whole(folder / _NAME, iter([write(head, _Head, "head"), *parts]))


def read_checkpoint(folder: Path) -> tuple[int, Checkpoint] | None:
    """The segment that it stands before, and it; ``None`` where there is none.

    Raises:
        StoreError: it is damaged, or of a newer netmon.
    """
    path = folder / _NAME
    if not path.exists():
        return None
    try:
        head, *memories = _values(path)
        if len(memories) != head.parts:
            raise ValueError(f"of {head.parts} parts {len(memories)} are there")
    except ValueError as error:
        raise StoreError(f"cannot read {path}: it is damaged ({error}). {mend(folder)}") from error
    memory = Memory(
        statuses=_joined(part.statuses for part in memories),
        last_looks=_joined(part.last_looks for part in memories),
        last_answers=_joined(part.last_answers for part in memories),
        last_beat=head.last_beat,
    )
    return head.begin, Checkpoint(memory=memory, life=head.life, plan=head.plan)


def forget_checkpoint(folder: Path) -> None:
    """Have none."""
    (folder / _NAME).unlink(missing_ok=True)


def mend(folder: Path) -> str:
    """What somebody can do about a spool that cannot be read."""
    return f"Restore it, or move {folder} away: what waits in it never comes into the store then"


def _values(path: Path) -> Iterator[Any]:
    for number, part in enumerate(frames(path)):
        if isinstance(part, Damage):
            raise ValueError(f"at byte {part.offset}")
        yield read_as(part.payload, Memory, "memory") if number else read_as(part.payload, _Head, "head")


def _parts(memory: Memory) -> Iterator[Memory]:
    """*memory* in parts, none of which takes long to write."""
    statuses, looks = iter(memory.statuses.items()), iter(memory.last_looks.items())
    answers = iter(memory.last_answers.items())
    for _ in range(0, max(len(memory.statuses), len(memory.last_looks), len(memory.last_answers)), _MANY):
        yield Memory(
            statuses=dict(islice(statuses, _MANY)),
            last_looks=dict(islice(looks, _MANY)),
            last_answers=dict(islice(answers, _MANY)),
            last_beat=None,
        )


def _joined(parts: Iterator[Mapping[Any, Any]]) -> dict[Any, Any]:
    whole: dict[Any, Any] = {}
    for part in parts:
        whole |= part
    return whole
