"""The heartbeat look: reads the book in which reports are kept, and asks nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from netmon.collectors.heartbeat.settings import HeartbeatSettings
from netmon.collectors.heartbeat.weighing import find_failure, find_flaw
from netmon.model.heartbeats import Heartbeat
from netmon.model.ids import CheckId
from netmon.model.looks import Labels, Outcome, Readings
from netmon.model.moments import Duration, Moment, in_seconds
from netmon.model.plan import CheckSpec
from netmon.ports import Collector, Ground

LAST_HEARD = "netmon_heartbeat_age_seconds"
TOOK = "netmon_heartbeat_run_duration_seconds"
SIZE = "netmon_heartbeat_run_size_bytes"

_ONE_ROW: Sequence[Labels] = ((),)
_AT_ONCE = Duration(0)


class HeartbeatQuestions:
    """Holds what is remembered of jobs, and the clock."""

    def __init__(self, ground: Ground) -> None:
        self.clock = ground.clock
        self.vigil = ground.vigil

    def collector(self, check: CheckSpec, watched: tuple[str, ...]) -> Collector:
        """The collector of *check*; a job says nothing about interfaces."""
        return HeartbeatCollector(self, check.id, HeartbeatSettings.model_validate(check.settings))


class HeartbeatCollector:
    """Compares what a job has reported with what is expected of it."""

    def __init__(self, questions: HeartbeatQuestions, check: CheckId, settings: HeartbeatSettings) -> None:
        self._vigil = questions.vigil
        self._clock = questions.clock
        self._check = check
        self._settings = settings

    async def look(self, timeout: Duration) -> Outcome:
        """What the book says now; there is nothing to wait for."""
        now = self._clock.now()
        vigil = self._vigil(self._check)
        bad = find_failure(vigil, self._settings, now)
        last = vigil.succeeded if vigil is not None else None
        if bad is not None or last is None:
            return Outcome(took=_AT_ONCE, failure=bad)
        return Outcome(took=_AT_ONCE, flaw=find_flaw(last, self._settings), readings=(_read(last, now),))


def _read(last: Heartbeat, now: Moment) -> Readings:
    columns: dict[str, tuple[float]] = {LAST_HEARD: (in_seconds(Duration(now - last.at)),)}
    if last.took is not None:
        columns[TOOK] = (in_seconds(last.took),)
    if last.size_bytes is not None:
        columns[SIZE] = (last.size_bytes,)
    return Readings(_ONE_ROW, columns)


@asynccontextmanager
async def open_questions(ground: Ground) -> AsyncIterator[HeartbeatQuestions]:
    """Questions for as long as the context is open; there is nothing to close."""
    yield HeartbeatQuestions(ground)
