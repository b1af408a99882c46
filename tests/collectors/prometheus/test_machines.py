"""What exporters say, in netmon's words: Linux, Windows, their odd numbers, and what goes beyond its limits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from netmon.collectors.prometheus import KIND
from netmon.collectors.prometheus.dialects import NODE
from netmon.collectors.prometheus.host import ProcessorTime, translate
from netmon.collectors.prometheus.settings import PrometheusSettings
from netmon.kernel.clock import FakeClock
from netmon.model.looks import Failure
from netmon.model.moments import SECOND, Duration
from netmon.model.states import Reason
from tests.collectors.conftest import Serve
from tests.collectors.makers import ground
from tests.collectors.prometheus.conftest import OPENMETRICS, PLENTY, CollectorAt, Look, answer, numbers

ASKING = {family for family in KIND.metrics if family.startswith("netmon_prometheus_")}

LINUX = """\
node_boot_time_seconds 1.79e+09
node_time_seconds 1.790000060e+09
node_cpu_seconds_total{cpu="0",mode="idle"} 80
node_cpu_seconds_total{cpu="0",mode="user"} 20
node_cpu_seconds_total{cpu="1",mode="idle"} 90
node_cpu_seconds_total{cpu="1",mode="iowait"} 5
node_cpu_seconds_total{cpu="1",mode="system"} 5
node_filesystem_size_bytes{device="/dev/vda1",fstype="ext4",mountpoint="/"} 1000
node_filesystem_free_bytes{device="/dev/vda1",fstype="ext4",mountpoint="/"} 300
node_filesystem_avail_bytes{device="/dev/vda1",fstype="ext4",mountpoint="/"} 200
node_filesystem_files{device="/dev/vda1",fstype="ext4",mountpoint="/"} 100
node_filesystem_files_free{device="/dev/vda1",fstype="ext4",mountpoint="/"} 60
node_load1 0.5
node_memory_MemTotal_bytes 4e+09
node_memory_MemAvailable_bytes 1e+09
node_network_up{device="eth0"} 1
node_network_speed_bytes{device="eth0"} -125000
node_network_receive_bytes_total{device="eth0"} 4.4e+09
node_network_receive_bytes_total{device="ifb0"} 7
node_uname_info{machine="x86_64",nodename="syt-srv1",release="6.1.0",sysname="Linux"} 1
"""

WINDOWS = """\
windows_cpu_time_total{core="0,0",mode="dpc"} 1
windows_cpu_time_total{core="0,0",mode="idle"} 75
windows_cpu_time_total{core="0,0",mode="interrupt"} 2
windows_cpu_time_total{core="0,0",mode="privileged"} 10
windows_cpu_time_total{core="0,0",mode="user"} 15
windows_memory_physical_total_bytes 8.589934592e+09
windows_memory_available_bytes 4.294967296e+09
windows_pagefile_limit_bytes{file="C:\\\\pagefile.sys"} 100
windows_pagefile_limit_bytes{file="D:\\\\pagefile.sys"} 50
windows_pagefile_free_bytes{file="C:\\\\pagefile.sys"} 90
windows_logical_disk_size_bytes{volume="C:"} 1000
windows_logical_disk_free_bytes{volume="C:"} 250
windows_logical_disk_size_bytes{volume="HarddiskVolume1"} 100
windows_logical_disk_free_bytes{volume="HarddiskVolume1"} 0
windows_net_bytes_received_total{nic="Intel_R_ I210"} 12
windows_net_packets_outbound_discarded_total{nic="Intel_R_ I210"} 3
windows_net_current_bandwidth_bytes{nic="Intel_R_ I210"} 1.25e+08
windows_system_boot_time_timestamp 1.79e+09
windows_time_current_timestamp_seconds 1.79000003e+09
windows_os_hostname{domain="snv.local",fqdn="snv-ad1.snv.local",hostname="snv-ad1"} 1
windows_os_info{build_number="20348",product="Windows Server 2022 Standard",version="10.0.20348"} 1
"""


async def test_a_linux_machine_is_told_in_our_words(serve: Serve, look: Look) -> None:
    outcome = await look((await serve(answer(LINUX))).port)

    assert (outcome.failure, outcome.flaw) == (None, None)
    assert {family: value for family, value in numbers(outcome).items() if family not in ASKING} == {
        "netmon_host_uptime_seconds": 60,
        "netmon_host_load1": 0.5,
        "netmon_host_memory_size_bytes": 4_000_000_000,
        "netmon_host_memory_available_bytes": 1_000_000_000,
        "netmon_host_processors": 2,
        "netmon_host_processor_seconds_total": {"idle": 170, "user": 20, "iowait": 5, "system": 5},
        "netmon_host_filesystem_size_bytes": {"/": 1000},
        "netmon_host_filesystem_available_bytes": {"/": 200},
        "netmon_host_filesystem_used_ratio": {"/": 700 / 900},
        "netmon_host_filesystem_files": {"/": 100},
        "netmon_host_filesystem_files_free": {"/": 60},
        "netmon_host_interface_up": {"eth0": 1, "ifb0": None},
        "netmon_host_interface_receive_bytes_total": {"eth0": 4_400_000_000, "ifb0": 7},
    }
    assert outcome.facts == {"hostname": "syt-srv1", "system": "Linux", "release": "6.1.0"}


async def test_a_windows_machine_is_told_in_our_words(serve: Serve, look: Look) -> None:
    outcome = await look((await serve(answer(WINDOWS))).port)

    assert (outcome.failure, outcome.flaw) == (None, None)
    nic = "Intel_R_ I210"
    assert {family: value for family, value in numbers(outcome).items() if family not in ASKING} == {
        "netmon_host_uptime_seconds": 30,
        "netmon_host_memory_size_bytes": 8_589_934_592,
        "netmon_host_memory_available_bytes": 4_294_967_296,
        "netmon_host_swap_size_bytes": 150,
        "netmon_host_swap_free_bytes": 90,
        "netmon_host_processors": 1,
        "netmon_host_processor_seconds_total": {"dpc": 1, "idle": 75, "interrupt": 2, "privileged": 10, "user": 15},
        "netmon_host_filesystem_size_bytes": {"C:": 1000},
        "netmon_host_filesystem_available_bytes": {"C:": 250},
        "netmon_host_filesystem_used_ratio": {"C:": 0.75},
        "netmon_host_interface_speed_bytes_per_second": {nic: 125_000_000},
        "netmon_host_interface_receive_bytes_total": {nic: 12},
        "netmon_host_interface_transmit_discards_total": {nic: 3},
    }
    assert outcome.facts == {
        "hostname": "snv-ad1",
        "system": "Windows Server 2022 Standard",
        "release": "10.0.20348",
    }


async def test_names_of_an_older_windows_exporter_are_known_too(serve: Serve, look: Look) -> None:
    old = """\
