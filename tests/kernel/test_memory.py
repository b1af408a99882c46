"""Memory: while a plan is built nothing is collected, and afterwards rounds are short."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from netmon.kernel.memory import building_to_stay, settle_memory, spare_memory


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


def test_what_was_spared_is_still_collected_when_memory_is_settled() -> None:
    class Ring:
        gone = False

        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            Ring.gone = True

    Ring()
    spare_memory()
    gc.collect()
    assert not Ring.gone

    settle_memory()

    assert Ring.gone
