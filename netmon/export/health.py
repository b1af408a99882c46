"""netmon's own health: what the engine and the doors tell of themselves, in a registry of its own."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable
from enum import StrEnum
from importlib.metadata import version

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest as generate_text
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from netmon.export.instruments import Keeping, Looking, Planning, Receiving, Running, Tidying
from netmon.export.misfits import Misfit, MisfitError
from netmon.export.syntax import Syntax
from netmon.kernel.clock import Clock
from netmon.model.moments import Duration, Moment, in_seconds
from netmon.model.plan import Plan
from netmon.model.states import Verdict
from netmon.ports import Backlog

_TOLD_MISFITS = 64
"""How many different misfits are logged; more of them are only counted."""


class Scrape(StrEnum):
    """What became of a scrape."""

    SERVED = "served"
    REFUSED = "refused"


class Health:
    """Implements `netmon.ports.Vitals`.

    Args:
        clock: dates the last look.
        lab: whether the lab plays any part of what is watched.
    """

    def __init__(self, clock: Clock, *, lab: bool) -> None:
        self.registry = CollectorRegistry()
        self._clock = clock
        self._events = structlog.get_logger("netmon.export")
        self._told_misfits: set[str] = set()
        self._looking = Looking(self.registry)
        self._keeping = Keeping(self.registry)
        self._tidying = Tidying(self.registry)
        self._receiving = Receiving(self.registry)
        self._planning = Planning(self.registry)
        self._running = Running(self.registry)
        ProcessCollector(registry=self.registry)
        self._running.build.labels(version("netmon")).set(1)
        self._running.lab.set(lab)
        for result in Scrape:
            self._running.scrapes.labels(result.value)
        for why in Misfit:
            self._running.misfits.labels(why.value)

    def look_finished(self, kind: str, verdict: Verdict, lag: Duration, took: Duration) -> None:
        """A look was asked *lag* after it was due, and its result was known *took* after that."""
        self._looking.looks.labels(kind, verdict.value).inc()
        self._looking.lag.labels(kind).observe(in_seconds(lag))
        self._looking.took.labels(kind).observe(in_seconds(took))
        self._looking.last.set(_timestamp(self._clock.now()))

    def looks_in_flight(self, count: int) -> None:
        """So many looks are being asked now."""
        self._looking.in_flight.set(count)

    def slots_skipped(self, kind: str, count: int) -> None:
        """So many slots were left out."""
        self._looking.skipped.labels(kind).inc(count)

    def collector_crashed(self, kind: str) -> None:
        """A collector raised: a bug of ours."""
        self._looking.crashes.labels(kind).inc()

    def look_not_made(self, kind: str) -> None:
        """A look came to nothing on our side."""
        self._looking.not_made.labels(kind).inc()

    def kept(self, rows: int, took: Duration, at: Moment) -> None:
        """A batch of *rows* was kept; the commit took *took*."""
        self._keeping.rows.inc(rows)
        self._keeping.took.observe(in_seconds(took))
        self._keeping.last.set(_timestamp(at))

    def keep_failed(self) -> None:
        """The store did not take a batch."""
        self._keeping.failures.inc()

    def rows_waiting(self, count: int) -> None:
        """So many rows wait to be kept."""
        self._keeping.waiting.set(count)

    def tidied(self, table: str, rows: int, size_bytes: int) -> None:
        """So many rows were too old and went; so many bytes were given back."""
        if rows:
            self._tidying.rows.labels(table).inc(rows)
        self._tidying.freed.inc(size_bytes)

    def housekeeping_ended(self, at: Moment, took: Duration, *, is_done: bool) -> None:
        """A round of housekeeping ended, done or given up for now."""
        self._tidying.took.set(in_seconds(took))
        self._tidying.is_good.set(is_done)
        if is_done:
            self._tidying.last.set(_timestamp(at))

    def rows_thinned(self, count: int) -> None:
        """So many rows of detail were given up for want of room while the store was away."""
        self._keeping.thinned.inc(count)

    def backlog_is(self, backlog: Backlog) -> None:
        """So much waits for the store."""
        self._keeping.is_away.set(backlog.since is not None)
        self._keeping.away_since.set(_timestamp(backlog.since) if backlog.since is not None else 0)
        self._keeping.spooled.set(backlog.size_bytes)
        self._keeping.spooled_news.set(backlog.transitions)

    def spool_may_take(self, limit_bytes: int) -> None:
        """The spool has so much room."""
        self._keeping.limit.set(limit_bytes)

    def heartbeats_answered(self, reply: str, count: int) -> None:
        """So many more requests were answered with *reply*; none of them lets its series begin at nought."""
        self._receiving.answered.labels(reply).inc(count)

    def plan_taken(self, plan: Plan, version: int, at: Moment) -> None:
        """*plan* is in force since *at*."""
        kinds = Tally(check.kind for subject in plan.subjects.values() for check in subject.checks)
        self._planning.checks.clear()
        for kind, count in kinds.items():
            self._planning.checks.labels(kind).set(count)
            self._begin_counting(kind)
        self._planning.plan.clear()
        self._planning.plan.labels(plan.hash).set(1)
        self._planning.version.set(version)
        self._planning.taken.set(_timestamp(at))
        self._planning.is_good.set(1)

    def reload_refused(self) -> None:
        """The files were not fit for it; the running plan goes on."""
        self._planning.refused.inc()
        self._planning.is_good.set(0)

    def clock_drifted(self, drift: Duration) -> None:
        """The wall clock is so far ahead of the clock that netmon goes by."""
        self._running.drift.set(in_seconds(drift))

    def refuse(self, misfit: MisfitError) -> None:
        """Count a reading that does not fit, and log each sort of it once."""
        self._running.misfits.labels(misfit.why.value).inc()
        what = str(misfit)
        if what not in self._told_misfits and len(self._told_misfits) < _TOLD_MISFITS:
            self._told_misfits.add(what)
            self._events.error("reading_refused", why=misfit.why.value, what=what)

    def scraped(self, result: Scrape) -> None:
        """A scrape came to its end, or was turned away."""
        self._running.scrapes.labels(result.value).inc()

    def text(self, syntax: Syntax) -> str:
        """The registry's part of a scrape, without what closes a body."""
        generate = generate_openmetrics if syntax is Syntax.OPENMETRICS else generate_text
        return generate(_WithoutCreation(self.registry)).decode().removesuffix(syntax.end)

    def _begin_counting(self, kind: str) -> None:
        """Show the counters of *kind* at nought, so that Prometheus sees their first rise."""
        for family in (self._looking.lag, self._looking.took, self._looking.skipped, self._looking.crashes):
            family.labels(kind)
        for verdict in Verdict:
            self._looking.looks.labels(kind, verdict.value)


class _WithoutCreation:
    """A registry without its ``_created`` series, which double the counters and serve no rule of ours."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        for metric in self._registry.collect():
            metric.samples = [one for one in metric.samples if one.name != f"{metric.name}_created"]
            yield metric


def _timestamp(at: Moment) -> float:
    return in_seconds(Duration(at))
