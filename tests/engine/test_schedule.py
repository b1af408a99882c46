"""The schedule brings up what is due, in order; the limits let nobody wait who need not."""

from __future__ import annotations

import asyncio

from netmon.engine.limits import Limits, give_back, take_all, take_at_once
from netmon.engine.schedule import Schedule
from netmon.engine.settings import LookingSettings
from netmon.kernel.clock import FakeClock
from netmon.model.ids import EntityId
from netmon.model.moments import Duration, Moment, seconds
from netmon.model.plan import Subject
from tests.makers import START, moment, subject


class Caller:
    """Takes what is due and notes it."""

    def __init__(self) -> None:
        self.clock = FakeClock(START)
        self.schedule: Schedule[str] = Schedule(self.clock)
        self.taken: list[tuple[float, str]] = []

    async def takes(self, number: int) -> None:
        while len(self.taken) < number:
            for _, item in await self.schedule.due(100):
                self.taken.append(((self.clock.now() - START) / 1e6, item))


async def test_items_come_up_at_their_moments_and_in_the_order_of_coming() -> None:
    caller = Caller()
    for at, item in ((3, "late"), (1, "early"), (3, "late too")):
        caller.schedule.put(moment(at), item)
    async with asyncio.TaskGroup() as group:
        group.create_task(caller.takes(3))
        await caller.clock.advance(seconds(10))

    assert caller.taken == [(1, "early"), (3, "late"), (3, "late too")]


async def test_what_is_put_before_all_else_wakes_whoever_waits() -> None:
    caller = Caller()
    caller.schedule.put(moment(100), "far")
    async with asyncio.TaskGroup() as group:
        group.create_task(caller.takes(2))
        await caller.clock.advance(seconds(5))
        caller.schedule.put(moment(6), "soon")
        await caller.clock.advance(seconds(100))

    assert caller.taken == [(6, "soon"), (100, "far")]


async def test_an_empty_schedule_waits_until_something_is_put() -> None:
    caller = Caller()
    async with asyncio.TaskGroup() as group:
        group.create_task(caller.takes(1))
        await caller.clock.advance(seconds(200_000))
        caller.schedule.put(Moment(caller.clock.now()), "now")
        await caller.clock.advance(Duration(0))

    assert caller.taken == [(200_000, "now")]


# ---------------------------------------------------------------- limits


def at_site(name: str, site: str) -> Subject:
    return Subject(id=EntityId(f"device:{name}"), title={}, role="router", checks=(), site=site)


class Visitors:
    """Who is inside, until told to leave."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.inside: list[str] = []
        self.leave = asyncio.Event()

    async def visit(self, whole: Subject) -> None:
        places = self.limits.places(whole)
        await take_all(places)
        self.inside.append(whole.id)
        await self.leave.wait()
        give_back(places)


async def test_a_target_that_is_full_keeps_out_nobody_else_of_its_site() -> None:
    visitors = Visitors(Limits(LookingSettings(looks_in_all=100, looks_per_site=10, looks_per_target=5)))
    async with asyncio.TaskGroup() as group:
        for _ in range(9):
            group.create_task(visitors.visit(at_site("a", "x")))
        for _ in range(3):
            group.create_task(visitors.visit(at_site("b", "x")))
        await FakeClock().advance(Duration(0))
        assert sorted(visitors.inside) == ["device:a"] * 5 + ["device:b"] * 3
        visitors.leave.set()

    assert len(visitors.inside) == 12


async def test_a_site_that_is_full_keeps_out_no_other_site() -> None:
    visitors = Visitors(Limits(LookingSettings(looks_in_all=100, looks_per_site=2, looks_per_target=5)))
    async with asyncio.TaskGroup() as group:
        for name in "abcd":
            group.create_task(visitors.visit(at_site(name, "x")))
        group.create_task(visitors.visit(at_site("e", "y")))
        group.create_task(visitors.visit(subject(EntityId("service:z"))))
        await FakeClock().advance(Duration(0))
        assert len(visitors.inside) == 4
        visitors.leave.set()

    assert len(visitors.inside) == 6


async def test_no_more_than_so_many_in_all() -> None:
    visitors = Visitors(Limits(LookingSettings(looks_in_all=3, looks_per_site=2, looks_per_target=5)))
    async with asyncio.TaskGroup() as group:
        for name in "abcdef":
            group.create_task(visitors.visit(at_site(name, name)))
        await FakeClock().advance(Duration(0))
        assert len(visitors.inside) == 3
        visitors.leave.set()

    assert len(visitors.inside) == 6


async def test_whoever_stops_waiting_leaves_the_line_and_takes_no_place_along() -> None:
    visitors = Visitors(Limits(LookingSettings(looks_in_all=1, looks_per_site=1, looks_per_target=5)))
    first, second, third = (asyncio.create_task(visitors.visit(at_site(name, name))) for name in "abc")
    await FakeClock().advance(Duration(0))
    second.cancel()
    await FakeClock().advance(Duration(0))

    visitors.leave.set()
    await asyncio.gather(first, third)

    assert visitors.inside == ["device:a", "device:c"]
    assert second.cancelled()


async def test_a_place_that_was_handed_over_to_someone_who_is_just_leaving_goes_to_the_next() -> None:
    visitors = Visitors(Limits(LookingSettings(looks_in_all=1, looks_per_site=1, looks_per_target=5)))
    places = visitors.limits.places(at_site("a", "a"))
    assert take_at_once(places)
    second, third = (asyncio.create_task(visitors.visit(at_site(name, name))) for name in "bc")
    await FakeClock().advance(Duration(0))
    give_back(places)
    second.cancel()
    visitors.leave.set()

    await asyncio.wait([second, third])

    assert visitors.inside == ["device:c"]
    assert second.cancelled()
