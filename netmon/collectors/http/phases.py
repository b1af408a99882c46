"""The phases of a look, and how long each took."""

from __future__ import annotations

import asyncio
from enum import StrEnum


class Phase(StrEnum):
    """What a look is waiting for."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    PROCESSING = "processing"
    TRANSFER = "transfer"


UNFINISHED = {
    Phase.RESOLVE: "the resolver said nothing",
    Phase.CONNECT: "no connection",
    Phase.TLS: "the TLS handshake was not finished",
    Phase.PROCESSING: "no answer",
    Phase.TRANSFER: "the answer was not finished",
}
"""What to say of a phase in which the time ran out."""


class Stopwatch:
    """Adds up the time in each phase; with redirects a phase comes more than once.

    Attributes:
        phase: the present one.
        seconds: what each has taken so far, without the present stay in the present one.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.began = self._since = self._loop.time()
        self.phase = Phase.RESOLVE
        self.seconds = dict.fromkeys(Phase, 0.0)

    def enter(self, phase: Phase) -> None:
        """Leave the present phase for *phase*."""
        now = self._loop.time()
        self.seconds[self.phase] += now - self._since
        self.phase, self._since = phase, now

    @property
    def elapsed_seconds(self) -> float:
        """Since the beginning."""
        return self._loop.time() - self.began
