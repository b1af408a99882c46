"""What follows from the faults at a moment: who is silent, which interfaces are down, how slow and lossy ways are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from netmon.lab.faults import Fault, FaultKind, Faults, TargetKind
from netmon.lab.layout import End, LabLink, Layout, Way
from netmon.model.moments import Duration, Moment

_SILENCING = {FaultKind.DEAD, FaultKind.FLAPPING, FaultKind.REBOOT, FaultKind.RESHUFFLE}


@dataclass(frozen=True, slots=True)
class Path:
    """How a device is reached: what that adds to a round trip, and the share of messages that it loses."""

    delay: Duration = Duration(0)
    loss: float = 0.0

    def then(self, delay: Duration, loss: float) -> Path:
        """This path and one more stretch."""
        return Path(Duration(self.delay + delay), 1 - (1 - self.loss) * (1 - loss))


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The state of the lab from one change to the next.

    Attributes:
        paths: how each device that can be heard is reached; any other is silent.
        down: interfaces that are operationally down.
        quirks: faults that are felt, by what they befall.
    """

    since: Moment
    until: Moment | None
    paths: Mapping[str, Path]
    down: frozenset[End]
    quirks: Mapping[tuple[TargetKind, str], Mapping[FaultKind, Fault]]

    def hold(self, at: Moment) -> bool:
        """Whether they still hold at *at*."""
        return self.until is None or at < self.until


def judge(layout: Layout, faults: Faults, media: Mapping[str, Duration], at: Moment) -> Conditions:
    """The conditions that *faults* bring about at *at*; *media* says what each medium adds to a round trip."""
    felt: dict[tuple[TargetKind, str], dict[FaultKind, Fault]] = {}
    for fault in faults:
        if fault.acts(at):
            felt.setdefault((fault.on, fault.target), {})[fault.kind] = fault
    down = _ends_down(layout, felt)
    return Conditions(
        since=max((fault.last_change(at) for fault in faults), default=at),
        until=faults.next_change(at),
        paths=_reach(layout, felt, media, down),
        down=down,
        quirks=felt,
    )


Felt = Mapping[tuple[TargetKind, str], Mapping[FaultKind, Fault]]


def _ends_down(layout: Layout, felt: Felt) -> frozenset[End]:
    breaking = {FaultKind.CUT, FaultKind.FLAPPING}
    down = {
        End(*target.split("/", 1))
        for (on, target), kinds in felt.items()
        if on is TargetKind.INTERFACE and breaking & kinds.keys()
    }
    for link in layout.links:
        if breaking & felt.get((TargetKind.LINK, link.id), {}).keys() or not down.isdisjoint(link.ends):
            down.update(link.ends)
    return frozenset(down)


def _reach(layout: Layout, felt: Felt, media: Mapping[str, Duration], down: frozenset[End]) -> Mapping[str, Path]:
    alive = [
        device.name
        for device in layout.devices
        if not _SILENCING & felt.get((TargetKind.DEVICE, device.name), {}).keys()
    ]
    paths: dict[str, Path] = {}
    for device in alive:
        if not layout.ways[device]:
            paths[device] = _over(Path(), felt.get((TargetKind.DEVICE, device), {}).values())
    waiting = [device for device in alive if device not in paths]
    reached = True
    while reached and waiting:
        reached = False
        for device in waiting:
            way = next((way for way in layout.ways[device] if way.via in paths and _stands(way, down)), None)
            if way is not None:
                path = _along(paths[way.via], way.link, felt, media)
                paths[device] = _over(path, felt.get((TargetKind.DEVICE, device), {}).values())
                reached = True
        waiting = [device for device in waiting if device not in paths]
    return paths


def _stands(way: Way, down: frozenset[End]) -> bool:
    return way.link is None or down.isdisjoint(way.link.ends)


def _along(path: Path, link: LabLink | None, felt: Felt, media: Mapping[str, Duration]) -> Path:
    if link is None:
        return path
    crossed = path.then(media.get(link.medium, Duration(0)), 0.0)
    return _over(crossed, felt.get((TargetKind.LINK, link.id), {}).values())


def _over(path: Path, faults: Iterable[Fault]) -> Path:
    for fault in faults:
        if fault.kind is FaultKind.SLOW:
            path = path.then(fault.options.delay, 0.0)
        elif fault.kind is FaultKind.LOSSY:
            path = path.then(Duration(0), fault.options.loss)
    return path
