"""Sketches: how many samples fell into each of a row of bins; they merge exactly, and know any quantile to 1 %.

The bins are those of DDSketch (Masson, Rim, Lee 2019): each is about 2 % wider than the one below it, so that the
middle of a bin is within 1 % of whatever fell into it. A merged sketch is the sketch of all samples together.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

ACCURACY = 0.01
"""How far a quantile may be from the sample that it stands for, as a share of it."""

SMALLEST = 1e-9
"""Samples up to here, and all below zero, share the lowest bin, which stands for 0."""

_GROWTH = (1 + ACCURACY) / (1 - ACCURACY)
_PER_BIN = 1 / math.log(_GROWTH)


def _bin(sample: float) -> int:
    return math.ceil(math.log(sample) * _PER_BIN)


_LOWEST = _bin(SMALLEST)


@dataclass(frozen=True, slots=True)
class Sketch:
    """The bins that hold samples, from the lowest to the highest, each with its number of samples."""

    bins: tuple[tuple[int, int], ...] = ()

    @property
    def count(self) -> int:
        """How many samples there are."""
        return sum(count for _, count in self.bins)

    def quantile(self, share: float) -> float:
        """The sample that at least *share* of all samples do not exceed (nearest rank), within `ACCURACY`.

        Raises:
            ValueError: there are no samples.
        """
        rank = max(1, math.ceil(share * self.count))
        for place, count in self.bins:
            rank -= count
            if rank <= 0:
                return 0.0 if place == _LOWEST else 2 * _GROWTH**place / (1 + _GROWTH)
        raise ValueError("a sketch without samples has no quantiles")


def sketch_of(samples: Iterable[float]) -> Sketch:
    """The sketch of finite *samples*."""
    places = Counter(_bin(sample) if sample > SMALLEST else _LOWEST for sample in samples)
    return Sketch(tuple(sorted(places.items())))


def merged_sketches(parts: Iterable[Sketch]) -> Sketch:
    """The sketch of all the samples that *parts* were made of."""
    places: Counter[int] = Counter()
    for part in parts:
        for place, count in part.bins:
            places[place] += count
    return Sketch(tuple(sorted(places.items())))
