"""How long a device has been up; a restart is told from the wrap that hundredths of a second make in 497 days."""

from __future__ import annotations

from dataclasses import dataclass

_WRAP = 2**32
_TICKS_PER_SECOND = 100
_SLACK_TICKS = 30 * _TICKS_PER_SECOND
_SLACK_RATIO = 0.05


@dataclass(frozen=True, slots=True)
class Uptime:
    """An uptime as it was told at *at* (seconds of a steady clock): *ticks* in hundredths, *turned* by whole wraps."""

    ticks: int
    at: float
    turned: int = 0

    @property
    def seconds(self) -> float:
        """The uptime, past wraps."""
        return (self.ticks + self.turned) / _TICKS_PER_SECOND


def first_uptime(ticks: int, at: float, engine_seconds: int | None) -> Uptime:
    """The uptime of a device met for the first time; *engine_seconds* (snmpEngineTime) tells of wraps before."""
    if engine_seconds is None:
        return Uptime(ticks, at)
    behind = engine_seconds * _TICKS_PER_SECOND - ticks
    turns = round(behind / _WRAP)
    fits = turns > 0 and abs(behind - turns * _WRAP) <= _SLACK_TICKS
    return Uptime(ticks, at, turns * _WRAP if fits else 0)


def next_uptime(before: Uptime, ticks: int, at: float) -> tuple[Uptime, bool]:
    """The uptime now, and whether the device (or its agent) restarted since *before*.

    It did if it is behind what it should have reached, by more than a clock may drift; having gone
    back to where the wrap leads is no restart.
    """
    expected = before.ticks + (at - before.at) * _TICKS_PER_SECOND
    slack = _SLACK_TICKS + _SLACK_RATIO * (expected - before.ticks)
    turns = max(0, round((expected - ticks) / _WRAP))
    if turns and abs(ticks + turns * _WRAP - expected) <= slack:
        return Uptime(ticks, at, before.turned + turns * _WRAP), False
    if ticks < before.ticks or ticks < expected - slack:
        return Uptime(ticks, at), True
    return Uptime(ticks, at, before.turned), False
