"""The monitor: asks every check's question when its slot has come, and again when an answer raises a doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping

from netmon.decisions.look_policy import PROMPT_REST, burst_ends, opens_doubt, prompted, relooks
from netmon.decisions.slots import next_slot, phase, skipped, slot_after
from netmon.engine.asker import OVERTIME, Asker
from netmon.engine.desk import Desk, Judged
from netmon.engine.errands import Errand, Result, Watch, watch_of
from netmon.engine.limits import Limits
from netmon.engine.schedule import Schedule
from netmon.kernel.clock import Clock
from netmon.model.ids import CheckId, EntityId
from netmon.model.looks import Occasion, Outcome
from netmon.model.moments import SECOND, Duration, Moment
from netmon.model.plan import Plan
from netmon.model.states import Reason, State
from netmon.ports import Collector, Exporter, Vitals

FIRST_LOOKS = Duration(30 * SECOND)
"""What was never looked at is looked at within so long, or within half its interval."""

ASKED_AT_ONCE = 200
"""So many due looks are asked before what came back is judged and the event loop goes round."""

JUDGED_AT_ONCE = 25
"""So many results are judged before what is due meanwhile is asked: judging one costs more than asking one."""

Beginning = tuple[Duration, Errand, Errand | None]
"""The phase of a check, and what it comes up for: its slots and, where nobody ever looked, its first look."""


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
        self._schedule: Schedule[Errand] = Schedule(clock)
        self._watches: dict[CheckId, Watch] = {}
        self._by_subject: dict[EntityId, tuple[Watch, ...]] = {}
        self._canaries: tuple[Watch, ...] = ()
        self._asker = Asker(clock, vitals)
        self._gate = asyncio.Event()
        self._gate.set()
        self.first_looks_left: set[CheckId] = set()

    @property
    def size(self) -> int:
        """How many checks are looked at."""
        return len(self._watches)

    def hold(self) -> None:
        """Judge nothing until `watch`: the plan is about to change."""
        self._gate.clear()

    def watch(self, plan: Plan, collectors: Mapping[CheckId, Collector]) -> None:
        """Look at what *plan* says from now on; a check that did not change goes on undisturbed."""
        watches: dict[CheckId, Watch] = {}
        new: list[Beginning] = []
        for subject in plan.subjects.values():
            for spec in subject.checks:
                known = self._watches.get(spec.id)
                if known is not None and known.spec == spec and known.collector is collectors[spec.id]:
                    known.subject, known.places = subject, self._limits.places(subject)
                    watches[spec.id] = known
                    continue
                watches[spec.id] = watch = watch_of(spec, subject, collectors[spec.id], self._limits.places(subject))
                new.append(self._begin(watch))
        for check, watch in self._watches.items():
            if watches.get(check) is not watch:
                watch.is_dropped = True
        self.first_looks_left &= watches.keys()
        self._asker.keep_only(watches.keys())
        self._limits.keep_only(plan.subjects.keys())
        self._watches = watches
        self._by_subject = {
            entity: tuple(watches[spec.id] for spec in subject.checks) for entity, subject in plan.subjects.items()
        }
        self._canaries = self._by_subject.get(EntityId(f"poller:{plan.poller}"), ())
        self._schedule.put_all(_first_dues(new, self._clock.now()))
        self._gate.set()

    def _begin(self, watch: Watch) -> Beginning:
        """What *watch* comes up for: its slots; and what was never looked at does not wait for the first of them."""
        spec = watch.spec
        at = phase(spec.id, spec.rule.interval)
        belief = self._desk.belief(spec.id)
        if belief is None or belief.last_look is not None:
            return at, Errand(watch), None
        self.first_looks_left.add(spec.id)
        return at, Errand(watch), Errand(watch, Occasion.FIRST)

    def look_now(self, check: CheckId) -> None:
        """Look at *check* at once, as something has happened to it; not if it is in no plan."""
        if (watch := self._watches.get(check)) is not None:
            self._schedule.put(self._clock.now(), Errand(watch, Occasion.PROMPT))

    def resume(self) -> None:
        """Go on judging under the plan that is in force."""
        self._gate.set()

    async def run(self) -> None:
        """Look until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._judge_results(group), name="judging")
                while True:
                    for due, errand in await self._schedule.due(ASKED_AT_ONCE):
                        self._start(group, errand, due)
        finally:
            self._asker.close()
            for result in self._asker.take_results(self._asker.waiting) if self._gate.is_set() else ():
                self._file(result)

    async def _judge_results(self, group: asyncio.TaskGroup) -> None:
        while True:
            await self._asker.results()
            await self._gate.wait()
            for result in self._asker.take_results(JUDGED_AT_ONCE):
                if (judged := self._file(result)) is not None:
                    self._follow_up(group, result.watch, judged)
            await asyncio.sleep(0)

    def _start(self, group: asyncio.TaskGroup, errand: Errand, due: Moment) -> None:
        watch = errand.watch
        if watch.is_dropped:
            return
        if errand.occasion is Occasion.GRID:
            self._start_slot(group, errand, due)
        elif errand.occasion is Occasion.PROMPT:
            self._start_prompt(group, errand)
        elif errand.occasion is Occasion.BURST or not watch.asked_at:
            self._asker.ask(group, errand, due)

    def _start_prompt(self, group: asyncio.TaskGroup, errand: Errand) -> None:
        """Look because something has happened, after a look that is under way; a burst sees it by itself."""
        watch, now = errand.watch, self._clock.now()
        belief = self._desk.belief(watch.spec.id)
        if watch.in_flight:
            self._schedule.put(Moment(now + PROMPT_REST), errand)
        elif belief is not None and belief.burst is None:
            self._asker.ask(group, errand, now)

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
            self._asker.ask(group, errand, due)

    def _file(self, result: Result) -> Judged | None:
        """Have *result* judged and shown; ``None`` where it says nothing, or nobody asks any longer."""
        watch, asked, outcome = result.watch, result.asked, result.outcome
        watch.in_flight -= 1
        if watch.is_dropped:
            return None
        if outcome is None or (outcome.failure is not None and outcome.failure.reason is Reason.AWAITED):
            self.first_looks_left.discard(watch.spec.id)
            return None  # nothing is known yet, either way: green must be earned, and so must red
        judged = self._desk.judge(asked, outcome, result.known)
        if judged is None:
            return None
        self._vitals.look_finished(
            watch.spec.kind, judged.look.verdict, Duration(asked.at - asked.due), Duration(judged.look.known - asked.at)
        )
        self.first_looks_left.discard(watch.spec.id)
        if self._desk.has_news:
            self._hurry()
        self._show(watch, judged, outcome)
        return judged

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
                self._asker.ask(group, Errand(other, Occasion.PROMPT), now)


def _first_dues(new: Iterable[Beginning], now: Moment) -> Iterator[tuple[Moment, Errand]]:
    """When *new* watches come up: nothing but arithmetic, for what is due meanwhile is late by it."""
    for at, errand, first in new:
        interval = errand.watch.spec.rule.interval
        slot = slot_after(at, interval, now)
        yield slot, errand
        early = Moment(now + (slot - now) % min(interval // 2, FIRST_LOOKS))
        if first is not None and early < slot:
            yield early, first
