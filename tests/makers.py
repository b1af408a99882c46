"""Makers of plans, looks and logs for whoever tells a story about judging; moments are seconds after `START`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netmon.decisions.fold import Beliefs
from netmon.model.ids import CheckId, EntityId, check_id
from netmon.model.log import Event, PlanTaken
from netmon.model.looks import Failure, Finding, Look, Occasion
from netmon.model.moments import SECOND, Duration, Moment, seconds
from netmon.model.news import Transition
from netmon.model.plan import ICMP_RULE, POLLED_RULE, CheckSpec, Plan, Rule, Subject
from netmon.model.states import Reason, State, Verdict

START = Moment(1_800_000_000 * SECOND)

CORE = EntityId("device:core-1")
PORTAL = EntityId("service:portal")
CENTRE = EntityId("poller:centre")
ICMP = check_id(CORE, "icmp")
SNMP = check_id(CORE, "snmp")
CANARY = check_id(CENTRE, "icmp", "provider")
OTHER_CANARY = check_id(CENTRE, "icmp", "backbone")

SILENT = Failure(Reason.TIMEOUT, "nothing in 1 s")
FLAWED = Failure(Reason.PARTIAL, "one table is missing")


def moment(at: float) -> Moment:
    return Moment(START + seconds(at))


def check(
    subject: EntityId, kind: str = "icmp", *, name: str | None = None, rule: Rule | None = None, required: bool = True
) -> CheckSpec:
    return CheckSpec(
        id=check_id(subject, kind, name),
        subject=subject,
        kind=kind,
        name=name,
        address="192.0.2.1",
        rule=rule or (ICMP_RULE if kind == "icmp" else POLLED_RULE),
        required=required,
    )


def subject(entity: EntityId, *checks: CheckSpec, watched: Sequence[str] = ()) -> Subject:
    return Subject(id=entity, title={}, role="router", checks=checks, watched=tuple(watched), site="site-1")


def device(*kinds: str, watched: Sequence[str] = ()) -> Subject:
    """The device ``core-1`` with a check of each of *kinds*."""
    return subject(CORE, *(check(CORE, kind) for kind in kinds), watched=watched)


def canaries() -> Subject:
    """The poller with two canaries."""
    return subject(CENTRE, check(CENTRE, name="provider"), check(CENTRE, name="backbone"))


def plan(*subjects: Subject, version: str = "a") -> Plan:
    return Plan(hash=version, poller="centre", subjects={one.id: one for one in subjects})


def watching(*subjects: Subject, at: float = -1000) -> Beliefs:
    """Beliefs that know nothing yet of *subjects*."""
    beliefs = Beliefs()
    beliefs.fold(PlanTaken(moment(at), 1, plan(*subjects)))
    return beliefs


def miss(at: float, of: CheckId = ICMP, *, took: float = 1, burst: float | None = None) -> Look:
    return Look(
        check=of,
        at=moment(at),
        took=seconds(took),
        verdict=Verdict.MISSED,
        occasion=Occasion.GRID if burst is None else Occasion.BURST,
        opener=None if burst is None else moment(burst),
        failure=SILENT,
    )


def answer(
    at: float, of: CheckId = ICMP, *, took: float = 0, burst: float | None = None, findings: tuple[Finding, ...] = ()
) -> Look:
    return Look(
        check=of,
        at=moment(at),
        took=seconds(took),
        verdict=Verdict.ANSWERED,
        occasion=Occasion.GRID if burst is None else Occasion.BURST,
        opener=None if burst is None else moment(burst),
        findings=findings,
    )


def flawed(at: float, of: CheckId = ICMP) -> Look:
    return Look(check=of, at=moment(at), took=Duration(0), verdict=Verdict.DEGRADED, failure=FLAWED)


def slow(at: float, of: CheckId = ICMP) -> Look:
    return Look(check=of, at=moment(at), took=Duration(0), verdict=Verdict.SLOW)


def burst(opener: float, pattern: str, of: CheckId = ICMP) -> list[Look]:
    """An icmp burst in the order in which its results are known: ``x`` is missed, ``.`` answered at once."""
    first, *rest = pattern
    opens = miss(opener, of) if first == "x" else answer(opener, of)
    begins = opener + (1 if first == "x" else 0)
    looks = [opens]
    for k, letter in enumerate(rest):
        at = begins + k / 2
        looks.append(miss(at, of, burst=opener) if letter == "x" else answer(at, of, burst=opener))
    return sorted(looks, key=lambda look: look.known)


def chain(opener: float, pattern: str, of: CheckId = SNMP, *, gap: float = 3) -> list[Look]:
    """A burst whose looks wait for each other, *gap* seconds from one to the next."""
    looks = []
    for k, letter in enumerate(pattern):
        at, began = opener + k * gap, opener if k else None
        looks.append(miss(at, of, burst=began) if letter == "x" else answer(at, of, burst=began))
    return looks


def became(entity: EntityId | CheckId, state: State, at: float, failure: Failure | None = None) -> Transition:
    return Transition(entity=EntityId(entity), at=moment(at), state=state, failure=failure)


def told(beliefs: Beliefs, looks: Iterable[Look]) -> list[Transition]:
    """The news that *looks* cause, in order."""
    return [news for look in looks for news in beliefs.look(look)]


def folded(beliefs: Beliefs, events: Iterable[Event]) -> list[Transition]:
    """The news that *events* cause, in order."""
    return [news for event in events for news in beliefs.fold(event)]


def of(news: Iterable[Transition], entity: EntityId | CheckId) -> list[tuple[State, float, Reason | None]]:
    """What *news* say of *entity*: state, seconds after `START`, reason."""
    return [
        (one.state, (one.at - START) / SECOND, one.failure.reason if one.failure else None)
        for one in news
        if one.entity == entity
    ]
