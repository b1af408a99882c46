"""Traffic that follows the office day: a rate in closed form, so that whatever a counter says is one subtraction."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, sin, tau

from netmon.model.moments import DAY, HOUR, MINUTE, SECOND, Duration, Moment, in_seconds

_PEAK = 3.5 * HOUR / DAY
"""The office day is at its height at half past ten in Viet Nam, which is 03:30 UTC."""


@dataclass(frozen=True, slots=True)
class Wave:
    """A swing around the mean: how long it takes, its share of the mean, and where in its turn it begins."""

    period: Duration
    share: float
    turn: float

    def angle(self, at: Moment) -> float:
        return tau * (at % self.period / self.period + self.turn)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What flows, in units per second: a mean and the waves on it, whose shares stay below 1 together.

    >>> Traffic(100.0).amount(Moment(0), Moment(2 * SECOND))
    200.0
    """

    mean: float
    waves: tuple[Wave, ...] = ()

    def level(self, at: Moment) -> float:
        """The rate at a moment, as a multiple of the mean."""
        return 1 + sum(wave.share * cos(wave.angle(at)) for wave in self.waves)

    def amount(self, since: Moment, until: Moment) -> float:
        """How much flows in ``[since, until)``: the integral of the rate, which never falls."""
        swing = sum(
            wave.share * in_seconds(wave.period) / tau * (sin(wave.angle(until)) - sin(wave.angle(since)))
            for wave in self.waves
        )
        return self.mean * (in_seconds(Duration(until - since)) + swing)


def office_day(mean: float, turn: float) -> Traffic:
    """Traffic around *mean* with a busy morning and afternoon and a quiet night; *turn* (0 to 1) shifts its ripples."""
    return Traffic(
        mean,
        (
            Wave(DAY, 0.55, -_PEAK),
            Wave(Duration(DAY // 2), 0.15, 0.1 - 2 * _PEAK),
            Wave(Duration(17 * MINUTE), 0.14, turn),
            Wave(Duration(97 * SECOND), 0.08, 3 * turn),
        ),
    )
