"""The asker: asks questions within the limits, and lays what comes back on a tray, in the order of its coming.

Asking and judging take turns: while much is due, questions go out first, so that a look is late by what asking the
others costs, not by what judging them does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Iterator
from functools import partial
from typing import cast

import structlog

from netmon.decisions.look_policy import PROMPT_TIMEOUT
from netmon.engine.desk import Asked
from netmon.engine.errands import Begin, Errand, Result, Watch
from netmon.engine.limits import Places, give_back, take_all, take_at_once
from netmon.kernel.clock import Clock
from netmon.kernel.secrets import SecretError
from netmon.model.ids import CheckId
from netmon.model.looks import CannotTellError, Occasion, Outcome
from netmon.model.moments import SECOND, Duration, Moment, in_seconds
from netmon.ports import Vitals

OVERTIME = Duration(5 * SECOND)
"""A collector that has not returned so long after its deadline is broken, and is stopped."""

_ROUND_SECONDS = 1.0
"""How often it is looked for broken collectors."""


class Asker:
    """Asks what it is told to, each within its limits; a collector that raises or never returns is our bug."""

    def __init__(self, clock: Clock, vitals: Vitals) -> None:
        self._clock = clock
        self._vitals = vitals
        self._events = structlog.get_logger("netmon.monitor")
        self._tray: deque[Result] = deque()
        self._came = asyncio.Event()
        self._in_flight = 0
        self._running: dict[asyncio.Task[None], float] = {}
        self._overdue: set[asyncio.Task[None]] = set()
        self._round: asyncio.TimerHandle | None = None
        self._crashed: set[CheckId] = set()
        self._not_made: set[CheckId] = set()

    @property
    def waiting(self) -> int:
        """How many results lie on the tray."""
        return len(self._tray)

    async def results(self) -> None:
        """Return when something lies on the tray."""
        await self._came.wait()

    def take_results(self, at_most: int) -> Iterator[Result]:
        """What came first, off the tray."""
        for _ in range(min(at_most, len(self._tray))):
            yield self._tray.popleft()
        if not self._tray:
            self._came.clear()
        self._vitals.looks_in_flight(self._in_flight)

    def keep_only(self, checks: Collection[CheckId]) -> None:
        """Forget the troubles of checks that are not among *checks*."""
        self._crashed.intersection_update(checks)
        self._not_made.intersection_update(checks)

    def ask(self, group: asyncio.TaskGroup, errand: Errand, due: Moment) -> None:
        """Ask at once where there is a place, else as soon as there is one."""
        watch = errand.watch
        watch.in_flight += 1
        watch.asked_at = self._clock.now()
        self._in_flight += 1
        places = watch.places
        if not take_at_once(places):
            group.create_task(self._wait_and_ask(errand, due, places), name=watch.spec.id)
        elif watch.begin is not None:
            self._begin(watch, watch.begin, self._asked(errand, due, watch.asked_at), places)
        else:
            look = self._look(watch, self._asked(errand, due, watch.asked_at), places)
            group.create_task(look, name=watch.spec.id)

    def close(self) -> None:
        """Look no longer for broken collectors."""
        if self._round is not None:
            self._round.cancel()

    async def _wait_and_ask(self, errand: Errand, due: Moment, places: tuple[Places, ...]) -> None:
        watch = errand.watch
        await take_all(places)
        asked = self._asked(errand, due, self._clock.now())
        if watch.begin is not None:
            self._begin(watch, watch.begin, asked, places)
        else:
            await self._look(watch, asked, places)

    def _asked(self, errand: Errand, due: Moment, at: Moment) -> Asked:
        rule, occasion = errand.watch.spec.rule, errand.occasion
        timeout = min(rule.timeout, PROMPT_TIMEOUT) if occasion is Occasion.PROMPT else rule.timeout
        return Asked(spec=errand.watch.spec, due=due, at=at, timeout=timeout, occasion=occasion, opener=errand.opener)

    def _begin(self, watch: Watch, begin: Begin, asked: Asked, places: tuple[Places, ...]) -> None:
        try:
            begin(asked.timeout, partial(self._ended, watch, asked, places))
        except (CannotTellError, SecretError) as error:
            self._tell_cause(watch, error)
            self._ended(watch, asked, places, None)
        except Exception:  # noqa: BLE001  whatever a collector raises is our bug, and must stop nobody else
            self._tell_crash(watch)
            self._ended(watch, asked, places, None)

    async def _look(self, watch: Watch, asked: Asked, places: tuple[Places, ...]) -> None:
        """Ask with a task of its own, which is stopped where the collector has forgotten its deadline."""
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._running[task] = asyncio.get_running_loop().time() + in_seconds(Duration(asked.timeout + OVERTIME))
        if self._round is None:
            self._round = asyncio.get_running_loop().call_later(_ROUND_SECONDS, self._stop_overdue)
        try:
            outcome: Outcome | None = await watch.collector.look(asked.timeout)
        except asyncio.CancelledError:
            if task in self._overdue:
                task.uncancel()
            elif task.cancelling():
                raise
            # else nobody stopped this task: what the collector waited for was cancelled, and that is its bug
            outcome = None
            self._tell_crash(watch)
        except (CannotTellError, SecretError) as error:
            outcome = None
            self._tell_cause(watch, error)
        except Exception:  # noqa: BLE001  whatever a collector raises is our bug, and must stop nobody else
            outcome = None
            self._tell_crash(watch)
        finally:
            self._overdue.discard(task)
            del self._running[task]
        self._ended(watch, asked, places, outcome)

    def _stop_overdue(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for task, deadline in self._running.items():
            if deadline <= now and task not in self._overdue:
                self._overdue.add(task)
                task.cancel()
        self._round = loop.call_later(_ROUND_SECONDS, self._stop_overdue) if self._running else None

    def _ended(self, watch: Watch, asked: Asked, places: tuple[Places, ...], outcome: Outcome | None) -> None:
        give_back(places)  # those that were taken: another plan may have given the watch others since
        self._in_flight -= 1
        self._tray.append(Result(watch, asked, outcome, self._clock.now()))
        self._came.set()
        if outcome is not None:
            self._tell_recovery(watch)

    def _tell_recovery(self, watch: Watch) -> None:
        spec = watch.spec
        for troubled, event in ((self._crashed, "collector_recovered"), (self._not_made, "look_made_again")):
            if spec.id in troubled:
                troubled.discard(spec.id)
                self._events.info(event, check=spec.id, kind=spec.kind)

    def _tell_cause(self, watch: Watch, cause: CannotTellError | SecretError) -> None:
        """Count a look that came to nothing by no bug, and log the first of a row."""
        spec = watch.spec
        self._vitals.look_not_made(spec.kind)
        if spec.id not in self._not_made:
            self._not_made.add(spec.id)
            self._events.warning("look_not_made", check=spec.id, kind=spec.kind, cause=str(cause))

    def _tell_crash(self, watch: Watch) -> None:
        """Count a crash, and log the first of a row with its traceback."""
        spec = watch.spec
        self._vitals.collector_crashed(spec.kind)
        if spec.id not in self._crashed:
            self._crashed.add(spec.id)
            self._events.exception("collector_crashed", check=spec.id, kind=spec.kind)
