"""One device: what it is, how it was, and what it says of itself."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as models

from dashboards.generator.pages import Page, Row, choose_one, choose_some, choose_window, lay_out
from dashboards.generator.panels import (
    RATIO,
    SECONDS,
    Column,
    Panel,
    Style,
    draw_curves,
    draw_timeline,
    list_facts,
    list_rows,
    show_number,
)
from dashboards.generator.promql import Query, rate, state_code, utilisation
from dashboards.generator.words import ADMIN_STATUS, CODES, OPER_STATUS, STATES, Text

_THIS = 'device="$device"'
_STATE = Style(looks={CODES[state]: look for state, look in STATES.items()})
_BYTES = Style(unit="bytes")
_BITS = Style(unit="bps")
_PER_SECOND = Style(unit="pps", steps=((None, "text"), (0.001, "orange")))


def build() -> models.Dashboard:
    """The dashboard ``netmon-device``."""
    return lay_out(
        Page(
            uid="netmon-device",
            title=Text("Thiết bị", "Device"),
            about="One device: its states, its checks, its round trips, and what it says of itself by SNMP.",
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
            ),
        )
    )  # fmt: skip


def _own(family: str) -> str:
    return f"{family}{{{_THIS}}}"


def _now() -> list[Panel]:
    return [
        show_number(Text("Trạng thái", "State"), [Query(state_code("device", _THIS))], style=_STATE),
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
            style=_STATE,
        ),
        draw_curves(
            Text("Thời gian khứ hồi", "Round trip; no curve while it does not answer"),
            [Query(_own("netmon_icmp_rtt_seconds"), "{{check}}")],
            style=SECONDS,
            span=24,
        ),
    ]


def _interfaces() -> Panel:
    busy = Style(unit="percentunit", steps=((None, "text"), (0.7, "orange"), (0.9, "red")))
    oper, admin = _own("netmon_interface_oper_status"), _own("netmon_interface_admin_status")
    speed = f"{_own('netmon_interface_speed_bytes_per_second')} * 8"
    return list_rows(
        Text("Giao diện", "Interfaces; click one for its curves"),
        [
            _by_name(oper, "Hoạt động", Style(looks=OPER_STATUS)),
            _by_name(admin, "Quản trị", Style(looks=ADMIN_STATUS)),
            _by_name(speed, "Tốc độ", _BITS),
            _by_name(f"{rate('netmon_interface_receive_bytes_total', _THIS)} * 8", "Nhận", _BITS),
            _by_name(f"{rate('netmon_interface_transmit_bytes_total', _THIS)} * 8", "Gửi", _BITS),
            _by_name(utilisation("receive", _THIS), "Mức nhận", busy),
            _by_name(utilisation("transmit", _THIS), "Mức gửi", busy),
            _by_name(_both_ways("errors"), "Lỗi", _PER_SECOND),
            _by_name(_both_ways("discards"), "Bỏ", _PER_SECOND),
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
            style=_BYTES,
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
