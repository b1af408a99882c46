"""The store of the stories is no kinder than the real one: both tell the same log and the same memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from netmon.decisions.fold import replay
from netmon.model.log import LifeBegan, PlanTaken
from netmon.store import StoreSettings, locate, open_store
from tests.decisions.logs import by_entity
from tests.scenario.faults import Story
from tests.scenario.world import World


@pytest.mark.parametrize("seed", range(300, 306))
async def test_a_story_that_is_kept_in_sqlite_is_the_same_story(world: World, tmp_path: Path, seed: int) -> None:
    story = Story(world, seed)
    await story.is_told(80)
    await world.stops()

    async with open_store(locate(StoreSettings(), state=tmp_path)) as store:
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
