"""Interfaces of a simulated device: their state, their counters and what IF-MIB (RFC 2863) shows of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import partial

from netmon.lab.ber import Tag, encode, encode_integer, encode_oid, encode_text
from netmon.lab.mib import Instance, instance
from netmon.lab.traffic import Traffic
from netmon.model.moments import Duration, Moment, in_seconds

_32_BITS = 2**32
_64_BITS = 2**64


class OperStatus(IntEnum):
    """ifOperStatus, as far as the lab shows it."""

    UP = 1
    DOWN = 2
    DORMANT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """What does not change about an interface.

    Attributes:
        kind: ifType, as IANA numbers them.
        speed: bits per second that it says it can carry.
        idle: what it says while nothing is wrong.
        received: octets that come in; *sent*: that go out.
        packet: octets of a mean packet.
    """

    name: str
    kind: int
    speed: int
    alias: str
    address: bytes
    idle: OperStatus
    received: Traffic
    sent: Traffic
    packet: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What went one way since the counters began."""

    octets: int = 0
    unicast: int = 0
    multicast: int = 0
    broadcast: int = 0
    discards: int = 0
    errors: int = 0

    @classmethod
    def of(cls, octets: int, packet: int) -> Tally:
        """The tally of *octets* in packets of the mean size *packet*."""
        packets = octets // packet
        return cls(octets, packets, packets // 50, packets // 120, packets // 40_000, packets // 900_000)

    def ahead_of(self, other: Tally) -> Tally:
        """The sum of both."""
        return Tally(
            self.octets + other.octets,
            self.unicast + other.unicast,
            self.multicast + other.multicast,
            self.broadcast + other.broadcast,
            self.discards + other.discards,
            self.errors + other.errors,
        )

    @classmethod
    def short_of_wrap(cls, rate: float, packet: int, within: Duration) -> Tally:
        """Where counters stand that wrap in *within* at *rate* octets per second; those that crawl stand at 0."""
        missing = cls.of(max(1, round(rate * in_seconds(within))), packet)
        return cls(*(_64_BITS - each if each else 0 for each in (missing.octets, missing.unicast, missing.multicast)))


class Flow:
    """One direction of an interface: it counts while the interface is up."""

    def __init__(self, traffic: Traffic, packet: int, since: Moment, ahead: Tally) -> None:
        self._traffic = traffic
        self._packet = packet
        self._since: Moment | None = since
        self._carried = 0.0
        self._ahead = ahead

    def stop(self, at: Moment) -> None:
        """Nothing flows from *at* on."""
        self._carried = self._total(at)
        self._since = None

    def resume(self, at: Moment) -> None:
        """It flows again from *at* on."""
        self._since = at

    def tally(self, at: Moment) -> Tally:
        """What has gone through by *at*."""
        return Tally.of(int(self._total(at)), self._packet).ahead_of(self._ahead)

    def _total(self, at: Moment) -> float:
        if self._since is None or at <= self._since:
            return self._carried
        return self._carried + self._traffic.amount(self._since, at)


class Interface:
    """A port of a running device.

    Attributes:
        index: its ifIndex.
        changed: since when it is in its state.
        began: since when its counters count.
    """

    def __init__(self, port: Port, index: int, began: Moment, *, wraps_within: Duration | None = None) -> None:
        self.port = port
        self.index = index
        self.began = began
        self.changed = began
        self.status = port.idle
        self._received = _flow(port.received, port.packet, began, wraps_within)
        self._sent = _flow(port.sent, port.packet, began, wraps_within)
        self._read_at: Moment | None = None
        self._tallies = (Tally(), Tally())
        if self.status is not OperStatus.UP:
            self._received.stop(began)
            self._sent.stop(began)

    def turn(self, status: OperStatus, at: Moment) -> None:
        """It is in *status* from *at* on."""
        if status is self.status:
            return
        for flow in (self._received, self._sent):
            if status is OperStatus.UP:
                flow.resume(at)
            elif self.status is OperStatus.UP:
                flow.stop(at)
        self.status, self.changed, self._read_at = status, max(at, self.began), None

    def tallies(self, at: Moment) -> tuple[Tally, Tally]:
        """What came in and what went out by *at*."""
        if self._read_at != at:
            self._tallies = (self._received.tally(at), self._sent.tally(at))
            self._read_at = at
        return self._tallies


def _flow(traffic: Traffic, packet: int, began: Moment, wraps_within: Duration | None) -> Flow:
    rate = traffic.mean * traffic.level(began)
    ahead = Tally() if wraps_within is None else Tally.short_of_wrap(rate, packet, wraps_within)
    return Flow(traffic, packet, began, ahead)


# ---------------------------------------------------------------- what the tables show

_Column = Callable[[Interface, Moment], bytes]
_Ticks = Callable[[Moment], int]
"""sysUpTime at a moment, in hundredths of a second."""


def _counter32(pick: Callable[[Interface, Moment], int]) -> _Column:
    return lambda interface, at: encode_integer(pick(interface, at) % _32_BITS, Tag.COUNTER32)


def _counter64(pick: Callable[[Interface, Moment], int]) -> _Column:
    return lambda interface, at: encode_integer(pick(interface, at) % _64_BITS, Tag.COUNTER64)


def _fixed(pick: Callable[[Interface], bytes]) -> _Column:
    return lambda interface, _: pick(interface)


_DIRECTIONS = (0, 1)
_WHAT: tuple[Callable[[Tally], int], ...] = (
    lambda tally: tally.octets,
    lambda tally: tally.unicast,
    lambda tally: tally.multicast,
    lambda tally: tally.broadcast,
    lambda tally: tally.discards,
    lambda tally: tally.errors,
)
_OCTETS, _UNICAST, _MULTICAST, _BROADCAST, _DISCARDS, _ERRORS = range(6)


def _count(direction: int, what: int) -> Callable[[Interface, Moment], int]:
    pick = _WHAT[what]
    return lambda interface, at: pick(interface.tallies(at)[direction])


def _broadcast_like(direction: int) -> Callable[[Interface, Moment], int]:
    multicast, broadcast = _count(direction, _MULTICAST), _count(direction, _BROADCAST)
    return lambda interface, at: multicast(interface, at) + broadcast(interface, at)


_ZERO_COUNTER = encode_integer(0, Tag.COUNTER32)
_IF_TABLE: Mapping[int, _Column] = {
    1: _fixed(lambda interface: encode_integer(interface.index)),
    2: _fixed(lambda interface: encode_text(interface.port.name)),
    3: _fixed(lambda interface: encode_integer(interface.port.kind)),
    4: _fixed(lambda interface: encode_integer(1500)),
    5: _fixed(lambda interface: encode_integer(min(interface.port.speed, _32_BITS - 1), Tag.GAUGE32)),
    6: _fixed(lambda interface: encode(Tag.OCTET_STRING, interface.port.address)),
    7: _fixed(lambda _: encode_integer(1)),
    8: _fixed(lambda interface: encode_integer(interface.status)),
    10: _counter32(_count(0, _OCTETS)),
    11: _counter32(_count(0, _UNICAST)),
    12: _counter32(_broadcast_like(0)),
    13: _counter32(_count(0, _DISCARDS)),
    14: _counter32(_count(0, _ERRORS)),
    15: _fixed(lambda _: _ZERO_COUNTER),
    16: _counter32(_count(1, _OCTETS)),
    17: _counter32(_count(1, _UNICAST)),
    18: _counter32(_broadcast_like(1)),
    19: _counter32(_count(1, _DISCARDS)),
    20: _counter32(_count(1, _ERRORS)),
    21: _fixed(lambda _: encode_integer(0, Tag.GAUGE32)),
    22: _fixed(lambda _: encode_oid((0, 0))),
}
_IF_X_TABLE: Mapping[int, _Column] = {
    1: _fixed(lambda interface: encode_text(interface.port.name)),
    2: _counter32(_count(0, _MULTICAST)),
    3: _counter32(_count(0, _BROADCAST)),
    4: _counter32(_count(1, _MULTICAST)),
    5: _counter32(_count(1, _BROADCAST)),
    **{
        6 + 4 * direction + what: _counter64(_count(direction, what))
        for direction in _DIRECTIONS
        for what in (_OCTETS, _UNICAST, _MULTICAST, _BROADCAST)
    },
    14: _fixed(lambda _: encode_integer(1)),
    15: _fixed(lambda interface: encode_integer(interface.port.speed // 1_000_000, Tag.GAUGE32)),
    16: _fixed(lambda _: encode_integer(2)),
    17: _fixed(lambda interface: encode_integer(1 if interface.port.address else 2)),
    18: _fixed(lambda interface: encode_text(interface.port.alias)),
}
_INTERFACES = (1, 3, 6, 1, 2, 1, 2)
_IF_MIB_OBJECTS = (1, 3, 6, 1, 2, 1, 31, 1)


def interface_instances(interfaces: tuple[Interface, ...], ticks_at: _Ticks) -> Iterator[Instance]:
    """IF-MIB's scalars, ifTable and ifXTable; *ticks_at* turns a moment into the device's uptime."""
    yield instance((*_INTERFACES, 1, 0), lambda _: encode_integer(len(interfaces)))
    # interfaces are added and removed by a restart alone
    yield instance((*_IF_MIB_OBJECTS, 5, 0), lambda _: encode_integer(0, Tag.TIME_TICKS))
    for interface in interfaces:
        for column, read in _IF_TABLE.items():
            yield instance((*_INTERFACES, 2, 1, column, interface.index), partial(read, interface))
        for column, read in _IF_X_TABLE.items():
            yield instance((*_IF_MIB_OBJECTS, 1, 1, column, interface.index), partial(read, interface))
        yield instance((*_INTERFACES, 2, 1, 9, interface.index), partial(_last_change, interface, ticks_at))
        yield instance((*_IF_MIB_OBJECTS, 1, 1, 19, interface.index), partial(_began, interface, ticks_at))


def _last_change(interface: Interface, ticks_at: _Ticks, _: Moment) -> bytes:
    return encode_integer(ticks_at(interface.changed), Tag.TIME_TICKS)


def _began(interface: Interface, ticks_at: _Ticks, _: Moment) -> bytes:
    return encode_integer(ticks_at(interface.began), Tag.TIME_TICKS)
