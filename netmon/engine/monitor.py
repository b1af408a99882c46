"""The monitor: asks every check's question when its slot has come, and again when an answer raises a doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from netmon.decisions.look_policy import PROMPT_REST, PROMPT_TIMEOUT, burst_ends, opens_doubt, prompted, relooks
from netmon.decisions.slots import first_slot, next_slot, skipped
from netmon.engine.desk import Asked, Desk, Judged
from netmon.engine.limits import Limits
from netmon.engine.schedule import Schedule
from netmon.kernel.clock import Clock
from netmon.model.ids import CheckId, EntityId
from netmon.model.looks import Occasion, Outcome
from netmon.model.moments import SECOND, Duration, Moment, in_seconds
from netmon.model.plan import CheckSpec, Plan, Subject
from netmon.model.states import State
from netmon.ports import Collector, Exporter, Vitals

FIRST_LOOKS = Duration(30 * SECOND)
"""What was never looked at is looked at within so long, or within half its interval."""

OVERTIME = Duration(5 * SECOND)
"""A collector that has not returned so long after its deadline is broken, and is stopped."""


@dataclass(slots=True, eq=False)
class Watch:
    """One check on the schedule, and what is under way for it."""

    spec: CheckSpec
    subject: Subject
    collector: Collector
    in_flight: int = 0
    asked_at: Moment = Moment(0)
    is_dropped: bool = False


@dataclass(frozen=True, slots=True)
class Errand:
    """Why a watch comes up: its slot, its first look of all, or a re-look of the burst that began with *opener*."""

    watch: Watch
    occasion: Occasion = Occasion.GRID
    opener: Moment | None = None


class Monitor:
    """Looks at everything in the plan. A slow or dead target delays nobody else; late slots are skipped."""

    def __init__(
        self, *, clock: Clock, desk: Desk, limits: Limits, exporter: Exporter, vitals: Vitals, hurry: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._desk = desk
        self._limits = limits
        self._exporter = exporter
        self._vitals = vitals
        self._hurry = hurry
        self._events = structlog.get_logger("netmon.monitor")
        self._schedule: Schedule[Errand] = Schedule(clock)
        self._watches: dict[CheckId, Watch] = {}
        self._by_subject: dict[EntityId, tuple[Watch, ...]] = {}
        self._canaries: tuple[Watch, ...] = ()
        self._in_flight = 0
        self._crashed: set[CheckId] = set()
        self._gate = asyncio.Event()
        self._gate.set()
        self.first_looks_left: set[CheckId] = set()

    def hold(self) -> None:
        """Judge nothing until `watch`: the plan is about to change."""
        self._gate.clear()

    def watch(self, plan: Plan, collectors: Mapping[CheckId, Collector]) -> None:
        """Look at what *plan* says from now on; a check that did not change goes on undisturbed."""
        now = self._clock.now()
        watches: dict[CheckId, Watch] = {}
        for subject in plan.subjects.values():
            for spec in subject.checks:
                known = self._watches.get(spec.id)
                if known is not None and known.spec == spec and known.collector is collectors[spec.id]:
                    known.subject = subject
                    watches[spec.id] = known
                    continue
                watches[spec.id] = watch = Watch(spec, subject, collectors[spec.id])
                self._begin(watch, now)
        for check, watch in self._watches.items():
            if watches.get(check) is not watch:
                watch.is_dropped = True
        self.first_looks_left &= watches.keys()
        self._crashed &= watches.keys()
        self._limits.keep_only(plan.subjects.keys())
        self._watches = watches
        self._by_subject = {
            entity: tuple(watches[spec.id] for spec in subject.checks) for entity, subject in plan.subjects.items()
        }
        self._canaries = self._by_subject.get(EntityId(f"poller:{plan.poller}"), ())
        self._gate.set()

    def _begin(self, watch: Watch, now: Moment) -> None:
        """Put *watch* on the grid; what was never looked at has its first look soon, and does not wait for its slot."""
        spec = watch.spec
        slot = first_slot(spec.id, spec.rule.interval, now)
        self._schedule.put(slot, Errand(watch))
        belief = self._desk.belief(spec.id)
        if belief is None or belief.last_look is not None:
            return
        self.first_looks_left.add(spec.id)
        early = Moment(now + (slot - now) % min(spec.rule.interval // 2, FIRST_LOOKS))
        if early < slot:
            self._schedule.put(early, Errand(watch, Occasion.FIRST))

    def resume(self) -> None:
        """Go on judging under the plan that is in force."""
        self._gate.set()

    async def run(self) -> None:
        """Look until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                for due, errand in await self._schedule.due():
                    self._start(group, errand, due)

    def _start(self, group: asyncio.TaskGroup, errand: Errand, due: Moment) -> None:
        watch = errand.watch
        if watch.is_dropped:
            return
        if errand.occasion is Occasion.GRID:
            self._start_slot(group, errand, due)
        elif errand.occasion is Occasion.BURST or not watch.asked_at:
            self._spawn(group, errand, due)

    def _start_slot(self, group: asyncio.TaskGroup, errand: Errand, due: Moment) -> None:
        """Look because the slot *due* has come, unless that is long past or the look before is not done."""
        watch, now = errand.watch, self._clock.now()
        interval = watch.spec.rule.interval
        following = next_slot(due, interval, now)
        self._schedule.put(following, errand)
        late = now - due > interval // 2
        missed = skipped(due, following, interval) + (1 if late or watch.in_flight else 0)
        belief = self._desk.belief(watch.spec.id)
        burst = belief.burst if belief else None
        if burst is not None and now <= burst_ends(burst.opener, watch.spec.rule) + OVERTIME:
            return  # inside a burst the grid rests
        if missed:
            self._vitals.slots_skipped(watch.spec.kind, missed)
        if not late and not watch.in_flight:
            self._spawn(group, errand, due)

    def _spawn(self, group: asyncio.TaskGroup, errand: Errand, due: Moment) -> None:
        errand.watch.in_flight += 1
        errand.watch.asked_at = self._clock.now()
        group.create_task(self._look(group, errand, due), name=errand.watch.spec.id)

    async def _look(self, group: asyncio.TaskGroup, errand: Errand, due: Moment) -> None:
        watch, spec = errand.watch, errand.watch.spec
        is_prompt = errand.occasion is Occasion.PROMPT
        timeout = min(spec.rule.timeout, PROMPT_TIMEOUT) if is_prompt else spec.rule.timeout
        self._in_flight += 1
        self._vitals.looks_in_flight(self._in_flight)
        try:
            async with self._limits.permit(watch.subject):
                asked = Asked(
                    spec=spec,
                    due=due,
                    at=self._clock.now(),
                    timeout=timeout,
                    occasion=errand.occasion,
                    opener=errand.opener,
                )
                outcome = await self._ask(watch, timeout)
            await self._gate.wait()
        finally:
            watch.in_flight -= 1
            self._in_flight -= 1
        if outcome is None or watch.is_dropped:
            return
        judged = self._desk.judge(asked, outcome, self._clock.now())
        if judged is None:
            return
        self._vitals.look_finished(
            spec.kind, judged.look.verdict, Duration(asked.at - due), Duration(judged.look.known - asked.at)
        )
        self.first_looks_left.discard(spec.id)
        if self._desk.has_news:
            self._hurry()
        self._show(watch, judged, outcome)
        self._follow_up(group, watch, judged)

    async def _ask(self, watch: Watch, timeout: Duration) -> Outcome | None:
        """The collector's outcome; ``None`` where it crashed: a bug of ours is not an outage of theirs."""
        spec = watch.spec
        try:
            async with asyncio.timeout(in_seconds(Duration(timeout + OVERTIME))):
                outcome = await watch.collector.look(timeout)
        except Exception:  # noqa: BLE001  whatever a collector raises is our bug, and must stop nobody else
            self._vitals.collector_crashed(spec.kind)
            if spec.id not in self._crashed:
                self._crashed.add(spec.id)
                self._events.exception("collector_crashed", check=spec.id, kind=spec.kind)
            return None
        if spec.id in self._crashed:
            self._crashed.discard(spec.id)
            self._events.info("collector_recovered", check=spec.id, kind=spec.kind)
        return outcome

    def _show(self, watch: Watch, judged: Judged, outcome: Outcome) -> None:
        """Show the numbers while the check is neither down nor unknown; while it is in doubt the last ones stay."""
        if judged.after.state in (State.DOWN, State.UNKNOWN, None):
            self._exporter.hide_readings(watch.spec.id)
        elif judged.look.verdict.is_answer:
            self._exporter.show_readings(watch.spec, outcome.readings, outcome.facts or {})

    def _follow_up(self, group: asyncio.TaskGroup, watch: Watch, judged: Judged) -> None:
        """Ask again where this look raised a doubt, and ask those who can tell more."""
        look = judged.look
        opener = judged.after.burst.opener if judged.after.burst else None
        for due in relooks(judged.after, look, watch.spec.rule):
            self._schedule.put(due, Errand(watch, Occasion.BURST, opener))
        if not opens_doubt(judged.before, judged.after, look):
            return
        wanted = {spec.id for spec in prompted(watch.subject, watch.spec)}
        others = [one for one in self._by_subject[watch.spec.subject] if one.spec.id in wanted]
        canaries = () if watch in self._canaries else self._canaries
        now = self._clock.now()
        for other in (*others, *canaries):
            belief = self._desk.belief(other.spec.id)
            is_busy = other.in_flight or belief is None or belief.burst is not None
            if not is_busy and now - other.asked_at >= PROMPT_REST:
                self._spawn(group, Errand(other, Occasion.PROMPT), now)
