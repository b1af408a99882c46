"""What happens to a device, and what netmon says of it and when."""

from __future__ import annotations

import pytest

from netmon.model.moments import SECOND, Duration
from netmon.model.states import Reason, State
from tests.scenario.targets import Mood
from tests.scenario.world import World

UP, DEGRADED, DOWN, UNKNOWN = State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN
CORE, EDGE = "device:core-1", "device:edge-1"
CORE_ICMP, CORE_SNMP = "check:device:core-1/icmp", "check:device:core-1/snmp"
PORT = "interface:core-1/Gi0/1"


@pytest.mark.parametrize("after_slot", [0, 0.006, 2, 9.99], ids="{} s after a slot".format)
async def test_a_dead_device_is_down_within_thirteen_and_a_half_seconds_since_its_first_miss(
    world: World, after_slot: float
) -> None:
    world.has_device("core-1", "icmp")
    await world.starts()
    first = world.slot(CORE)
    await world.passes(first - world.now + after_slot)

    world.device("core-1").goes_silent()
    await world.passes(13.5)

    assert world.news(CORE) == [(UP, first, None), (DOWN, first + 10, Reason.TIMEOUT)]


async def test_a_device_that_was_never_up_is_down_since_its_first_look(world: World) -> None:
    world.has_device("core-1").goes_silent()
    await world.starts()
    first = world.slot(CORE)

    await world.passes(13.5)

    assert world.news(CORE) == [(DOWN, first, Reason.TIMEOUT)]


async def test_one_lost_packet_wakes_nobody(world: World) -> None:
    world.has_device("core-1")
    await world.starts()
    await world.passes(60)

    world.device("core-1").loses_one_packet()
    await world.passes(600)

    assert world.states(CORE) == [UP]
    assert sum(look.look.opener is not None for look in world.store.looks.values()) == 4


async def test_recovery_is_dated_to_the_first_answer_and_known_within_two_seconds(world: World) -> None:
    world.has_device("core-1").goes_silent()
    await world.starts()
    first = world.slot(CORE)
    await world.passes(first + 30.5)

    world.device("core-1").answers()
    await world.passes(10 + 2)

    assert world.news(CORE) == [(DOWN, first, Reason.TIMEOUT), (UP, first + 40, None)]


async def test_a_killed_agent_makes_the_device_degraded_at_its_next_poll(world: World) -> None:
    world.has_device("core-1", "icmp", "snmp", watched=("Gi0/1",)).ports = {"Gi0/1": UP}
    await world.starts()
    first = world.slot(CORE, "snmp")
    await world.passes(100)
    assert world.state(PORT) is UP

    world.device("core-1").is_in(Mood.REFUSING, "snmp")
    await world.passes(60 + 2 * 2.1)

    polled = first + 60 * (1 if first > 40 else 2)
    assert world.news(CORE_SNMP)[1:] == [(DOWN, polled, Reason.REFUSED)]
    assert world.news(CORE)[1:] == [(DEGRADED, polled, Reason.REFUSED)]
    assert world.news(PORT)[1:] == [(UNKNOWN, polled, Reason.STALE)]


async def test_a_device_that_forbids_echo_but_answers_snmp_is_degraded(world: World) -> None:
    world.has_device("core-1", "icmp", "snmp")
    await world.starts()
    await world.passes(100)

    world.device("core-1").goes_silent("icmp")
    await world.passes(20)

    # the first miss had snmp asked at once: the device was never down
    assert [(state, reason) for state, _, reason in world.news(CORE)[1:]] == [(DEGRADED, Reason.ICMP_BLOCKED)]


async def test_a_doubt_about_one_device_prompts_its_other_checks_after_a_reload_as_well(world: World) -> None:
    world.has_device("core-1", "icmp", "snmp")
    await world.starts()
    world.has_device("edge-1")
    await world.reloads()
    await world.passes(100)
    before = len(world.device("core-1").asked)

    world.device("core-1").goes_silent("icmp")
    await world.passes(11)

    asked = [check for check, _ in world.device("core-1").asked[before:]]
    assert asked.count(CORE_SNMP) >= 1
    assert world.store.looks[max(world.store.looks)].look.check in (CORE_ICMP, CORE_SNMP)


async def test_what_an_agent_says_of_a_port_is_news_at_that_poll(world: World) -> None:
    world.has_device("core-1", "snmp", watched=("Gi0/1",)).ports = {"Gi0/1": UP}
    await world.starts()
    first = world.slot(CORE, "snmp")
    await world.passes(first + 1)

    world.device("core-1").ports = {"Gi0/1": DOWN}
    await world.passes(60)

    assert world.news(PORT) == [(UP, world.asked(CORE)[0], None), (DOWN, first + 60, None)]