windows_cs_physical_memory_bytes 8e+09
windows_os_physical_memory_free_bytes 2e+09
windows_os_paging_limit_bytes 1e+09
windows_system_system_up_time 1.79e+09
windows_os_time 1.79000009e+09
windows_net_current_bandwidth{nic="a"} 1e+09
windows_net_packets_received_errors{nic="a"} 4
windows_cs_hostname{domain="",fqdn="ad1",hostname="ad1"} 1
"""
    outcome = await look((await serve(answer(old))).port)

    found = numbers(outcome)
    assert found["netmon_host_memory_size_bytes"] == 8_000_000_000
    assert found["netmon_host_memory_available_bytes"] == 2_000_000_000
    assert found["netmon_host_swap_size_bytes"] == 1_000_000_000
    assert found["netmon_host_uptime_seconds"] == 90
    assert found["netmon_host_interface_speed_bytes_per_second"] == {"a": 125_000_000}
    assert found["netmon_host_interface_receive_errors_total"] == {"a": 4}
    assert outcome.facts == {"hostname": "ad1"}


async def test_openmetrics_is_read_with_its_exemplars_and_fractions_of_seconds(serve: Serve, look: Look) -> None:
    text = """\
# TYPE node_cpu_seconds counter
# UNIT node_cpu_seconds seconds
node_cpu_seconds_total{cpu="0",mode="idle"} 80.5 1395066363.5 # {trace="a b"} 1.0 1395066363.5
# TYPE node_load1 gauge
node_load1 1e-1
# EOF
"""
    outcome = await look((await serve(answer(text, content_type=OPENMETRICS))).port)

    assert outcome.failure is None
    assert numbers(outcome)["netmon_host_processor_seconds_total"] == {"idle": 80.5}
    assert numbers(outcome)["netmon_host_load1"] == 0.1


async def test_the_processors_share_is_taken_from_one_look_to_the_next(serve: Serve, collector_at: CollectorAt) -> None:
    said = iter([(80, 20), (110, 30), (1, 0)])

    async def go_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        idle, user = next(said)
        writer.write(
            answer(f'node_cpu_seconds_total{{mode="idle"}} {idle}\nnode_cpu_seconds_total{{mode="user"}} {user}\n')
        )

    collector = await collector_at((await serve(go_on)).port)
    first, second, restarted = [numbers(await collector.look(PLENTY)) for _ in range(3)]

    assert "netmon_host_processor_busy_ratio" not in first
    assert second["netmon_host_processor_busy_ratio"] == pytest.approx(0.25)
    assert "netmon_host_processor_busy_ratio" not in restarted


@pytest.mark.parametrize(
    "text", [LINUX, 'node_cpu_seconds_total{mode="idle"} 80\n'], ids=["by its clock", "by its work"]
)
async def test_what_goes_on_repeating_an_old_scrape_is_not_taken_for_the_machine(
    text: str, serve: Serve, collector_at: CollectorAt
) -> None:
    clock = FakeClock()
    exporter = await serve(answer(text))
    collector = await collector_at(exporter.port, on=ground(clock=clock))

    outcomes = []
    for rest in (0, 60, 1):
        await clock.advance(Duration(rest * SECOND))
        outcomes.append(await collector.look(PLENTY))

    assert [one.failure and one.failure.reason for one in outcomes] == [None, None, Reason.UNEXPECTED]
    assert outcomes[-1].failure is not None
    assert outcomes[-1].failure.evidence.endswith("still says what it said 1 m 1 s ago: it is not the machine's own")


async def test_however_much_an_exporter_says_others_have_their_turn() -> None:
    rows = [({"mountpoint": f"/{one}"}, 9.0) for one in range(3_000)]
    samples = {name: rows for names in NODE.filesystems.columns.values() for name in names}
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with asyncio.TaskGroup() as group:
        other = group.create_task(take_turns())
        host = await translate(samples, NODE, now_seconds=0, ignore=["/x*"] * 100)
        other.cancel()

    assert len(host.broken) == 3_000
    assert turns > 100


async def test_rows_stay_the_same_object_while_the_machine_stays_the_same(
    serve: Serve, collector_at: CollectorAt
) -> None:
    collector = await collector_at((await serve(answer(LINUX))).port)

    one, two = await collector.look(PLENTY), await collector.look(PLENTY)

    assert [id(table.labels) for table in one.readings] == [id(table.labels) for table in two.readings]


def filesystem(mounted: str, *, free: float, fstype: str = "ext4", more: str = "") -> str:
    labels = f'{{fstype="{fstype}",mountpoint="{mounted}"}}'
    return f"node_filesystem_size_bytes{labels} 100\nnode_filesystem_free_bytes{labels} {free}\n{more}"


@pytest.mark.parametrize(
    ("text", "settings", "flaw"),
    [
        pytest.param(
            filesystem("/var", free=4) + filesystem("/", free=1) + filesystem("/home", free=50),
            {},
            Failure(Reason.OVER_LIMIT, "/ is 99.0 % full (95 % allowed); /var is 96.0 % full (95 % allowed)"),
            id="full file systems are named, the fullest first",
        ),
        pytest.param(filesystem("/", free=5), {}, None, id="exactly at the limit is not beyond it"),
        pytest.param(filesystem("/", free=0), {"max_used": 1}, None, id="1 judges nothing"),
        pytest.param(filesystem("/mnt/a/b", free=0), {"ignore": ["/mnt/*"]}, None, id="what is ignored is not judged"),
        pytest.param(filesystem("/snap/x", free=0, fstype="squashfs"), {}, None, id="an image is full by design"),
        pytest.param(
            filesystem("/cd", free=0, more='node_filesystem_readonly{mountpoint="/cd"} 1\n'),
            {},
            None,
            id="what cannot be written to is full by design",
        ),
        pytest.param(
            'node_filesystem_size_bytes{mountpoint="/"} 9\nnode_filesystem_files{mountpoint="/"} 1000\n'
            'node_filesystem_files_free{mountpoint="/"} 0\n',
            {},
            Failure(Reason.OVER_LIMIT, "/ has 100.0 % of its files in use (95 % allowed)"),
            id="no inode is left",
        ),
        pytest.param(
            LINUX,
            {"max_memory_used": 0.7},
            Failure(Reason.OVER_LIMIT, "75.0 % of the memory is in use (70 % allowed)"),
            id="memory",
        ),
        pytest.param(
            'node_load1 1\nnode_filesystem_device_error{mountpoint="/mnt/nfs"} 1\n',
            {},
            Failure(Reason.PARTIAL, "file systems that do not answer: /mnt/nfs"),
            id="a file system that hangs",
        ),
        pytest.param(
            'node_load1 1\nnode_scrape_collector_success{collector="meminfo"} 0\n'
            'node_scrape_collector_success{collector="nvme"} 0\n',
            {},
            Failure(Reason.PARTIAL, "parts of node_exporter that failed: meminfo"),
            id="a part of the exporter that matters failed",
        ),
        pytest.param(
            "".join(f'node_network_up{{device="veth{one}"}} 1\n' for one in range(1_001)),
            {},
            Failure(Reason.PARTIAL, "more than 1000 interfaces"),
            id="countless interfaces",
        ),
    ],
)
async def test_what_is_not_as_it_should_be_is_a_flaw(
    text: str, settings: dict[str, Any], flaw: Failure | None, serve: Serve, look: Look
) -> None:
    exporter = await serve(answer(text))

    outcome = await look(exporter.port, **settings)

    where = f"http://127.0.0.1:{exporter.port}/metrics: "
    assert outcome.failure is None
    assert outcome.flaw == (flaw and Failure(flaw.reason, where + flaw.evidence))
    assert outcome.readings != ()


async def test_odd_numbers_and_names_spoil_nothing(serve: Serve, look: Look) -> None:
    text = (
        "node_load1 NaN\nnode_load5 +Inf\nnode_memory_MemTotal_bytes -1\n"
        'node_network_up{device="\\"quoted\\"\\n\\\\"} 1\nnode_network_up 1\n'
        f'node_network_up{{device="{"é" * 500}"}} 1\nnode_network_up{{device="{"é" * 501}"}} 1\n'
    )
    outcome = await look((await serve(answer(text))).port)

    found = numbers(outcome)
    assert set(found) - ASKING == {"netmon_host_interface_up"}
    assert list(found["netmon_host_interface_up"]) == ['"quoted"\\', "unnamed", "é" * 64]


def test_busy_is_never_below_nought_nor_above_one() -> None:
    before = ProcessorTime(total=100, idle=50)

    assert ProcessorTime(total=110, idle=65).busy_since(before) == 0
    assert ProcessorTime(total=110, idle=50).busy_since(before) == 1
    assert ProcessorTime(total=100, idle=50).busy_since(before) is None


def test_a_url_and_a_port_contradict_each_other() -> None:
    with pytest.raises(ValueError, match="the url says the port already"):
        PrometheusSettings(url="http://127.0.0.1/metrics", port=9100)
