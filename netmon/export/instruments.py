"""The instruments of netmon's own health: which families there are, what they mean and in which steps they count."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_LAG_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
_LOOK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_COMMIT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)


class Looking:
    """How looks go."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.looks = Counter(
            "netmon_looks_total", "Looks, by kind and by what they said.", ("kind", "verdict"), registry=registry
        )
        self.lag = Histogram(
            "netmon_schedule_lag_seconds",
            "How late looks are asked, by kind.",
            ("kind",),
            buckets=_LAG_SECONDS,
            registry=registry,
        )
        self.took = Histogram(
            "netmon_look_duration_seconds",
            "From asking to knowing, by kind; a miss counts to its deadline.",
            ("kind",),
            buckets=_LOOK_SECONDS,
            registry=registry,
        )
        self.skipped = Counter(
            "netmon_skipped_slots_total",
            "Slots of checks in which nobody looked, by kind.",
            ("kind",),
            registry=registry,
        )
        self.crashes = Counter(
            "netmon_collector_crashes_total",
            "Looks that failed by a bug of netmon, by kind.",
            ("kind",),
            registry=registry,
        )
        self.in_flight = Gauge("netmon_looks_in_flight", "Looks that are being asked.", registry=registry)
        self.last = Gauge("netmon_last_look_timestamp_seconds", "When the last look was finished.", registry=registry)


class Keeping:
    """How the store keeps up."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.took = Histogram(
            "netmon_store_commit_duration_seconds",
            "How long the store takes to keep a batch.",
            buckets=_COMMIT_SECONDS,
            registry=registry,
        )
        self.rows = Counter("netmon_store_rows_total", "Rows that were kept.", registry=registry)
        self.waiting = Gauge("netmon_store_queue_rows", "Rows that wait to be kept.", registry=registry)
        self.last = Gauge(
            "netmon_store_last_commit_timestamp_seconds", "When the store last kept something.", registry=registry
        )
        self.failures = Counter(
            "netmon_store_failures_total", "Batches that the store did not take at once.", registry=registry
        )


class Planning:
    """Which plan is in force, and how reloads went."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.version = Gauge("netmon_plan_version", "The version of the plan that is in force.", registry=registry)
        self.plan = Gauge(
            "netmon_plan_info", "The plan that is in force, by its hash; always 1.", ("hash",), registry=registry
        )
        self.checks = Gauge("netmon_checks", "Checks of the plan, by kind.", ("kind",), registry=registry)
        self.taken = Gauge(
            "netmon_reload_last_success_timestamp_seconds", "When the plan was last taken.", registry=registry
        )
        self.is_good = Gauge("netmon_reload_last_successful", "0 while the last reload was refused.", registry=registry)
        self.refused = Counter("netmon_reload_failures_total", "Reloads that were refused.", registry=registry)


class Running:
    """The process and its doors."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.build = Gauge(
            "netmon_build_info", "The version of netmon that runs; always 1.", ("version",), registry=registry
        )
        self.lab = Gauge("netmon_lab_mode", "1 while the lab plays a part of what is watched.", registry=registry)
        self.drift = Gauge(
            "netmon_clock_drift_seconds", "How far the wall clock is ahead of netmon's clock.", registry=registry
        )
        self.misfits = Counter(
            "netmon_export_refused_total",
            "Readings that did not fit what their kind declares, by cause: bugs of netmon.",
            ("why",),
            registry=registry,
        )
        self.scrapes = Counter(
            "netmon_scrapes_total", "Scrapes, by what became of them.", ("result",), registry=registry
        )
