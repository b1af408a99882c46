"""Figures of samples: how true their quantiles are, and that it does not matter how samples were parted."""

from __future__ import annotations

import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from netmon.model.moments import DAY, HOUR, Moment, from_rfc3339, rfc3339
from netmon.model.rollups import Figures, Width, figures_of, merged, span_around
from netmon.model.sketches import ACCURACY, SMALLEST, Sketch, merged_sketches, sketch_of

SAMPLES = some.lists(some.floats(min_value=1e-8, max_value=1e12), min_size=1, max_size=200)
SHARES = some.sampled_from([0.0, 0.05, 0.5, 0.9, 0.95, 0.99, 1.0])
ROUNDING = 1e-9


def exact_quantile(samples: list[float], share: float) -> float:
    """The nearest-rank quantile of the samples themselves."""
    return sorted(samples)[max(1, math.ceil(share * len(samples))) - 1]


@given(SAMPLES, SHARES)
def test_a_quantile_is_within_one_percent_of_the_sample_it_stands_for(samples: list[float], share: float) -> None:
    exact = exact_quantile(samples, share)

    assert abs(sketch_of(samples).quantile(share) - exact) <= (ACCURACY + ROUNDING) * exact


@given(some.lists(some.floats(min_value=-1e6, max_value=SMALLEST), min_size=1))
def test_what_is_next_to_nothing_counts_as_nothing(samples: list[float]) -> None:
    assert sketch_of(samples).quantile(0.95) == 0.0


@given(some.lists(SAMPLES, min_size=1, max_size=12))
def test_merged_sketches_are_the_sketch_of_all_samples(parts: list[list[float]]) -> None:
    assert merged_sketches(map(sketch_of, parts)) == sketch_of([sample for part in parts for sample in part])


@given(some.lists(SAMPLES, min_size=1, max_size=12))
def test_merged_figures_are_those_of_all_samples_but_for_the_rounding_of_the_mean(parts: list[list[float]]) -> None:
    whole = figures_of([sample for part in parts for sample in part])
    found = merged([figures_of(part) for part in parts])

    assert (found.count, found.lowest, found.highest, found.sketch) == (
        whole.count, whole.lowest, whole.highest, whole.sketch,
    )  # fmt: skip
    assert found.mean == pytest.approx(whole.mean, rel=1e-12)
    assert found.p95 == whole.p95


@given(some.lists(SAMPLES, min_size=1, max_size=8), some.randoms())
def test_the_order_of_parts_makes_no_difference(parts: list[list[float]], random: object) -> None:
    figures = [figures_of(part) for part in parts]
    shuffled = list(figures)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert merged(figures) == merged(shuffled)


@given(some.lists(some.floats(min_value=0, max_value=1e9), min_size=1, max_size=19))
def test_the_95th_percentile_of_few_samples_is_exact(samples: list[float]) -> None:
    assert figures_of(samples).p95 == exact_quantile(samples, 0.95)


def test_the_figures_of_five_samples() -> None:
    found = figures_of([0.002, 0.001, 0.003, 0.002, 0.002])

    assert (found.count, found.lowest, found.mean, found.highest, found.p95) == (5, 0.001, 0.002, 0.003, 0.003)


def test_the_mean_of_equal_samples_is_never_above_the_highest() -> None:
    assert figures_of([0.1] * 3).mean == 0.1
    assert merged([figures_of([0.1] * 3), figures_of([0.1] * 7)]).mean == 0.1


def test_one_miss_in_twenty_is_not_in_the_95th_percentile_and_two_are() -> None:
    assert figures_of([1.0] + [0.0] * 19).p95 == 0.0
    assert figures_of([1.0] * 2 + [0.0] * 18).p95 == pytest.approx(1.0, rel=ACCURACY)


def test_a_sketch_of_nothing_knows_no_quantile() -> None:
    with pytest.raises(ValueError, match="without samples"):
        Sketch().quantile(0.5)


@pytest.mark.parametrize(
    ("at", "width", "zone", "since", "length"),
    [
        ("2026-11-20T16:59:59Z", Width.DAY, "Asia/Ho_Chi_Minh", "2026-11-19T17:00:00Z", DAY),
        ("2026-11-20T17:00:00Z", Width.DAY, "Asia/Ho_Chi_Minh", "2026-11-20T17:00:00Z", DAY),
        ("2026-03-29T12:00:00Z", Width.DAY, "Europe/Berlin", "2026-03-28T23:00:00Z", 23 * HOUR),
        ("2026-11-20T16:59:59Z", Width.HOUR, "Asia/Ho_Chi_Minh", "2026-11-20T16:00:00Z", HOUR),
    ],
    ids=["the last second of a day", "its midnight", "the day when clocks go forward", "an hour is one of UTC"],
)
def test_days_are_those_of_the_organisation(at: str, width: Width, zone: str, since: str, length: int) -> None:
    span = span_around(from_rfc3339(at), width, ZoneInfo(zone))

    assert (rfc3339(span.since), span.length) == (since, length)


def test_figures_compare_whole() -> None:
    sketch = sketch_of([2.0])
    assert figures_of([2.0]) == Figures(count=1, lowest=2.0, mean=2.0, highest=2.0, sketch=sketch)
    assert span_around(Moment(0), Width.FIVE_MINUTES, ZoneInfo("UTC")).length == Width.FIVE_MINUTES.length
