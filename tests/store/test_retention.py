"""What is too old goes, and what is still needed stays: alike on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import UTC

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from netmon.model.ids import CheckId, EntityId
from netmon.model.log import LifeBegan, Looked, PlanTaken, Run
from netmon.model.looks import Look
from netmon.model.moments import DAY, HOUR, Duration, Moment, Span
from netmon.model.news import Status, Transition
from netmon.model.plan import Subject
from netmon.model.plan_document import plan_of
from netmon.model.rollups import RolledPart, Series, Width, figures_of
from netmon.model.states import State, Verdict
from netmon.ports import Batch, Cleared, StoreError
from netmon.store import SqlStore, open_store
from netmon.store.clearing import ROWS_AT_ONCE
from netmon.store.database import Database
from netmon.store.partitions import PARTITIONED

Reach = Callable[[], Database]

CHECK = CheckId("check:device:a/icmp")
DEVICE = EntityId("device:a")
LOSS = Series(CHECK, "netmon_icmp_loss_ratio")
MONDAY = PARTITIONED["transitions"].start(Moment(1_800_000_000_000_000))
"""A moment at which a period of every table begins."""

assert all(table.start(MONDAY) == MONDAY for table in PARTITIONED.values())


def day(number: float) -> Moment:
    return Moment(MONDAY + round(number * DAY))


def look(at: float, sequence: int) -> Looked:
    seen = Look(check=CHECK, at=day(at), took=Duration(0), verdict=Verdict.ANSWERED)
    return Looked(look=seen, plan=1, sequence=sequence)


def run(first: float, days: float, check: CheckId = CHECK) -> Run:
    count = round(days * DAY) // HOUR + 1
    return Run(check=check, plan=1, first=day(first), count=count, interval=Duration(HOUR), verdict=Verdict.ANSWERED)


def news(at: float, state: State, entity: EntityId = DEVICE) -> Transition:
    return Transition(entity=entity, at=day(at), state=state)


def part(at: float, *samples: float) -> RolledPart:
    return RolledPart(series=LOSS, since=day(at), part=0, figures=figures_of(samples))


def subject(name: str) -> Subject:
    return Subject(id=EntityId(f"device:{name}"), title={}, role="router", checks=())


@pytest.fixture
async def store(reach: Reach) -> AsyncIterator[SqlStore]:
    async with open_store(reach()) as opened:
        await opened.begin_life("centre", day(-800))
        yield opened


async def cleared(store: SqlStore, name: str, horizon: float) -> int:
    """Clear all of it; how many rows went."""
    rows = 0
    while not (step := await store.clear(name, day(horizon))).is_done:
        rows += step.rows
    return rows + step.rows


async def looks(store: SqlStore) -> list[float]:
    return [(event.look.at - MONDAY) / DAY async for event in store.log() if isinstance(event, Looked)]


async def rows(store: SqlStore, table: str, order: str) -> list[float]:
    async with store._snapshot() as connection:
        found = await connection.execute(text(f"SELECT {order} FROM {table} ORDER BY {order}"))
        return [(at - MONDAY) / DAY for at in found.scalars()]


async def test_looks_go_by_whole_weeks_and_the_log_begins_behind_them(store: SqlStore) -> None:
    await store.keep(Batch(life=1, beat=day(9), looked=[look(at, n) for n, at in enumerate((-9, -7, -1, 0, 1, 8))]))
    assert await cleared(store, "looks", 3) == 3
    assert await rows(store, "looks", "known") == [0, 1, 8]
    assert await looks(store) == [1, 8]
    assert await cleared(store, "looks", 3) == 0


async def test_late_facts_from_before_find_their_place_and_go_with_the_next_week(store: SqlStore) -> None:
    await store.keep(Batch(life=1, beat=day(9), looked=[look(at, n) for n, at in enumerate((-9, 1, 8))]))
    await cleared(store, "looks", 3)
    seen = [look(-300, 7), look(-1, 8), look(-1, 8)]
    late = Batch(life=1, beat=day(9), looked=seen, transitions=[news(-900, State.UP)])
    await store.keep(late)
    await store.keep(late)
    assert await looks(store) == [1, 8]
    assert await cleared(store, "looks", 8) == 3
    assert await rows(store, "looks", "known") == [8]
    assert (await store.history(DEVICE, day(-999), day(9)))[0].status.since == day(-900)


async def test_late_facts_find_their_place_where_nothing_was_too_old_yet(store: SqlStore) -> None:
    assert await store.clear("looks", day(-90)) == Cleared(rows=0, size_bytes=0, is_done=True)
    await store.keep(Batch(life=1, beat=day(1), looked=[look(-3000, 1)]))  # by a clock that was wrong by years
    assert await rows(store, "looks", "known") == [-3000]


async def test_who_clears_does_not_wait_for_a_store_that_is_still_prepared(reach: Reach) -> None:
    database = reach()
    store = _Slow(database)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(store.prepare())
            await store.began.wait()
            with pytest.raises(StoreError, match="not reached yet"):
                await store.clear("looks", day(-90))
            store.may_go_on.set()
        assert (await store.clear("looks", day(-90))).is_done
    finally:
        await database.close()


class _Slow(SqlStore):
    """One whose migration takes as long as a test wants."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.began, self.may_go_on = asyncio.Event(), asyncio.Event()

    @override
    async def _bring_forward(self, connection: AsyncConnection) -> None:
        self.began.set()
        await self.may_go_on.wait()
        await super()._bring_forward(connection)


