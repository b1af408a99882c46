"""Restarts, suspensions and reloads: nothing is doubled, nothing is forgotten, and nobody's gap is someone's down."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from netmon.model.ids import EntityId
from netmon.model.moments import SECOND
from netmon.model.states import Reason, State
from tests.makers import START, check, subject
from tests.scenario.targets import Mood
from tests.scenario.world import World

UP, DEGRADED, DOWN, UNKNOWN = State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN
CORE, EDGE = "device:core-1", "device:edge-1"


def gap(world: World) -> tuple[float, float]:
    """The time in which nobody looked, as the store knows it."""
    last, first = world.store.last_beats[1], world.store.first_beats[2]
    return (last - START) / SECOND, (first - START) / SECOND


@pytest.mark.parametrize("is_killed", [False, True], ids=["stopped", "killed"])
async def test_a_restart_in_mid_incident_keeps_what_is_believed_and_doubles_nothing(
    world: World, is_killed: bool
) -> None:
    world.has_device("core-1").goes_silent()
    world.has_device("edge-1")
    await world.starts()
    await world.passes(60)

    await (world.crashes() if is_killed else world.stops())
    await world.passes(5)
    await world.starts()
    await world.passes(60)

    assert world.states(CORE) == [DOWN]
    assert world.states(EDGE) == [UP]
    assert world.state(CORE) is DOWN


async def test_the_time_between_two_lives_is_unmonitored_from_the_last_beat_to_the_first(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(61)

    await world.stops()
    await world.passes(9)
    await world.starts()

    assert gap(world) == (61, 70)


async def test_a_killed_netmon_has_looked_until_its_last_beat(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(61.5)

    await world.crashes()
    await world.passes(8.5)
    await world.starts()

    last, first = gap(world)
    assert 59.5 <= last <= 61.5
    assert first == 70


async def test_what_was_not_looked_at_for_long_is_unknown_and_then_what_it_is(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    first = world.slot(CORE)
    await world.passes(25)
    last = max(world.asked(CORE))

    await world.stops()
    await world.passes(300)
    await world.starts()
    await world.passes(10)

    assert world.news(CORE) == [
        (UP, first, None), (UNKNOWN, last + 30, Reason.STALE), (UP, max(world.asked(CORE)), None),
    ]  # fmt: skip


async def test_a_burst_that_a_restart_cut_short_is_void(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(20)
    world.device("core-1").goes_silent()
    slot = world.slot(CORE)
    await world.passes(slot - world.now + 2.6)

    await world.crashes()
    world.device("core-1").answers()
    await world.starts()
    await world.passes(30)

    assert world.states(CORE) == [UP]


async def test_a_suspended_host_begins_a_new_life_without_a_burst_of_looks(world: World) -> None:
    world.has_device("core-1", "icmp", "snmp")
    await world.starts()
    await world.passes(100)
    before = len(world.asked(CORE))

    await world.sleeps(3600)
    await world.passes(2)
    woke = world.now
    await world.passes(10)

    assert woke > 3600
    assert len(world.asked(CORE)) - before <= 3
    assert len(world.store.lives) == 2
    last, first = gap(world)
    assert (100 <= last <= 102, first > 3600) == (True, True)
    assert [event["event"] for event in world.events].count("clock_jumped") == 1
    assert DOWN not in world.states(CORE)


async def test_a_wall_clock_that_was_set_back_changes_nothing(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(100)

    await world.sleeps(-3600)
    await world.passes(100)

    assert (len(world.store.lives), world.states(CORE)) == (1, [UP])
    assert world.vitals.drift < 0


async def test_first_looks_are_spread_over_the_interval(world: World) -> None:
    for k in range(200):
        world.has_device(f"edge-{k}")
    await world.starts()

    await world.passes(10)

    seconds = Counter(int(min(world.asked(entity))) for entity in world.targets)
    assert seconds.total() == 200
    assert max(seconds.values()) <= 60
    assert world.vitals.most_in_flight < 20


async def test_the_machine_says_how_many_first_looks_are_left_and_when_it_last_kept_something(world: World) -> None:
    machine = world.machine
    for k in range(50):
        world.has_device(f"edge-{k}")
    assert (machine.first_looks_left, machine.last_kept) == (None, None)

    await world.starts()
    assert machine.first_looks_left == 50
    await world.passes(10.1)

    assert machine.first_looks_left == 0
    assert machine.last_kept is not None
    assert machine.last_kept >= world.clock.now() - 2 * SECOND


async def test_a_restart_asks_in_the_same_slots_as_before(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(50)
    await world.stops()
    await world.passes(17)
    await world.starts()
    await world.passes(50)

    phases = {round(at % 10, 6) for at in world.asked(CORE)}
    assert len(phases) == 1


# ---------------------------------------------------------------- reloads


async def test_a_reload_leaves_a_burst_undisturbed(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(20)
    world.device("core-1").goes_silent()
    slot = world.slot(CORE)
    await world.passes(slot - world.now + 1.2)

    world.has_device("edge-1")
    await world.reloads()
    await world.passes(3)

    assert world.news(CORE)[1:] == [(DOWN, slot, Reason.TIMEOUT)]


async def test_a_look_that_is_under_way_at_a_reload_counts_under_the_new_plan(world: World) -> None:
    world.has_device("core-1", "snmp").takes(5 * SECOND, "snmp")  # type: ignore[arg-type]
    await world.starts()
    while not world.asked(CORE):
        await world.passes(0.5)

    world.has_device("edge-1")
    await world.reloads()
    await world.passes(5)

    assert world.news(CORE) == [(UP, world.asked(CORE)[0], None)]
    assert world.replayed() == world.kept()


async def test_a_changed_definition_voids_the_burst_and_looks_at_the_new_address(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(20)
    world.device("core-1").goes_silent()
    slot = world.slot(CORE)
    await world.passes(slot - world.now + 1.2)

    entity = EntityId(CORE)
    world.has(subject(entity, replace(check(entity), address="192.0.2.77"))).answers()
    await world.reloads()
    await world.passes(60)

    assert world.states(CORE) == [UP]


async def test_a_device_that_leaves_the_plan_is_asked_no_more_and_is_gone_from_sight(world: World) -> None:
    world.has_device("core-1")
    gone = world.has_device("edge-1")
    await world.starts()
    await world.passes(20)
    asked = len(gone.asked)

    world.has_no_more(EntityId(EDGE))
    await world.reloads()
    await world.passes(120)

    assert len(gone.asked) == asked
    assert world.exporter.subjects == {CORE}
    assert world.states(EDGE) == [UP]


async def test_a_device_that_comes_back_is_unknown_since_it_was_stale_and_then_what_it_is(world: World) -> None:
    gone = world.has_device("edge-1")
    await world.starts()
    await world.passes(20)
    last = max(world.asked(EDGE))
    world.has_no_more(EntityId(EDGE))
    world.has_device("core-1")
    await world.reloads()
    await world.passes(120)

    world.has(gone.subject)
    await world.reloads()
    await world.passes(11)

    assert world.news(EDGE)[1:2] == [(UNKNOWN, last + 30, Reason.STALE)]
    assert world.states(EDGE) == [UP, UNKNOWN, UP]


async def test_a_new_plan_is_seen_at_once_with_what_is_believed(world: World) -> None:
    world.has_device("core-1").is_in(Mood.SILENT)
    await world.starts()
    await world.passes(20)
    world.exporter.states.clear()

    await world.reloads()

    assert world.exporter.states == {EntityId(CORE): DOWN, EntityId("check:device:core-1/icmp"): DOWN}
    assert world.vitals.plans == [1, 1]


async def test_before_the_first_life_there_is_no_plan_to_change(world: World) -> None:
    world.has_device("core-1")
    world.store.before_commit = 5 * SECOND  # type: ignore[assignment]
    await world.starts()

    with pytest.raises(RuntimeError, match="still starting"):
        await world.reloads()
