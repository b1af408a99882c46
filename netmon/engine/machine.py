"""The machine: one life after another, each with its desk, its monitor and the one keeper.

A life ends when netmon is stopped, or when the clock shows that nobody looked for a while (a suspended
host, a wall clock that was set forward): what lies between is then nobody's up or down.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from netmon.engine.desk import Desk
from netmon.engine.keeper import BEAT, Keeper
from netmon.engine.ledger import Ledger
from netmon.engine.limits import Limits
from netmon.engine.monitor import Monitor
from netmon.engine.rollups import Roller, no_roller
from netmon.engine.settings import LookingSettings
from netmon.kernel.clock import Clock
from netmon.kernel.memory import settle_memory, spare_memory, tend_memory
from netmon.model.ids import CheckId, EntityId, EntityKind, bare_id, kind_of
from netmon.model.moments import DAY, SECOND, Duration, Moment, in_seconds
from netmon.model.news import Transition
from netmon.model.plan import Plan
from netmon.model.states import Reason, State
from netmon.ports import Backlog, Collector, Exporter, StoreError, Vitals

JUMP = Duration(5 * SECOND)
"""A wall clock that is so far ahead of ours has left time behind in which nobody looked."""


MANY_CHECKS = 1_000
"""From so many checks on a full round of the garbage collector is felt."""

SETTLING = DAY
"""How long what only a full round finds may wait for it: with 10,000 devices one takes seconds, and finds little."""


class DriftingClock(Clock, Protocol):
    """A clock that knows how far the wall clock has gone elsewhere."""

    def drift(self) -> Duration:
        """How far the wall clock is ahead; negative where it is behind."""

    def catch_up(self, moment: Moment) -> None:
        """Go on from *moment* where that is ahead."""

    def follow_wall(self) -> None:
        """Take over the wall clock's time where that is ahead."""


