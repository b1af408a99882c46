"""The phases of a look, how long each took, and what to say where the time ran out in one."""

from __future__ import annotations

import asyncio
from enum import StrEnum

from netmon.collectors.miss import failure
from netmon.model.looks import Failure
from netmon.model.moments import Duration, in_seconds, seconds
from netmon.model.quantities import format_duration
from netmon.model.states import Reason


class Phase(StrEnum):
    """What a look is waiting for."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    PROCESSING = "processing"
    TRANSFER = "transfer"


_UNFINISHED = {
    Phase.RESOLVE: "the resolver said nothing",
    Phase.CONNECT: "no connection",
    Phase.TLS: "the TLS handshake was not finished",
    Phase.TRANSFER: "the answer was not finished",
}


class Stopwatch:
    """Adds up the time in each phase of a look of at most *timeout*; a phase may come more than once.

    Attributes:
        deadline: when the time is up, on the loop's clock.
        phase: the present one.
        seconds: what each has taken so far, without the present stay in the present one.
        unanswered: what to say where the time runs out in the processing.
    """

    def __init__(self, timeout: Duration) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeout = timeout
        self._began = self._since = self._loop.time()
        self.deadline = self._began + in_seconds(timeout)
        self.phase = Phase.RESOLVE
        self.seconds = dict.fromkeys(Phase, 0.0)
        self.unanswered = "no answer"

    def enter(self, phase: Phase) -> None:
        """Leave the present phase for *phase*."""
        now = self._loop.time()
        self.seconds[self.phase] += now - self._since
        self.phase, self._since = phase, now

    @property
    def elapsed_seconds(self) -> float:
        """Since the beginning."""
        return self._loop.time() - self._began

    @property
    def took(self) -> Duration:
        """Since the beginning, at most the time-out."""
        return min(self._timeout, seconds(self.elapsed_seconds))

    def explain_timeout(self, where: str) -> Failure:
        """What *where* left unfinished when the time was up."""
        reason = Reason.NAME_NOT_RESOLVED if self.phase is Phase.RESOLVE else Reason.TIMEOUT
        unfinished = self.unanswered if self.phase is Phase.PROCESSING else _UNFINISHED[self.phase]
        return failure(reason, f"{where}: {unfinished} within {format_duration(self._timeout)}")
