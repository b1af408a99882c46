"""Host names: turned into addresses by the system's resolver, which may hang without anybody else having to wait."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from netmon.kernel.clock import Clock, SystemClock
from netmon.model.moments import DAY, MILLISECOND, SECOND, Duration, Moment, in_seconds

MOST_ASKED_AT_ONCE = 64

_KEPT = Duration(60 * SECOND)
_FAILURE_KEPT = Duration(10 * SECOND)
_SERVED_EXPIRED = Duration(1 * DAY)  # the most that RFC 8767 advises is one to three
_PATIENCE = Duration(250 * MILLISECOND)
_MOST_KEPT = 10_000
_MOST_WAITING = 10_000
_MOST_ADDRESSES = 32
_NO_SUCH_NAME = (socket.EAI_NONAME, socket.EAI_NODATA)

Addresses = tuple[str, ...]


class NameNotResolvedError(Exception):
    """The resolver does not know the name, or did not say; the message is evidence."""


def ask_system(name: str) -> Addresses:
    """The addresses of *name* in the order in which they should be tried; blocks.

    Raises:
        OSError: the resolver has none.
        UnicodeError: *name* is no host name.
    """
    answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in answers))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the resolver said: addresses, or else what is wrong and whether the name is known not to exist."""

    addresses: Addresses = ()
    wrong: str = "the resolver gave no answer"
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    """The last answer, until when it counts, and the last addresses, until when they may stand in for one."""

    answer: _Answer
    until: Moment
    former: Addresses
    former_until: Moment


class Names:
    """What is known of host names; literal addresses need none of this. One may serve all kinds of checks.

    However many looks wait for a name, it is asked once; so many names are asked at once, the others wait. An
    answer is kept for a minute, a failure for ten seconds. Where the resolver dawdles or is out of order, the
    expired addresses go on being served, for a day at most: its trouble is not that of the services.

    Each question has a thread of its own that the end of the process does not wait for; the threads of an
    executor it would wait for, until the resolver deigns to answer.
    """

    def __init__(
        self,
        ask: Callable[[str], Addresses] = ask_system,
        *,
        clock: Clock | None = None,
        most_asked_at_once: int = MOST_ASKED_AT_ONCE,
        patience: Duration = _PATIENCE,
    ) -> None:
        self._ask = ask
        self._clock = clock or SystemClock()
        self._most = most_asked_at_once
        self._patience = patience
        self._known: dict[str, _Known] = {}
        self._asked: dict[str, asyncio.Future[_Answer]] = {}
        self._waiting: deque[str] = deque()
        self._threads = 0

    async def addresses(self, name: str) -> Addresses:
        """The addresses of *name*, at least one.

        Raises:
            NameNotResolvedError: there are none.
        """
        now = self._clock.now()
        known = self._known.get(name)
        if known is not None and now < known.until:
            return _addresses_in(name, known.answer, known.former)
        asked = self._asked.get(name) or self._begin(name)
        if known is None or not known.former or now >= known.former_until:
            return _addresses_in(name, await asyncio.shield(asked), ())
        await asyncio.wait((asked,), timeout=in_seconds(self._patience))
        return _addresses_in(name, asked.result() if asked.done() else _Answer(), known.former)

    def _begin(self, name: str) -> asyncio.Future[_Answer]:
        if len(self._asked) >= _MOST_WAITING:
            raise NameNotResolvedError(f"{name}: {_MOST_WAITING:,} other names wait for the resolver")
        answer = self._asked[name] = asyncio.get_running_loop().create_future()
        self._waiting.append(name)
        self._ask_next()
        return answer

    def _ask_next(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting and self._threads < self._most:
            name = self._waiting.popleft()
            self._threads += 1
            thread = threading.Thread(target=self._ask_in_thread, args=(loop, name), name="names", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # the system has no thread left
                loop.call_soon(self._take, name, _Answer(wrong=str(error)))

    def _ask_in_thread(self, loop: asyncio.AbstractEventLoop, name: str) -> None:
        answer = _Answer(wrong="asking the resolver failed")
        try:
            answer = _answer(self._ask, name)
        finally:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits any more
                loop.call_soon_threadsafe(self._take, name, answer)

    def _take(self, name: str, answer: _Answer) -> None:
        now = self._clock.now()
        before = self._known.pop(name, None)  # what was answered last stands last
        if answer.addresses:
            until = Moment(now + _KEPT)
            known = _Known(answer, until, answer.addresses, Moment(until + _SERVED_EXPIRED))
        elif before is None or answer.is_final or now >= before.former_until:
            known = _Known(answer, Moment(now + _FAILURE_KEPT), (), now)
        else:
            known = _Known(answer, Moment(now + _FAILURE_KEPT), before.former, before.former_until)
        if len(self._known) >= _MOST_KEPT:
            del self._known[next(iter(self._known))]
        self._known[name] = known
        self._threads -= 1
        self._asked.pop(name).set_result(answer)
        self._ask_next()


def _answer(ask: Callable[[str], Addresses], name: str) -> _Answer:
    try:
        return _Answer(ask(name)[:_MOST_ADDRESSES])
    except socket.gaierror as error:
        return _Answer(wrong=error.strerror or str(error), is_final=error.errno in _NO_SUCH_NAME)
    except UnicodeError as error:
        return _Answer(wrong=str(error), is_final=True)
    except OSError as error:
        return _Answer(wrong=str(error))


def _addresses_in(name: str, answer: _Answer, former: Addresses) -> Addresses:
    """The addresses of *answer*, or the *former* ones, where it does not say that there are none."""
    if answer.addresses:
        return answer.addresses
    if former and not answer.is_final:
        return former
    raise NameNotResolvedError(f"{name}: {answer.wrong}")