class ClockJumpedError(Exception):
    """The wall clock has left time behind in which nobody looked: a new life begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """What is to be watched: the plan, the texts of the files it came from, and a collector for each check."""

    plan: Plan
    sources: Mapping[str, str]
    collectors: Mapping[CheckId, Collector]


class Machine:
    """Runs until cancelled, and takes another plan while it runs."""

    def __init__(
        self,
        *,
        clock: DriftingClock,
        ledger: Ledger,
        exporter: Exporter,
        vitals: Vitals,
        looking: LookingSettings,
        new_roller: Callable[[], Roller] = no_roller,
    ) -> None:
        self._clock = clock
        self._ledger = ledger
        self._exporter = exporter
        self._vitals = vitals
        self._looking = looking
        self._new_roller = new_roller
        self._events = structlog.get_logger("netmon.machine")
        self._keeper = Keeper(clock=clock, ledger=ledger, tell=self._tell, vitals=vitals)
        self._desk: Desk | None = None
        self._monitor: Monitor | None = None
        self._states: dict[EntityId, State] = {}
        self.version = 0

    @property
    def turn(self) -> asyncio.Lock:
        """Whoever holds it is the only one who writes to the store."""
        return self._keeper.turn

    @property
    def last_kept(self) -> Moment | None:
        """When the store last took something."""
        return self._ledger.last_kept

    @property
    def backlog(self) -> Backlog:
        """What waits for the store."""
        return self._ledger.backlog

    @property
    def first_looks_left(self) -> int | None:
        """How many checks were not looked at yet since they came; ``None`` before the first life."""
        return None if self._monitor is None else len(self._monitor.first_looks_left)

    async def run(self, watching: Callable[[], Watching]) -> None:
        """Watch what *watching* gives at the beginning of each life.

        Raises:
            StoreError: the first life could not begin; a later one waits until something takes it.
        """
        async with asyncio.TaskGroup() as group:
            loading = group.create_task(self._ledger.run(), name="ledger")
            try:
                await self._live_on(watching)
            finally:
                loading.cancel()
                await asyncio.shield(self._leave())

    async def _live_on(self, watching: Callable[[], Watching]) -> None:
        while True:
            try:
                await self._live(watching())
            except* ClockJumpedError:
                self._events.warning("clock_jumped", seconds=in_seconds(self._clock.drift()))
                self._clock.follow_wall()
            except* StoreError as refusals:
                if not self.version:
                    raise
                self._events.error("life_could_not_begin", error=str(refusals.exceptions[0]))
                await self._clock.sleep_until(Moment(self._clock.now() + BEAT))

    async def _leave(self) -> None:
        try:
            await self._ledger.leave()
        except StoreError as error:
            self._events.warning("memory_not_noted", error=str(error))

    def look_now(self, check: CheckId) -> None:
        """Look at *check* at once rather than at its next slot, as something has happened to it."""
        if self._monitor is not None:
            self._monitor.look_now(check)

    async def take(self, watching: Watching) -> int:
        """Watch what *watching* says from now on; returns the version under which its plan is kept.

        Raises:
            RuntimeError: no life has begun, or the last one has just ended.
            StoreError: nothing took it; the running plan goes on.
        """
        # shielded: a plan that the store has taken is watched, even where whoever asked for it has gone
        return await asyncio.shield(self._take(watching))

    async def _take(self, watching: Watching) -> int:
        async with self._keeper.turn:
            desk, monitor = self._desk, self._monitor
            if desk is None or monitor is None:
                raise RuntimeError("netmon is still starting; ask again in a moment")
            monitor.hold()
            try:
                await self._keeper.keep(desk)  # what was seen under the plan before stands before it in the log
                at = desk.next_moment
                taken = await self._ledger.take_plan(watching.plan, at, watching.sources)
                desk.take_plan(taken)
                self._show(watching.plan, desk)
                if len(watching.collectors) > MANY_CHECKS:
                    settle = settle_memory if self.version else spare_memory
                    settle()
                # last, because it asks for what is due from now on: it must not grow late before it is asked
                monitor.watch(watching.plan, watching.collectors)
            finally:
                monitor.resume()
        self.version = taken.version
        self._vitals.plan_taken(watching.plan, taken.version, at)
        self._keeper.hurry()
        return taken.version

    def _show(self, plan: Plan, desk: Desk) -> None:
        self._exporter.show_plan(plan.subjects.values())
        self._states.clear()
        for entity, state in desk.states():
            self._exporter.show_state(entity, state)
            self._states[entity] = state

    async def _live(self, watching: Watching) -> None:
        memory = await self._ledger.memory(watching.plan.poller)
        if memory.last_beat is not None:
            self._go_on_from(Moment(memory.last_beat + 1))
        life = await self._ledger.begin_life(watching.plan.poller, self._clock.now())
        self._desk = desk = Desk(memory, life, self._new_roller())
        self._monitor = monitor = Monitor(
            clock=self._clock,
            desk=desk,
            limits=Limits(self._looking),
            exporter=self._exporter,
            vitals=self._vitals,
            hurry=self._keeper.hurry,
        )
        self._events.info("life_began", life=life.life, checks=len(watching.plan.checks))
        try:
            await self._take(watching)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keeper.run(desk), name="keeper")
                group.create_task(monitor.run(), name="monitor")
                group.create_task(self._watch_clock(), name="clock")
                group.create_task(self._tend_memory(monitor), name="memory")
        finally:
            # whatever ends this life, what was seen in it is kept with its last beat
            self._desk = None
            desk.end()
            await asyncio.shield(self._keeper.finish(desk))

    def _go_on_from(self, moment: Moment) -> None:
        """The log never goes back: where the wall clock stands before its end, time goes on from there."""
        behind = moment - self._clock.now()
        if behind > JUMP:
            self._events.error("clock_behind_log", seconds=in_seconds(Duration(behind)), at=moment)
        self._clock.catch_up(moment)

    async def _watch_clock(self) -> None:
        while True:
            await self._clock.sleep_until(Moment(self._clock.now() + BEAT))
            drift = self._clock.drift()
            self._vitals.clock_drifted(drift)
            if drift > JUMP:
                raise ClockJumpedError

    async def _tend_memory(self, monitor: Monitor) -> None:
        """Keep the garbage collector's rounds short; one that takes in everything is made once in a while."""
        settled = self._clock.now()
        while True:
            await self._clock.sleep_until(Moment(self._clock.now() + BEAT))
            if monitor.size <= MANY_CHECKS:
                continue
            if self._clock.now() - settled < SETTLING:
                tend_memory()
            else:
                settle_memory()
                settled = self._clock.now()

    def _tell(self, transition: Transition) -> None:
        """Show a transition that was kept, and say it where people would want to read it."""
        self._exporter.show_state(transition.entity, transition.state)
        if transition.state in (State.DOWN, State.UNKNOWN) and kind_of(transition.entity) is EntityKind.CHECK:
            self._hide_readings(CheckId(transition.entity))
        before = self._states.get(transition.entity)
        self._states[transition.entity] = transition.state
        kind, failure = kind_of(transition.entity), transition.failure
        self._events.log(
            _loudness(transition, before),
            f"{kind.value}_became_{transition.state.value}",
            **{kind.value: bare_id(transition.entity)},
            at=transition.at,
            reason=failure.reason.value if failure else None,
            evidence=failure.evidence if failure else None,
        )

    def _hide_readings(self, check: CheckId) -> None:
        """Drop the numbers of a check that was lost, unless it has answered again while that was being kept."""
        belief = self._desk.belief(check) if self._desk else None
        if belief is None or belief.state in (State.DOWN, State.UNKNOWN):
            self._exporter.hide_readings(check)


def _loudness(transition: Transition, before: State | None) -> int:
    """How loud a transition is said: what follows from another, or is as it should be from the start, is no news."""
    kind, failure = kind_of(transition.entity), transition.failure
    follows = kind is EntityKind.CHECK or (kind is EntityKind.INTERFACE and transition.state is State.UNKNOWN)
    intended = failure is not None and failure.reason is Reason.ADMIN_DOWN
    if follows or intended or (before is None and transition.state is State.UP):
        return logging.DEBUG
    return logging.INFO if transition.state is State.UP else logging.WARNING
