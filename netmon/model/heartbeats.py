"""Heartbeats: what jobs report of themselves (a backup, a virus scan, a replication), and what is remembered of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from netmon.model.moments import Duration, Moment


class Signal(StrEnum):
    """What a job says."""

    START = "start"
    OK = "ok"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """One report of a job.

    Attributes:
        at: when it came in, on netmon's clock.
        took: how long the job ran, as far as it said so or its start was reported.
        size_bytes: how much it made, such as a backup's size.
        code: its exit code.
        message: one short line of its own; anything may stand in it.
    """

    at: Moment
    signal: Signal
    took: Duration | None = None
    size_bytes: int | None = None
    code: int | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vigil:
    """What is remembered for one check.

    Attributes:
        since: from when on reports were expected.
        started: when the run began that has not ended yet.
        ended: the end of the last run that did.
        succeeded: the last end that was ``ok``.
    """

    since: Moment
    started: Moment | None = None
    ended: Heartbeat | None = None
    succeeded: Heartbeat | None = None

    def heard(self, beat: Heartbeat) -> Vigil:
        """What is remembered after *beat*; an end whose duration nobody told lasted since its start."""
        if beat.signal is Signal.START:
            return replace(self, started=beat.at)
        if beat.took is None and self.started is not None:
            beat = replace(beat, took=Duration(max(0, beat.at - self.started)))
        succeeded = beat if beat.signal is Signal.OK else self.succeeded
        return replace(self, started=None, ended=beat, succeeded=succeeded)

    @property
    def last_heard(self) -> Moment | None:
        """When anything was last reported."""
        heard = [self.started, self.ended.at if self.ended else None]
        return max((at for at in heard if at is not None), default=None)
