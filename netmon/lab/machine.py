"""One simulated device as it runs: since when it is up, its interfaces, and the MIB that its agent shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from netmon.lab.ber import Tag, encode_integer, encode_oid, encode_text
from netmon.lab.host import Server, host_instances
from netmon.lab.interfaces import Interface, OperStatus, Port, interface_instances
from netmon.lab.layout import LabDevice
from netmon.lab.mib import Instance, Mib, constant, instance
from netmon.lab.settings import RoleShape
from netmon.lab.traffic import office_day
from netmon.model.moments import DAY, Duration, Moment

_SYSTEM = (1, 3, 6, 1, 2, 1, 1)
_TICK = 10_000
"""Microseconds in a hundredth of a second."""
_TICKS_WRAP = 2**32
_ETHERNET, _PPP, _LOOPBACK, _TUNNEL = 6, 23, 24, 131
_KINDS = {"dialer": _PPP, "serial": _PPP, "ppp": _PPP, "async": _PPP, "lo": _LOOPBACK, "tunnel": _TUNNEL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """What is plugged into an interface: the link's bandwidth in bits per second, and what the ends say of it."""

    bandwidth: int
    alias: str
    idle: OperStatus = OperStatus.UP


@dataclass(frozen=True, slots=True)
class Life:
    """From one start of a device to the next.

    Attributes:
        booted: when it started.
        wraps_within: its counters wrap this soon after; ``None`` where they begin at zero.
        order: the order in which interfaces are numbered; 0 is that of their names.
    """

    booted: Moment
    wraps_within: Duration | None = None
    order: int = 0


class Machine:
    """A device that runs; whoever changes it says when."""

    def __init__(self, device: LabDevice, shape: RoleShape, ports: tuple[Port, ...], life: Life) -> None:
        self.device = device
        self._shape = shape
        self._ports = ports
        self._work = office_day(1.0, turn_of(device.name))
        self._uptime_ahead = 0
        self.life = life
        self._interfaces = self._number(life)
        self._mib: Mib | None = None

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        return self._interfaces

    @property
    def mib(self) -> Mib:
        """What its agent shows; made when it is first asked."""
        if self._mib is None:
            self._mib = Mib(self._instances())
        return self._mib

    def start_again(self, at: Moment, *, wraps_within: Duration | None = None, reshuffled: bool = False) -> None:
        """Restart: uptime and counters begin anew, interfaces keep their state, and their numbers unless reshuffled."""
        down = {interface.port.name: interface.status for interface in self._interfaces}
        order = self.life.order + 1 if reshuffled else self.life.order
        self.life = replace(self.life, booted=at, wraps_within=wraps_within, order=order)
        self._uptime_ahead = 0
        self._interfaces = self._number(self.life)
        for interface in self._interfaces:
            interface.turn(down[interface.port.name], at)
        self._mib = None

    def let_uptime_wrap(self, at: Moment, within: Duration) -> None:
        """From now on sysUpTime is what it is after 497 days, *within* before it wraps; nothing else changes."""
        self._uptime_ahead = _TICKS_WRAP - within // _TICK - self._ticks_at(at)

    def turn(self, down: frozenset[str], at: Moment) -> None:
        """The interfaces named in *down* are operationally down from *at* on, all others are as they are when whole."""
        for interface in self._interfaces:
            interface.turn(OperStatus.DOWN if interface.port.name in down else interface.port.idle, at)

    def _number(self, life: Life) -> tuple[Interface, ...]:
        ports = list(self._ports)
        if life.order:
            Random(life.order).shuffle(ports)  # noqa: S311  not for secrets
        return tuple(
            Interface(port, index, life.booted, wraps_within=life.wraps_within)
            for index, port in enumerate(ports, start=1)
        )

    def _instances(self) -> Iterator[Instance]:
        system: Mapping[int, bytes] = {
            1: encode_text(self._shape.description),
            2: encode_oid(tuple(map(int, self._shape.object_id.split(".")))),
            4: encode_text("netmon lab"),
            5: encode_text(self.device.name),
            6: encode_text(self.device.location),
            7: encode_integer(self._shape.services),
        }
        for leaf, value in system.items():
            yield instance((*_SYSTEM, leaf, 0), constant(value))
        yield instance((*_SYSTEM, 3, 0), self._uptime)
        yield from interface_instances(self._interfaces, self._ticks_at)
        yield from host_instances(Server(self._shape, self._work, self._uptime))

    def _ticks_at(self, at: Moment) -> int:
        return (at - self.life.booted) // _TICK % _TICKS_WRAP

    def _uptime(self, at: Moment) -> bytes:
        return encode_integer((self._ticks_at(at) + self._uptime_ahead) % _TICKS_WRAP, Tag.TIME_TICKS)


def first_life(name: str, at: Moment) -> Life:
    """A life that began weeks ago and is the same whenever the lab is started, but for one day in a hundred or so."""
    chance = Random(name)  # noqa: S311  not for secrets
    period = chance.randrange(60, 180) * DAY
    return Life(Moment(at - (at + chance.randrange(period)) % period))


def fit_ports(device: str, shape: RoleShape, fittings: Mapping[str, Fitting]) -> tuple[Port, ...]:
    """The ports of a device of *shape*, with *fittings* plugged in by name, those included that only they name."""
    ports = {
        name: _port(device, name, each.speed, _plugged(device, name, each.connected, each.speed))
        for each in shape.ports
        for name in (each.name.format(number) for number in range(each.first, each.first + each.count))
    }
    for name, fitting in fittings.items():
        speed = ports[name].speed if name in ports else fitting.bandwidth
        ports[name] = _port(device, name, speed, fitting)
    return tuple(ports.values())


def turn_of(name: str) -> float:
    """A number between 0 and 1 that is always the same for *name*."""
    return Random(name).random()  # noqa: S311  not for secrets


def _plugged(device: str, name: str, share: float, speed: int) -> Fitting:
    plugged = turn_of(f"plug {device}/{name}") < share
    return Fitting(bandwidth=speed, alias="", idle=OperStatus.UP if plugged else OperStatus.DOWN)


def _port(device: str, name: str, speed: int, fitting: Fitting) -> Port:
    chance = Random(f"port {device}/{name}")  # noqa: S311  not for secrets
    kind = next((kind for start, kind in _KINDS.items() if name.lower().startswith(start)), _ETHERNET)
    octets = min(speed, fitting.bandwidth) / 8 * chance.uniform(*_usage(kind, fitting))
    return Port(
        name=name,
        kind=kind,
        speed=speed,
        alias=fitting.alias,
        address=bytes((0x02, *chance.randbytes(5))) if kind == _ETHERNET else b"",
        idle=fitting.idle,
        received=office_day(octets, chance.random()),
        sent=office_day(octets * chance.uniform(0.15, 0.7), chance.random()),
        packet=chance.randrange(300, 900),
    )


def _usage(kind: int, fitting: Fitting) -> tuple[float, float]:
    """The least and the most of its line that an interface uses in the mean, so that no peak overflows it."""
    if kind == _LOOPBACK:
        return 1e-6, 1e-5
    return (0.05, 0.25) if fitting.alias else (0.001, 0.03)


DEFAULT_BANDWIDTH = 100_000_000
"""Bits per second of an interface of which nothing is known."""
