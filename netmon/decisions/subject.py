"""The belief about a subject (a device, a service, a poller): what its checks and their answers make together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netmon.decisions.check import TRUSTED, Canaries, CheckBelief, fold_look, grow_stale
from netmon.decisions.composition import all_of, k_of_n
from netmon.model.ids import CheckId, EntityId, EntityKind, bare_id, interface_id, kind_of
from netmon.model.looks import Failure, Finding, Look
from netmon.model.moments import Moment
from netmon.model.news import Status, Transition
from netmon.model.plan import CheckSpec, Subject
from netmon.model.states import Reason, State

REACHABILITY_KINDS = ("icmp", "snmp", "tcp")
"""Which check tells whether a device can be reached: the first of these that it has, else any."""

INTERFACE_KIND = "snmp"
"""The kind of check whose answers say what state the watched interfaces of a device are in."""


@dataclass(frozen=True, slots=True)
class SubjectBelief:
    """What is believed of a subject, its checks and its watched interfaces; ``None`` before anything was seen."""

    checks: Mapping[CheckId, CheckBelief]
    interfaces: Mapping[str, Status | None] = field(default_factory=dict)
    status: Status | None = None

    @property
    def is_in_doubt(self) -> bool:
        """Whether a burst of any of its checks is open."""
        for belief in self.checks.values():  # noqa: SIM110  asked twice a look: a generator would cost more than it does
            if belief.burst is not None:
                return True
        return False


def judge_look(
    subject: Subject, belief: SubjectBelief, look: Look, canaries: Canaries = TRUSTED
) -> tuple[SubjectBelief, tuple[Transition, ...]]:
    """Fold *look* at one of the subject's checks; the news comes check first, then interfaces, then subject."""
    spec = spec_of(subject, look.check)
    before = belief.checks[look.check]
    after = fold_look(before, look, spec.rule, canaries)
    if after.status is before.status and _hangs_on_statuses_alone(belief, spec):
        return SubjectBelief({**belief.checks, spec.id: after}, belief.interfaces, belief.status), ()
    return _conclude(subject, belief, spec, after, at=look.at, findings=look.findings)


def spec_of(subject: Subject, check: CheckId) -> CheckSpec:
    """The specification of *check*, which is one of the subject's."""
    for spec in subject.checks:
        if spec.id == check:
            return spec
    raise KeyError(check)


def _hangs_on_statuses_alone(belief: SubjectBelief, spec: CheckSpec) -> bool:
    """Whether a look at *spec* that leaves its status alone leaves the rest of *belief* alone too.

    That a subject is up follows from statuses; any other state may hang on when another check was answered.
    """
    if belief.interfaces and spec.kind == INTERFACE_KIND:
        return False
    return belief.status is not None and belief.status.state is State.UP


def judge_time(subject: Subject, belief: SubjectBelief, now: Moment) -> tuple[SubjectBelief, tuple[Transition, ...]]:
    """Let the deadlines of the subject's checks that lie at or before *now* fire, in their order."""
    due = [
        (at, spec)
        for spec in subject.checks
        if (at := belief.checks[spec.id].stale_at(spec.rule)) is not None and at <= now
    ]
    if not due:
        return belief, ()
    news: list[Transition] = []
    for at, spec in sorted(due, key=lambda one: (one[0], one[1].id)):
        after = grow_stale(belief.checks[spec.id], at, spec.rule)
        belief, more = _conclude(subject, belief, spec, after, at=at)
        news += more
    return belief, tuple(news)


def reachability(subject: Subject, checks: Mapping[CheckId, CheckBelief]) -> CheckSpec | None:
    """The check that says whether a device can be reached: the first kind of its list that is not unknown."""
    known = [spec for spec in subject.checks if not checks[spec.id].is_unsettled]
    for kind in REACHABILITY_KINDS:
        for spec in known:
            if spec.kind == kind:
                return spec
    return known[0] if known else None


def _conclude(
    subject: Subject,
    belief: SubjectBelief,
    spec: CheckSpec,
    after: CheckBelief,
    *,
    at: Moment,
    findings: tuple[Finding, ...] = (),
) -> tuple[SubjectBelief, tuple[Transition, ...]]:
    """Draw from a check's new belief what it means for the watched interfaces and for the subject itself.

    What follows from a change of the check is dated like that change, anything else *at* what was seen.
    """
    checks = {**belief.checks, spec.id: after}
    news: list[Transition] = []
    if after.status is not None and after.state is not belief.checks[spec.id].state:
        news.append(_transition(EntityId(spec.id), after.status))
        at = after.status.since
    interfaces = belief.interfaces
    if interfaces and spec.kind == INTERFACE_KIND:
        interfaces = _judge_interfaces(interfaces, after, findings, at)
        news += (
            _transition(interface_id(bare_id(subject.id), name), status)
            for name, status in interfaces.items()
            if status is not None and status is not belief.interfaces[name]
        )
    composed = _compose(subject, checks, has_status=belief.status is not None)
    status = belief.status
    if composed is not None and (status is None or composed[0] is not status.state):
        state, failure = composed
        status = Status(state, at if status is None else max(at, status.since), failure)
        news.append(_transition(subject.id, status))
    return SubjectBelief(checks, interfaces, status), tuple(news)


