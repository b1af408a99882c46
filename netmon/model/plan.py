"""The plan: the inventory and the settings resolved into exactly what is looked at, and by which rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netmon.model.ids import CheckId, EntityId
from netmon.model.moments import MILLISECOND, SECOND, Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How the looks of a check are asked and weighed (see docs/semantics.md, "Looking").

    Attributes:
        interval: from slot to slot.
        timeout: a look without a result by then is a miss.
        relooks: how many looks a burst asks after its opener.
        relook_gap: with *overlapping*, from one re-look to the next, the first standing at the opener's
            deadline; else from a result to the next look.
        overlapping: re-looks do not wait for each other.
        misses_for_down: how many misses of a burst mean ``down``.
        answers_for_up: how many answers of a burst mean ``up``.
        slow: an answer that took longer is slow.
    """

    interval: Duration
    timeout: Duration
    relooks: int = 2
    relook_gap: Duration = Duration(2 * SECOND)
    overlapping: bool = False
    misses_for_down: int = 3
    answers_for_up: int = 3
    slow: Duration | None = None


ICMP_RULE = Rule(
    interval=Duration(10 * SECOND),
    timeout=SECOND,
    relooks=4,
    relook_gap=Duration(500 * MILLISECOND),
    overlapping=True,
    misses_for_down=5,
    answers_for_up=3,
)
"""How reachability is looked at by default: ``down`` is known at worst 13.5 s after the fault."""

POLLED_RULE = Rule(interval=Duration(60 * SECOND), timeout=Duration(10 * SECOND))
"""How everything else is looked at by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """A standing question about a target.

    Attributes:
        subject: the device, service or poller whose state it feeds.
        address: the host name or address that is asked; collectors find the port in *settings*.
        required: ``False`` where its trouble must not degrade the subject.
        settings: what its kind needs to know, as the plain values of its settings model; no secrets.
    """

    id: CheckId
    subject: EntityId
    kind: str
    name: str | None
    address: str
    rule: Rule
    required: bool = True
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Something that is believed to be in a state because of its own checks: a device, a service or a poller.

    Attributes:
        title: what people call it, by language tag (``vi``, ``en``).
        department: bare id of the department that it serves; ``None`` for a poller.
        site: bare id of where it stands.
        role: a device's role, a service's kind; ``poller`` for a poller.
        tier: 1 centre and trunk, 2 gateways and shared services, 3 the rest.
        lab: whether it is played by the lab and must be marked so wherever it is shown.
        watched: names of the interfaces that have a state of their own.
        parents: bare ids of the devices that it is directly reached through, as far as known.
    """

    id: EntityId
    title: Mapping[str, str]
    role: str
    checks: tuple[CheckSpec, ...]
    department: str | None = None
    site: str | None = None
    tier: int = 3
    lab: bool = False
    watched: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that one poller looks at.

    Attributes:
        hash: hex digest of the content; two plans with one hash watch the same things in the same way.
        poller: bare id of the poller.
        subjects: devices, services and the poller itself (its checks are the canaries), by identity.
    """

    hash: str
    poller: str
    subjects: Mapping[EntityId, Subject]

    @property
    def checks(self) -> Mapping[CheckId, CheckSpec]:
        """Every check by its identity."""
        return {check.id: check for subject in self.subjects.values() for check in subject.checks}
