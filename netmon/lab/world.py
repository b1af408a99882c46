"""The simulated province as it stands: machines that run, faults that are felt, and what follows for each question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType

from netmon.lab.conditions import Conditions, judge
from netmon.lab.faults import SHAPES, Fault, FaultKind, Faults, LabError, TargetKind, read_options
from netmon.lab.interfaces import OperStatus
from netmon.lab.layout import LabDevice, Layout
from netmon.lab.machine import DEFAULT_BANDWIDTH, Fitting, Machine, first_life, fit_ports
from netmon.lab.settings import LabSettings
from netmon.model.moments import Duration, Moment

_NOTHING: Mapping[FaultKind, Fault] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Manner:
    """How a device or a service answers at a moment.

    Attributes:
        delay: how much later answers come.
        loss: the share of messages that is lost, each way and back together.
        quirks: the faults that are felt.
    """

    silent: bool = False
    delay: Duration = Duration(0)
    loss: float = 0.0
    quirks: Mapping[FaultKind, Fault] = field(default_factory=lambda: _NOTHING)


class World:
    """Machines, faults and conditions; time is an argument and never goes back."""

    def __init__(self, layout: Layout, settings: LabSettings, at: Moment) -> None:
        self.layout = layout
        self.settings = settings
        self.faults = Faults()
        self.machines = {device.name: _machine(device, layout, settings, at) for device in layout.devices}
        self._by_address = {device.address: device.name for device in layout.devices}
        self._targets = _targets(layout, self.machines)
        self._conditions = judge(layout, self.faults, settings.media, at)
        for first in settings.faults:
            self.break_(first.target, first.fault, first.options, at)

    def device_at(self, address: str) -> str | None:
        """The device that has *address*."""
        return self._by_address.get(address)

    def device_manner(self, device: str, at: Moment) -> Manner:
        """How *device* answers at *at*."""
        conditions = self.conditions(at)
        path = conditions.paths.get(device)
        quirks = conditions.quirks.get((TargetKind.DEVICE, device), _NOTHING)
        if path is None:
            return Manner(silent=True, quirks=quirks)
        late = quirks.get(FaultKind.LATE)
        delay = Duration(path.delay + late.options.delay) if late else path.delay
        return Manner(delay=delay, loss=path.loss, quirks=quirks)

    def service_manner(self, service: str, address: str, at: Moment) -> Manner:
        """How *service* answers at *at* on the device that has *address*."""
        device = self._by_address.get(address)
        ground = Manner() if device is None else self.device_manner(device, at)
        quirks = self.conditions(at).quirks.get((TargetKind.SERVICE, service), _NOTHING)
        slow = quirks.get(FaultKind.SLOW)
        return Manner(
            silent=ground.silent or FaultKind.DEAD in quirks or FaultKind.FLAPPING in quirks,
            delay=Duration(ground.delay + slow.options.delay) if slow else ground.delay,
            quirks=quirks,
        )

    def conditions(self, at: Moment) -> Conditions:
        """The conditions at *at*."""
        if not self._conditions.hold(at):
            self.faults = self.faults.remaining(at)
            self._follow(at, None)
        return self._conditions

    def wrong(self, at: Moment) -> tuple[Fault, ...]:
        """What is wrong at *at*, oldest first."""
        return self.faults.remaining(at).known

    def break_(self, target: str, fault: str, options: Mapping[str, str], at: Moment) -> Fault:
        """Let *fault* befall *target*; raises LabError where there is no such thing or it cannot."""
        kind = _fault_kind(fault)
        self.conditions(at)
        on, bare = self._find(target, SHAPES[kind].targets, what=kind)
        broken = Fault(kind=kind, on=on, target=bare, since=at, options=read_options(kind, options))
        self.faults = self.faults.broken(broken)
        self._follow(at, at)
        if on is TargetKind.DEVICE:
            _restart(self.machines[bare], broken)
        return broken

    def mend(self, target: str, at: Moment) -> tuple[Fault, ...]:
        """Mend *target* (or ``all``) and say what was wrong with it; raises LabError where there is no such thing."""
        self.conditions(at)
        before = self.faults
        if target == "all":
            self.faults = Faults()
        else:
            broken = {
                fault.on for fault in before if fault.target == target.partition(":")[2] or fault.target == target
            }
            on, bare = self._find(target, frozenset(broken or TargetKind), what="mending")
            self.faults = before.mended(on, bare)
        mended = tuple(fault for fault in before if fault not in self.faults.known)
        for fault in mended:
            if fault.kind in (FaultKind.REBOOT, FaultKind.RESHUFFLE):
                self.machines[fault.target].start_again(at)
        self._follow(at, at)
        return mended

    def _follow(self, at: Moment, changed: Moment | None) -> None:
        """Let the machines feel the faults; *changed* says since when, else the faults' own times do."""
        self._conditions = judge(self.layout, self.faults, self.settings.media, at)
        since = self._conditions.since if changed is None else changed
        down: dict[str, set[str]] = {}
        for end in self._conditions.down:
            down.setdefault(end.device, set()).add(end.interface)
        for name, machine in self.machines.items():
            machine.turn(frozenset(down.get(name, ())), since)

    def _find(self, target: str, kinds: frozenset[TargetKind], *, what: str) -> tuple[TargetKind, str]:
        prefix, _, rest = target.partition(":")
        asked, bare = ({TargetKind(prefix)}, rest) if rest and prefix in set(TargetKind) else (set(TargetKind), target)
        known = [kind for kind in TargetKind if kind in asked and bare in self._targets[kind]]
        if not known:
            names = [name for kind in asked for name in self._targets[kind]]
            raise LabError(f'the lab has no "{target}"{_nearest(bare, names)}')
        fitting = [kind for kind in known if kind in kinds]
        if not fitting:
            wanted = " or ".join(kind for kind in TargetKind if kind in kinds)
            raise LabError(f'"{what}" is for {wanted}, and {known[0]}:{bare} is none')
        if len(fitting) > 1:
            choices = " or ".join(f"{kind}:{bare}" for kind in fitting)
            raise LabError(f'"{bare}" is more than one thing; write {choices}')
        return fitting[0], bare


