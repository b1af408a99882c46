"""How soon netmon knows of a fault: worst cases from the rules of the checks that feel it."""

from __future__ import annotations

from collections.abc import Iterator

from netmon.collectors import KINDS
from netmon.decisions.look_policy import burst_ends
from netmon.inventory.inventory import Inventory
from netmon.lab.faults import FaultKind
from netmon.model.ids import EntityId, bare_id
from netmon.model.moments import Duration, Moment
from netmon.model.plan import CheckSpec, Plan

_ANSWERING = frozenset({FaultKind.SLOW, FaultKind.EXPIRING, FaultKind.WRAP, FaultKind.UPTIME_WRAP})
"""Faults that leave the target answering: the next answer shows them, without a burst."""

_OVER_SNMP = frozenset(
    {
        FaultKind.GARBAGE,
        FaultKind.ENDLESS,
        FaultKind.NON_INCREASING,
        FaultKind.WRONG_ID,
        FaultKind.LATE,
        FaultKind.DOUBLE,
        FaultKind.REFUSE,
        FaultKind.RESHUFFLE,
        FaultKind.WRAP,
        FaultKind.UPTIME_WRAP,
    }
)
"""Faults of a device that only its agent shows."""

_UNFEELING = frozenset(kind.name for kind in KINDS if kind.asks_nobody)
"""Kinds of checks that ask nobody, and so feel nothing of a target's faults."""


def waiting(plan: Plan, inventory: Inventory, target: str, fault: FaultKind) -> Iterator[tuple[str, Duration]]:
    """What feels *fault* of *target* (``kind:id``), and how long that takes at worst."""
    kind, _, bare = target.partition(":")
    if kind in ("device", "service"):
        subject = plan.subjects.get(EntityId(target))
        for check in subject.checks if subject else ():
            if check.kind in _UNFEELING:
                continue
            if kind == "service" or (check.kind == "snmp") is (fault in _OVER_SNMP):
                yield check.id, _at_worst(check, fault)
        return
    devices = [bare.partition("/")[0]]
    if kind == "link" and bare in inventory.links:
        link = inventory.links[bare].value
        devices = [end.device for end in (link.a, link.b) if end is not None]
        yield from _gateway(plan, devices, fault)
    for device in devices:
        subject = plan.subjects.get(EntityId(f"device:{device}"))
        for check in subject.checks if subject else ():
            if check.kind == "snmp":
                yield f"interface:{bare}" if kind == "interface" else check.id, check.rule.interval


def _gateway(plan: Plan, ends: list[str], fault: FaultKind) -> Iterator[tuple[str, Duration]]:
    """The device behind the link: the end that is reached through the other."""
    for end in ends:
        subject = plan.subjects.get(EntityId(f"device:{end}"))
        if subject is None or not set(subject.parents) & set(ends):
            continue
        for check in subject.checks[:1]:
            yield f"{check.id} ({bare_id(subject.id)})", _at_worst(check, fault)


def _at_worst(check: CheckSpec, fault: FaultKind) -> Duration:
    rule = check.rule
    if fault in _ANSWERING:
        return Duration(rule.interval + rule.timeout)
    return Duration(rule.interval + burst_ends(Moment(0), rule))
