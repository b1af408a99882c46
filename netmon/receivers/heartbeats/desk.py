"""Takes reports: whose they are, whether they come too often, and that they are kept before anybody is told so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote

import structlog

from netmon.kernel.clock import Clock
from netmon.model.heartbeats import Heartbeat, Vigil
from netmon.model.ids import CheckId
from netmon.model.moments import SECOND, Duration, Moment
from netmon.receivers.heartbeats.book import Book
from netmon.receivers.heartbeats.report import parse_report
from netmon.receivers.heartbeats.tokens import Reporters

_ROOM = "/beat/"
_BURST = 10
_REST = Duration(2 * SECOND)
"""A check is reported for so many times at once, and once more after each rest."""


class Reply(Enum):
    """What a job is answered: a status, and a line in plain words."""

    KEPT = (200, "ok")
    STRANGE = (400, "not understood")
    UNKNOWN = (404, "not found")
    TOO_LARGE = (413, "too long")
    TOO_OFTEN = (429, "too often")
    NOT_KEPT = (503, "not kept; report again")


@dataclass(frozen=True, slots=True)
class Question:
    """A request, as far as it was read: *path* begins with a slash, *bearer* is the token of its header."""

    path: str
    query: str
    bearer: str | None = None
    content_type: str = ""


class Desk:
    """Keeps reports for the checks that expect them, and says that a check should be looked at now."""

    def __init__(self, book: Book, clock: Clock, look_now: Callable[[CheckId], None]) -> None:
        self._book = book
        self._clock = clock
        self._look_now = look_now
        self._reporters = Reporters()
        self._free_at: dict[CheckId, Moment] = {}
        self._turn = asyncio.Lock()
        self._events = structlog.get_logger("netmon.heartbeats")
        self.is_wanted = asyncio.Event()
        self.is_unwanted = asyncio.Event()

    async def expect(self, reporters: Reporters) -> None:
        """From now on *reporters* may report; those who come anew are expected from this moment on."""
        async with self._turn:
            await self._begin(reporters.checks, self._clock.now())
        self._reporters = reporters
        self._free_at = {check: at for check, at in self._free_at.items() if check in reporters.checks}
        if reporters.checks:
            self.is_unwanted.clear()
            self.is_wanted.set()
        else:
            self.is_wanted.clear()
            self.is_unwanted.set()

    def find(self, question: Question) -> CheckId | None:
        """The check that *question* may report for."""
        if not question.path.startswith(_ROOM):
            return None
        return self._reporters.find(unquote(question.path[len(_ROOM) :]).rstrip("/"), question.bearer)

    async def take(self, check: CheckId, question: Question, body: bytes) -> tuple[Reply, str]:
        """Keep what *question* with *body* reports for *check*; what to answer."""
        now = self._clock.now()
        try:
            beat = parse_report(question.query, body, question.content_type, now)
        except ValueError as error:
            return Reply.STRANGE, str(error)
        if not self._admits(check, now):
            return Reply.TOO_OFTEN, Reply.TOO_OFTEN.value[1]
        # shielded: what has begun to be written ends in its turn, also where whoever reported has gone
        reply = await asyncio.shield(self._keep(check, beat))
        return reply, reply.value[1]

    async def _begin(self, checks: Collection[CheckId], now: Moment) -> None:
        """Remember since when each of *checks* is expected; a disk that does not take that is told of."""
        new = [check for check in sorted(checks) if self._book.vigil(check) is None]
        for check in new:
            self._book.note(check, Vigil(since=now))
        try:
            for check in new:
                await self._write(check, Vigil(since=now))
            if checks:
                await asyncio.to_thread(self._book.tidy, checks, now)
        except OSError as error:
            self._events.error("heartbeats_not_begun", error=error.strerror or str(error))

    async def _keep(self, check: CheckId, beat: Heartbeat) -> Reply:
        async with self._turn:
            before = self._book.vigil(check) or Vigil(since=beat.at)
            try:
                await self._write(check, before.heard(beat))
            except OSError as error:
                self._events.error("heartbeat_not_kept", check=check, error=error.strerror or str(error))
                return Reply.NOT_KEPT
        self._events.debug("heartbeat_kept", check=check, signal=beat.signal.value)
        self._look_now(check)
        return Reply.KEPT

    async def _write(self, check: CheckId, vigil: Vigil) -> None:
        await asyncio.to_thread(self._book.write, check, vigil)
        self._book.note(check, vigil)

    def _admits(self, check: CheckId, now: Moment) -> bool:
        """Whether *check* may be reported for once more (a bucket that is emptied by one at each rest)."""
        free_at = max(now, self._free_at.get(check, now))
        if free_at - now > (_BURST - 1) * _REST:
            return False
        self._free_at[check] = Moment(free_at + _REST)
        return True
