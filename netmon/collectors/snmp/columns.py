"""What is read of every device: columns of IF-MIB and HOST-RESOURCES-MIB, scalars of those and UCD-SNMP-MIB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from netmon.model.looks import Number

IF_DESCR = "1.3.6.1.2.1.2.2.1.2"
IF_TYPE = "1.3.6.1.2.1.2.2.1.3"
IF_PHYS_ADDRESS = "1.3.6.1.2.1.2.2.1.6"
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
IF_ALIAS = "1.3.6.1.2.1.31.1.1.1.18"
STORAGE_DESCR = "1.3.6.1.2.1.25.2.3.1.3"
PROCESSOR_LOAD = "1.3.6.1.2.1.25.3.3.1.2"

SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"
SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
SYS_CONTACT = "1.3.6.1.2.1.1.4.0"
SYS_NAME = "1.3.6.1.2.1.1.5.0"
SYS_LOCATION = "1.3.6.1.2.1.1.6.0"
IF_NUMBER = "1.3.6.1.2.1.2.1.0"
IF_TABLE_LAST_CHANGE = "1.3.6.1.2.1.31.1.5.0"
ENGINE_TIME = "1.3.6.1.6.3.10.2.1.3.0"
LANDMARKS = (SYS_UPTIME, IF_NUMBER, IF_TABLE_LAST_CHANGE, ENGINE_TIME)
"""What shows that a device restarted, or that its table of interfaces is another."""


class Role(Enum):
    """What is done with the numbers of a column."""

    GAUGE = "as it is"
    COUNTER64 = "as it is while it rises: a fall is a reset"
    COUNTER32 = "carried on past wraps"
    OCTETS32 = "carried on past wraps, bounded by the speed"
    SPEED = "a gauge that bounds the counters after it"
    DISCONTINUITY = "not shown: counters begin anew where it changes"
    UNIT = "not shown: multiplies the gauges after it"


@dataclass(frozen=True, slots=True)
class Column:
    """A column, the metric that it fills (none where it is not shown) and how a number becomes a base unit."""

    oid: str
    metric: str | None
    role: Role = Role.GAUGE
    convert: Callable[[int], Number] | None = None


def _ticks_to_seconds(value: int) -> Number:
    return value / 100


def _percent_to_ratio(value: int) -> Number:
    return value / 100


def _bits_to_bytes(value: int) -> Number:
    return value / 8


def _megabits_to_bytes(value: int) -> Number:
    return value * 125_000


def _truth(value: int) -> Number:
    return 1 if value == 1 else 0


def _unsigned(value: int) -> Number:
    return value % 2**32


def _kibibytes(value: int) -> Number:
    return value * 1024


_IF = "1.3.6.1.2.1.2.2.1"
_IFX = "1.3.6.1.2.1.31.1.1.1"
_HR_STORAGE = "1.3.6.1.2.1.25.2.3.1"

SPEED = "netmon_interface_speed_bytes_per_second"
ADMIN_STATUS = "netmon_interface_admin_status"
OPER_STATUS = "netmon_interface_oper_status"
INTERFACE_INFO = "netmon_interface_info"


def _counter(metric: str, narrow: int, wide: int | None = None, role: Role = Role.COUNTER32) -> tuple[Column, ...]:
    """*wide* of ifXTable where a device has it, else *narrow* of ifTable."""
    name = f"netmon_interface_{metric}_total"
    first = (Column(f"{_IFX}.{wide}", name, Role.COUNTER64),) if wide else ()
    return (*first, Column(f"{_IF}.{narrow}", name, role))


def _counter_x(metric: str, narrow: int, wide: int) -> tuple[Column, ...]:
    """Both in ifXTable."""
    name = f"netmon_interface_{metric}_total"
    return Column(f"{_IFX}.{wide}", name, Role.COUNTER64), Column(f"{_IFX}.{narrow}", name, Role.COUNTER32)


INTERFACE_CHOICES: tuple[tuple[Column, ...], ...] = (
    (
        Column(f"{_IFX}.15", SPEED, Role.SPEED, _megabits_to_bytes),
        Column(f"{_IF}.5", SPEED, Role.SPEED, _bits_to_bytes),
    ),
    (Column(f"{_IFX}.19", None, Role.DISCONTINUITY),),
    (Column(f"{_IF}.7", ADMIN_STATUS),),
    (Column(f"{_IF}.8", OPER_STATUS),),
    (Column(f"{_IF}.9", "netmon_interface_last_change_uptime_seconds", convert=_ticks_to_seconds),),
    (Column(f"{_IF}.4", "netmon_interface_mtu_bytes"),),
    (Column(f"{_IFX}.16", "netmon_interface_promiscuous", convert=_truth),),
    (Column(f"{_IFX}.17", "netmon_interface_connector_present", convert=_truth),),
    _counter("receive_bytes", 10, 6, Role.OCTETS32),
    _counter("transmit_bytes", 16, 10, Role.OCTETS32),
    _counter("receive_unicast_packets", 11, 7),
    _counter("transmit_unicast_packets", 17, 11),
    _counter_x("receive_multicast_packets", 2, 8),
    _counter_x("transmit_multicast_packets", 4, 12),
    _counter_x("receive_broadcast_packets", 3, 9),
    _counter_x("transmit_broadcast_packets", 5, 13),
    _counter("receive_discards", 13),
    _counter("transmit_discards", 19),
    _counter("receive_errors", 14),
    _counter("transmit_errors", 20),
    _counter("receive_unknown_protocols", 15),
)
"""For each metric of an interface the columns that may give it, the best first (RFC 2863)."""

STORAGE_CHOICES: tuple[tuple[Column, ...], ...] = (
    (Column(f"{_HR_STORAGE}.4", None, Role.UNIT),),
    (Column(f"{_HR_STORAGE}.5", "netmon_storage_size_bytes", convert=_unsigned),),
    (Column(f"{_HR_STORAGE}.6", "netmon_storage_used_bytes", convert=_unsigned),),
)
"""RFC 2790; agents give sizes beyond 2^31 units as negative numbers."""

PROCESSOR_CHOICES: tuple[tuple[Column, ...], ...] = (
    (Column(PROCESSOR_LOAD, "netmon_processor_load_ratio", convert=_percent_to_ratio),),
)

SCALARS: tuple[Column, ...] = (
    Column("1.3.6.1.2.1.25.1.1.0", "netmon_system_uptime_seconds", convert=_ticks_to_seconds),
    Column("1.3.6.1.2.1.25.1.5.0", "netmon_system_users"),
    Column("1.3.6.1.2.1.25.1.6.0", "netmon_system_processes"),
    Column("1.3.6.1.4.1.2021.4.5.0", "netmon_memory_size_bytes", convert=_kibibytes),
    Column("1.3.6.1.4.1.2021.4.6.0", "netmon_memory_free_bytes", convert=_kibibytes),
    Column("1.3.6.1.4.1.2021.4.14.0", "netmon_memory_buffers_bytes", convert=_kibibytes),
    Column("1.3.6.1.4.1.2021.4.15.0", "netmon_memory_cached_bytes", convert=_kibibytes),
    Column("1.3.6.1.4.1.2021.4.3.0", "netmon_memory_swap_size_bytes", convert=_kibibytes),
    Column("1.3.6.1.4.1.2021.4.4.0", "netmon_memory_swap_free_bytes", convert=_kibibytes),
    Column("1.3.6.1.4.1.2021.10.1.5.1", "netmon_load1", convert=_percent_to_ratio),
    Column("1.3.6.1.4.1.2021.10.1.5.2", "netmon_load5", convert=_percent_to_ratio),
    Column("1.3.6.1.4.1.2021.10.1.5.3", "netmon_load15", convert=_percent_to_ratio),
)
