"""netmon's own health."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import structlog
from prometheus_client.core import Sample
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from netmon.export.health import Health, Scrape
from netmon.export.misfits import Misfit, MisfitError
from netmon.export.syntax import Syntax
from netmon.kernel.clock import FakeClock
from netmon.model.ids import EntityId
from netmon.model.moments import MILLISECOND, SECOND, Duration, Moment
from netmon.model.plan import Plan, Subject
from netmon.model.states import Verdict
from netmon.ports import Backlog, Vitals

NOON = Moment(1_800_000_000 * SECOND)


@pytest.fixture
def health() -> Health:
    return Health(FakeClock(NOON), lab=True)


def samples(health: Health) -> dict[str, float]:
    """Samples as ``name{label="value"}``, the same in both syntaxes."""
    found = []
    for parse, syntax in ((parse_text, Syntax.TEXT), (parse_openmetrics, Syntax.OPENMETRICS)):
        text = health.text(syntax)
        assert "# EOF" not in text
        families = [family for family in parse(text + syntax.end) if not family.name.startswith("process_")]
        found.append({written(sample): sample.value for family in families for sample in family.samples})
    assert found[0] == found[1]
    return found[0]


def written(sample: Sample) -> str:
    labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
    return f"{sample.name}{{{labels}}}"


def test_a_look_is_counted_by_kind_and_verdict_with_its_lag_and_its_time(health: Health) -> None:
    vitals: Vitals = health

    vitals.look_finished("icmp", Verdict.MISSED, Duration(20 * MILLISECOND), SECOND)
    vitals.slots_skipped("icmp", 3)
    vitals.collector_crashed("snmp")
    vitals.look_not_made("plugin")
    vitals.looks_in_flight(17)

    seen = samples(health)
    assert seen["netmon_looks_total{kind=icmp,verdict=missed}"] == 1
    assert seen["netmon_schedule_lag_seconds_sum{kind=icmp}"] == 0.02
    assert seen["netmon_schedule_lag_seconds_bucket{kind=icmp,le=0.01}"] == 0
    assert seen["netmon_schedule_lag_seconds_bucket{kind=icmp,le=0.025}"] == 1
    assert seen["netmon_look_duration_seconds_sum{kind=icmp}"] == 1
    assert seen["netmon_skipped_slots_total{kind=icmp}"] == 3
    assert seen["netmon_collector_crashes_total{kind=snmp}"] == 1
    assert seen["netmon_looks_not_made_total{kind=plugin}"] == 1
    assert seen["netmon_looks_in_flight{}"] == 17
    assert seen["netmon_last_look_timestamp_seconds{}"] == 1_800_000_000


def test_the_store_tells_how_it_keeps_up(health: Health) -> None:
    health.rows_waiting(120)
    health.kept(100, Duration(4 * MILLISECOND), Moment(NOON + 500 * MILLISECOND))
    health.keep_failed()

    seen = samples(health)
    assert seen["netmon_store_queue_rows{}"] == 120
    assert seen["netmon_store_rows_total{}"] == 100
    assert seen["netmon_store_commit_duration_seconds_sum{}"] == 0.004
    assert seen["netmon_store_last_commit_timestamp_seconds{}"] == 1_800_000_000.5
    assert seen["netmon_store_failures_total{}"] == 1


def test_what_waits_for_the_store_shows_until_it_is_there(health: Health) -> None:
    health.backlog_is(Backlog(since=NOON, size_bytes=4_096, transitions=7))
    health.rows_thinned(3)
    seen = samples(health)
    assert seen["netmon_store_away{}"] == 1
    assert seen["netmon_spool_begin_timestamp_seconds{}"] == NOON / SECOND
    assert (seen["netmon_spool_bytes{}"], seen["netmon_spool_transitions{}"]) == (4_096, 7)
    assert seen["netmon_spool_thinned_rows_total{}"] == 3

    health.backlog_is(Backlog())
    seen = samples(health)
    assert (seen["netmon_store_away{}"], seen["netmon_spool_begin_timestamp_seconds{}"]) == (0, 0)


def test_the_room_of_the_spool_and_what_jobs_were_answered_are_shown(health: Health) -> None:
    health.spool_may_take(2**30)
    health.heartbeats_answered("unknown", 0)
    assert samples(health)["netmon_heartbeats_total{reply=unknown}"] == 0  # so that its first rise is seen

    health.heartbeats_answered("unknown", 1)

    seen = samples(health)
    assert seen["netmon_heartbeats_total{reply=unknown}"] == 1
    assert seen["netmon_spool_limit_bytes{}"] == 2**30


def test_a_refused_reload_shows_until_a_plan_is_taken(health: Health, subject: Callable[..., Subject]) -> None:
    one = subject("device:gw1", "icmp", "snmp")
    health.reload_refused()
    assert samples(health)["netmon_reload_last_successful{}"] == 0

    health.plan_taken(Plan(hash="abc", poller="centre", subjects={one.id: one}), 4, NOON)

    seen = samples(health)
    assert seen["netmon_reload_last_successful{}"] == 1
    assert seen["netmon_reload_failures_total{}"] == 1
    assert seen["netmon_reload_last_success_timestamp_seconds{}"] == 1_800_000_000
    assert seen["netmon_plan_version{}"] == 4
    assert seen["netmon_plan_info{hash=abc}"] == 1
    assert seen["netmon_checks{kind=snmp}"] == 1
    assert seen["netmon_looks_total{kind=snmp,verdict=answered}"] == 0  # so that its first rise is seen


def test_a_new_plan_leaves_nothing_of_the_old_one(health: Health, subject: Callable[..., Subject]) -> None:
    gw1 = subject("device:gw1", "snmp")
    health.plan_taken(Plan(hash="old", poller="centre", subjects={gw1.id: gw1}), 1, NOON)

    health.plan_taken(
        Plan(hash="new", poller="centre", subjects={EntityId("device:x"): subject("device:x", "icmp")}), 2, NOON
    )

    seen = samples(health)
    assert [name for name in seen if name.startswith(("netmon_plan_info", "netmon_checks"))] == [
        "netmon_plan_info{hash=new}",
        "netmon_checks{kind=icmp}",
    ]


def test_the_process_the_version_the_lab_and_the_drift_are_shown(health: Health) -> None:
    health.clock_drifted(Duration(-2 * SECOND))
    health.scraped(Scrape.REFUSED)

    seen = samples(health)
    assert seen["netmon_lab_mode{}"] == 1
    assert seen["netmon_clock_drift_seconds{}"] == -2
    assert seen["netmon_scrapes_total{result=refused}"] == 1
    assert sum(name.startswith("netmon_build_info{version=") for name in seen) == 1
    assert "process_resident_memory_bytes" in health.text(Syntax.TEXT)
    assert not any("_created" in name for name in seen)


def test_each_sort_of_misfit_is_logged_once_and_counted_always(health: Health) -> None:
    with structlog.testing.capture_logs() as logs:
        health = Health(FakeClock(), lab=False)
        for _ in range(3):
            health.refuse(MisfitError(Misfit.UNDECLARED, "netmon_x is not declared by kind y"))
        for number in range(200):
            health.refuse(MisfitError(Misfit.SHAPE, f"netmon_{number} is too short"))

    seen = samples(health)
    assert seen["netmon_export_refused_total{why=undeclared}"] == 3
    assert seen["netmon_export_refused_total{why=shape}"] == 200
    assert len(logs) == 64
    assert logs[0] == {
        "event": "reading_refused",
        "log_level": "error",
        "why": "undeclared",
        "what": "netmon_x is not declared by kind y",
    }
