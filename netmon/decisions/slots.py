"""Slots: when a check is due. Each check has a phase of its own, so load is even and a restart makes no burst."""

from __future__ import annotations

from hashlib import blake2b

from netmon.model.ids import CheckId
from netmon.model.moments import Duration, Moment


def phase(check: CheckId, interval: Duration) -> Duration:
    """Where in its *interval* the slots of *check* stand; the same in every life and on every machine."""
    digest = blake2b(check.encode(), digest_size=8).digest()
    return Duration(int.from_bytes(digest) % interval)


def first_slot(check: CheckId, interval: Duration, since: Moment) -> Moment:
    """The first slot of *check* at or after *since*."""
    return slot_after(phase(check, interval), interval, since)


def slot_after(phase: Duration, interval: Duration, since: Moment) -> Moment:
    """The first slot at or after *since* of whatever has that *phase*."""
    return Moment(since + (phase - since) % interval)


def next_slot(slot: Moment, interval: Duration, now: Moment) -> Moment:
    """The slot that follows *slot* and is not past *now*: what was missed is skipped, never caught up."""
    missed = max(0, -((slot + interval - now) // interval))
    return Moment(slot + (missed + 1) * interval)


def skipped(slot: Moment, following: Moment, interval: Duration) -> int:
    """How many slots were left out between *slot* and the *following* one."""
    return (following - slot) // interval - 1
