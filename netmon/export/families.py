"""Metric families: what the exporter itself shows, what kinds of checks declare, and that no two have one name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from netmon.export.syntax import LABEL_NAME, RESERVED, Syntax, escape_help
from netmon.model.ids import EntityKind, kind_of
from netmon.model.plan import CheckSpec
from netmon.ports import CollectorKind


@dataclass(frozen=True, slots=True)
class Family:
    """The samples of one name.

    Attributes:
        name: as it stands in sample lines; a counter ends in ``_total``, anything else is a gauge.
        labels: the names of its labels, for the reader of the documentation.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """``counter`` or ``gauge``."""
        return "counter" if self.name.endswith("_total") else "gauge"

    def head(self, syntax: Syntax) -> str:
        """The lines that stand above the samples, once a scrape."""
        name = self.name.removesuffix("_total") if syntax is Syntax.OPENMETRICS else self.name
        return f"# HELP {name} {escape_help(self.help, syntax)}\n# TYPE {name} {self.type}\n"


_WHERE = ("role", "site", "department", "tier", "lab", "title")

STATES: Mapping[EntityKind, Family] = {
    EntityKind.CHECK: Family(
        "netmon_check_state",
        "Believed state of a check: 1 for the state it is in.",
        ("device|service|poller", "check", "state"),
    ),
    EntityKind.DEVICE: Family(
        "netmon_device_state", "Believed state of a device: 1 for the state it is in.", ("device", "state")
    ),
    EntityKind.INTERFACE: Family(
        "netmon_interface_state",
        "Believed state of a watched interface: 1 for the state it is in.",
        ("device", "interface", "state"),
    ),
    EntityKind.SERVICE: Family(
        "netmon_service_state", "Believed state of a service: 1 for the state it is in.", ("service", "state")
    ),
    EntityKind.POLLER: Family(
        "netmon_poller_state",
        "Believed state of a poller by its canaries: 1 for the state it is in.",
        ("poller", "state"),
    ),
}
"""The one-hot state series, by the kind of entity."""

DEVICE_UP = Family(
    "netmon_device_up",
    "1 while a device is up or degraded, 0 while it is down or unreachable, absent while nobody knows.",
    ("device",),
)

INFOS: Mapping[EntityKind, Family] = {
    EntityKind.DEVICE: Family(
        "netmon_device_info", "What the inventory says of a device; always 1.", ("device", *_WHERE)
    ),
    EntityKind.SERVICE: Family(
        "netmon_service_info", "What the inventory says of a service; always 1.", ("service", *_WHERE)
    ),
    EntityKind.POLLER: Family("netmon_poller_info", "What the plan says of a poller; always 1.", ("poller", *_WHERE)),
}
"""What is known of the subjects, to be joined with their other series."""

OWN_FAMILIES = (*STATES.values(), DEVICE_UP, *INFOS.values())


def info_name(kind: str) -> str:
    """The name of the info metric that shows the facts of the checks of *kind*."""
    return f"netmon_{kind}_info"


def declared_families(kind: CollectorKind) -> dict[str, Family]:
    """What checks of *kind* may show, by name.

    Raises:
        ValueError: a name is not allowed.
    """
    families = {name: Family(name, meaning) for name, meaning in kind.metrics.items()}
    for name in (*families, *kind.facts):
        if LABEL_NAME.fullmatch(name) is None or name in RESERVED:
            raise ValueError(f"{name!r} of kind {kind.name} is not a name that may be given to a family or a fact")
    if kind.facts:
        name = info_name(kind.name)
        if name in families:
            raise ValueError(f"{name} is the info metric of kind {kind.name} and cannot be one of its metrics as well")
        families[name] = Family(name, f"What a target said of itself to its {kind.name} check; always 1.", kind.facts)
    return families


def distinct(families: Iterable[Family]) -> dict[str, Family]:
    """*families* by name, in order.

    Raises:
        ValueError: two of them have one name, in one of the syntaxes at least; a scrape would be refused.
    """
    by_name: dict[str, Family] = {}
    stems: set[str] = set()
    for family in families:
        stem = family.name.removesuffix("_total")
        if stem in stems:
            raise ValueError(f"{family.name} is declared twice; a family belongs to one owner")
        stems.add(stem)
        by_name[family.name] = family
    return by_name


def tells_of_device(check: CheckSpec, family: str) -> bool:
    """Whether *family*, given by *check*, describes the device itself, so that its samples do not name the check.

    Families named after the kind of the check tell about asking (``netmon_icmp_rtt_seconds``), and so does
    everything that a service's or a poller's check gives. A check with a name of its own is one of several of
    its kind, which would describe one device twice if they were not told apart.
    """
    return (
        kind_of(check.subject) is EntityKind.DEVICE
        and check.name is None
        and not family.startswith(f"netmon_{check.kind}_")
    )


@dataclass(frozen=True, eq=False)
class Claim:
    """Holds the names of *families* in a prometheus-client registry, which then refuses to give them away."""

    families: tuple[Family, ...]

    def describe(self) -> list[Metric]:
        """The names that are taken."""
        return [
            CounterMetricFamily(family.name, family.help)
            if family.type == "counter"
            else GaugeMetricFamily(family.name, family.help)
            for family in self.families
        ]

    def collect(self) -> list[Metric]:
        """Nothing: their samples are served as fragments."""
        return []
