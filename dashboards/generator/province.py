"""The province at a glance: what is not up, where, since when, and what is about to be trouble."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as models

from dashboards.generator.pages import Page, Row, choose_some, choose_window, lay_out
from dashboards.generator.panels import (
    BUSY,
    CERTIFICATE,
    RATIO,
    SECONDS,
    STATE,
    Column,
    Panel,
    Style,
    color_names,
    cross_rows,
    draw_curves,
    draw_timeline,
    list_rows,
    show_number,
    sort_rows,
)
from dashboards.generator.promql import CERTIFICATES, Query, greater, placed, rate, select, state_code, utilisation
from dashboards.generator.words import LAB, RUNNING, STATES, Text

_HERE = 'department=~"$department",site=~"$site"'
_PLACE = "title, role, department, site, tier, lab"


def build() -> models.Dashboard:
    """The dashboard ``netmon-province``."""
    return lay_out(
        Page(
            uid="netmon-province",
            title=Text("Toàn tỉnh", "Province"),
            about="What netmon believes of every device, service and watched link end, and where trouble is near.",
            variables=(
                choose_some("department", Text("Đơn vị", "Department"), "netmon_device_info"),
                choose_some("site", Text("Địa điểm", "Site"), "netmon_device_info", 'department=~"$department"'),
                choose_window(),
            ),
            rows=(
                Row(Text("Hiện tại", "Now"), _now()),
                Row(Text("Không hoạt động tốt", "Not up"), _trouble()),
                Row(Text("Theo đơn vị và địa điểm", "By department and site"), _places()),
                Row(Text("Diễn biến", "Over time"), _history()),
                Row(Text("Cần để ý", "Worth a look"), _outlook()),
            ),
        )
    )


def _counts(kind: str, subject: str) -> list[Query]:
    """How many entities of *kind* are in each state; *subject* is what the inventory places."""
    return [
        Query("sum (" + placed(f'netmon_{kind}_state{{state="{state.value}"}}', subject, _HERE) + ")", look.word)
        for state, look in STATES.items()
    ]


def _now() -> list[Panel]:
    looks = list(STATES.values())
    lab = show_number(Text("Dữ liệu", "Played by the lab, or real"), [Query("max (netmon_lab_mode)")],
                      style=Style(looks=LAB))  # fmt: skip
    return [
        color_names(show_number(Text("Thiết bị", "Devices by state"), _counts("device", "device"), span=12), looks),
        color_names(show_number(Text("Dịch vụ", "Services by state"), _counts("service", "service"), span=12), looks),
        color_names(
            show_number(
                Text("Đầu đường truyền", "Watched link ends by state"), _counts("interface", "device"), span=12
            ),
            looks,
        ),
        show_number(
            Text("netmon", "Whether Prometheus can scrape netmon"),
            [Query('min (up{job="netmon"})')],
            style=Style(looks=RUNNING),
        ),
        show_number(
            Text("Trạm quan sát", "The poller, judged by its canaries"),
            [Query(f"max ({state_code('poller')})")],
            style=STATE,
        ),
        lab,
    ]


def _trouble() -> list[Panel]:
    where = ("title", "role", "department", "site", "tier", "lab")
    devices = placed(f"({state_code('device')} > 0)", "device", _HERE, _PLACE)
    services = placed(f"({state_code('service')} > 0)", "service", _HERE, _PLACE)
    ends = placed(f"({state_code('interface')} > 0)", "device", _HERE, "department, site, lab")
    state = "Trạng thái"
    return [
        sort_rows(
            list_rows(
                Text("Thiết bị không hoạt động tốt", "Devices that are not up"),
                [Column(expr=devices, name=state, style=STATE)],
                key=("device", *where),
                span=24,
            ),
            state,
        ),
        sort_rows(
            list_rows(
                Text("Dịch vụ không hoạt động tốt", "Services that are not up"),
                [Column(expr=services, name=state, style=STATE)],
                key=("service", *where),
            ),
            state,
        ),
        sort_rows(
            list_rows(
                Text("Đầu đường truyền không hoạt động tốt", "Watched link ends that are not up"),
                [Column(expr=ends, name=state, style=STATE)],
                key=("device", "interface", "department", "site", "lab"),
            ),
            state,
        ),
    ]


def _places() -> list[Panel]:
    looks = {state.value: look for state, look in STATES.items()}
    return [
        cross_rows(
            Text(f"Thiết bị theo {name_vi}", f"Devices of each {name_en}, by state"),
            f"sum by ({label}, state) (" + placed("netmon_device_state", "device", _HERE, label) + ")",
            row=label,
            looks=looks,
        )
        for label, name_vi, name_en in (("department", "đơn vị", "department"), ("site", "địa điểm", "site"))
    ]


def _history() -> list[Panel]:
    looks, stacked = list(STATES.values()), Style(stacked=True)
    return [
        color_names(
            draw_curves(
                Text("Thiết bị theo trạng thái", "Devices by state"), _counts("device", "device"), style=stacked
            ),
            looks,
        ),
        color_names(
            draw_curves(
                Text("Dịch vụ theo trạng thái", "Services by state"), _counts("service", "service"), style=stacked
            ),
            looks,
        ),
        draw_timeline(
            Text("Thiết bị từng không hoạt động tốt", "Devices that were not up at some time of what is shown"),
            [Query(_troubled("device"), "{{device}} {{title}}")],
            style=STATE,
        ),
        draw_timeline(
            Text("Dịch vụ từng không hoạt động tốt", "Services that were not up at some time of what is shown"),
            [Query(_troubled("service"), "{{service}} {{title}}")],
            style=STATE,
        ),
    ]


def _troubled(kind: str) -> str:
    """The state codes of those of *kind* that were not up all the time that is shown."""
    least = f'min_over_time(netmon_{kind}_state{{state="up"}}[$__range] @ end())'
    return placed(f"({state_code(kind)} and on (instance, {kind}) ({least} == 0))", kind, _HERE, "title")


def _outlook() -> list[Panel]:
    place = "title, department, site"
    busiest = greater(utilisation("receive"), utilisation("transmit"))
    busiest = f"({busiest} and on (instance, device, interface) netmon_interface_state)"
    errors = f"({rate('netmon_interface_receive_errors_total')} + {rate('netmon_interface_transmit_errors_total')})"
    left = f"({placed(select('', CERTIFICATES), 'service', _HERE, place)}) - time()"
    return [
        _top(
            Text("Chậm nhất", "Longest round trips"),
            Column(
                expr=placed("netmon_icmp_rtt_seconds", "device", _HERE, place), name="Thời gian khứ hồi", style=SECONDS
            ),
            key=("device", "title", "department", "site"),
        ),
        _top(
            Text("Đường truyền bận nhất", "Busiest link ends, the busier direction"),
            Column(
                expr=placed(busiest, "device", _HERE, "department, site"),
                name="Mức sử dụng",
                style=BUSY,
            ),
            key=("device", "interface", "department", "site"),
        ),
        _top(
            Text("Nhiều lỗi nhất", "Interfaces with the most damaged packets, both directions"),
            Column(
                expr=placed(errors, "device", _HERE, "department, site"),
                name="Lỗi mỗi giây",
                style=Style(unit="pps", steps=((None, "text"), (0.1, "orange"))),
            ),
            key=("device", "interface", "department", "site"),
        ),
        _top(
            Text("Trang chậm nhất", "Slowest answers of services"),
            Column(expr=placed("netmon_http_duration_seconds", "service", _HERE, place), name="Thời gian trả lời",
                   style=SECONDS),
            key=("service", "check", "title", "department"),
        ),
        list_rows(
            Text("Chứng thư sắp hết hạn", "Certificates that end next"),
            [
                Column(expr=f"bottomk(10, {left})", name="Còn lại", style=CERTIFICATE)
            ],
            key=("service", "check", "title", "department"),
        ),
        draw_curves(
            Text("Tỷ lệ thiết bị tới được", "Share of devices that can be reached, of those that are known"),
            [Query("avg (" + placed("netmon_device_up", "device", _HERE) + ")", "tới được")],
            style=RATIO,
        ),
    ]  # fmt: skip


def _top(title: Text, column: Column, *, key: tuple[str, ...]) -> Panel:
    """The ten rows with the greatest numbers."""
    ten = Column(expr=f"topk(10, {column.expr})", name=column.name, style=column.style)
    return sort_rows(list_rows(title, [ten], key=key), column.name)