async def test_a_run_that_goes_on_stays_and_may_grow(store: SqlStore) -> None:
    ended, going_on = run(-40, 39), run(-40, 41, CheckId("check:device:b/icmp"))
    await store.keep(Batch(life=1, beat=day(3), runs=[ended, going_on, run(1, 1)]))
    assert await cleared(store, "runs", 2) == 1
    assert await rows(store, "runs", '"first"') == [-40, 1]
    unrolled = await looks(store)
    assert min(unrolled) == 1
    assert len(unrolled) == 25 + 1
    await store.keep(Batch(life=1, beat=day(3), runs=[run(-40, 42, going_on.check)]))
    assert len(await looks(store)) == 25 + 25


async def test_the_state_at_the_horizon_and_its_since_stay_true(store: SqlStore) -> None:
    other = EntityId("device:b")
    told = [
        news(-750, State.DOWN), news(-600, State.UP), news(-600, State.DEGRADED), news(5, State.DOWN),
        news(-500, State.UP, other), news(-499, State.DOWN, other),
    ]  # fmt: skip
    await store.keep(Batch(life=1, beat=day(9), transitions=told))
    before = await store.statuses()
    assert await cleared(store, "transitions", 100) == 3
    assert await store.statuses() == before
    assert [interval.status for interval in await store.history(DEVICE, day(-700), day(9))] == [
        Status(State.DEGRADED, day(-600)), Status(State.DOWN, day(5)),
    ]  # fmt: skip
    assert await cleared(store, "transitions", 500) == 1, "a state that was held until another came"
    assert await store.statuses() == before


async def test_figures_of_five_minutes_go_by_whole_weeks_and_leave_their_hours(store: SqlStore) -> None:
    await store.keep(Batch(life=1, beat=day(9), rolled=[part(at, at) for at in (-8, -1, 0, 1, 8)]))
    await store.derive_rollups(day(20), UTC)
    assert await cleared(store, "rollups_5m", 3) == 2
    assert await rows(store, "rollups_5m", "since") == [0, 1, 8]
    assert await rows(store, "rollups_1h", "since") == [-8, -1, 0, 1, 8]
    assert await cleared(store, "rollups_5m", 3) == 0


async def test_late_figures_from_before_are_there_once_and_go_with_the_next_week(store: SqlStore) -> None:
    await store.keep(Batch(life=1, beat=day(9), rolled=[part(at, 1.0) for at in (-1, 1, 8)]))
    await cleared(store, "rollups_5m", 3)
    late = Batch(life=1, beat=day(9), rolled=[part(at, 2.0, 3.0) for at in (-300, -1, 1)])
    await store.keep(late)
    await store.keep(late)
    assert await rows(store, "rollups_5m", "since") == [-300, -1, 1, 8]
    found = await store.rollups(CHECK, LOSS.family, Width.FIVE_MINUTES, Span(day(-2), day(9)))
    assert [one.figures.count for one in found] == [2, 2, 1]
    assert await cleared(store, "rollups_5m", 8) == 3
    assert await rows(store, "rollups_5m", "since") == [8]


async def test_transitions_can_still_not_be_removed_by_hand(store: SqlStore, reach: Reach) -> None:
    await store.keep(Batch(life=1, beat=day(9), transitions=[news(-500, State.DOWN), news(1, State.UP)]))
    await cleared(store, "transitions", 1)
    async with store._transaction(durable=False) as connection:
        with pytest.raises(Exception, match="only ever added"):
            await connection.execute(text(f"DELETE FROM transitions WHERE at >= {day(0)}"))


