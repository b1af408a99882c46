"""What the exporters call things: their names for what netmon has words for, as data.

Names of node_exporter 1.x (also before 1.6), and of windows_exporter from 0.16 on, which renamed several of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Names = tuple[str, ...]
"""Names for one thing in the order of preference: the first that is there counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Processors:
    """Their time by mode: *modes* add up to all of it, *idle* are those in which nothing runs."""

    time: str
    label: str
    idle: frozenset[str]
    modes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Families with a row for each part of the machine, which *label* names; keys are netmon's words."""

    label: str
    columns: Mapping[str, Names]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one exporter speaks.

    Attributes:
        name: what people call the exporter.
        scalars: its names by netmon's families; rows of one name are added up.
        boot: when the machine started; *now* is what its clock says.
        filesystems, interfaces: tables by netmon's words for their columns.
        facts: for each fact the family and the label that tell it.
        collectors: the label ``collector`` of *success* for those parts of the exporter that matter here.
    """

    name: str
    scalars: Mapping[str, Names]
    boot: Names
    now: Names
    processors: Processors
    filesystems: Table
    interfaces: Table
    facts: Mapping[str, tuple[tuple[str, str], ...]]
    success: str
    collectors: frozenset[str]
    scales: Mapping[str, float] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """Everything that it may say of what is wanted."""
        tables = (self.scalars, self.filesystems.columns, self.interfaces.columns)
        several = (name for table in tables for names in table.values() for name in names)
        told = (family for places in self.facts.values() for family, _ in places)
        return frozenset({*several, *told, *self.boot, *self.now, self.processors.time, self.success})


NODE = Dialect(
    name="node_exporter",
    scalars={
        "netmon_host_load1": ("node_load1",),
        "netmon_host_load5": ("node_load5",),
        "netmon_host_load15": ("node_load15",),
        "netmon_host_memory_size_bytes": ("node_memory_MemTotal_bytes",),
        "netmon_host_memory_available_bytes": ("node_memory_MemAvailable_bytes",),
        "netmon_host_swap_size_bytes": ("node_memory_SwapTotal_bytes",),
        "netmon_host_swap_free_bytes": ("node_memory_SwapFree_bytes",),
    },
    boot=("node_boot_time_seconds",),
    now=("node_time_seconds",),
    processors=Processors(
        time="node_cpu_seconds_total",
        label="cpu",
        idle=frozenset({"idle", "iowait"}),
        modes=frozenset({"idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user", "interrupt"}),
    ),
    filesystems=Table(
        label="mountpoint",
        columns={
            "size": ("node_filesystem_size_bytes",),
            "free": ("node_filesystem_free_bytes",),
            "available": ("node_filesystem_avail_bytes",),
            "files": ("node_filesystem_files",),
            "files_free": ("node_filesystem_files_free",),
            "readonly": ("node_filesystem_readonly",),
            "broken": ("node_filesystem_device_error",),
        },
    ),
    interfaces=Table(
        label="device",
        columns={
            "netmon_host_interface_up": ("node_network_up",),
            "netmon_host_interface_speed_bytes_per_second": ("node_network_speed_bytes",),
            "netmon_host_interface_receive_bytes_total": ("node_network_receive_bytes_total",),
            "netmon_host_interface_transmit_bytes_total": ("node_network_transmit_bytes_total",),
            "netmon_host_interface_receive_packets_total": ("node_network_receive_packets_total",),
            "netmon_host_interface_transmit_packets_total": ("node_network_transmit_packets_total",),
            "netmon_host_interface_receive_errors_total": ("node_network_receive_errs_total",),
            "netmon_host_interface_transmit_errors_total": ("node_network_transmit_errs_total",),
            "netmon_host_interface_receive_discards_total": ("node_network_receive_drop_total",),
            "netmon_host_interface_transmit_discards_total": ("node_network_transmit_drop_total",),
        },
    ),
    facts={
        "hostname": (("node_uname_info", "nodename"),),
        "system": (("node_os_info", "pretty_name"), ("node_uname_info", "sysname")),
        "release": (("node_uname_info", "release"),),
    },
    success="node_scrape_collector_success",
    collectors=frozenset({"cpu", "loadavg", "meminfo", "filesystem", "netdev"}),
)

WINDOWS = Dialect(
    name="windows_exporter",
    scalars={
        "netmon_host_memory_size_bytes": (
            "windows_memory_physical_total_bytes",
            "windows_cs_physical_memory_bytes",
            "windows_os_visible_memory_bytes",
        ),
        "netmon_host_memory_available_bytes": (
            "windows_memory_available_bytes",
            "windows_memory_physical_free_bytes",
            "windows_os_physical_memory_free_bytes",
        ),
        "netmon_host_swap_size_bytes": ("windows_pagefile_limit_bytes", "windows_os_paging_limit_bytes"),
        "netmon_host_swap_free_bytes": ("windows_pagefile_free_bytes", "windows_os_paging_free_bytes"),
    },
    boot=(
        "windows_system_boot_time_timestamp",
        "windows_system_boot_time_timestamp_seconds",
        "windows_system_system_up_time",
    ),
    now=("windows_time_current_timestamp_seconds", "windows_os_time"),
    processors=Processors(  # the time of interrupts and deferred calls is a part of the privileged time
        time="windows_cpu_time_total",
        label="core",
        idle=frozenset({"idle"}),
        modes=frozenset({"idle", "user", "privileged"}),
    ),
    filesystems=Table(
        label="volume",
        columns={
            "size": ("windows_logical_disk_size_bytes",),
            "free": ("windows_logical_disk_free_bytes",),
            "readonly": ("windows_logical_disk_readonly",),
        },
    ),
    interfaces=Table(
        label="nic",
        columns={
            "netmon_host_interface_speed_bytes_per_second": (
                "windows_net_current_bandwidth_bytes",
                "windows_net_current_bandwidth",
            ),
            "netmon_host_interface_receive_bytes_total": ("windows_net_bytes_received_total",),
            "netmon_host_interface_transmit_bytes_total": ("windows_net_bytes_sent_total",),
            "netmon_host_interface_receive_packets_total": ("windows_net_packets_received_total",),
            "netmon_host_interface_transmit_packets_total": ("windows_net_packets_sent_total",),
            "netmon_host_interface_receive_errors_total": (
                "windows_net_packets_received_errors_total",
                "windows_net_packets_received_errors",
            ),
            "netmon_host_interface_transmit_errors_total": (
                "windows_net_packets_outbound_errors_total",
                "windows_net_packets_outbound_errors",
            ),
            "netmon_host_interface_receive_discards_total": (
                "windows_net_packets_received_discarded_total",
                "windows_net_packets_received_discarded",
            ),
            "netmon_host_interface_transmit_discards_total": (
                "windows_net_packets_outbound_discarded_total",
                "windows_net_packets_outbound_discarded",
            ),
        },
    ),
    facts={
        "hostname": (("windows_os_hostname", "hostname"), ("windows_cs_hostname", "hostname")),
        "system": (("windows_os_info", "product"),),
        "release": (("windows_os_info", "version"),),
    },
    success="windows_exporter_collector_success",
    collectors=frozenset({"cpu", "logical_disk", "memory", "net", "os", "system"}),
    scales={"windows_net_current_bandwidth": 0.125},
)

DIALECTS = (NODE, WINDOWS)
WANTED = NODE.names | WINDOWS.names