async def test_numbers_vanish_with_the_check_and_not_while_it_is_in_doubt(world: World) -> None:
    world.has_device("core-1", "icmp", "snmp")
    await world.starts()
    await world.passes(70)
    assert world.exporter.readings == {CORE_ICMP, CORE_SNMP}

    world.device("core-1").goes_silent()
    await world.passes(world.slot(CORE) - world.now + 2)
    assert world.state(CORE_ICMP) is UP
    assert world.exporter.readings == {CORE_ICMP, CORE_SNMP}

    await world.passes(30)
    assert world.exporter.readings == set()


# ---------------------------------------------------------------- collectors that break


async def test_a_collector_that_crashes_pages_nobody_and_its_check_is_unknown_when_it_is_stale(world: World) -> None:
    world.has_device("core-1", "icmp", "snmp")
    await world.starts()
    await world.passes(100)
    last = world.slot(CORE) - 10

    world.device("core-1").is_in(Mood.CRASHING, "icmp")
    await world.passes(100)

    assert world.news(CORE_ICMP)[1:] == [(UNKNOWN, last + 30, Reason.STALE)]
    assert world.states(CORE) == [UP]
    assert CORE_ICMP not in world.exporter.readings
    assert world.vitals.crashes["icmp"] == 10


async def test_a_collector_that_crashes_is_told_once_and_once_that_it_works_again(world: World) -> None:
    world.has_device("core-1").is_in(Mood.CRASHING)
    await world.starts()
    await world.passes(50)
    world.device("core-1").answers()
    await world.passes(50)

    told = [event["event"] for event in world.events if event["event"].startswith("collector_")]
    assert told == ["collector_crashed", "collector_recovered"]


async def test_a_look_that_cannot_be_made_is_no_crash_and_is_told_once_with_its_cause(world: World) -> None:
    world.has_device("core-1", "icmp", "snmp")
    await world.starts()
    await world.passes(100)
    last = world.slot(CORE) - 10
    world.device("core-1").is_in(Mood.UNFIT, "icmp")
    await world.passes(100)

    assert world.news(CORE_ICMP)[1:] == [(UNKNOWN, last + 30, Reason.STALE)]
    assert world.states(CORE) == [UP]
    assert (world.vitals.not_made["icmp"], world.vitals.crashes["icmp"]) == (10, 0)
    world.device("core-1").answers()
    await world.passes(50)

    told = [event for event in world.events if event["event"].startswith(("look_", "collector_"))]
    assert [event["event"] for event in told] == ["look_not_made", "look_made_again"]
    assert told[0]["cause"] == "the icmp check has no password"
    assert "exc_info" not in told[0]


async def test_a_collector_that_never_returns_is_stopped_and_blames_nobody(world: World) -> None:
    world.has_device("core-1").is_in(Mood.HANGING)
    world.has_device("edge-1")
    await world.starts()

    await world.passes(60)

    assert world.device("core-1").most_under_way == 1
    assert world.vitals.crashes["icmp"] >= 5
    assert (world.states(CORE), world.states(EDGE)) == ([], [UP])

    world.device("core-1").answers()
    await world.passes(20)
    assert world.states(CORE) == [UP]


async def test_a_slow_device_delays_nobody_else(world: World) -> None:
    world.has_device("core-1", "snmp").takes(Duration(9 * SECOND), "snmp")
    for k in range(20):
        world.has_device(f"edge-{k}")
    await world.starts()

    await world.passes(120)

    assert world.vitals.longest_lag == 0
    assert all(world.states(f"device:edge-{k}") == [UP] for k in range(20))


# ---------------------------------------------------------------- the poller's own trouble


async def test_a_poller_that_is_cut_off_blames_nobody_else(world: World) -> None:
    world.has_canaries("provider", "backbone")
    for k in range(10):
        world.has_device(f"edge-{k}", "icmp", "snmp")
    await world.starts()
    await world.passes(100)

    world.loses_its_uplink()
    await world.passes(60)

    for k in range(10):
        assert [(state, reason) for state, _, reason in world.news(f"device:edge-{k}")[1:]] == [
            (UNKNOWN, Reason.POLLER_ISOLATED)
        ]
    assert [(state, reason) for state, _, reason in world.news("poller:centre")][-1] == (DOWN, Reason.POLLER_ISOLATED)


async def test_after_isolation_a_device_that_died_meanwhile_is_down_within_fifteen_seconds(world: World) -> None:
    world.has_canaries("provider", "backbone")
    for name in ("core-1", "edge-1"):
        world.has_device(name)
    await world.starts()
    await world.passes(100)
    world.loses_its_uplink()
    await world.passes(60)
    world.device("core-1").goes_silent()

    world.regains_its_uplink()
    await world.passes(15)

    assert world.states(CORE) == [UP, UNKNOWN, DOWN]
    assert world.states(EDGE) == [UP, UNKNOWN, UP]


async def test_one_canary_that_is_lost_excuses_nobody(world: World) -> None:
    world.has_canaries("provider").moods["icmp"] = Mood.ANSWERING
    world.has_device("core-1")
    await world.starts()
    await world.passes(100)

    world.device("core-1").goes_silent()
    await world.passes(14)

    assert world.states(CORE) == [UP, DOWN]
    assert world.states("poller:centre") == [UP]
