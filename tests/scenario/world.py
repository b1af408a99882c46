"""The world of a story: the real machine on a clock, a store and targets that do what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from netmon.decisions.fold import replay
from netmon.decisions.slots import first_slot
from netmon.engine.ledger import Ledger
from netmon.engine.machine import Machine, Watching
from netmon.engine.settings import LookingSettings
from netmon.kernel.clock import FakeClock
from netmon.model.ids import CheckId, EntityId
from netmon.model.moments import SECOND, Duration, Moment, seconds
from netmon.model.news import Transition
from netmon.model.plan import CheckSpec, Rule, Subject
from netmon.model.plan_document import plan_of
from netmon.model.states import Reason, State
from netmon.ports import Collector
from netmon.store.spool import DiskSpool
from netmon.store.spool_settings import SpoolSettings
from tests.makers import START, check, subject
from tests.scenario.disk import Disk
from tests.scenario.memory_store import Killed, MemoryStore
from tests.scenario.recorders import RecordingExporter, RecordingVitals
from tests.scenario.targets import Question, Target

CENTRE = EntityId("poller:centre")

News = tuple[EntityId, Moment, State, Reason | None, str | None]


class World:
    """Stories begin at `START`, and tell moments in seconds after it."""

    segment = 20_000

    def __init__(
        self,
        folder: Path,
        *,
        events: Sequence[Mapping[str, Any]] = (),
        looking: LookingSettings | None = None,
        spool: SpoolSettings | None = None,
    ) -> None:
        self.events = events
        self.folder = folder / "spool"
        self.clock = FakeClock(START)
        self.store = MemoryStore(self.clock)
        self.disk = Disk()
        self._spooling = spool or SpoolSettings()
        self.exporter = RecordingExporter()
        self.vitals = RecordingVitals()
        self.targets: dict[EntityId, Target] = {}
        self._looking = looking or LookingSettings()
        self._collectors: dict[CheckId, tuple[CheckSpec, Collector]] = {}
        self.machine = self._machine()
        self._running: asyncio.Task[None] | None = None
        self._reload: asyncio.Task[int] | None = None

    # ------------------------------------------------------------ what there is

    def has(self, whole: Subject) -> Target:
        """There is *whole*, and it answers; where it was there before it is defined anew."""
        target = self.targets.get(whole.id) or Target(whole)
        target.subject = whole
        self.targets[whole.id] = target
        return target

    def has_device(self, name: str, *kinds: str, watched: Sequence[str] = (), rule: Rule | None = None) -> Target:
        entity = EntityId(f"device:{name}")
        return self.has(
            subject(entity, *(check(entity, kind, rule=rule) for kind in kinds or ["icmp"]), watched=watched)
        )

    def has_canaries(self, *names: str) -> Target:
        return self.has(subject(CENTRE, *(check(CENTRE, name=name) for name in names)))

    def has_no_more(self, entity: EntityId) -> None:
        del self.targets[entity]

    def device(self, name: str) -> Target:
        return self.targets[EntityId(f"device:{name}")]

    def loses_its_uplink(self) -> None:
        for target in self.targets.values():
            target.is_cut = True

    def regains_its_uplink(self) -> None:
        for target in self.targets.values():
            target.is_cut = False

    # ------------------------------------------------------------ what happens

    async def starts(self) -> None:
        """netmon is started, and has taken its plan."""
        # a collector's own deadline is on the loop's time: that goes by the story's clock too
        asyncio.get_running_loop().time = lambda: (self.clock.now() - START) / SECOND  # type: ignore[method-assign]
        await self.ledger.open()
        self._running = asyncio.create_task(self.machine.run(self._watching))
        await self.passes(0)

    async def passes(self, seconds_: float) -> None:
        """So much time passes."""
        await self.clock.advance(seconds(seconds_))
        if self._running is not None and self._running.done():
            self._running.result()

    def begins_to_reload(self) -> asyncio.Task[int]:
        """What there is now is to be taken as the plan."""
        self._reload = asyncio.create_task(self.machine.take(self._watching()))
        return self._reload

    async def reloads(self) -> int:
        """What there is now is taken as the plan."""
        reload = self.begins_to_reload()
        await self.passes(0)
        while not reload.done():
            await self.passes(0.1)
        self._reload = None
        return reload.result()

    async def stops(self) -> None:
        """netmon is asked to end, and does."""
        running, self._running = self._running, None
        if running is None:
            return
        running.cancel()
        await self.clock.advance(Duration(0))
        while not running.done():
            await self.clock.advance(seconds(0.1))
        with suppress(asyncio.CancelledError):
            await running
        self._starts_anew()

    async def crashes(self) -> None:
        """netmon is killed: what was not committed by now is forgotten."""
        running, self._running = self._running, None
        assert running is not None
        self.store.is_killed = self.disk.is_killed = True
        running.cancel()
        await self.clock.advance(Duration(0))
        while not running.done():  # whatever waits for the store still is told that it is dead
            await self.clock.advance(seconds(0.1))
        with suppress(asyncio.CancelledError, Killed, BaseExceptionGroup):
            await running
        if self._reload is not None:
            with suppress(asyncio.CancelledError, Killed, RuntimeError):
                await self._reload
            self._reload = None
        self.store.is_killed = self.disk.is_killed = False
        self._starts_anew()

    def finds_no_room(self) -> None:
        """From now on neither the store nor the disk takes anything."""
        self.store.refuses = self.disk.is_full = True

    def finds_room(self) -> None:
        """Both take everything again."""
        self.store.refuses = self.disk.is_full = False

    async def sleeps(self, seconds_: float) -> None:
        """The host is suspended: the wall clock goes on without us."""
        self.clock.wall = Moment(self.clock.now() + seconds(seconds_))

    # ------------------------------------------------------------ what is seen

    @property
    def now(self) -> float:
        return second(self.clock.now())

    def news(self, entity: str) -> list[tuple[State, float, Reason | None]]:
        """What was kept of *entity*: state, second, reason."""
        return [
            (one.state, second(one.at), one.failure.reason if one.failure else None)
            for one in self.store.transitions
            if one.entity == entity
        ]

    def states(self, entity: str) -> list[State]:
        return [state for state, _, _ in self.news(entity)]

    def state(self, entity: str) -> State | None:
        return self.exporter.states.get(EntityId(entity))

    def asked(self, entity: str) -> list[float]:
        """When the checks of *entity* were asked."""
        return [second(at) for _, at in self.targets[EntityId(entity)].asked]

    def slot(self, entity: str, kind: str = "icmp") -> float:
        """The first slot of a check from now on, as its phase says."""
        spec = next(one for one in self.targets[EntityId(entity)].subject.checks if one.kind == kind)
        return second(first_slot(spec.id, spec.rule.interval, self.clock.now()))

    def replayed(self) -> list[News]:
        """What a replay of the kept log tells, sorted."""
        return _sorted(replay(self.store.events()))

    def kept(self) -> list[News]:
        """What was told when it happened, sorted."""
        return _sorted(self.store.transitions)

    def _starts_anew(self) -> None:
        self.spool.close()
        self.machine = self._machine()

    def _machine(self) -> Machine:
        return Machine(
            clock=self.clock,
            ledger=self._new_ledger(),
            exporter=self.exporter,
            vitals=self.vitals,
            looking=self._looking,
        )

    def _new_ledger(self) -> Ledger:
        self.spool = DiskSpool(
            self.folder, limit=self._spooling.limit, segment=self.segment, executor=lambda: self.disk
        )
        self.ledger = Ledger(clock=self.clock, store=self.store, spool=self.spool, vitals=self.vitals)
        return self.ledger

    def _watching(self) -> Watching:
        whole = plan_of("centre", (target.subject for target in self.targets.values()))
        for spec in whole.checks.values():
            known = self._collectors.get(spec.id)
            if known is None or known[0] != spec:
                self._collectors[spec.id] = spec, Question(self.clock, spec, self.targets[spec.subject])
        return Watching(
            plan=whole,
            sources={},
            collectors={check_id: self._collectors[check_id][1] for check_id in whole.checks},
        )


class Second(float):
    """A moment of a story; equal to another that is the same microsecond."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | float) and round(self, 6) == round(other, 6)

    def __hash__(self) -> int:
        return hash(round(self, 6))


def second(at: Moment) -> Second:
    return Second((at - START) / SECOND)


def _sorted(news: Iterable[Transition]) -> list[News]:
    """By entity; news of one entity stay in their order."""
    rows = [
        (
            one.entity,
            one.at,
            one.state,
            one.failure.reason if one.failure else None,
            one.failure.evidence if one.failure else None,
        )
        for one in news
    ]
    return sorted(rows, key=lambda row: row[0])