def _fault_kind(fault: str) -> FaultKind:
    try:
        return FaultKind(fault)
    except ValueError:
        raise LabError(f'there is no fault "{fault}"{_nearest(fault, FaultKind)}') from None


def _nearest(word: str, words: Iterable[str]) -> str:
    found = get_close_matches(word, [str(each) for each in words], n=1, cutoff=0.5)
    return f' - did you mean "{found[0]}"?' if found else ""


def _restart(machine: Machine, fault: Fault) -> None:
    over = fault.until or fault.since
    if fault.kind is FaultKind.REBOOT:
        machine.start_again(over)
    elif fault.kind is FaultKind.RESHUFFLE:
        machine.start_again(over, reshuffled=True)
    elif fault.kind is FaultKind.WRAP:
        machine.start_again(fault.since, wraps_within=fault.options.within)
    elif fault.kind is FaultKind.UPTIME_WRAP:
        machine.let_uptime_wrap(fault.since, fault.options.within)


def _targets(layout: Layout, machines: Mapping[str, Machine]) -> Mapping[TargetKind, frozenset[str]]:
    ports = (f"{name}/{each.port.name}" for name, machine in machines.items() for each in machine.interfaces)
    return {
        TargetKind.DEVICE: frozenset(machines),
        TargetKind.INTERFACE: frozenset(ports),
        TargetKind.LINK: frozenset(link.id for link in layout.links),
        TargetKind.SERVICE: frozenset(endpoint.service for endpoint in layout.endpoints),
    }


def _machine(device: LabDevice, layout: Layout, settings: LabSettings, at: Moment) -> Machine:
    shape = settings.roles.get(settings.devices.get(device.name, device.role), settings.other)
    fittings = {
        **{name: Fitting(bandwidth=DEFAULT_BANDWIDTH, alias="") for name in layout.interfaces[device.name]},
        **_link_fittings(device, layout, settings),
    }
    return Machine(device, shape, fit_ports(device.name, shape, fittings), first_life(device.name, at))


def _link_fittings(device: LabDevice, layout: Layout, settings: LabSettings) -> Mapping[str, Fitting]:
    fittings: dict[str, Fitting] = {}
    for link in layout.links:
        waits = link.on_demand and not settings.idle_up
        for end in link.ends:
            if end.device == device.name:
                fittings[end.interface] = Fitting(
                    bandwidth=link.bandwidth or DEFAULT_BANDWIDTH,
                    alias=link.id,
                    idle=OperStatus.DORMANT if waits else OperStatus.UP,
                )
    return fittings
