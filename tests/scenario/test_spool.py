"""A store that is away: netmon looks, keeps, tells and starts without it, and afterwards it has everything, once."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from itertools import groupby
from pathlib import Path

import pytest

from netmon.model.moments import Duration
from netmon.model.states import State
from netmon.ports import StoreError
from netmon.store.spool_settings import SpoolSettings
from tests.scenario.faults import Story
from tests.scenario.world import Second, World, second

UP, DOWN = State.UP, State.DOWN
CORE = "device:core-1"


def told(world: World) -> list[tuple[str, State, Second]]:
    """What netmon has said of entities, in order; of those of one entity each is said once."""
    said = []
    for event in world.events:
        kind, became, state = event["event"].partition("_became_")
        if became:
            said.append((f"{kind}:{event[kind]}", State(state), second(event["at"])))
    return said


def kept(world: World) -> list[tuple[str, State, Second]]:
    return [(one.entity, one.state, second(one.at)) for one in world.store.transitions]


def said_of_the_store(world: World) -> list[str]:
    return [event["event"] for event in world.events if event["event"].startswith(("store_", "spool_", "batch_"))]


def assert_told_is_kept(world: World) -> None:
    """Nothing that was told is lost, nothing is there twice, and the replay is equal."""
    assert sorted(told(world)) == sorted(kept(world))
    assert world.replayed() == world.kept()


# ---------------------------------------------------------------- outages


@pytest.mark.parametrize("seconds", [10, 600], ids=["ten seconds", "ten minutes"])
async def test_an_outage_of_the_store_leaves_the_rows_that_an_uninterrupted_twin_has(
    world: World, tmp_path: Path, seconds: float
) -> None:
    twin = World(tmp_path / "twin")
    for one in (world, twin):
        one.has_canaries("provider")
        one.has_device("core-1", "icmp", "snmp", watched=["Gi0/1"])
        one.has_device("edge-1")
        await one.starts()
        await one.passes(60)
        one.store.refuses = one is world
        await one.passes(seconds / 4)
        one.device("core-1").goes_silent()
        await one.passes(seconds / 2)
        one.device("core-1").answers()
        await one.passes(seconds / 4)
        one.store.refuses = False
        await one.passes(120)
        await one.stops()

    assert world.store.events() == twin.store.events()
    assert world.store.transitions == twin.store.transitions
    assert [batch.beat for batch in world.store.batches if batch.transitions] == [
        batch.beat for batch in twin.store.batches if batch.transitions
    ]
    assert world.spool.is_empty
    twin.spool.close()


async def test_news_are_told_while_the_store_is_away(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(30)
    world.store.refuses = True
    world.device("core-1").goes_silent()
    await world.passes(world.slot(CORE) - world.now + 13.5)

    assert world.state(CORE) is DOWN
    assert world.states(CORE) == [UP]
    assert world.vitals.backlog.transitions == 2  # of the check and of its device
    assert world.vitals.backlog.size_bytes > 0
    assert world.machine.backlog == world.vitals.backlog

    world.store.refuses = False
    await world.passes(10)
    assert world.states(CORE) == [UP, DOWN]
    assert (world.vitals.backlog.since, world.vitals.backlog.size_bytes) == (None, 0)
    assert_told_is_kept(world)


async def test_that_the_store_went_away_is_said_once_and_that_it_came_back_once_with_what_waits(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(30)
    world.store.refuses = True
    await world.passes(600)
    world.device("core-1").goes_silent()
    await world.passes(30)
    world.store.refuses = False
    await world.passes(30)

    assert said_of_the_store(world) == ["store_went_away", "store_came_back"]
    event = world.events[[event["event"] for event in world.events].index("store_came_back")]
    assert 600 <= event["away_seconds"] <= 640
    assert event["waiting_transitions"] == 2
    assert event["waiting_bytes"] > 0
    assert event["thinned_rows"] is None


async def test_a_store_that_commits_and_says_it_failed_gets_nothing_twice(world: World) -> None:
    """The outcome of a commit is unknown, the batch goes into the spool, and is known when it is loaded."""
    world.has_device("core-1")
    await world.starts()
    await world.passes(world.slot(CORE) - 0.5)
    world.device("core-1").goes_silent()
    real_keep = world.store.keep
    failures = 0

    async def keep(batch: object) -> None:
        nonlocal failures
        await real_keep(batch)  # type: ignore[arg-type]
        if failures < 3:
            failures += 1
            raise StoreError("nobody knows whether it was kept")

    world.store.keep = keep  # type: ignore[method-assign]
    await world.passes(60)

    assert failures == 3
    assert len(kept(world)) == len(set(kept(world)))
    assert_told_is_kept(world)


async def test_a_plan_is_taken_while_the_store_is_away(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(30)
    world.store.refuses = True
    world.has_device("edge-1")

    assert await world.reloads() == 2
    await world.passes(60)
    assert world.state("device:edge-1") is UP

    await world.reloads()
    world.store.refuses = False
    await world.passes(60)
    assert [taken.version for taken in world.store.takings] == [1, 2, 2]
    assert {run.plan for run in world.store.runs.values() if "edge-1" in run.check} == {2}
    assert_told_is_kept(world)


# ---------------------------------------------------------------- starts and kills


async def test_netmon_starts_without_its_store_and_later_the_log_says_that_it_remembered_nothing(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(60)
    await world.crashes()
    world.store.is_away = True
    await world.passes(10)

    await world.starts()
    await world.passes(60)
    assert world.state(CORE) is UP
    assert len(world.store.lives) == 1

    world.store.is_away = False
    await world.passes(60)
    assert [(life.life, life.remembers) for life in world.store.lives] == [(1, True), (2, False)]
    assert world.states(CORE) == [UP, UP]
    assert world.replayed() == world.kept()
    assert {batch.life for batch in world.store.batches} == {1, 2}
    await world.stops()
    await world.passes(5)
    await world.starts()
    await world.passes(30)
    assert world.states(CORE) == [UP, UP]
    assert world.replayed() == world.kept()


async def test_what_was_forgotten_stays_forgotten(world: World) -> None:
    gone = world.has_device("edge-1")
    world.has_device("core-1")
    await world.starts()
    await world.passes(60)
    world.has_no_more(gone.subject.id)
    await world.reloads()
    await world.crashes()
    world.store.is_away = True
    await world.starts()
    await world.passes(60)
    world.store.is_away = False
    await world.passes(60)
    await world.stops()

    world.has(gone.subject)
    await world.starts()
    await world.passes(30)

    assert world.states("device:edge-1") == [UP, UP]
    assert world.replayed() == world.kept()


async def test_a_netmon_that_was_stopped_in_order_remembers_everything_without_its_store(world: World) -> None:
    world.has_device("core-1").goes_silent()
    await world.starts()
    await world.passes(60)
    await world.stops()
    world.store.is_away = True
    await world.passes(10)

    await world.starts()
    await world.passes(60)
    world.store.is_away = False
    await world.passes(30)

    assert [life.remembers for life in world.store.lives] == [True, True]
    assert world.states(CORE) == [DOWN]
    assert_told_is_kept(world)


@pytest.mark.parametrize("is_back", [True, False], ids=["the store is back", "the store is still away"])
async def test_a_kill_while_the_store_is_away_loses_and_doubles_nothing(world: World, is_back: bool) -> None:
    world.has_device("core-1")
    world.has_device("edge-1").goes_silent()
    await world.starts()
    await world.passes(60)
    world.store.is_away = True
    await world.passes(20)
    world.device("core-1").goes_silent()
    await world.passes(30)
    assert world.state(CORE) is DOWN

    await world.crashes()
    world.store.is_away = not is_back
    await world.passes(3)
    await world.starts()
    await world.passes(60)
    world.store.is_away = False
    await world.passes(30)

    assert world.states(CORE) == [UP, DOWN]
    assert world.states("device:edge-1") == [DOWN]
    assert [life.remembers for life in world.store.lives] == [True, True]
    assert_told_is_kept(world)


async def test_a_store_that_is_there_and_not_fit_stops_the_start(world: World) -> None:
    world.has_device("core-1")
    world.store.refuses = True

    with pytest.raises(StoreError, match="it is full"):
        await world.starts()


async def test_a_host_that_slept_while_the_store_was_away_begins_a_life_that_remembers(world: World) -> None:
    world.has_device("core-1").goes_silent()
    await world.starts()
    await world.passes(60)
    world.store.refuses = True
    await world.passes(10)
    await world.sleeps(3600)
    await world.passes(60)
    world.store.refuses = False
    await world.passes(30)

    assert [life.remembers for life in world.store.lives] == [True, True]
    assert world.states(CORE) == [DOWN, State.UNKNOWN, DOWN]
    assert_told_is_kept(world)


# ---------------------------------------------------------------- random stories


class SpoolStory(Story):
    """A story whose store comes and goes, also while netmon is killed, stopped and started."""

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(world, seed)
        self.acts += ((10, self.the_store_comes_or_goes), (4, self.the_process_is_killed))

    def the_store_comes_or_goes(self) -> None:
        self.world.store.is_away = self.dice.random() < 0.6

    def the_store_changes(self) -> None:
        super().the_store_changes()
        self.world.store.refuses = False

    async def _netmon_starts_again(self) -> None:
        assert self.world.replayed() == self.world.kept()
        await self.world.passes(self.dice.choice([0.001, 0.001, 1, 5, 20, 100]))
        self.world.store.before_commit = self.world.store.after_commit = Duration(0)
        await self.world.starts()


@pytest.mark.parametrize("seed", range(1000, 1060))
async def test_whatever_happens_while_the_store_comes_and_goes_the_replay_tells_what_was_told(
    world: World, seed: int
) -> None:
    story = SpoolStory(world, seed)
    await story.is_told(60)
    world.store.is_away = False
    await world.passes(60)
    await world.stops()

    assert world.spool.is_empty
    assert world.replayed() == world.kept()
    said, there = told(world), kept(world)
    assert [one for one in said if one not in there] == []
    for entity, rows in groupby(sorted(there, key=lambda one: one[0]), key=lambda one: one[0]):
        mine = [*rows]
        assert [one for one in said if one[0] == entity] == [one for one in mine if one in said], entity


# ---------------------------------------------------------------- no room


async def test_while_nothing_takes_anything_memory_is_bounded_and_what_is_lost_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netmon.engine.keeper.MOST_HELD", 50)
    dice = random.Random(1)
    world.has_device("core-1", "icmp", "snmp").loses = lambda: dice.random() < 0.3
    await world.starts()
    await world.passes(30)
    world.finds_no_room()
    await world.passes(1200)

    held = world.machine._keeper._drawn
    assert held is not None
    assert len(held.looked) == 50
    assert set(said_of_the_store(world)) == {"store_went_away", "batch_refused", "spool_not_tidied"}
    assert len(said_of_the_store(world)) == 3
    assert [event["event"] for event in world.events].count("rows_lost") == 1
    assert world.vitals.thinned > 100

    world.finds_room()
    await world.passes(10)
    assert world.vitals.backlog.since is None
    assert said_of_the_store(world)[3:] == ["store_came_back", "batch_taken_again"]


@pytest.fixture
async def cramped(world: World, tmp_path: Path) -> AsyncIterator[World]:
    """A world with room for a spool of 20 kB."""
    small = World(tmp_path / "small", events=world.events, spool=SpoolSettings.model_construct(limit=20_000))
    small.segment = 2_000
    small._starts_anew()
    yield small
    await small.stops()
    small.spool.close()


async def test_at_the_limit_detail_goes_and_the_news_stay(cramped: World) -> None:
    dice = random.Random(1)
    for name in ("core-1", "edge-1", "edge-2"):
        cramped.has_device(name, "icmp", "snmp").loses = lambda: dice.random() < 0.2
    await cramped.starts()
    await cramped.passes(60)
    cramped.store.refuses = True
    for k in range(40):
        cramped.device("core-1").is_cut = k % 2 == 0
        await cramped.passes(60)
    assert cramped.vitals.thinned > 100
    assert cramped.vitals.largest_spool < 22_000
    assert said_of_the_store(cramped) == ["store_went_away", "spool_thinned"]

    cramped.store.refuses = False
    await cramped.passes(60)
    assert len(cramped.states(CORE)) > 20
    assert sorted(told(cramped)) == sorted(kept(cramped))
    (back,) = [event for event in cramped.events if event["event"] == "store_came_back"]
    assert back["thinned_rows"] == cramped.vitals.thinned


async def test_a_day_without_the_store_is_loaded_whole(world: World) -> None:
    world.segment = 50_000
    world._starts_anew()
    world.has_device("core-1", "icmp", "snmp")
    world.has_device("edge-1")
    await world.starts()
    await world.passes(60)
    world.store.is_away = True
    for _ in range(24):
        world.device("core-1").goes_silent()
        await world.passes(600)
        world.device("core-1").answers()
        await world.passes(3000)
    assert world.state(CORE) is UP
    assert world.vitals.largest_spool < 600_000
    world.store.is_away = False
    await world.passes(60)

    assert len(world.store.transitions) > 24 * 4
    assert world.vitals.thinned == 0
    assert_told_is_kept(world)
    assert said_of_the_store(world) == ["store_went_away", "store_came_back"]
    assert len(world.asked("device:edge-1")) == sum(
        run.count for run in world.store.runs.values() if "edge-1" in run.check
    ) + len([one for one in world.store.looks.values() if "edge-1" in one.look.check])
