"""Figures for reports over lives: whatever is in the log of looks is in them, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from netmon.engine.machine import Machine
from netmon.engine.rollups import FLUSH, Roller
from netmon.model.looks import Look, Occasion
from netmon.model.moments import SECOND, Moment
from netmon.model.rollups import Figures, Rolled, RolledPart, Sampling, Width, merged
from tests.makers import START
from tests.scenario.world import World

LOSS = Rolled(family="netmon_icmp_loss_ratio", help="Share of looks that were missed.", sampling=Sampling.MISSES)


class RollingWorld(World):
    """A world in which the loss of icmp checks is rolled up."""

    @override
    def _machine(self) -> Machine:
        return Machine(
            clock=self.clock,
            ledger=self._new_ledger(),
            exporter=self.exporter,
            vitals=self.vitals,
            looking=self._looking,
            new_roller=lambda: Roller({"icmp": [LOSS]}),
        )

    @property
    def figures(self) -> dict[float, Figures]:
        """What was kept, by seconds after `START`: of each life the last word, and the lives together."""
        parts: dict[tuple[int, Moment, int], RolledPart] = {}
        for batch in self.store.batches:
            parts |= {(batch.life, part.since, part.part): part for part in batch.rolled}
        begins = sorted({since for _, since, _ in parts})
        return {
            (begin - START) / SECOND: merged([part.figures for key, part in parts.items() if key[1] == begin])
            for begin in begins
        }

    @property
    def looked(self) -> dict[float, tuple[int, int]]:
        """How many grid looks the kept log holds, and how many of them were missed, by the same moments."""
        counts: dict[float, tuple[int, int]] = {}
        for look in self.store._all_looks():
            if look.occasion in (Occasion.GRID, Occasion.FIRST):
                begin = (look.at - look.at % Width.FIVE_MINUTES.length - START) / SECOND
                count, missed = counts.get(begin, (0, 0))
                counts[begin] = count + 1, missed + _is_miss(look)
        return dict(sorted(counts.items()))


def _is_miss(look: Look) -> int:
    return 0 if look.verdict.is_answer else 1


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[RollingWorld]:
    loop = asyncio.get_running_loop()
    with capture_logs() as events:
        told = RollingWorld(tmp_path, events=events)
        yield told
        await told.stops()
        told.spool.close()
    loop.__dict__.pop("time", None)


def counted(figures: dict[float, Figures]) -> dict[float, tuple[int, int]]:
    return {begin: (one.count, round(one.mean * one.count)) for begin, one in figures.items()}


async def test_a_restart_in_mid_outage_loses_and_doubles_no_figure(world: RollingWorld) -> None:
    world.has_device("syt-gw1")
    await world.starts()
    await world.passes(200)
    world.device("syt-gw1").is_cut = True
    await world.passes(130)
    await world.stops()
    await world.passes(45)
    await world.starts()
    await world.passes(300)
    world.device("syt-gw1").is_cut = False
    await world.passes(500)
    await world.stops()

    assert counted(world.figures) == world.looked
    assert sum(missed for _, missed in world.looked.values()) > 40
    assert world.figures[300].mean == 1.0


async def test_a_kill_costs_at_most_the_last_minute_of_figures(world: RollingWorld) -> None:
    world.has_device("syt-gw1")
    await world.starts()
    await world.passes(500)
    await world.crashes()

    kept = sum(one.count for one in world.figures.values())
    looked = sum(count for count, _ in world.looked.values())
    assert 0 <= looked - kept <= FLUSH / (10 * SECOND) + 1


async def test_a_store_that_was_away_gets_every_figure(world: RollingWorld) -> None:
    world.has_device("syt-gw1")
    await world.starts()
    await world.passes(100)
    world.store.refuses = True
    await world.passes(900)
    world.store.refuses = False
    await world.passes(100)
    await world.stops()

    assert counted(world.figures) == world.looked
