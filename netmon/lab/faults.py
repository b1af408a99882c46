"""What is broken since when: a pure value, from which the lab's behaviour follows at any moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from netmon.kernel.settings import DurationText, Settings
from netmon.model.moments import MILLISECOND, SECOND, Duration, Moment
from netmon.model.quantities import format_duration


class FaultKind(StrEnum):
    """What can be wrong."""

    DEAD = "dead"
    CUT = "cut"
    SLOW = "slow"
    LOSSY = "lossy"
    FLAPPING = "flapping"
    REBOOT = "reboot"
    RESHUFFLE = "reshuffle"
    WRAP = "wrap"
    UPTIME_WRAP = "uptime-wrap"
    GARBAGE = "garbage"
    ENDLESS = "endless"
    NON_INCREASING = "non-increasing"
    WRONG_ID = "wrong-id"
    LATE = "late"
    DOUBLE = "double"
    REFUSE = "refuse"
    ERROR = "error"
    EXPIRING = "expiring"


class TargetKind(StrEnum):
    """What can be broken."""

    DEVICE = "device"
    INTERFACE = "interface"
    LINK = "link"
    SERVICE = "service"


def _at_least(least: Duration) -> AfterValidator:
    def validate(value: Duration) -> Duration:
        if value < least:
            raise ValueError(f"must be at least {format_duration(least)}")
        return value

    return AfterValidator(validate)


_Swing = Annotated[DurationText, _at_least(SECOND)]
_Delay = Annotated[DurationText, _at_least(MILLISECOND)]


class FaultOptions(Settings):
    """How badly; each fault takes those that `SHAPES` gives it."""

    delay: _Delay = Field(Duration(800 * MILLISECOND), description="How much later answers come.")
    loss: float = Field(0.3, gt=0, le=1, description="The share of messages that is lost, each way and back together.")
    period: _Swing = Field(Duration(60 * SECOND), description="Broken for half of it, whole for half.")
    pause: DurationText = Field(Duration(20 * SECOND), description="How long the device is silent meanwhile.")
    within: _Swing = Field(Duration(120 * SECOND), description="How soon the counters wrap.")
    status: int = Field(500, ge=400, le=599, description="What the web server answers.")
    days: int = Field(5, ge=-3_650, le=3_650, description="When the certificate ends; negative: it has ended.")


@dataclass(frozen=True, slots=True)
class FaultShape:
    """What a fault can befall, which options it takes, and which of them says when it passes by itself."""

    targets: frozenset[TargetKind]
    options: frozenset[str] = frozenset()
    passes_after: str | None = None


_DEVICE = frozenset({TargetKind.DEVICE})
_SERVICE = frozenset({TargetKind.SERVICE})

SHAPES: Mapping[FaultKind, FaultShape] = {
    FaultKind.DEAD: FaultShape(_DEVICE | _SERVICE),
    FaultKind.CUT: FaultShape(frozenset({TargetKind.LINK, TargetKind.INTERFACE})),
    FaultKind.SLOW: FaultShape(_DEVICE | _SERVICE | {TargetKind.LINK}, frozenset({"delay"})),
    FaultKind.LOSSY: FaultShape(_DEVICE | {TargetKind.LINK}, frozenset({"loss"})),
    FaultKind.FLAPPING: FaultShape(frozenset(TargetKind), frozenset({"period"})),
    FaultKind.REBOOT: FaultShape(_DEVICE, frozenset({"pause"}), passes_after="pause"),
    FaultKind.RESHUFFLE: FaultShape(_DEVICE, frozenset({"pause"}), passes_after="pause"),
    FaultKind.WRAP: FaultShape(_DEVICE, frozenset({"within"}), passes_after="within"),
    FaultKind.UPTIME_WRAP: FaultShape(_DEVICE, frozenset({"within"}), passes_after="within"),
    FaultKind.GARBAGE: FaultShape(_DEVICE | _SERVICE),
    FaultKind.ENDLESS: FaultShape(_DEVICE | _SERVICE),
    FaultKind.NON_INCREASING: FaultShape(_DEVICE),
    FaultKind.WRONG_ID: FaultShape(_DEVICE),
    FaultKind.LATE: FaultShape(_DEVICE, frozenset({"delay"})),
    FaultKind.DOUBLE: FaultShape(_DEVICE),
    FaultKind.REFUSE: FaultShape(_DEVICE | _SERVICE),
    FaultKind.ERROR: FaultShape(_SERVICE, frozenset({"status"})),
    FaultKind.EXPIRING: FaultShape(_SERVICE, frozenset({"days"})),
}

_LATE = Duration(15 * SECOND)
"""Later than any answer is waited for by default."""


class LabError(ValueError):
    """What was asked of the lab cannot be done; the message says what can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        target: bare id of a device, link or service, or ``device/interface``.
    """

    kind: FaultKind
    on: TargetKind
    target: str
    since: Moment
    options: FaultOptions

    @property
    def until(self) -> Moment | None:
        """When it passes by itself; ``None`` where it must be mended."""
        option = SHAPES[self.kind].passes_after
        return None if option is None else Moment(self.since + getattr(self.options, option))

    def acts(self, at: Moment) -> bool:
        """Whether it is felt at *at*: one that flaps is felt in the first half of each period."""
        if self.kind is FaultKind.FLAPPING:
            return 2 * ((at - self.since) % self.options.period) < self.options.period
        return self.until is None or at < self.until

    def last_change(self, at: Moment) -> Moment:
        """When, at or before *at*, it was last felt to change."""
        if self.kind is FaultKind.FLAPPING:
            half = self.options.period // 2
            start = Moment(at - (at - self.since) % self.options.period)
            return start if at < start + half else Moment(start + half)
        return self.since if self.until is None or at < self.until else self.until

    def next_change(self, at: Moment) -> Moment | None:
        """When, after *at*, it is next felt to change."""
        if self.kind is FaultKind.FLAPPING:
            last = self.last_change(at)
            start = Moment(at - (at - self.since) % self.options.period)
            return Moment(start + self.options.period) if last > start else Moment(start + self.options.period // 2)
        return self.until if self.until is not None and at < self.until else None


def read_options(kind: FaultKind, given: Mapping[str, str]) -> FaultOptions:
    """The options of a fault from what people write, such as ``{"period": "30s"}``; raises LabError."""
    shape = SHAPES[kind]
    for name in given:
        if name not in shape.options:
            takes = ", ".join(sorted(shape.options)) or "no options"
            raise LabError(f'"{kind}" does not take "{name}"; it takes {takes}')
    defaults = {"delay": f"{_LATE}us"} if kind is FaultKind.LATE else {}
    try:
        return FaultOptions.model_validate({**defaults, **given})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise LabError(f'"{first["loc"][0]}": {first["msg"].removeprefix("Value error, ")}') from None


@dataclass(frozen=True, slots=True)
class Faults:
    """All that is wrong, at most once for each target and kind."""

    known: tuple[Fault, ...] = ()

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.known)

    def broken(self, fault: Fault) -> Faults:
        """Together with *fault*, which replaces its like."""
        others = (known for known in self.known if (known.on, known.target, known.kind) != _key(fault))
        return replace(self, known=(*others, fault))

    def mended(self, on: TargetKind, target: str) -> Faults:
        """Without whatever is wrong with *target*."""
        return replace(self, known=tuple(fault for fault in self.known if (fault.on, fault.target) != (on, target)))

    def remaining(self, at: Moment) -> Faults:
        """Without what has passed by itself."""
        return replace(self, known=tuple(fault for fault in self.known if fault.until is None or at < fault.until))

    def next_change(self, at: Moment) -> Moment | None:
        """When, after *at*, the first of them is felt to change."""
        return min((moment for fault in self.known if (moment := fault.next_change(at)) is not None), default=None)


def _key(fault: Fault) -> tuple[TargetKind, str, FaultKind]:
    return fault.on, fault.target, fault.kind
