"""netmon itself: whether its looks are in time, what it keeps, who reads it, and which plan is in force."""

from __future__ import annotations

from functools import partial

from grafana_foundation_sdk.models import dashboard as models

from dashboards.generator.pages import Page, Row, choose_one, lay_out
from dashboards.generator.panels import (
    BUSY,
    BYTES,
    PER_SECOND,
    SECONDS,
    STATE,
    WORRY,
    Panel,
    Style,
    draw_curves,
    draw_timeline,
    list_facts,
    show_number,
)
from dashboards.generator.promql import QUICK, Query, quantile, rate, select, state_code
from dashboards.generator.words import AWAY, DONE, LAB, TAKEN, Text

_THIS = 'instance="$instance"'
_own = partial(select, matchers=_THIS)
_STALE = Style(unit="s", steps=((None, "green"), (30, "red")))


def build() -> models.Dashboard:
    """The dashboard ``netmon-health``."""
    return lay_out(
        Page(
            uid="netmon-health",
            title=Text("Sức khỏe của netmon", "netmon's own health"),
            about="Whether netmon's other numbers can be trusted.",
            variables=(choose_one("instance", Text("Tiến trình", "Instance"), "netmon_build_info"),),
            rows=(
                Row(Text("Hiện tại", "Now"), _now()),
                Row(Text("Quan sát", "Looking"), _looking()),
                Row(Text("Lưu giữ", "Keeping"), _keeping()),
                Row(Text("Vùng đệm khi kho dữ liệu vắng mặt", "Spool, while the store is away"), _spooling()),
                Row(Text("Dọn dẹp", "Housekeeping"), _tidying()),
                Row(Text("Các cửa", "Doors"), _showing()),
                Row(Text("Kế hoạch", "Plan"), _planning()),
                Row(Text("Tiến trình", "Process"), _process()),
            ),
        )
    )


def _per_second(counter: str) -> str:
    return rate(counter, _THIS, QUICK)


def _in_range(counter: str) -> str:
    """How much *counter* rose in the time shown."""
    return f"sum (increase({_own(counter)}[$__range]))"


def _now() -> list[Panel]:
    return [
        show_number(
            Text("Lần quan sát cuối", "Since the last look was finished"),
            [Query(f"time() - {_own('netmon_last_look_timestamp_seconds')}")],
            style=_STALE,
        ),
        show_number(
            Text("Lần lưu cuối", "Since the store last kept something"),
            [Query(f"time() - {_own('netmon_store_last_commit_timestamp_seconds')}")],
            style=_STALE,
        ),
        show_number(
            Text("Lượt bị bỏ qua", "Slots without a look, in the time shown"),
            [Query(_in_range("netmon_skipped_slots_total"))],
            style=WORRY,
        ),
        show_number(
            Text("Lỗi của netmon", "Crashes of collectors and refused readings, in the time shown: bugs of netmon"),
            [Query(f"{_in_range('netmon_collector_crashes_total')} + {_in_range('netmon_export_refused_total')}")],
            style=WORRY,
        ),
        show_number(
            Text("Lưu không được", "Batches that the store did not take at once, in the time shown"),
            [Query(_in_range("netmon_store_failures_total"))],
            style=WORRY,
        ),
        show_number(
            Text("Dữ liệu", "Played by the lab, or real"), [Query(_own("netmon_lab_mode"))], style=Style(looks=LAB)
        ),
    ]


