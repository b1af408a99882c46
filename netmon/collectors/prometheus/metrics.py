"""The metric families that the readings of a prometheus check fill, with their help, and a machine as readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netmon.collectors.labels import SteadyRows
from netmon.collectors.prometheus.host import Host
from netmon.model.looks import Labels, Number, Readings

SCRAPE = "netmon_prometheus_scrape_seconds"
CONTENT = "netmon_prometheus_content_bytes"
SAMPLES = "netmon_prometheus_samples"

_UPTIME = "netmon_host_uptime_seconds"
_BUSY = "netmon_host_processor_busy_ratio"
_PROCESSORS = "netmon_host_processors"
_MODES = "netmon_host_processor_seconds_total"

METRICS = {
    SCRAPE: "Time from asking to the end of the exporter's answer.",
    CONTENT: "Length of the exporter's answer, unpacked.",
    SAMPLES: "How many samples the exporter gave, wanted or not.",
    _UPTIME: "Time since the machine started.",
    _BUSY: "Share of the processors' time since the look before that was not idle.",
    _PROCESSORS: "How many processors the machine has.",
    _MODES: "Time that all processors together spent in each mode.",
    "netmon_host_load1": "Processes that run or wait, mean of one minute.",
    "netmon_host_load5": "Processes that run or wait, mean of five minutes.",
    "netmon_host_load15": "Processes that run or wait, mean of fifteen minutes.",
    "netmon_host_memory_size_bytes": "Memory of the machine.",
    "netmon_host_memory_available_bytes": "Memory that programs can still have, caches given up.",
    "netmon_host_swap_size_bytes": "Swap space, or all paging files together.",
    "netmon_host_swap_free_bytes": "Swap space that nothing uses.",
    "netmon_host_filesystem_size_bytes": "Size of the file system.",
    "netmon_host_filesystem_available_bytes": "What ordinary users can still write to the file system.",
    "netmon_host_filesystem_used_ratio": "Share of the file system that is in use, as df counts it.",
    "netmon_host_filesystem_files": "How many files (inodes) the file system can hold.",
    "netmon_host_filesystem_files_free": "How many files (inodes) the file system has left.",
    "netmon_host_interface_up": "1 where the interface is up, else 0.",
    "netmon_host_interface_speed_bytes_per_second": "Nominal speed of the interface, in bytes as its traffic.",
    "netmon_host_interface_receive_bytes_total": "Bytes received.",
    "netmon_host_interface_transmit_bytes_total": "Bytes sent.",
    "netmon_host_interface_receive_packets_total": "Packets received.",
    "netmon_host_interface_transmit_packets_total": "Packets sent.",
    "netmon_host_interface_receive_errors_total": "Packets received with errors.",
    "netmon_host_interface_transmit_errors_total": "Packets that could not be sent because of errors.",
    "netmon_host_interface_receive_discards_total": "Good packets that were received and dropped.",
    "netmon_host_interface_transmit_discards_total": "Good packets that were dropped in place of being sent.",
}

FACTS = ("hostname", "system", "release")

ONE_ROW: Sequence[Labels] = ((),)


class HostTables:
    """Turns what a machine says into readings, with rows that stay the same while the machine does."""

    def __init__(self) -> None:
        self._modes = SteadyRows()
        self._filesystems = SteadyRows()
        self._interfaces = SteadyRows()

    def readings(self, host: Host, busy: float | None) -> tuple[Readings, ...]:
        """Everything that *host* says, but for tables without rows."""
        tables = (
            Readings(ONE_ROW, {family: (value,) for family, value in _scalars(host, busy).items()}),
            Readings(self._modes.of("mode", host.modes), {_MODES: tuple(host.modes.values())}),
            Readings(
                self._filesystems.of("filesystem", (one.name for one in host.filesystems)), _filesystem_columns(host)
            ),
            Readings(self._interfaces.of("interface", host.interface_names), host.interfaces),
        )
        return tuple(table for table in tables if table.labels and table.columns)


def _scalars(host: Host, busy: float | None) -> Mapping[str, Number]:
    found: dict[str, Number] = dict(host.scalars)
    if host.uptime is not None:
        found[_UPTIME] = host.uptime
    if host.processors:
        found[_PROCESSORS] = host.processors
    if busy is not None:
        found[_BUSY] = busy
    return found


def _filesystem_columns(host: Host) -> Mapping[str, Sequence[Number | None]]:
    columns: dict[str, list[Number | None]] = {
        "netmon_host_filesystem_size_bytes": [one.size for one in host.filesystems],
        "netmon_host_filesystem_available_bytes": [one.available for one in host.filesystems],
        "netmon_host_filesystem_used_ratio": [one.used_ratio for one in host.filesystems],
        "netmon_host_filesystem_files": [one.files for one in host.filesystems],
        "netmon_host_filesystem_files_free": [one.files_free for one in host.filesystems],
    }
    return {family: column for family, column in columns.items() if any(value is not None for value in column)}
