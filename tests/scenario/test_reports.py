"""Checks whose targets report by themselves: nothing is believed before the first report, and each is looked at."""

from __future__ import annotations

from netmon.model.ids import CheckId
from netmon.model.states import Reason, State
from tests.scenario.targets import Mood
from tests.scenario.world import World

BACKUP = "device:backup-1"
CHECK = CheckId("check:device:backup-1/heartbeat")


async def test_what_was_never_reported_is_neither_up_nor_down(world: World) -> None:
    world.has_device("backup-1", "heartbeat").is_in(Mood.AWAITED)
    await world.starts()

    await world.passes(600)

    assert world.news(BACKUP) == []
    assert world.news(CHECK) == []
    assert world.machine.first_looks_left == 0
    assert world.replayed() == world.kept() == []


async def test_a_check_of_which_nothing_is_known_any_more_becomes_unknown(world: World) -> None:
    backup = world.has_device("backup-1", "heartbeat")
    await world.starts()
    await world.passes(120)
    backup.is_in(Mood.AWAITED)

    await world.passes(300)

    assert world.states(CHECK) == [State.UP, State.UNKNOWN]
    assert world.news(CHECK)[-1][2] is Reason.STALE


async def test_a_report_is_looked_at_at_once(world: World) -> None:
    backup = world.has_device("backup-1", "heartbeat")
    await world.starts()
    slot = world.slot(BACKUP, "heartbeat")
    await world.passes(slot - world.now + 1.5)

    backup.is_in(Mood.REFUSING)
    world.machine.look_now(CHECK)
    await world.passes(5)
    assert world.news(CHECK)[-1] == (State.DOWN, slot + 1.5, Reason.REFUSED)

    backup.answers()
    world.machine.look_now(CHECK)
    await world.passes(5)
    assert world.news(CHECK)[-1] == (State.UP, slot + 6.5, None)
    assert world.replayed() == world.kept()


async def test_a_report_during_a_look_is_looked_at_after_it(world: World) -> None:
    backup = world.has_device("backup-1", "heartbeat")
    await world.starts()
    slot = world.slot(BACKUP, "heartbeat")
    await world.passes(slot - world.now + 10)
    asked = len(world.asked(BACKUP))

    world.machine.look_now(CHECK)
    world.machine.look_now(CHECK)
    await world.passes(3)

    assert len(world.asked(BACKUP)) == asked + 2
    assert world.asked(BACKUP)[-1] == slot + 11
    assert backup.most_under_way == 1


async def test_a_report_for_a_check_that_is_gone_is_no_trouble(world: World) -> None:
    world.machine.look_now(CHECK)
    world.has_device("core-1")
    await world.starts()
    world.machine.look_now(CHECK)
    await world.passes(5)
    assert world.news(CHECK) == []