def _looking() -> list[Panel]:
    misses = f'rate(netmon_looks_total{{{_THIS},verdict="missed"}}[{QUICK}])'
    return [
        draw_curves(
            Text("Độ trễ lịch (99 %)", "How late looks are asked: all but the latest hundredth"),
            [Query(quantile(0.99, "netmon_schedule_lag_seconds", _THIS, "kind"), "{{kind}}")],
            style=SECONDS,
        ),
        draw_curves(
            Text("Thời gian quan sát (50 %, 99 %)", "From asking to knowing"),
            [
                Query(quantile(0.5, "netmon_look_duration_seconds", _THIS, "kind"), "{{kind}} 50 %"),
                Query(quantile(0.99, "netmon_look_duration_seconds", _THIS, "kind"), "{{kind}} 99 %"),
            ],
            style=SECONDS,
        ),
        draw_curves(
            Text("Lượt quan sát mỗi giây", "Looks per second, by kind"),
            [Query(f"sum by (kind) ({_per_second('netmon_looks_total')})", "{{kind}}")],
            style=PER_SECOND,
        ),
        draw_curves(
            Text("Tỷ lệ không trả lời", "Share of looks that were missed, by kind"),
            [Query(f"sum by (kind) ({misses}) / sum by (kind) ({_per_second('netmon_looks_total')})", "{{kind}}")],
            style=Style(unit="percentunit"),
        ),
        draw_curves(
            Text("Đang hỏi", "Looks that are being asked"), [Query(_own("netmon_looks_in_flight"), "đang hỏi")], span=8
        ),
        draw_curves(
            Text("Lượt bị bỏ qua mỗi giây", "Slots without a look, per second"),
            [Query(_per_second("netmon_skipped_slots_total"), "{{kind}}")],
            style=PER_SECOND,
            span=8,
        ),
        draw_curves(
            Text("Lỗi của bộ thu thập mỗi giây", "Crashes of collectors, per second"),
            [Query(_per_second("netmon_collector_crashes_total"), "{{kind}}")],
            style=PER_SECOND,
            span=8,
        ),
        draw_timeline(
            Text("Trạm quan sát và mốc kiểm chứng", "The poller and its canaries"),
            [
                Query(state_code("poller", _THIS), "{{poller}}"),
                Query(state_code("check", f'{_THIS},poller!=""'), "{{check}}"),
            ],
            style=STATE,
        ),
    ]


def _keeping() -> list[Panel]:
    return [
        draw_curves(
            Text("Thời gian lưu (50 %, 99 %)", "How long the store takes to keep a batch"),
            [
                Query(quantile(0.5, "netmon_store_commit_duration_seconds", _THIS), "50 %"),
                Query(quantile(0.99, "netmon_store_commit_duration_seconds", _THIS), "99 %"),
            ],
            style=SECONDS,
            span=8,
        ),
        draw_curves(
            Text("Dòng lưu mỗi giây", "Rows kept per second"),
            [Query(_per_second("netmon_store_rows_total"), "dòng")],
            style=PER_SECOND,
            span=8,
        ),
        draw_curves(
            Text("Dòng đang chờ", "Rows that wait to be kept"),
            [Query(_own("netmon_store_queue_rows"), "dòng")],
            span=8,
        ),
    ]


def _spooling() -> list[Panel]:
    begin = _own("netmon_spool_begin_timestamp_seconds")
    room = f"{_own('netmon_spool_bytes')} / ({_own('netmon_spool_limit_bytes')} > 0)"
    return [
        show_number(
            Text("Kho dữ liệu", "Whether the store takes what is seen"),
            [Query(_own("netmon_store_away"))],
            style=Style(looks=AWAY),
        ),
        show_number(
            Text("Chờ từ", "How long something has waited in the spool; nought while nothing does"),
            [Query(f"(time() - {begin}) * ({begin} > bool 0)")],
            style=Style(unit="s", steps=((None, "green"), (1, "orange"), (300, "red"))),
        ),
        show_number(
            Text("Đang chờ", "What waits in the spool"), [Query(_own("netmon_spool_bytes"))], style=BYTES
        ),
        show_number(Text("Đã dùng", "Share of its room that is taken"), [Query(room)], style=BUSY),
        show_number(
            Text("Chuyển trạng thái đang chờ", "Transitions that were told and wait in the spool"),
            [Query(_own("netmon_spool_transitions"))],
        ),
        show_number(
            Text("Chi tiết đã bỏ", "Rows of detail that were given up for want of room, in the time shown"),
            [Query(_in_range("netmon_spool_thinned_rows_total"))],
            style=WORRY,
        ),
        draw_curves(
            Text("Vùng đệm", "What waits in the spool, and how much it may take"),
            [Query(_own("netmon_spool_bytes"), "đang chờ"), Query(_own("netmon_spool_limit_bytes"), "giới hạn")],
            style=BYTES,
        ),
        draw_curves(
            Text("Mẻ không lưu được mỗi giây", "Batches that the store did not take at once, per second"),
            [Query(_per_second("netmon_store_failures_total"), "mẻ")],
            style=PER_SECOND,
        ),
    ]  # fmt: skip


