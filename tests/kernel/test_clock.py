"""The clocks: the one that runs on, and the one that stands still until it is told to go on."""

from __future__ import annotations

import asyncio

import pytest

from netmon.kernel.clock import FakeClock, SystemClock, wall_nanoseconds
from netmon.model.moments import MILLISECOND, MINUTE, SECOND, Duration, Moment

START = Moment(1_800_000_000 * SECOND)


def after(seconds: float) -> Moment:
    return Moment(START + round(seconds * SECOND))


class Bedroom:
    """Sleepers who note when they wake."""

    def __init__(self) -> None:
        self.clock = FakeClock(START)
        self.woke: list[tuple[str, float]] = []

    def note(self, name: str) -> None:
        self.woke.append((name, (self.clock.now() - START) / SECOND))

    async def sleeps(self, name: str, *until: float) -> None:
        for moment in until:
            await self.clock.sleep_until(after(moment))
            self.note(name)


async def test_sleepers_wake_in_the_order_of_their_moments_each_at_its_own() -> None:
    room = Bedroom()
    async with asyncio.TaskGroup() as group:
        group.create_task(room.sleeps("late", 3))
        group.create_task(room.sleeps("early", 1, 2, 4))
        await room.clock.advance(Duration(10 * SECOND))

    assert room.woke == [("early", 1), ("early", 2), ("late", 3), ("early", 4)]
    assert room.clock.now() == after(10)


async def test_sleepers_of_one_moment_wake_in_the_order_in_which_they_lay_down() -> None:
    room = Bedroom()
    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(room.sleeps(name, 1, 2))
        await room.clock.advance(Duration(2 * SECOND))

    assert [name for name, _ in room.woke] == ["a", "b", "c"] * 2


async def test_nobody_wakes_before_time() -> None:
    room = Bedroom()
    async with asyncio.TaskGroup() as group:
        sleeper = group.create_task(room.sleeps("a", 1))
        await room.clock.advance(Duration(SECOND - 1))
        assert room.woke == []
        await room.clock.advance(Duration(1))
        assert sleeper.done()


async def test_a_moment_that_has_passed_is_not_waited_for() -> None:
    room = Bedroom()

    await room.sleeps("a", 0, -1)

    assert room.woke == [("a", 0), ("a", 0)]


async def test_whoever_wakes_does_all_it_can_before_the_next_one_does() -> None:
    room = Bedroom()

    async def toils() -> None:
        await room.clock.sleep_until(after(1))
        for _ in range(1000):
            await asyncio.sleep(0)
        room.note("toiled")

    async with asyncio.TaskGroup() as group:
        group.create_task(toils())
        group.create_task(room.sleeps("next", 1.5))
        await room.clock.advance(Duration(2 * SECOND))

    assert room.woke == [("toiled", 1), ("next", 1.5)]


async def test_an_event_ends_a_wait_before_its_moment() -> None:
    room = Bedroom()
    rung = asyncio.Event()

    async def waits() -> None:
        await room.clock.wait(rung, after(9))
        room.note("rung")

    async def rings() -> None:
        await room.clock.sleep_until(after(2))
        rung.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(waits())
        group.create_task(rings())
        await room.clock.advance(Duration(20 * SECOND))

    assert room.woke == [("rung", 2)]


async def test_a_wait_ends_at_its_moment_without_the_event() -> None:
    room = Bedroom()
    silent = asyncio.Event()

    async with asyncio.TaskGroup() as group:
        waiter = group.create_task(room.clock.wait(silent, after(3)))
        await room.clock.advance(Duration(3 * SECOND))
        assert waiter.done()
    assert not silent.is_set()


async def test_a_wait_for_what_has_happened_is_none() -> None:
    clock = FakeClock(START)
    rung = asyncio.Event()
    rung.set()

    await clock.wait(rung, after(3))
    await clock.wait(asyncio.Event(), START)

    assert clock.now() == START


@pytest.mark.parametrize("is_waiting_for_event", [False, True])
async def test_a_sleeper_that_is_cancelled_is_forgotten(is_waiting_for_event: bool) -> None:
    clock = FakeClock(START)
    coroutine = clock.wait(asyncio.Event(), after(1)) if is_waiting_for_event else clock.sleep_until(after(1))
    sleeper = asyncio.create_task(coroutine)
    await clock.advance(Duration(0))

    sleeper.cancel()
    await clock.advance(Duration(2 * SECOND))

    assert sleeper.cancelled()


async def test_a_loop_that_never_rests_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netmon.kernel.clock.RESTLESS_ROUNDS", 100)
    clock = FakeClock(START)

    async def spins() -> None:
        for _ in range(1000):
            await asyncio.sleep(0)

    spinner = asyncio.create_task(spins())
    with pytest.raises(RuntimeError, match="still busy"):
        await clock.advance(Duration(SECOND))
    await spinner


async def test_the_fake_wall_clock_can_be_elsewhere_and_be_followed_forward_alone() -> None:
    clock = FakeClock(START)
    assert clock.drift() == 0

    clock.wall = after(-60)
    assert clock.drift() == -MINUTE
    clock.follow_wall()
    assert (clock.now(), clock.drift()) == (START, 0)

    clock.wall = after(60)
    clock.follow_wall()
    assert (clock.now(), clock.drift()) == (after(60), 0)

    clock.catch_up(after(90))
    clock.catch_up(after(30))
    assert clock.now() == after(90)


# ---------------------------------------------------------------- the system's clock


async def test_the_system_clock_tells_the_wall_clock_s_time_and_never_goes_back() -> None:
    clock = SystemClock()
    before = wall_nanoseconds() // 1000

    moments = [clock.now() for _ in range(1000)]

    assert moments == sorted(moments)
    assert abs(moments[0] - before) < MINUTE
    assert abs(clock.drift()) < MINUTE


async def test_the_system_clock_sleeps_at_least_until_the_moment() -> None:
    clock = SystemClock()
    due = Moment(clock.now() + MILLISECOND)

    await clock.sleep_until(due)
    await clock.sleep_until(due)

    assert clock.now() >= due


async def test_the_system_clock_waits_for_the_event_or_the_moment() -> None:
    clock = SystemClock()
    rung = asyncio.Event()

    due = Moment(clock.now() + MILLISECOND)
    await clock.wait(rung, due)
    assert clock.now() >= due
    await clock.wait(rung, due)

    asyncio.get_running_loop().call_soon(rung.set)
    far = Moment(clock.now() + 60 * MINUTE)
    await clock.wait(rung, far)
    await clock.wait(rung, far)
    assert clock.now() < far


def test_the_system_clock_goes_on_from_where_the_log_ended() -> None:
    clock = SystemClock()
    ahead = Moment(clock.now() + 60 * MINUTE)

    clock.catch_up(ahead)

    assert clock.now() >= ahead
    assert clock.drift() < -59 * MINUTE
    clock.catch_up(Moment(0))
    clock.follow_wall()
    assert clock.now() >= ahead
