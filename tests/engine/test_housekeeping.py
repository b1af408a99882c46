"""Housekeeping: when it comes, how it goes, and how it leaves the turn to others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import time
from zoneinfo import ZoneInfo

import pytest

from netmon.engine.calendar import daily, last_due
from netmon.engine.housekeeping import AGAIN, DONE, SETTLING, Housekeeping, Routine
from netmon.kernel.clock import FakeClock
from netmon.model.moments import DAY, MINUTE, SECOND, Duration, Moment, from_rfc3339
from netmon.ports import Cleared, Holding, StoreError
from tests.scenario.recorders import RecordingVitals

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
ROUTINE = Routine(time(3, 10), ZONE, {"looks": Duration(90 * DAY), "runs": Duration(400 * DAY), "transitions": None})
NIGHT = from_rfc3339("2026-11-22T03:00:00+07:00")


class Shelves:
    """A store of which some rows are too old; a step takes 10 ms."""

    def __init__(self, clock: FakeClock, rows: dict[str, int]) -> None:
        self.clock = clock
        self.rows = rows
        self.free = 3
        self.marks: dict[str, Moment] = {}
        self.asked: list[tuple[str, Moment]] = []
        self.refuses = 0
        self.in_steps = 0

    async def survey(self, horizons: Mapping[str, Moment]) -> Sequence[Holding]:
        return []

    async def clear(self, name: str, horizon: Moment) -> Cleared:
        if self.refuses:
            self.refuses -= 1
            raise StoreError("cannot write to it: it is away")
        self.asked.append((name, horizon))
        went = min(2, self.rows.get(name, 0))
        self.rows[name] = self.rows.get(name, 0) - went
        return Cleared(rows=went, size_bytes=0, is_done=went < 2)

    async def reclaim(self) -> Cleared:
        went = min(1, self.free)
        self.free -= went
        return Cleared(rows=0, size_bytes=4_096 * went, is_done=not went)

    async def mark(self, name: str) -> Moment | None:
        return self.marks.get(name)

    async def set_mark(self, name: str, at: Moment) -> None:
        self.marks[name] = at


class CountingVitals(RecordingVitals):
    """Besides, what housekeeping says."""

    def __init__(self) -> None:
        super().__init__()
        self.went = 0
        self.freed = 0
        self.rounds: list[bool] = []

    def tidied(self, table: str, rows: int, size_bytes: int) -> None:
        self.went += rows
        self.freed += size_bytes

    def housekeeping_ended(self, at: Moment, took: Duration, *, is_done: bool) -> None:
        self.rounds.append(is_done)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NIGHT)


@pytest.fixture
def shelves(clock: FakeClock) -> Shelves:
    return Shelves(clock, {"looks": 5, "runs": 4, "transitions": 9})


@pytest.fixture
def vitals() -> CountingVitals:
    return CountingVitals()


@pytest.fixture
def housekeeping(clock: FakeClock, shelves: Shelves, vitals: CountingVitals) -> Housekeeping:
    return Housekeeping(clock=clock, store=shelves, turn=asyncio.Lock(), vitals=vitals, routine=ROUTINE)


@asynccontextmanager
async def at_work(housekeeping: Housekeeping) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(housekeeping.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_round_clears_what_is_not_kept_for_ever_and_gives_room_back(
    housekeeping: Housekeeping, clock: FakeClock, shelves: Shelves, vitals: CountingVitals
) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(housekeeping.tidy())
        await clock.advance(SECOND)
    assert shelves.rows == {"looks": 0, "runs": 0, "transitions": 9}
    assert set(shelves.asked) == {("looks", NIGHT - 90 * DAY), ("runs", NIGHT - 400 * DAY)}
    assert shelves.marks == {DONE: NIGHT}
    assert (vitals.went, vitals.freed, vitals.rounds) == (9, 3 * 4_096, [True])


async def test_between_two_steps_others_have_their_turn(clock: FakeClock, shelves: Shelves) -> None:
    turn, seen = asyncio.Lock(), []
    housekeeping = Housekeeping(clock=clock, store=shelves, turn=turn, vitals=CountingVitals(), routine=ROUTINE)
    async with asyncio.TaskGroup() as group:
        group.create_task(housekeeping.tidy())
        for _ in range(3):
            await clock.advance(Duration(1))
            async with turn:
                seen.append(shelves.rows["looks"])
            await clock.advance(Duration(20_000))
        await clock.advance(SECOND)
    assert seen == [3, 1, 0]


async def test_one_that_was_missed_is_made_up_once_when_the_first_looks_are_done(
    housekeeping: Housekeeping, clock: FakeClock, shelves: Shelves, vitals: CountingVitals
) -> None:
    shelves.marks[DONE] = Moment(NIGHT - 3 * DAY)
    async with at_work(housekeeping):
        await clock.advance(Duration(SETTLING - 1))
        assert vitals.rounds == []
        await clock.advance(MINUTE)
        assert vitals.rounds == [True]
        await clock.advance(Duration(3 * DAY))
        assert vitals.rounds == [True]


async def test_one_that_was_not_missed_waits_until_it_is_asked_for(
    housekeeping: Housekeeping, clock: FakeClock, shelves: Shelves, vitals: CountingVitals
) -> None:
    shelves.marks[DONE] = from_rfc3339("2026-11-21T03:10:00+07:00")
    async with at_work(housekeeping):
        await clock.advance(Duration(2 * SETTLING))
        assert vitals.rounds == []
        housekeeping.ask_for()
        await clock.advance(MINUTE)
        assert vitals.rounds == [True]
        assert not housekeeping.is_at_work


async def test_a_store_that_refuses_is_left_alone_for_a_while_and_the_round_is_done_then(
    housekeeping: Housekeeping, clock: FakeClock, shelves: Shelves, vitals: CountingVitals
) -> None:
    shelves.refuses = 2
    async with at_work(housekeeping):
        housekeeping.ask_for()
        await clock.advance(MINUTE)
        assert (vitals.rounds, housekeeping.is_at_work) == ([False], True)
        housekeeping.ask_for()  # one that is under way is not begun twice
        await clock.advance(AGAIN)
        assert vitals.rounds == [False, False]
        await clock.advance(Duration(AGAIN + MINUTE))
        assert (vitals.rounds, shelves.rows["looks"]) == ([False, False, True], 0)
        await clock.advance(Duration(5 * AGAIN))
        assert vitals.rounds == [False, False, True]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-22T03:09:59+07:00", "2026-11-21T03:10:00+07:00"),
        ("2026-11-22T03:10:00+07:00", "2026-11-22T03:10:00+07:00"),
        ("2026-11-22T20:00:00Z", "2026-11-22T03:10:00+07:00"),
    ],
)
def test_the_last_time_that_it_was_due_is_told_in_the_zone_of_the_organisation(now: str, due: str) -> None:
    assert last_due(time(3, 10), ZONE, from_rfc3339(now)) == from_rfc3339(due)


async def test_a_calendar_that_nobody_needs_any_more_leaves_no_work_behind() -> None:
    bell, before = asyncio.Event(), asyncio.all_tasks()
    async with daily(bell, time(3, 10), ZONE):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    assert not bell.is_set()
