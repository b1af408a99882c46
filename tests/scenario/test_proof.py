"""Whatever happens, the log that was kept tells again exactly what was told."""

from __future__ import annotations

from itertools import groupby, pairwise

import pytest

from tests.scenario.faults import Story
from tests.scenario.world import World

ACTS = 60


@pytest.mark.parametrize("seed", range(200))
async def test_a_replay_tells_exactly_what_was_told(world: World, seed: int) -> None:
    story = Story(world, seed)

    await story.is_told(ACTS)
    await world.passes(20)
    await world.stops()

    kept = world.kept()
    assert world.replayed() == kept
    for _, news in groupby(kept, key=lambda one: one[0]):
        for before, after in pairwise(news):
            assert before[1] <= after[1]
            assert before[2] is not after[2]
