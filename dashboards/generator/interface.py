"""One interface: traffic, utilisation, packets, errors and discards."""

from __future__ import annotations

from functools import partial

from grafana_foundation_sdk.models import dashboard as models

from dashboards.generator.pages import Page, Row, choose_one, choose_window, lay_out
from dashboards.generator.panels import (
    BITS,
    PACKETS,
    RATIO,
    SECONDS,
    STATE,
    Panel,
    Style,
    draw_curves,
    draw_timeline,
    list_facts,
    show_number,
)
from dashboards.generator.promql import Query, rate, select, state_code, utilisation
from dashboards.generator.words import ADMIN_STATUS, OPER_STATUS, Text

_THIS = 'device="$device",interface="$interface"'
_own = partial(select, matchers=_THIS)
_WAYS = {"receive": "nhận", "transmit": "gửi"}
_CASTS = {"unicast": "đơn hướng", "multicast": "đa hướng", "broadcast": "quảng bá"}


def build() -> models.Dashboard:
    """The dashboard ``netmon-interface``."""
    return lay_out(
        Page(
            uid="netmon-interface",
            title=Text("Giao diện", "Interface"),
            about="One interface of one device: what it carries, how full it is, and what it loses.",
            variables=(
                choose_one("device", Text("Thiết bị", "Device"), "netmon_interface_oper_status"),
                choose_one(
                    "interface", Text("Giao diện", "Interface"), "netmon_interface_oper_status", 'device="$device"'
                ),
                choose_window(),
            ),
            rows=(
                Row(Text("Hiện tại", "Now"), _now()),
                Row(Text("Lưu lượng", "Traffic"), _traffic()),
                Row(Text("Mất mát", "Losses"), _losses()),
                Row(Text("Trạng thái", "States"), _states()),
            ),
        )
    )


def _now() -> list[Panel]:
    changed = f"netmon_device_uptime_seconds - on (instance, device) group_right () {_own(_LAST_CHANGE)}"
    return [
        show_number(
            Text("Hoạt động", "Operational status"),
            [Query(_own("netmon_interface_oper_status"))],
            style=Style(looks=OPER_STATUS),
        ),
        show_number(
            Text("Quản trị", "Administrative status"),
            [Query(_own("netmon_interface_admin_status"))],
            style=Style(looks=ADMIN_STATUS),
        ),
        show_number(
            Text("Tốc độ danh định", "Nominal speed"),
            [Query(f"{_own('netmon_interface_speed_bytes_per_second')} * 8")],
            style=BITS,
        ),
        show_number(Text("Từ lần đổi trạng thái", "Since its status last changed"), [Query(changed)], style=SECONDS),
        show_number(
            Text("Mức 95 % nhận", "What was received in all but the busiest twentieth of what is shown"),
            [Query(_busy("receive"))],
            style=BITS,
        ),
        show_number(
            Text("Mức 95 % gửi", "What was sent in all but the busiest twentieth of what is shown"),
            [Query(_busy("transmit"))],
            style=BITS,
        ),
        list_facts(
            Text("Mô tả", "What the device says of it"),
            _own("netmon_interface_info"),
            key=("interface", "alias", "description", "mac", "type", "index"),
            span=24,
        ),
    ]


_LAST_CHANGE = "netmon_interface_last_change_uptime_seconds"


def _busy(way: str) -> str:
    traffic = rate(f"netmon_interface_{way}_bytes_total", _THIS)
    return f"quantile_over_time(0.95, ({traffic})[$__range:$__interval]) * 8"


def _both(what: str) -> list[Query]:
    return [Query(rate(f"netmon_interface_{way}_{what}_total", _THIS), said) for way, said in _WAYS.items()]


def _traffic() -> list[Panel]:
    return [
        draw_curves(
            Text("Lưu lượng", "Traffic"),
            [Query(f"{rate(f'netmon_interface_{way}_bytes_total', _THIS)} * 8", said) for way, said in _WAYS.items()],
            style=BITS,
        ),
        draw_curves(
            Text("Mức sử dụng", "Share of the nominal speed"),
            [Query(utilisation(way, _THIS), said) for way, said in _WAYS.items()],
            style=RATIO,
        ),
        *(
            draw_curves(
                Text(f"Gói tin {said}", f"Packets: {way}, by how many they are meant for"),
                [Query(rate(f"netmon_interface_{way}_{cast}_packets_total", _THIS), _CASTS[cast]) for cast in _CASTS],
                style=PACKETS,
            )
            for way, said in _WAYS.items()
        ),
    ]


def _losses() -> list[Panel]:
    unknown = rate("netmon_interface_receive_unknown_protocols_total", _THIS)
    return [
        draw_curves(Text("Lỗi", "Damaged packets"), _both("errors"), style=PACKETS, span=8),
        draw_curves(Text("Bỏ", "Good packets that were dropped"), _both("discards"), style=PACKETS, span=8),
        draw_curves(
            Text("Giao thức lạ", "Packets of protocols that are not supported"),
            [Query(unknown, "nhận")],
            style=PACKETS,
            span=8,
        ),
    ]


def _states() -> list[Panel]:
    return [
        draw_timeline(
            Text("Đầu đường truyền", "Believed state; there is one where a link ends, or with `watch: true`"),
            [Query(state_code("interface", _THIS), "{{interface}}")],
            style=STATE,
            span=12,
        ),
        draw_timeline(
            Text("Thiết bị nói", "What the device says (ifOperStatus)"),
            [Query(_own("netmon_interface_oper_status"), "{{interface}}")],
            style=Style(looks=OPER_STATUS),
            span=12,
        ),
    ]
