"""Rollups: what is kept in the store of the numbers that reports need, as figures of 5 minutes, an hour and a day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum, StrEnum
from zoneinfo import ZoneInfo

from netmon.model.ids import CheckId
from netmon.model.looks import Labels
from netmon.model.moments import DAY, HOUR, MINUTE, Duration, Moment, Span, from_datetime, to_datetime
from netmon.model.sketches import Sketch, merged_sketches, sketch_of


class Width(Enum):
    """How much time one row of figures is about; its value is how people write it."""

    FIVE_MINUTES = "5m"
    HOUR = "1h"
    DAY = "1d"
    """From one local midnight of the organisation to the next: nearly always 24 hours."""

    @property
    def length(self) -> Duration:
        """How long it lasts; a day when clocks are changed is an hour off."""
        return _LENGTHS[self]


_LENGTHS = {Width.FIVE_MINUTES: Duration(5 * MINUTE), Width.HOUR: HOUR, Width.DAY: DAY}


class Sampling(StrEnum):
    """How a look becomes a sample."""

    VALUE = "value"
    """The number as it was read."""
    RATE = "rate"
    """What a counter counted in a second, from one look to the next; where it fell there is no sample."""
    MISSES = "misses"
    """1 for a look that was missed, 0 for one that was answered: their mean is the loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """A family of series that reports need, as a kind of check declares it.

    A sample is (*of* - *less*) / *over*, each as far as it is given, of one row of the readings.

    Attributes:
        of: the metric that it is made of; empty for misses.
        less: metrics that are subtracted; one that the target does not give counts as 0.
        over: the metric by which it is divided; without a number above 0 there is no sample.
        watched: the label whose value must be one of the watched interfaces, unless the settings want all.
        is_mean: one series for all rows, their mean, in place of one for each row.
    """

    family: str
    help: str
    sampling: Sampling = Sampling.VALUE
    of: str = ""
    less: tuple[str, ...] = ()
    over: str | None = None
    watched: str | None = None
    is_mean: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one kind about one thing, over time."""

    check: CheckId
    family: str
    labels: Labels = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What samples come to."""

    count: int
    lowest: float
    mean: float
    highest: float
    sketch: Sketch

    @property
    def p95(self) -> float:
        """The sample that 95 % do not exceed (nearest rank); exact up to 19 samples, else within 1 %."""
        if self.count < 20:
            return self.highest
        return min(max(self.sketch.quantile(0.95), self.lowest), self.highest)


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledPart:
    """What one life adds to 5 minutes of a series that begin with *since*; kept again, with more in it, as it grows.

    Attributes:
        part: 0; results so late that the rest was done with are parts of their own, counted by the life.
    """

    series: Series
    since: Moment
    part: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Rollup:
    """The figures of a series for the time of one width that begins with *since*."""

    series: Series
    since: Moment
    figures: Figures


def figures_of(samples: Sequence[float]) -> Figures:
    """The figures of finite *samples*, of which there is at least one."""
    lowest, highest = min(samples), max(samples)
    mean = min(max(math.fsum(samples) / len(samples), lowest), highest)
    return Figures(count=len(samples), lowest=lowest, mean=mean, highest=highest, sketch=sketch_of(samples))


def merged(parts: Sequence[Figures]) -> Figures:
    """The figures of all the samples that *parts*, of which there is at least one, were made of.

    None of them depends on the order of the parts.
    """
    if len(parts) == 1:
        return parts[0]
    count = sum(part.count for part in parts)
    lowest, highest = min(part.lowest for part in parts), max(part.highest for part in parts)
    total = math.fsum(part.mean * part.count for part in parts)
    return Figures(
        count=count,
        lowest=lowest,
        mean=min(max(total / count, lowest), highest),
        highest=highest,
        sketch=merged_sketches(part.sketch for part in parts),
    )


def span_around(at: Moment, width: Width, zone: ZoneInfo) -> Span:
    """The time of one row of *width* that *at* lies in; days are those of *zone*."""
    if width is not Width.DAY:
        begin = at - at % width.length
        return Span(Moment(begin), Moment(begin + width.length))
    day = to_datetime(at).astimezone(zone).date()
    midnights = (datetime.combine(date, time(), tzinfo=zone) for date in (day, day + timedelta(days=1)))
    return Span(*map(from_datetime, midnights))
