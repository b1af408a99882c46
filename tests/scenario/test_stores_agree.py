"""The store of the stories is no kinder than the real one: both tell the same log and the same memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from netmon.decisions.fold import Beliefs, replay
from netmon.model.ids import EntityId
from netmon.model.log import Event, LifeBegan, Looked, PlanTaken
from netmon.model.moments import MINUTE, Moment
from netmon.model.news import Transition
from netmon.store import locate, open_store
from netmon.store.partitions import RUNS
from netmon.store.retention import RECOLLECTION
from tests import stores
from tests.decisions.logs import by_entity
from tests.scenario.faults import Story
from tests.scenario.world import World


@pytest.mark.parametrize("seed", range(300, 306))
async def test_a_story_that_is_kept_in_a_database_is_the_same_story(world: World, tmp_path: Path, seed: int) -> None:
    story = Story(world, seed)
    await story.is_told(80)
    await world.stops()

    async with open_store(locate(stores.settings_in(tmp_path), state=tmp_path)) as store:
        for entry in world.store.journal:
            if isinstance(entry, LifeBegan):
                assert await store.begin_life(entry.poller, entry.at) == entry
            elif isinstance(entry, PlanTaken):
                assert await store.take_plan(entry.plan, entry.at, {}) == entry
            else:
                await store.keep(entry)
                await store.keep(entry)
        log = [event async for event in store.log()]
        memory, expected = await store.memory("centre"), await world.store.memory("centre")

    assert log == world.store.events()
    assert by_entity(replay(log)) == by_entity(world.store.transitions)
    assert (memory.statuses, memory.last_looks, memory.last_answers) == (
        expected.statuses, expected.last_looks, expected.last_answers,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(400, 412))
async def test_what_is_left_of_a_story_leads_to_the_same_news_after_its_beginning_was_dropped(
    world: World, tmp_path: Path, seed: int
) -> None:
    horizon = Moment(RUNS.start(world.clock.now()) + RUNS.width)
    beginning = Moment(horizon + RECOLLECTION)
    world.clock.catch_up(Moment(beginning - 5 * MINUTE))
    story = Story(world, seed)
    await story.is_told(200)
    await world.stops()
    assert world.clock.now() > beginning + MINUTE

    async with open_store(locate(stores.settings_in(tmp_path), state=tmp_path)) as store:
        for entry in world.store.journal:
            if isinstance(entry, LifeBegan):
                await store.begin_life(entry.poller, entry.at)
            elif isinstance(entry, PlanTaken):
                await store.take_plan(entry.plan, entry.at, {})
            else:
                await store.keep(entry)
        statuses = await store.statuses()
        for name in ("looks", "runs", "transitions", "plans"):
            while not (await store.clear(name, horizon)).is_done:
                pass
        memory = await store.beginning()
        log = [event async for event in store.log()]
        assert await store.statuses() == statuses
    believed = Beliefs(memory.statuses, memory.last_looks, memory.last_answers)
    settled = _settled(world, believed, log, beginning)

    assert not any(isinstance(event, Looked) and event.look.known < beginning for event in log)
    if not settled:
        pytest.skip("in this story something was under way everywhere just then")
    replayed = _after(beginning, replay(log[1:], believed), settled)
    assert replayed == _after(beginning, world.store.transitions, settled)


def _settled(world: World, believed: Beliefs, log: Sequence[Event], beginning: Moment) -> set[EntityId]:
    """The subjects about which nothing was under way at *beginning*: what is lost there are bursts and windows."""
    whole = Beliefs()
    for event in world.store.events():
        if (event.look.known if isinstance(event, Looked) else event.at) < beginning:
            whole.fold(event)
    believed.fold(log[0])
    return {
        entity
        for entity in (*world.targets, EntityId("poller:centre"))
        if (belief := whole.belief(entity)) is not None
        and (recalled := believed.belief(entity)) is not None
        and not belief.is_in_doubt
        and not any(check.window.bad for check in belief.checks.values())
        and belief.status == recalled.status
    }


def _after(moment: Moment, news: Iterable[Transition], subjects: set[EntityId]) -> dict[EntityId, list[Transition]]:
    later = by_entity(one for one in news if one.at > moment)
    return {entity: own for entity, own in later.items() if _subject_of(entity) in subjects}


def _subject_of(entity: EntityId) -> str:
    kind, _, bare = entity.partition(":")
    if kind == "check":
        return bare.partition("/")[0]
    return f"device:{bare.partition('/')[0]}" if kind == "interface" else entity
