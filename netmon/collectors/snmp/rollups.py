"""The series of an snmp check that reports need: traffic and use of interfaces; processors, memory and storage."""

from __future__ import annotations

from netmon.collectors.snmp.columns import SPEED
from netmon.model.rollups import Rolled, Sampling

_RECEIVED = "netmon_interface_receive_bytes_total"
_SENT = "netmon_interface_transmit_bytes_total"


def _traffic(family: str, told: str, of: str, over: str | None = None) -> Rolled:
    return Rolled(family=family, help=told, sampling=Sampling.RATE, of=of, over=over, watched="interface")


ROLLED = (
    _traffic("netmon_interface_receive_bytes_per_second", "Bytes received in a second.", _RECEIVED),
    _traffic("netmon_interface_transmit_bytes_per_second", "Bytes sent in a second.", _SENT),
    _traffic("netmon_interface_receive_utilisation_ratio", "Traffic received, of the speed.", _RECEIVED, SPEED),
    _traffic("netmon_interface_transmit_utilisation_ratio", "Traffic sent, of the speed.", _SENT, SPEED),
    Rolled(
        family="netmon_processor_load_ratio",
        help="Share of time in which processors were not idle, mean of all of them.",
        of="netmon_processor_load_ratio",
        is_mean=True,
    ),
    Rolled(
        family="netmon_memory_used_ratio",
        help="Share of the memory that programs use; buffers and caches are not counted.",
        of="netmon_memory_size_bytes",
        less=("netmon_memory_free_bytes", "netmon_memory_buffers_bytes", "netmon_memory_cached_bytes"),
        over="netmon_memory_size_bytes",
    ),
    Rolled(
        family="netmon_storage_used_ratio",
        help="Share of the storage area that is in use.",
        of="netmon_storage_used_bytes",
        over="netmon_storage_size_bytes",
    ),
)
