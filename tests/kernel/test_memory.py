"""Memory: while a plan is built nothing is collected, and afterwards rounds are short."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from netmon.kernel.memory import building_to_stay, settle_memory, spare_memory, tend_memory


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_nothing_is_collected_while_something_is_built_and_afterwards_it_is_left_out() -> None:
    with building_to_stay():
        assert not gc.isenabled()
        with building_to_stay():
            pass
        assert not gc.isenabled()
        built = [{} for _ in range(1_000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= len(built)


def test_a_mistake_while_building_leaves_the_collector_as_it_was() -> None:
    with pytest.raises(ValueError, match="a mistake"), building_to_stay():
        raise ValueError("a mistake")
    assert gc.isenabled()


class Ring:
    """Refers to itself, so that only the collector can take it away; notes when that happened."""

    def __init__(self, gone: list[str]) -> None:
        self.itself = self
        self._gone = gone

    def __del__(self) -> None:
        self._gone.append("gone")


def test_what_was_spared_is_still_collected_when_memory_is_settled() -> None:
    gone: list[str] = []
    Ring(gone)
    spare_memory()
    gc.collect()
    assert gone == []

    settle_memory()

    assert gone == ["gone"]


def test_what_came_lately_and_is_waste_is_collected_whenever_memory_is_tended() -> None:
    settle_memory()
    gone: list[str] = []
    under_way = Ring(gone)
    Ring(gone)

    tend_memory()
    assert gone == ["gone"]

    del under_way
    kept = [[] for _ in range(200_000)]
    tend_memory()
    assert gone == ["gone", "gone"]
    assert gc.get_freeze_count() > len(kept)
