"""What servers show of themselves: HOST-RESOURCES-MIB (RFC 2790) and the memory and load of UCD-SNMP-MIB."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from netmon.lab.ber import Tag, encode, encode_integer, encode_oid, encode_text
from netmon.lab.mib import Instance, Oid, constant, instance
from netmon.lab.settings import RoleShape, StorageShape
from netmon.lab.traffic import Traffic
from netmon.model.moments import DAY, Moment

_HOST = (1, 3, 6, 1, 2, 1, 25)
_UCD = (1, 3, 6, 1, 4, 1, 2021)
_RAM_TYPE = (*_HOST, 2, 1, 2)
_DISK_TYPE = (*_HOST, 2, 1, 4)
_PROCESSOR_TYPE = (*_HOST, 3, 1, 3)
_UNIT = 4096
_KIB = 1024
_FIRST_PROCESSOR = 196608
"""hrDeviceIndex of the first processor, as net-snmp numbers them."""

_Level = Callable[[Moment], float]
"""A share between 0 and 1 at a moment."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server: its shape, the work that comes in, and how to tell its uptime."""

    shape: RoleShape
    work: Traffic
    uptime: Callable[[Moment], bytes]

    def busy(self, at: Moment) -> float:
        """The share of its processors that is busy."""
        return min(0.97, 0.22 * self.work.level(at))

    def memory_used(self, at: Moment) -> float:
        """The share of its memory that is in use."""
        return min(0.95, 0.45 + 0.1 * self.work.level(at))


def volume_used(volume: StorageShape, at: Moment) -> float:
    """The share of a volume that is in use: it fills by a hundredth a day and is tidied once a week."""
    return min(0.99, volume.used + 0.01 * (at % (7 * DAY)) / DAY)


def host_instances(server: Server) -> Iterator[Instance]:
    """All that a server shows; nothing where its role has no processors, memory or volumes."""
    shape = server.shape
    if not (shape.processors or shape.memory or shape.volumes):
        return
    yield instance((*_HOST, 1, 1, 0), server.uptime)
    yield instance((*_HOST, 1, 5, 0), constant(encode_integer(2, Tag.GAUGE32)))
    yield instance((*_HOST, 1, 6, 0), lambda at: encode_integer(round(140 + 60 * server.busy(at)), Tag.GAUGE32))
    yield instance((*_HOST, 2, 2, 0), constant(encode_integer(shape.memory // _KIB)))
    yield from _storage(1, "Physical memory", (_RAM_TYPE, shape.memory), server.memory_used)
    for number, volume in enumerate(shape.volumes, start=31):
        yield from _storage(number, volume.name, (_DISK_TYPE, volume.size), partial(volume_used, volume))
    for number in range(shape.processors):
        yield from _processor(_FIRST_PROCESSOR + number, server)
    yield from _memory(server)
    yield from _load(server)


def _storage(index: int, name: str, what: tuple[Oid, int], used: _Level) -> Iterator[Instance]:
    kind, size = what
    units = size // _UNIT
    columns: Mapping[int, Callable[[Moment], bytes]] = {
        1: constant(encode_integer(index)),
        2: constant(encode_oid(kind)),
        3: constant(encode_text(name)),
        4: constant(encode_integer(_UNIT)),
        5: constant(encode_integer(units)),
        6: lambda at: encode_integer(round(units * used(at))),
        7: constant(encode_integer(0, Tag.COUNTER32)),
    }
    for column, read in columns.items():
        yield instance((*_HOST, 2, 3, 1, column, index), read)


def _processor(index: int, server: Server) -> Iterator[Instance]:
    device: Mapping[int, bytes] = {
        1: encode_integer(index),
        2: encode_oid(_PROCESSOR_TYPE),
        3: encode_text("netmon lab: simulated processor"),
        4: encode_oid((0, 0)),
        5: encode_integer(2),
    }
    for column, value in device.items():
        yield instance((*_HOST, 3, 2, 1, column, index), constant(value))
    yield instance((*_HOST, 3, 3, 1, 1, index), constant(encode_oid((0, 0))))
    # processors share the work unevenly
    share = 0.8 + 0.4 * (index % 3) / 2
    yield instance(
        (*_HOST, 3, 3, 1, 2, index), lambda at: encode_integer(min(100, round(100 * share * server.busy(at))))
    )


def _memory(server: Server) -> Iterator[Instance]:
    total = server.shape.memory // _KIB
    swap = total // 4

    def free(at: Moment) -> int:
        return round(total * (1 - server.memory_used(at)))

    values: Mapping[int, Callable[[Moment], int]] = {
        3: lambda _: swap,
        4: lambda _: swap - swap // 50,
        5: lambda _: total,
        6: free,
        11: lambda at: free(at) + swap - swap // 50,
        13: lambda _: 0,
        14: lambda _: total // 40,
        15: lambda at: free(at) // 3,
    }
    for leaf, value in values.items():
        yield instance((*_UCD, 4, leaf, 0), partial(_integer, value))


def _integer(value: Callable[[Moment], int], at: Moment) -> bytes:
    return encode_integer(value(at))


def _load(server: Server) -> Iterator[Instance]:
    for index, minutes in enumerate((1, 5, 15), start=1):
        yield instance((*_UCD, 10, 1, 1, index), constant(encode_integer(index)))
        yield instance((*_UCD, 10, 1, 2, index), constant(encode_text(f"Load-{minutes}")))
        yield instance((*_UCD, 10, 1, 3, index), partial(_load_text, server))
        yield instance((*_UCD, 10, 1, 5, index), partial(_load_hundredths, server))


def _load_text(server: Server, at: Moment) -> bytes:
    return encode(Tag.OCTET_STRING, f"{server.busy(at) * server.shape.processors:.2f}".encode())


def _load_hundredths(server: Server, at: Moment) -> bytes:
    return encode_integer(round(100 * server.busy(at) * server.shape.processors))
