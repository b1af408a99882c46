"""Asking: looks that need no task, collectors that break, places, and turns between asking, judging and all others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from netmon.decisions.slots import next_slot, phase, skipped
from netmon.engine.desk import Desk
from netmon.engine.limits import Limits
from netmon.engine.monitor import ASKED_AT_ONCE, Monitor
from netmon.engine.settings import LookingSettings
from netmon.kernel.clock import FakeClock
from netmon.kernel.secrets import SecretError
from netmon.model.ids import CheckId
from netmon.model.log import LifeBegan, PlanTaken
from netmon.model.looks import CannotTellError, Failure, Outcome
from netmon.model.moments import DAY, HOUR, SECOND, Duration, Moment, seconds
from netmon.model.plan import ICMP_RULE
from netmon.model.states import Reason, State
from netmon.ports import Collector, Memory
from tests.makers import ICMP, START, device, plan
from tests.scenario.recorders import RecordingExporter, RecordingVitals

ANSWER = Outcome(took=Duration(0))
EMPTY = Memory(statuses={}, last_looks={}, last_answers={}, last_beat=None)


class Target:
    """Answers at once, and notes when it was asked; *end* is what a look without a task leads to."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.asked: list[Moment] = []
        self.outcome = ANSWER

    async def look(self, timeout: Duration) -> Outcome:
        self.asked.append(self.clock.now())
        return self.outcome


class SharedTarget(Target):
    """The same without a task."""

    def begin(self, timeout: Duration, end: Callable[[Outcome], None]) -> None:
        self.asked.append(self.clock.now())
        end(self.outcome)


class Station:
    """A monitor that looks at one device by icmp, on a clock of our own."""

    def __init__(self, collector: type[Target]) -> None:
        self.clock = FakeClock(START)
        self.target = collector(self.clock)
        self.vitals, self.exporter = RecordingVitals(), RecordingExporter()
        self.desk = Desk(EMPTY, LifeBegan(poller="centre", life=1, at=START))
        self.limits = Limits(LookingSettings())
        self.monitor = Monitor(
            clock=self.clock,
            desk=self.desk,
            limits=self.limits,
            exporter=self.exporter,
            vitals=self.vitals,
            hurry=lambda: None,
        )
        taken = plan(device("icmp"))
        self.desk.take_plan(PlanTaken(START, 1, taken))
        self.collectors: dict[CheckId, Collector] = {ICMP: self.target}
        self.monitor.watch(taken, self.collectors)

    async def looks_for(self, *spans: Duration, between: Callable[[], None] = lambda: None) -> None:
        """Let *spans* pass, with something happening *between* them."""
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self.monitor.run())
            for span in spans:
                await self.clock.advance(span)
                between()
            running.cancel()

    @property
    def state(self) -> State | None:
        belief = self.desk.belief(ICMP)
        return belief.state if belief else None


@pytest.fixture(params=[Target, SharedTarget], ids=["a task for each look", "no task"])
def station(request: pytest.FixtureRequest) -> Station:
    return Station(request.param)


async def test_a_look_leads_to_the_same_with_and_without_a_task(station: Station) -> None:
    await station.looks_for(seconds(60))
    assert station.state is State.UP
    assert station.exporter.readings == {ICMP}

    station.target.outcome = Outcome(took=SECOND, failure=Failure(Reason.TIMEOUT, "nothing in 1 s"))
    await station.looks_for(seconds(60))
    assert station.state is State.DOWN
    assert station.exporter.readings == set()


async def test_a_collector_that_raises_blames_nobody_and_is_asked_again() -> None:
    class Broken(SharedTarget):
        def begin(self, timeout: Duration, end: Callable[[Outcome], None]) -> None:
            self.asked.append(self.clock.now())
            raise RuntimeError("a bug of ours")

    station = Station(Broken)
    await station.looks_for(seconds(60))

    assert station.state is None
    assert station.vitals.crashes["icmp"] == len(station.target.asked) >= 6


class Unfit(Target):
    """Lacks what the question takes."""

    async def look(self, timeout: Duration) -> Outcome:
        raise CannotTellError("no such program")


class UnfitShared(SharedTarget):
    """The same without a task."""

    def begin(self, timeout: Duration, end: Callable[[Outcome], None]) -> None:
        raise SecretError("env:COMMUNITY: the environment variable is not set")


@pytest.mark.parametrize("collector", [Unfit, UnfitShared])
async def test_a_look_that_cannot_be_made_is_no_bug_and_nobody_waits_for_it(collector: type[Target]) -> None:
    station = Station(collector)
    await station.looks_for(seconds(60))

    assert station.state is None
    assert station.vitals.not_made["icmp"] >= 6
    assert station.vitals.crashes["icmp"] == 0
    assert station.monitor.first_looks_left == set()