def _tidying() -> list[Panel]:
    last = _own("netmon_housekeeping_last_success_timestamp_seconds")
    return [
        show_number(
            Text("Lần dọn cuối", "Since a round was last done; nothing before the first of this process"),
            [Query(f"time() - ({last} > 0)")],
            style=Style(unit="s", steps=((None, "green"), (2 * 86_400, "red"))),
        ),
        show_number(
            Text("Kết quả", "Whether the last round was done, or put off because the store refused a step"),
            [Query(f"{_own('netmon_housekeeping_last_successful')} and ({last} > 0)")],
            style=Style(looks=DONE),
        ),
        show_number(
            Text("Mất", "How long the last round took"),
            [Query(_own("netmon_housekeeping_last_duration_seconds"))],
            style=SECONDS,
        ),
        show_number(
            Text("Đã trả lại", "Room that was given back to the system, in the time shown"),
            [Query(_in_range("netmon_housekeeping_freed_bytes_total"))],
            style=BYTES,
        ),
        show_number(
            Text("Dòng đã dọn", "Rows that were too old and went, since netmon began"),
            [Query(f"sum ({_own('netmon_housekeeping_rows_total')}) or 0 * {_own('netmon_build_info')}")],
            span=8,
        ),
    ]


def _showing() -> list[Panel]:
    return [
        draw_curves(
            Text("Lượt đọc mỗi giây", "Scrapes per second, by what became of them"),
            [Query(_per_second("netmon_scrapes_total"), "{{result}}")],
            style=PER_SECOND,
            span=8,
        ),
        draw_curves(
            Text("Thời gian đọc", "How long Prometheus takes to scrape netmon"),
            [Query(f'scrape_duration_seconds{{{_THIS},job="netmon"}}', "đọc")],
            style=SECONDS,
            span=8,
        ),
        draw_curves(
            Text("Số mẫu", "Samples in a scrape"),
            [Query(f'scrape_samples_scraped{{{_THIS},job="netmon"}}', "mẫu")],
            span=8,
        ),
        draw_curves(
            Text("Cửa nhận nhịp báo", "Requests at the door for heartbeats per second, by what they were answered"),
            [Query(_per_second("netmon_heartbeats_total"), "{{reply}}")],
            style=PER_SECOND,
            span=24,
        ),
    ]


def _planning() -> list[Panel]:
    return [
        show_number(Text("Bản kế hoạch", "Version of the plan in force"), [Query(_own("netmon_plan_version"))]),
        show_number(
            Text("Lần nạp cuối", "What became of the last reload"),
            [Query(_own("netmon_reload_last_successful"))],
            style=Style(looks=TAKEN),
        ),
        show_number(
            Text("Có hiệu lực từ", "Since the plan in force was taken"),
            [Query(f"time() - {_own('netmon_reload_last_success_timestamp_seconds')}")],
            style=SECONDS,
        ),
        show_number(
            Text("Số phép kiểm tra", "Checks of the plan, by kind"), [Query(_own("netmon_checks"), "{{kind}}")], span=12
        ),
        list_facts(
            Text("Phiên bản", "The version that runs"),
            _own("netmon_build_info"),
            key=("version",),
        ),
        list_facts(
            Text("Mã kế hoạch", "The plan in force, as `netmon plan` calls it"),
            _own("netmon_plan_info"),
            key=("hash",),
        ),
    ]


def _process() -> list[Panel]:
    return [
        draw_curves(
            Text("Bộ xử lý", "Processor cores in use"),
            [Query(_per_second("process_cpu_seconds_total"), "lõi")],
            span=6,
        ),
        draw_curves(
            Text("Bộ nhớ", "Memory held"),
            [Query(_own("process_resident_memory_bytes"), "bộ nhớ")],
            style=BYTES,
            span=6,
        ),
        draw_curves(
            Text("Tệp và kết nối đang mở", "Open descriptors, and how many are allowed"),
            [Query(_own("process_open_fds"), "đang mở"), Query(_own("process_max_fds"), "cho phép")],
            span=6,
        ),
        draw_curves(
            Text("Độ lệch đồng hồ", "How far the wall clock is ahead of netmon's"),
            [Query(_own("netmon_clock_drift_seconds"), "lệch")],
            style=SECONDS,
            span=6,
        ),
    ]
