"""Services and what is asked of them: states, times of answers, certificates, jobs that report, machines' exporters."""

from __future__ import annotations

from functools import partial

from grafana_foundation_sdk.models import dashboard as models

from dashboards.generator.pages import Page, Row, choose_some, choose_window, lay_out
from dashboards.generator.panels import (
    BITS,
    BUSY,
    BYTES,
    CERTIFICATE,
    PLAIN,
    RATIO,
    SECONDS,
    STATE,
    Column,
    Panel,
    Style,
    color_names,
    draw_curves,
    draw_timeline,
    list_rows,
    show_number,
    sort_rows,
)
from dashboards.generator.promql import CERTIFICATES, Query, rate, select, state_code
from dashboards.generator.words import STATES, Text

_THESE = 'service=~"$service"'
"""With all of them chosen, the checks of devices as well: those have no such label."""

_own = partial(select, matchers=_THESE)
_BY_CHECK = "{{check}}"
_ANSWERS = (
    (
        "netmon_http_duration_seconds",
        "Trang và giao diện lập trình",
        "Pages and interfaces, all steps together",
    ),
    ("netmon_tcp_connect_seconds", "Cổng TCP", "From asking for a connection to having it"),
    ("netmon_tls_handshake_seconds", "Bắt tay TLS", "From the open connection to the end of the handshake"),
    ("netmon_smtp_duration_seconds", "Gửi thư (SMTP)", "Conversations with mail servers"),
    ("netmon_imap_duration_seconds", "Đọc thư (IMAP)", "Conversations with mail stores"),
    ("netmon_plugin_duration_seconds", "Trình kiểm tra ngoài", "How long plug-ins run"),
)
"""Families that hold the one time that a look of their kind tells, and what the panel says."""


def build() -> models.Dashboard:
    """The dashboard ``netmon-services``."""
    return lay_out(
        Page(
            uid="netmon-services",
            title=Text("Dịch vụ", "Services"),
            about="How services and the checks on them do; with all services chosen, the checks of devices as well.",
            variables=(choose_some("service", Text("Dịch vụ", "Service"), "netmon_service_info"), choose_window()),
            rows=(
                Row(Text("Hiện tại", "Now"), _now()),
                Row(Text("Trạng thái", "States"), _states()),
                Row(Text("Thời gian trả lời", "Time to answer"), _answers()),
                Row(Text("Chứng thư", "Certificates"), [_certificates()]),
                Row(Text("Tên miền và giờ", "Names and time"), _names_and_time()),
                Row(Text("Nhịp báo của công việc định kỳ", "Heartbeats of jobs"), _heartbeats()),
                Row(Text("Số đo riêng", "Numbers of their own"), _numbers()),
                Row(Text("Máy chủ theo exporter", "Machines by their exporters"), _machines()),
            ),
        )
    )


def _now() -> list[Panel]:
    counts = [
        Query("sum (" + select("netmon_service_state", f'{_THESE},state="{state.value}"') + ")", look.word)
        for state, look in STATES.items()
    ]
    return [
        color_names(show_number(Text("Dịch vụ", "Services by state"), counts, span=12), STATES.values()),
        show_number(
            Text("Chứng thư ngắn nhất", "Until the first certificate ends"),
            [Query(f"min ({select('', f'{CERTIFICATES},{_THESE}')}) - time()")],
            style=CERTIFICATE,
        ),
        show_number(
            Text("Nhịp báo cũ nhất", "The longest time since a job reported that all went well"),
            [Query(f"max ({_own('netmon_heartbeat_age_seconds')})")],
            style=SECONDS,
        ),
        show_number(
            Text("Đồng hồ lệch nhất", "The time server that is furthest from this machine, either way"),
            [Query(f"max (abs({_own('netmon_ntp_offset_seconds')}))")],
            style=SECONDS,
        ),
    ]


def _states() -> list[Panel]:
    return [
        draw_timeline(
            Text("Dịch vụ", "The services"), [Query(state_code("service", _THESE), "{{service}}")], style=STATE
        ),
        draw_timeline(
            Text("Phép kiểm tra của dịch vụ", "The checks of the services"),
            [Query(state_code("check", f'{_THESE},service!=""'), _BY_CHECK)],
            style=STATE,
        ),
    ]


def _answers() -> list[Panel]:
    phases = f"avg by (phase) ({_own('netmon_http_phase_seconds')})"
    return [
        *(
            draw_curves(Text(vi, f"{en}; no curve while there is no answer"), [Query(_own(family), _BY_CHECK)],
                        style=SECONDS, span=8)
            for family, vi, en in _ANSWERS
        ),
        draw_curves(
            Text("Các giai đoạn của HTTP", "Where the time of pages goes, the mean of those that are chosen"),
            [Query(phases, "{{phase}}")],
            style=Style(unit="s", stacked=True),
        ),
        draw_curves(
            Text("Các bước của HTTP", "Checks of several steps, step by step"),
            [Query(_own("netmon_http_step_duration_seconds"), "{{check}} {{step}}")],
            style=SECONDS,
        ),
    ]  # fmt: skip


