"""The catalogue: every series that a Prometheus beside netmon may hold, with its labels, from the declarations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from prometheus_client.core import Metric

from netmon.collectors import KINDS
from netmon.export.families import OWN_FAMILIES, declared_families
from netmon.export.health import Health
from netmon.kernel.clock import FakeClock
from netmon.model.ids import EntityId, check_id
from netmon.model.plan import POLLED_RULE, CheckSpec, Plan, Subject
from netmon.ports import CollectorKind

TARGET = frozenset({"job", "instance"})
"""What Prometheus itself puts on every series."""

_SUBJECT = frozenset({"device", "service", "poller", "check"})
_ROWS = {
    "netmon_interface_info": ("interface", "alias", "description", "index", "mac", "type"),
    "netmon_interface_": ("interface",),
    "netmon_storage_": ("storage",),
    "netmon_processor_": ("processor",),
    "netmon_http_phase_seconds": ("phase",),
    "netmon_http_step_duration_seconds": ("step",),
    "netmon_http_value": ("name",),
    "netmon_dns_": ("server",),
    "netmon_plugin_duration_seconds": (),
    "netmon_plugin_value": ("measure", "unit"),
    "netmon_plugin_": ("measure",),
    "netmon_host_processor_seconds_total": ("mode",),
    "netmon_host_filesystem_": ("filesystem",),
    "netmon_host_interface_": ("interface",),
}
"""The labels that tell the rows of a table apart, by the beginning of its families' names, the longest first."""

_PROMETHEUS = {
    "up": "1 while Prometheus can scrape the target.",
    "scrape_duration_seconds": "How long Prometheus took to scrape the target.",
    "scrape_samples_scraped": "How many samples the target showed.",
}


@dataclass(frozen=True, slots=True)
class Series:
    """Series of one name.

    Attributes:
        labels: every label that one of them may carry.
    """

    name: str
    help: str
    labels: frozenset[str]


@cache
def declared_series() -> Mapping[str, Series]:
    """Everything that may be asked for, by name."""
    found = (*_shown(), *_measured(KINDS), *_own_health(), *_scraped())
    return {series.name: series for series in found}


def help_of(name: str) -> str:
    """What the series *name* says.

    Raises:
        LookupError: nothing declares it.
    """
    if name not in declared_series():
        raise LookupError(f"{name} is declared by no kind of check, nor by netmon itself")
    return declared_series()[name].help


def _shown() -> Iterator[Series]:
    for family in OWN_FAMILIES:
        labels = frozenset(name for alternatives in family.labels for name in alternatives.split("|"))
        yield Series(family.name, family.help, labels | TARGET)


def _measured(kinds: Iterable[CollectorKind]) -> Iterator[Series]:
    for kind in kinds:
        for family in declared_families(kind).values():
            labels = _SUBJECT | set(family.labels) | set(_row_labels(family.name))
            yield Series(family.name, family.help, labels | TARGET)


def _row_labels(name: str) -> tuple[str, ...]:
    return next((labels for beginning, labels in _ROWS.items() if name.startswith(beginning)), ())


def _own_health() -> Iterator[Series]:
    """What netmon shows of itself once it has a plan with a check of every kind, was reported to, and has tidied up."""
    health = Health(FakeClock(), lab=False)
    health.plan_taken(_plan(), 1, FakeClock().now())
    health.heartbeats_answered("", 0)
    health.tidied("", 1, 0)
    for metric in health.registry.collect():
        yield from _sampled(metric)


def _sampled(metric: Metric) -> Iterator[Series]:
    labels: dict[str, set[str]] = {}
    for sample in metric.samples:
        labels.setdefault(sample.name, set()).update(sample.labels)
    for name, names in labels.items():
        yield Series(name, metric.documentation, frozenset(names) | TARGET)


def _plan() -> Plan:
    some = EntityId("device:some")
    checks = tuple(
        CheckSpec(id=check_id(some, kind.name), subject=some, kind=kind.name, name=None, address="", rule=POLLED_RULE)
        for kind in KINDS
    )
    return Plan(hash="", poller="", subjects={some: Subject(id=some, title={}, role="", checks=checks)})


def _scraped() -> Iterator[Series]:
    return (Series(name, meaning, TARGET) for name, meaning in _PROMETHEUS.items())