async def test_a_collector_that_forgets_its_deadline_is_stopped_and_is_our_bug() -> None:
    class Forgetful(Target):
        async def look(self, timeout: Duration) -> Outcome:
            await asyncio.Event().wait()
            return ANSWER

    station = Station(Forgetful)

    def pass_overtime() -> None:
        asker = station.monitor._asker
        for task in asker._running:
            asker._running[task] = 0.0
        asker._stop_overdue()

    await station.looks_for(seconds(11), seconds(0), between=pass_overtime)

    assert station.vitals.crashes["icmp"] >= 1
    assert station.state is None


async def test_a_collector_whose_own_waiting_is_cancelled_is_our_bug_and_is_asked_again() -> None:
    class Cancelled(Target):
        async def look(self, timeout: Duration) -> Outcome:
            self.asked.append(self.clock.now())
            raise asyncio.CancelledError

    station = Station(Cancelled)
    await station.looks_for(seconds(60))

    assert station.vitals.crashes["icmp"] == len(station.target.asked) >= 6


async def test_a_look_gives_back_the_places_that_it_took_though_its_target_has_moved() -> None:
    class Held(SharedTarget):
        def begin(self, timeout: Duration, end: Callable[[Outcome], None]) -> None:
            self.asked.append(self.clock.now())
            self.end = end

    station = Station(Held)
    here, there = (replace(device("icmp"), site=site) for site in ("here", "there"))
    limits = station.limits
    station.monitor.watch(plan(here), station.collectors)

    def move() -> None:
        station.monitor.watch(plan(there), station.collectors)
        station.target.end(ANSWER)

    free = [[places.free for places in limits.places(one)] for one in (here, there)]
    await station.looks_for(seconds(9), between=move)

    assert station.target.asked
    assert [[places.free for places in limits.places(one)] for one in (here, there)] == free


async def test_what_came_back_just_before_the_end_is_judged() -> None:
    station = Station(SharedTarget)
    errand = next(errand for _, _, errand in station.monitor._schedule._heap)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(station.monitor.run())
        await asyncio.sleep(0)
        station.monitor._asker.ask(group, errand, START)
        running.cancel()
    assert station.state is State.UP


# ---------------------------------------------------------------- time


async def test_a_day_of_looks_every_ten_seconds_drifts_by_nothing(station: Station) -> None:
    await station.looks_for(DAY)

    at = phase(ICMP, ICMP_RULE.interval)
    slots = [asked for asked in station.target.asked if asked % ICMP_RULE.interval == at]
    assert len(slots) == 8_640
    assert {later - earlier for earlier, later in pairwise(slots)} == {ICMP_RULE.interval}
    assert len(station.target.asked) - len(slots) <= 1  # the first look, which waits for no slot


@pytest.mark.parametrize("lost", [HOUR, DAY], ids=["an hour", "a day"])
async def test_time_in_which_the_process_stood_still_is_not_caught_up(station: Station, lost: Duration) -> None:
    def stand_still() -> None:
        station.clock.catch_up(Moment(station.clock.now() + lost))

    await station.looks_for(seconds(60), seconds(0), between=stand_still)
    before = len(station.target.asked)
    resumed = station.clock.now()
    await station.looks_for(seconds(60))

    after = station.target.asked[before:]
    assert 6 <= len(after) <= 7
    assert all(asked % ICMP_RULE.interval == phase(ICMP, ICMP_RULE.interval) for asked in after[1:])
    assert after[0] - resumed <= ICMP_RULE.interval
    assert station.vitals.skipped["icmp"] >= lost // ICMP_RULE.interval - 1


def test_the_slot_after_an_overrun_is_the_next_of_the_grid() -> None:
    slot, interval = Moment(START + 3), Duration(10 * SECOND)
    for late in (1, SECOND, interval - 1, interval, interval + 1, HOUR, DAY):
        following = next_slot(slot, interval, Moment(slot + late))
        assert (following - slot) % interval == 0
        assert slot + late <= following <= slot + late + interval
        assert skipped(slot, following, interval) == max(0, -(-late // interval) - 1)


@pytest.mark.parametrize("step", [-DAY, DAY], ids=["a day back", "a day ahead"])
async def test_a_step_of_the_wall_clock_moves_no_slot(station: Station, step: int) -> None:
    def set_wall() -> None:
        station.clock.wall = Moment(station.clock.now() + step)

    await station.looks_for(seconds(60), seconds(60), between=set_wall)

    at = phase(ICMP, ICMP_RULE.interval)
    slots = [asked for asked in station.target.asked if asked % ICMP_RULE.interval == at]
    assert {later - earlier for earlier, later in pairwise(slots)} == {ICMP_RULE.interval}


async def test_others_have_their_turn_however_many_looks_are_due() -> None:
    station = Station(SharedTarget)
    schedule = station.monitor._schedule
    errand = next(errand for _, _, errand in schedule._heap)
    schedule.clear()
    schedule.put_all((START, errand) for _ in range(50_000))
    taken = []
    turns = 0
    async with asyncio.TaskGroup() as group:

        async def take_turns() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        other = group.create_task(take_turns())
        while sum(taken) < 50_000:
            taken.append(len(await schedule.due(ASKED_AT_ONCE)))
        other.cancel()

    assert max(taken) == ASKED_AT_ONCE
    assert turns >= len(taken) - 1