def _certificates() -> Panel:
    left = f"sum by (service, device, check) ({select('', f'{CERTIFICATES},{_THESE}')}) - time()"
    return list_rows(
        Text("Chứng thư", "How long each certificate is still good for, whichever check saw it"),
        [Column(expr=f"sort({left})", name="Còn lại", style=CERTIFICATE)],
        key=("service", "device", "check"),
        span=24,
    )


def _names_and_time() -> list[Panel]:
    wrong = Style(steps=((None, "green"), (1, "red")))
    return [
        draw_curves(
            Text("Máy chủ tên miền", "Time to answer of each name server"),
            [Query(_own("netmon_dns_answer_seconds"), "{{check}} {{server}}")],
            style=SECONDS,
            span=8,
        ),
        show_number(
            Text("Tên miền trả lời sai", "Name servers that do not give the answer that is expected"),
            [Query(f"count ({_own('netmon_dns_server_up')}) - sum ({_own('netmon_dns_server_up')})")],
            style=wrong,
        ),
        show_number(
            Text("Tầng đồng hồ", "How many servers away from a reference clock each time server is"),
            [Query(_own("netmon_ntp_stratum"), _BY_CHECK)],
        ),
        draw_curves(
            Text("Độ lệch đồng hồ", "How far each time server is ahead of this machine"),
            [Query(_own("netmon_ntp_offset_seconds"), _BY_CHECK)],
            style=SECONDS,
            span=8,
        ),
    ]


def _heartbeats() -> list[Panel]:
    jobs = (
        (
            "netmon_heartbeat_age_seconds",
            "Từ lần báo tốt cuối",
            "Since each job last reported that all went well",
            SECONDS,
        ),
        ("netmon_heartbeat_run_duration_seconds", "Lần chạy tốt cuối mất", "How long the last good run took", SECONDS),
        ("netmon_heartbeat_run_size_bytes", "Lần chạy tốt cuối làm ra", "How much the last good run made", BYTES),
    )
    return [
        draw_curves(Text(vi, en), [Query(_own(family), _BY_CHECK)], style=style, span=8)
        for family, vi, en, style in jobs
    ]


def _numbers() -> list[Panel]:
    return [
        draw_curves(
            Text("Số trong câu trả lời JSON", "Numbers that `values` of http checks name"),
            [Query(_own("netmon_http_value"), "{{check}} {{name}}")],
        ),
        draw_curves(
            Text("Số của trình kiểm tra ngoài", "Performance data of plug-ins without a unit, or in one of their own"),
            [Query(_own("netmon_plugin_value"), "{{check}} {{measure}}")],
        ),
        draw_curves(
            Text("Thư trong hộp", "Messages in the mailboxes that imap checks open"),
            [Query(_own("netmon_imap_mailbox_messages"), _BY_CHECK)],
        ),
        draw_curves(
            Text("Tỷ lệ của trình kiểm tra ngoài", "Percentages in the performance data of plug-ins"),
            [Query(_own("netmon_plugin_share_ratio"), "{{check}} {{measure}}")],
            style=RATIO,
        ),
    ]


def _machines() -> list[Panel]:
    memory = "1 - netmon_host_memory_available_bytes / (netmon_host_memory_size_bytes > 0)"
    return [
        list_rows(
            Text("Máy chủ", "Machines that an exporter tells of; click one for its page"),
            [
                _by_device("netmon_host_uptime_seconds", "Chạy liên tục", SECONDS),
                _by_device("netmon_host_processors", "Bộ xử lý", PLAIN),
                _by_device("netmon_host_processor_busy_ratio", "Bận", BUSY),
                _by_device("netmon_host_load5", "Tải 5 phút", PLAIN),
                _by_device(memory, "Bộ nhớ", BUSY),
                _by_device("netmon_host_filesystem_used_ratio", "Hệ thống tệp đầy nhất", BUSY),
            ],
            key=("device",),
            span=24,
        ),
        sort_rows(
            list_rows(
                Text("Hệ thống tệp đầy nhất", "The fullest file systems"),
                [Column(expr="topk(10, netmon_host_filesystem_used_ratio)", name="Đã dùng", style=BUSY)],
                key=("device", "filesystem"),
            ),
            "Đã dùng",
        ),
        draw_curves(
            Text("Bộ xử lý bận", "Share of the processors' time that was not idle"),
            [Query("netmon_host_processor_busy_ratio", "{{device}}")],
            style=RATIO,
        ),
        draw_curves(
            Text("Bộ nhớ không còn", "Share of the memory that programs cannot have any more"),
            [Query(memory, "{{device}}")],
            style=RATIO,
        ),
        draw_curves(
            Text("Lưu lượng", "What the interfaces of each machine carry, received and sent, loopback apart"),
            [
                Query(f"sum by (device) ({_traffic('receive')}) * 8", "{{device}} nhận"),
                Query(f"sum by (device) ({_traffic('transmit')}) * 8", "{{device}} gửi"),
            ],
            style=BITS,
        ),
    ]


def _by_device(expr: str, name: str, style: Style) -> Column:
    """The greatest of each machine: of its file systems the fullest, of a plain number that number."""
    return Column(expr=f"max by (device) ({expr})", name=name, style=style)


def _traffic(way: str) -> str:
    return rate(f"netmon_host_interface_{way}_bytes_total", 'interface!="lo"')