def _transition(entity: EntityId, status: Status) -> Transition:
    return Transition(entity=entity, at=status.since, state=status.state, failure=status.failure)


def _judge_interfaces(
    interfaces: Mapping[str, Status | None], check: CheckBelief, findings: tuple[Finding, ...], at: Moment
) -> Mapping[str, Status | None]:
    """What the last answer says of each interface; ``unknown`` while the check that asks is down or unknown."""
    if check.state in (State.DOWN, State.UNKNOWN):
        failure = Failure(Reason.STALE, f"the device does not say: its {INTERFACE_KIND} check is {check.state.value}")
        lost = Finding("", State.UNKNOWN, failure)
        return {name: _follow(status, lost, at) for name, status in interfaces.items()}
    found = {finding.interface: finding for finding in findings}
    return {name: _follow(status, found[name], at) if name in found else status for name, status in interfaces.items()}


def _follow(status: Status | None, finding: Finding, at: Moment) -> Status | None:
    if status is None:
        return None if finding.state is State.UNKNOWN else Status(finding.state, at, finding.failure)
    if status.state is finding.state:
        return status
    return Status(finding.state, max(at, status.since), finding.failure)


Composed = tuple[State, Failure | None]


def _compose(subject: Subject, checks: Mapping[CheckId, CheckBelief], *, has_status: bool) -> Composed | None:
    """What the checks make together; ``None`` as long as nothing can be said."""
    match kind_of(subject.id):
        case EntityKind.DEVICE:
            return _compose_device(subject, checks)
        case EntityKind.POLLER:
            return _compose_poller(subject, checks)
        case _:
            return _compose_service(subject, checks, has_status=has_status)


def _compose_device(subject: Subject, checks: Mapping[CheckId, CheckBelief]) -> Composed | None:
    reach = reachability(subject, checks)
    if reach is None:
        unknown = [belief.status for belief in checks.values() if belief.status is not None]
        return (State.UNKNOWN, unknown[0].failure) if unknown else None
    status = checks[reach.id].status
    if status is not None and status.state is State.DOWN:
        return _doubt_reachability(subject, checks, reach, status)
    for spec in (reach, *(spec for spec in subject.checks if spec.required)):
        found = checks[spec.id].status
        if found is not None and found.state in (State.DOWN, State.DEGRADED):
            return State.DEGRADED, _quote(spec, found)
    return State.UP, None


def _doubt_reachability(
    subject: Subject, checks: Mapping[CheckId, CheckBelief], reach: CheckSpec, status: Status
) -> Composed:
    """A device that answers another check is not down, whatever its reachability check says."""
    for spec in subject.checks:
        other = checks[spec.id]
        if spec.id == reach.id or other.state is State.DOWN or other.last_answer is None:
            continue
        if other.last_answer >= status.since:
            if reach.kind == "icmp":
                return State.DEGRADED, Failure(Reason.ICMP_BLOCKED, f"no echo, but {spec.kind} answers")
            return State.DEGRADED, _quote(reach, status)
    return State.DOWN, status.failure


def _compose_service(subject: Subject, checks: Mapping[CheckId, CheckBelief], *, has_status: bool) -> Composed | None:
    """All of its checks; of a service that was never looked at whole nothing is said before that."""
    specs = [spec for spec in subject.checks if spec.required] or subject.checks
    members = [(spec, checks[spec.id].status) for spec in specs]
    state = all_of([State.UNKNOWN if status is None else status.state for _, status in members])
    if state is State.UNKNOWN and not has_status and any(status is None for _, status in members):
        return None
    return state, _first_failure(members, state)


def _compose_poller(subject: Subject, checks: Mapping[CheckId, CheckBelief]) -> Composed | None:
    """Any of its canaries: a poller that reaches none says so about itself."""
    members = [(spec, checks[spec.id].status) for spec in subject.checks]
    state = k_of_n([State.UNKNOWN if status is None else status.state for _, status in members], 1)
    if state is State.DEGRADED:  # a canary that was never looked at is not lost
        state = k_of_n([status.state for _, status in members if status is not None], 1)
    if state is State.DOWN:
        return state, Failure(Reason.POLLER_ISOLATED, "none of the canaries answers")
    if state is State.UNKNOWN and all(status is None for _, status in members):
        return None
    return state, _first_failure(members, State.DOWN)


def _first_failure(members: Sequence[tuple[CheckSpec, Status | None]], state: State) -> Failure | None:
    """What the member says that has been in *state* for longest."""
    found = [(status.since, spec.id, spec, status) for spec, status in members if status and status.state is state]
    return _quote(*min(found)[2:]) if found else None


def _quote(spec: CheckSpec, status: Status) -> Failure | None:
    """Why the subject is in trouble: its check's reason, and its evidence with the check named."""
    if status.failure is None:
        return None
    name = f"{spec.kind} {spec.name}" if spec.name else spec.kind
    return Failure(status.failure.reason, f"{name} is {status.state.value}: {status.failure.evidence}")