async def test_plans_stay_as_long_as_looks_or_runs_or_what_is_in_force_need_them(store: SqlStore) -> None:
    plans = [plan_of("centre", [subject(name)]) for name in ("a", "b", "c", "d")]
    for plan, at in zip(plans, (-100, -50, -20, 5), strict=True):
        await store.take_plan(plan, day(at), {})
    assert await cleared(store, "plans", 4) == 0, "nothing of the log was dropped yet"
    await cleared(store, "looks", 4)
    assert await cleared(store, "plans", 4) == 0
    await cleared(store, "runs", 4)
    assert await cleared(store, "plans", 4) == 4
    assert await rows(store, "plans", "taken_at") == [-20, 5]
    assert [event.plan async for event in store.log() if isinstance(event, PlanTaken)] == plans[2:]


async def test_the_log_begins_with_what_was_believed_and_with_the_plan_in_force(store: SqlStore) -> None:
    await store.take_plan(plan_of("centre", []), day(-800), {})
    other = CheckId("check:device:b/icmp")
    missed = replace(run(-40, 80, other), verdict=Verdict.MISSED)
    seen, late = [look(0.1, 1), look(2, 2)], news(0.3, State.DOWN, EntityId(CHECK))
    await store.keep(Batch(life=1, beat=day(0.5), transitions=[news(0.2, State.UP, EntityId(CHECK))]))
    await store.keep(Batch(life=1, beat=day(2), looked=seen, runs=[missed], transitions=[late]))
    await store.begin_life("centre", day(2))
    assert (await store.beginning()).statuses == {}
    await cleared(store, "looks", 0.5)
    beginning = await store.beginning()
    assert beginning.statuses == {CHECK: Status(State.UP, day(0.2))}, "what was known by then"
    assert beginning.last_looks == {CHECK: day(0.1), other: day(1) - HOUR}
    assert beginning.last_answers == {CHECK: day(0.1)}
    events = [event async for event in store.log()]
    assert isinstance(events[0], PlanTaken)
    assert [event.life for event in events if isinstance(event, LifeBegan)] == [2]


async def test_much_goes_in_steps_and_each_is_told(store: SqlStore) -> None:
    many = [look(-1 - n / 10_000, n) for n in range(ROWS_AT_ONCE + 10)]
    await store.keep(Batch(life=1, beat=day(9), looked=[*many, look(1, 99_999)]))
    (holding,) = [one for one in await store.survey({"looks": day(1)}) if one.table == "looks"]
    assert (holding.rows, holding.rows_to_go, holding.keep_since) == (len(many) + 1, len(many), day(0))
    assert holding.oldest == many[-1].look.at
    assert holding.size_bytes is not None
    assert holding.bytes_to_go is not None
    assert holding.size_bytes * 0.9 < holding.bytes_to_go < holding.size_bytes
    steps = [await store.clear("looks", day(1)) for _ in range(3)]
    assert sum(step.rows for step in steps) == len(many)
    assert max(step.rows for step in steps) in (ROWS_AT_ONCE, len(many))
    assert steps[-1] == Cleared(rows=0, size_bytes=0, is_done=True)


async def test_a_survey_of_everything_changes_nothing(store: SqlStore) -> None:
    await store.keep(Batch(life=1, beat=day(9), transitions=[news(-500, State.DOWN), news(1, State.UP)]))
    horizons = dict.fromkeys(("looks", "runs", "transitions", "plans", "rollups_5m"), day(9))
    before = await store.survey(horizons)
    assert await store.survey(horizons) == before
    assert {one.table: one.rows_to_go for one in before if one.rows} == {"transitions": 0}


def moments(*numbers: float) -> Iterable[Moment]:
    return map(day, numbers)


async def test_a_mark_is_remembered_and_never_goes_back(store: SqlStore) -> None:
    assert await store.mark("housekeeping.done") is None
    for at in moments(3, 1, 2):
        await store.set_mark("housekeeping.done", at)
    assert await store.mark("housekeeping.done") == day(3)


async def test_rows_of_any_moment_find_a_place(store: SqlStore) -> None:
    extremes = [Moment(0), Moment(-1), Moment(2**63 - 1), Moment(-(2**63)), Moment(4 * 10**17)]
    for at in extremes:
        await store.keep(Batch(life=1, beat=day(9), transitions=[Transition(entity=DEVICE, at=at, state=State.UP)]))
    assert len(await rows(store, "transitions", "at")) == len(extremes)
