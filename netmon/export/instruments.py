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
        self.not_made = Counter(
            "netmon_looks_not_made_total",
            "Looks that came to nothing on netmon's side (a secret, a file or a plug-in that is not fit), by kind.",
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
        self.is_away = Gauge(
            "netmon_store_away", "1 while what is seen goes into the spool and not into the store.", registry=registry
        )
        self.away_since = Gauge(
            "netmon_spool_begin_timestamp_seconds",
            "Since when something waits in the spool; 0 while nothing does.",
            registry=registry,
        )
        self.spooled = Gauge("netmon_spool_bytes", "What waits in the spool.", registry=registry)
        self.spooled_news = Gauge(
            "netmon_spool_transitions", "Transitions that were told and wait in the spool.", registry=registry
        )
        self.limit = Gauge("netmon_spool_limit_bytes", "How much the spool may take.", registry=registry)
        self.thinned = Counter(
            "netmon_spool_thinned_rows_total",
            "Rows of detail that were given up for want of room while the store was away.",
            registry=registry,
        )


class Tidying:
    """How housekeeping goes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.rows = Counter(
            "netmon_housekeeping_rows_total",
            "Rows that were too old and went, by table.",
            ("table",),
            registry=registry,
        )
        self.freed = Counter(
            "netmon_housekeeping_freed_bytes_total", "Room that was given back to the system.", registry=registry
        )
        self.took = Gauge(
            "netmon_housekeeping_last_duration_seconds", "How long the last round took.", registry=registry
        )
        self.last = Gauge(
            "netmon_housekeeping_last_success_timestamp_seconds", "When a round was last done.", registry=registry
        )
        self.is_good = Gauge(
            "netmon_housekeeping_last_successful", "0 while the last round was put off.", registry=registry
        )


class Receiving:
    """What jobs report, and how they are answered."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.answered = Counter(
            "netmon_heartbeats_total",
            "Requests at the door for heartbeats, by what they were answered.",
            ("reply",),
            registry=registry,
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
