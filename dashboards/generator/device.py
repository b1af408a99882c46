"""One device: what it is, how it was, and what it says of itself."""

from __future__ import annotations

from functools import partial

from grafana_foundation_sdk.models import dashboard as models

from dashboards.generator.pages import Page, Row, choose_one, choose_some, choose_window, lay_out
from dashboards.generator.panels import (
    BITS,
    BUSY,
    BYTES,
    RATIO,
    SECONDS,
    STATE,
    Column,
    Panel,
    Style,
    draw_curves,
    draw_timeline,
    list_facts,
    list_rows,
    show_number,
)
from dashboards.generator.promql import Query, rate, select, state_code, utilisation
from dashboards.generator.words import ADMIN_STATUS, OPER_STATUS, Text

_THIS = 'device="$device"'
_own = partial(select, matchers=_THIS)
_LOST = Style(unit="pps", steps=((None, "text"), (0.001, "orange")))


def build() -> models.Dashboard:
    """The dashboard ``netmon-device``."""
    return lay_out(
        Page(
            uid="netmon-device",
            title=Text("Thiết bị", "Device"),
            about="One device: states, checks, round trips, and what it says of itself, by SNMP or an exporter.",
            variables=(
                choose_some("department", Text("Đơn vị", "Department"), "netmon_device_info"),
                choose_one(
                    "device", Text("Thiết bị", "Device"), "netmon_device_info", 'department=~"$department"'
                ),
                choose_window(),
            ),
            rows=(
                Row(Text("Hiện tại", "Now"), _now()),
                Row(Text("Trạng thái", "States"), _states()),
                Row(Text("Giao diện", "Interfaces"), [_interfaces()]),
                Row(Text("Bộ xử lý, bộ nhớ, lưu trữ", "Processors, memory, storage"), _readings()),
                Row(Text("Theo exporter", "By its exporter"), _by_exporter()),
            ),
        )
    )  # fmt: skip


def _now() -> list[Panel]:
    return [
        show_number(Text("Trạng thái", "State"), [Query(state_code("device", _THIS))], style=STATE),
        show_number(
            Text("Tỷ lệ tới được", "Share of the time shown in which it could be reached; a rough guide"),
            [Query(f"avg_over_time({_own('netmon_device_up')}[$__range])")],
            style=RATIO,
        ),
        show_number(
            Text("Thời gian khứ hồi", "Round trip"),
            [Query(_own("netmon_icmp_rtt_seconds"), "{{check}}")],
            style=SECONDS,
        ),
        show_number(
            Text("Chạy liên tục", "Time since its SNMP agent started"),
            [Query(_own("netmon_device_uptime_seconds"))],
            style=SECONDS,
        ),
        show_number(
            Text("Giao diện đang hoạt động", "Interfaces that are operationally up"),
            [Query(f"count ({_own('netmon_interface_oper_status')} == 1)")],
        ),
        show_number(
            Text("Bộ xử lý", "Processors, the mean of all"),
            [Query(f"avg ({_own('netmon_processor_load_ratio')})")],
            style=RATIO,
        ),
        list_facts(
            Text("Trong danh mục", "What the inventory says of it"),
            _own("netmon_device_info"),
            key=("device", "title", "role", "department", "site", "tier", "lab"),
        ),
        list_facts(
            Text("Tự giới thiệu", "What it says of itself"),
            _own("netmon_snmp_info"),
            key=("sys_name", "sys_descr", "location", "contact", "sys_object_id"),
        ),
    ]  # fmt: skip


def _states() -> list[Panel]:
    return [
        draw_timeline(
            Text("Thiết bị, phép kiểm tra, đầu đường truyền", "The device, its checks and its watched interfaces"),
            [
                Query(state_code("device", _THIS), "{{device}}"),
                Query(state_code("check", _THIS), "{{check}}"),
                Query(state_code("interface", _THIS), "{{interface}}"),
            ],
            style=STATE,
        ),
        draw_curves(
            Text("Thời gian khứ hồi", "Round trip; no curve while it does not answer"),
            [Query(_own("netmon_icmp_rtt_seconds"), "{{check}}")],
            style=SECONDS,
            span=24,
        ),
    ]


