"""Keep first, then tell; and what is under way is bounded, however much there is to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from netmon.engine.settings import LookingSettings
from netmon.model.moments import SECOND, Duration, seconds
from netmon.model.states import State
from netmon.ports import StoreError
from tests.scenario.targets import Mood
from tests.scenario.world import World

UP, DOWN = State.UP, State.DOWN
CORE = "device:core-1"


async def test_news_are_told_after_they_are_kept(world: World) -> None:
    world.has_device("core-1")
    world.store.after_commit = seconds(0.3)
    await world.starts()
    while not world.states(CORE):
        await world.passes(0.1)

    assert world.state(CORE) is None
    await world.passes(0.4)
    assert world.state(CORE) is UP


async def test_while_nothing_is_taken_nothing_is_told_and_nothing_is_lost(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(30)
    world.finds_no_room()
    world.device("core-1").goes_silent()
    slot = world.slot(CORE)
    await world.passes(120)
    assert world.state(CORE) is UP

    world.device("core-1").answers()
    await world.passes(30)
    world.finds_room()
    await world.passes(6)

    assert [(state, at) for state, at, _ in world.news(CORE)][1:] == [(DOWN, slot), (UP, slot + 120)]
    assert world.exporter.told[-1] == ("device:core-1", UP)
    assert world.replayed() == world.kept()


async def test_a_reload_while_nothing_is_taken_is_refused_at_once_and_the_running_plan_goes_on(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(30)
    world.finds_no_room()
    await world.passes(10)
    world.has_device("edge-1")
    began = world.now

    with pytest.raises(StoreError):
        await world.reloads()

    assert world.now == began
    world.finds_room()
    await world.passes(30)
    assert (world.state(CORE), world.state("device:edge-1")) == (UP, None)


async def test_a_store_that_is_away_when_the_clock_jumps_is_waited_for(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(30)
    world.finds_no_room()

    await world.sleeps(600)
    await world.passes(60)
    assert "life_could_not_begin" in {event["event"] for event in world.events}

    world.finds_room()
    await world.passes(30)
    assert world.state(CORE) is UP
    assert world.replayed() == world.kept()


async def test_canaries_are_asked_even_while_every_place_is_taken(world: World, tmp_path: Path) -> None:
    crowded = World(tmp_path / "another", looking=LookingSettings(looks_in_all=1, looks_per_site=1, looks_per_target=5))
    crowded.has_canaries("provider")
    for k in range(10):
        crowded.has_device(f"edge-{k}", "snmp").takes(Duration(9 * SECOND), "snmp")
    await crowded.starts()
    await crowded.passes(60)

    assert len(crowded.asked("poller:centre")) >= 6
    await crowded.stops()
    crowded.spool.close()


async def test_that_nothing_is_taken_is_told_once_and_once_that_it_is_again(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    world.finds_no_room()
    await world.passes(60)
    world.finds_room()
    await world.passes(10)

    told = [event["event"] for event in world.events if event["event"].startswith(("store_", "batch_"))]
    assert told == ["store_went_away", "batch_refused", "store_came_back", "batch_taken_again"]
    assert world.vitals.refusals > 10


async def test_looking_goes_on_while_nothing_is_taken(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    world.finds_no_room()

    await world.passes(600)

    assert len(world.asked(CORE)) == 60


async def test_a_plan_that_nothing_takes_is_not_taken_and_the_old_one_goes_on(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(2.5)
    world.finds_no_room()

    world.has_device("edge-1")
    with pytest.raises(StoreError):
        await world.reloads()
    world.finds_room()
    await world.passes(60)

    assert world.exporter.subjects == {CORE}
    assert world.states("device:edge-1") == []
    assert world.states(CORE) == [UP]


async def test_what_was_seen_under_a_plan_is_kept_before_the_next_one_is_taken(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(world.slot(CORE) + 0.5)

    world.device("core-1").goes_silent()
    await world.passes(11)
    world.has_device("edge-1")
    await world.reloads()

    taken = world.store.takings[-1].at
    assert len(world.store.looks) == len([at for at in world.asked(CORE) if at < world.now - 1])
    assert max(looked.look.known for looked in world.store.looks.values()) < taken
    assert taken - 1 in [batch.beat for batch in world.store.batches]


async def test_a_stopped_netmon_keeps_what_it_has_seen(world: World) -> None:
    world.has_device("core-1")
    world.store.before_commit = seconds(0.5)
    await world.starts()
    await world.passes(30)
    world.device("core-1").goes_silent()
    await world.passes(world.slot(CORE) - world.now + 3.4)
    looked = world.asked(CORE)

    await world.stops()

    kept = [look.look for look in world.store.looks.values()]
    runs = sum(run.count for run in world.store.runs.values())
    under_way = len([at for at in looked if at > world.now - 1.1 - 0.6])
    assert len(looked) - len(kept) - runs <= under_way
    assert world.store.last_beats[1] >= max(look.known for look in kept)


async def test_a_stop_in_the_middle_of_a_commit_loses_and_doubles_nothing(world: World) -> None:
    world.has_device("core-1")
    world.store.after_commit = seconds(1.9)
    await world.starts()
    while not world.states(CORE):
        await world.passes(0.1)

    await world.stops()

    assert world.states(CORE) == [UP]
    assert world.state(CORE) is UP
    assert world.replayed() == world.kept()


async def test_a_netmon_that_finds_no_room_can_be_stopped_and_says_what_is_lost(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(30)
    world.finds_no_room()
    await world.passes(3)

    await world.stops()

    assert [event["event"] for event in world.events][-1] == "last_batch_lost"
    world.finds_room()
    await world.starts()
    await world.passes(20)
    assert world.states(CORE) == [UP]
    assert world.replayed() == world.kept()


async def test_whoever_asked_for_a_reload_may_leave_and_the_plan_is_taken_all_the_same(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    world.store.before_commit = seconds(0.5)
    world.has_device("edge-1")
    impatient = world.begins_to_reload()
    await world.passes(0.7)

    impatient.cancel()
    await world.passes(30)

    assert world.exporter.subjects == {CORE, "device:edge-1"}
    assert world.states("device:edge-1") == [UP]
    assert world.replayed() == world.kept()


# ---------------------------------------------------------------- slots and limits


async def test_a_slow_collector_skips_slots_and_piles_up_none(world: World) -> None:
    slow = world.has_device("core-1")
    await world.starts()
    await world.passes(20)
    asked = len(slow.asked)

    slow.is_in(Mood.HANGING)
    await world.passes(60)

    assert slow.most_under_way == 1
    assert len(slow.asked) - asked == 6
    slow.answers()
    await world.passes(20)
    assert len(slow.asked) - asked == 8


async def test_limits_for_a_target_a_site_and_in_all_hold(world: World, tmp_path: Path) -> None:
    many = World(tmp_path / "another", looking=LookingSettings(looks_in_all=12, looks_per_site=7, looks_per_target=5))
    for k in range(30):
        target = many.has_device(f"edge-{k}", *["snmp", "http", "tls", "tcp", "ssh", "ntp", "dns"])
        for kind in ("snmp", "http", "tls", "tcp", "ssh", "ntp", "dns"):
            target.takes(Duration(9 * SECOND), kind)
    await many.starts()

    most_at_site = 0
    for _ in range(240):
        await many.passes(0.5)
        most_at_site = max(most_at_site, sum(target.under_way for target in many.targets.values()))

    assert most_at_site == 7
    assert max(target.most_under_way for target in many.targets.values()) <= 5
    assert sum(len(target.asked) for target in many.targets.values()) >= 120 / 9 * 7 - 7
    assert many.vitals.skipped
    await many.stops()
    many.spool.close()


async def test_a_miss_is_known_at_its_deadline_even_if_the_collector_was_late(world: World) -> None:
    world.has_device("core-1").goes_silent()
    await world.starts()
    await world.passes(15)

    looks = [looked.look for looked in world.store.looks.values()]
    assert {look.took for look in looks} <= {Duration(SECOND), Duration(SECOND + 1)}