def _interfaces() -> Panel:
    oper, admin = _own("netmon_interface_oper_status"), _own("netmon_interface_admin_status")
    speed = f"{_own('netmon_interface_speed_bytes_per_second')} * 8"
    return list_rows(
        Text("Giao diện", "Interfaces; click one for its curves"),
        [
            _by_name(oper, "Hoạt động", Style(looks=OPER_STATUS)),
            _by_name(admin, "Quản trị", Style(looks=ADMIN_STATUS)),
            _by_name(speed, "Tốc độ", BITS),
            _by_name(f"{rate('netmon_interface_receive_bytes_total', _THIS)} * 8", "Nhận", BITS),
            _by_name(f"{rate('netmon_interface_transmit_bytes_total', _THIS)} * 8", "Gửi", BITS),
            _by_name(utilisation("receive", _THIS), "Mức nhận", BUSY),
            _by_name(utilisation("transmit", _THIS), "Mức gửi", BUSY),
            _by_name(_both_ways("errors"), "Lỗi", _LOST),
            _by_name(_both_ways("discards"), "Bỏ", _LOST),
        ],
        key=("interface",),
        span=24,
    )


def _by_name(expr: str, name: str, style: Style) -> Column:
    return Column(expr=f"sum by (interface) ({expr})", name=name, style=style)


def _both_ways(what: str) -> str:
    return " + ".join(rate(f"netmon_interface_{way}_{what}_total", _THIS) for way in ("receive", "transmit"))


def _readings() -> list[Panel]:
    free = " + ".join(_own(f"netmon_memory_{part}_bytes") for part in ("free", "buffers", "cached"))
    return [
        draw_curves(
            Text("Bộ xử lý", "Processors"),
            [Query(_own("netmon_processor_load_ratio"), "{{processor}}")],
            style=RATIO,
        ),
        draw_curves(
            Text("Tải", "Load"),
            [Query(_own(f"netmon_load{minutes}"), f"{minutes} phút") for minutes in (1, 5, 15)],
        ),
        draw_curves(
            Text("Bộ nhớ", "Memory: in use, buffers, cache, free"),
            [
                Query(f"{_own('netmon_memory_size_bytes')} - ({free})", "đang dùng"),
                Query(_own("netmon_memory_buffers_bytes"), "vùng đệm"),
                Query(_own("netmon_memory_cached_bytes"), "bộ nhớ đệm tệp"),
                Query(_own("netmon_memory_free_bytes"), "trống"),
            ],
            style=Style(unit="bytes", stacked=True),
        ),
        draw_curves(
            Text("Bộ nhớ tráo đổi đang dùng", "Swap space in use"),
            [Query(f"{_own('netmon_memory_swap_size_bytes')} - {_own('netmon_memory_swap_free_bytes')}", "đang dùng")],
            style=BYTES,
        ),
        draw_curves(
            Text("Lưu trữ đã dùng", "Storage in use"),
            [Query(f"{_own('netmon_storage_used_bytes')} / ({_own('netmon_storage_size_bytes')} > 0)", "{{storage}}")],
            style=RATIO,
        ),
        draw_curves(
            Text("Tiến trình và phiên làm việc", "Processes and user sessions"),
            [
                Query(_own("netmon_system_processes"), "tiến trình"),
                Query(_own("netmon_system_users"), "phiên làm việc"),
            ],
        ),
    ]


def _by_exporter() -> list[Panel]:
    size, available = _own("netmon_host_memory_size_bytes"), _own("netmon_host_memory_available_bytes")
    ways = {"receive": "nhận", "transmit": "gửi"}
    return [
        draw_curves(
            Text("Bộ xử lý bận", "Share of the processors' time that was not idle"),
            [Query(_own("netmon_host_processor_busy_ratio"), "bận")],
            style=RATIO,
            span=8,
        ),
        draw_curves(
            Text("Bộ nhớ", "Memory: what programs have, and what they can still have"),
            [Query(f"{size} - {available}", "đang dùng"), Query(available, "còn")],
            style=Style(unit="bytes", stacked=True),
            span=8,
        ),
        draw_curves(
            Text("Lưu lượng", "Traffic of each interface"),
            [
                Query(f"{rate(f'netmon_host_interface_{way}_bytes_total', _THIS)} * 8", f"{{{{interface}}}} {said}")
                for way, said in ways.items()
            ],
            style=BITS,
            span=8,
        ),
        list_rows(
            Text("Hệ thống tệp", "File systems"),
            [
                Column(expr=_by_filesystem("used_ratio"), name="Đã dùng", style=BUSY),
                Column(expr=_by_filesystem("size_bytes"), name="Kích thước", style=BYTES),
                Column(expr=_by_filesystem("available_bytes"), name="Còn", style=BYTES),
            ],
            key=("filesystem",),
            span=24,
        ),
    ]


def _by_filesystem(what: str) -> str:
    return f"sum by (filesystem) ({_own(f'netmon_host_filesystem_{what}')})"
