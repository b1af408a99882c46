"""The situation: what the store last knew of everything in the plan, worst first, with what follows from what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from netmon.cli.consequences import NOTHING, Taken, consequences
from netmon.inventory.inventory import Inventory
from netmon.model.ids import EntityId, EntityKind, bare_id, entity_id, interface_id, kind_of
from netmon.model.log import PlanTaken
from netmon.model.moments import SECOND, Duration, Moment
from netmon.model.news import Status
from netmon.model.plan import CheckSpec, Plan, Subject
from netmon.model.states import Reason, State
from netmon.store.reading import StoreReader

PATIENCE = Duration(15 * SECOND)
"""A beat is kept every few seconds; a store without one for so long has nobody who writes to it."""

_SILENT = (State.DOWN, State.UNREACHABLE)
_WORST_FIRST = (State.DOWN, State.UNREACHABLE, State.UNKNOWN, State.DEGRADED)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A check that is not up now: an entity keeps the reason with which it came into its state, its checks go on."""

    check: CheckSpec
    status: Status

    @property
    def label(self) -> str:
        """The check for people: its kind, and its name where it has one."""
        return f"{self.check.kind} {self.check.name}" if self.check.name else self.check.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One entity as it was last known.

    Attributes:
        status: ``None`` where nobody has looked yet.
        subject: the entity itself, or the device that an interface belongs to.
        link: bare id of the link that an interface ends.
        troubles: the checks of a subject that are not up now.
        taken: what it takes with it.
        behind: the root causes that it stands behind; it is told of there.
    """

    id: EntityId
    status: Status | None
    subject: Subject
    link: str | None = None
    troubles: tuple[Trouble, ...] = ()
    taken: Taken = NOTHING
    behind: tuple[EntityId, ...] = ()

    @property
    def kind(self) -> EntityKind:
        """What it is."""
        return kind_of(self.id)

    @property
    def state(self) -> State | None:
        """The state alone."""
        return self.status.state if self.status else None

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to say: it is up, or not looked at yet (which is counted, not listed)."""
        return self.state in (State.UP, None)

    @property
    def is_intended(self) -> bool:
        """Whether somebody switched it off."""
        failure = self.status.failure if self.status else None
        return failure is not None and failure.reason is Reason.ADMIN_DOWN

    @property
    def told_troubles(self) -> tuple[Trouble, ...]:
        """The checks that say more than the entity's own reason does: where it is not simply silent."""
        failure = self.status.failure if self.status else None
        is_told_whole = failure is not None and failure.reason is Reason.ICMP_BLOCKED
        is_silent = self.kind is EntityKind.DEVICE and self.state is not State.DEGRADED
        return () if is_told_whole or is_silent else self.troubles

    @property
    def is_root(self) -> bool:
        """Whether it is to be told of by itself: not well, not meant so, and not following from another."""
        return not self.is_well and not self.is_intended and not self.behind


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything, as of *known_at*.

    Attributes:
        known_at: the last sign of life of the poller; ``None`` where it has given none.
        is_running: whether that is so young that the poller is still at it.
        standings: worst first.
    """

    now: Moment
    known_at: Moment | None
    is_running: bool
    taken: PlanTaken | None
    standings: tuple[Standing, ...]

    @property
    def is_lab(self) -> bool:
        """Whether any of it is played by the lab."""
        return any(standing.subject.lab for standing in self.standings)

    def count(self, kind: EntityKind) -> Counter[State | None]:
        """How many of *kind* are in each state."""
        return Counter(standing.state for standing in self.standings if standing.kind is kind)

    def narrowed(self, wanted: Callable[[Standing], bool]) -> tuple[Standing, ...]:
        """Those that are *wanted*, in order."""
        return tuple(filter(wanted, self.standings))

    def standing(self, entity: EntityId) -> Standing | None:
        """That of *entity*."""
        return next((standing for standing in self.standings if standing.id == entity), None)


async def look_up(reader: StoreReader, poller: str, inventory: Inventory, now: Moment) -> Situation:
    """The situation of *poller*, from the store alone; *inventory* names the links."""
    lives = [life for life in await reader.lives() if life.poller == poller]
    known_at = max((life.last_beat for life in lives), default=None)
    taken = await reader.plan_in_force(poller, Moment(max(now, known_at or now)))
    statuses = await reader.statuses()
    standings = survey(taken.plan, statuses, links_by_end(inventory)) if taken else ()
    return Situation(
        now=now,
        known_at=known_at,
        is_running=known_at is not None and now - known_at <= PATIENCE,
        taken=taken,
        standings=standings,
    )


def links_by_end(inventory: Inventory) -> Mapping[EntityId, str]:
    """The link that each interface ends."""
    return {
        interface_id(end.device, end.interface): link
        for link, entry in inventory.links.items()
        for end in (entry.value.a, entry.value.b)
        if end is not None
    }


def survey(plan: Plan, statuses: Mapping[EntityId, Status], links: Mapping[EntityId, str]) -> tuple[Standing, ...]:
    """Everything in *plan*, worst first."""
    silent = {identity for identity in plan.subjects if _is_silent_device(identity, statuses.get(identity))}
    follow = consequences(plan, silent)
    isolated = _isolated(plan, statuses)
    standings = []
    for subject in plan.subjects.values():
        if not subject.checks:
            continue
        status = statuses.get(subject.id)
        followed = status is not None and status.state in (*_SILENT, State.UNKNOWN)
        behind = isolated.behind(subject.id) or (follow.roots.get(subject.id, ()) if followed else ())
        standings.append(
            Standing(
                id=subject.id,
                status=status,
                subject=subject,
                troubles=_troubles(subject, statuses),
                taken=isolated.taken if subject.id == isolated.poller else follow.taken.get(subject.id, NOTHING),
                behind=behind,
            )
        )
        standings.extend(_interfaces(subject, status, statuses, links))
    return tuple(sorted(standings, key=_rank))


@dataclass(frozen=True, slots=True)
class _Isolated:
    """What is unknown because the poller itself is cut off."""

    poller: EntityId
    taken: Taken = NOTHING

    def behind(self, entity: EntityId) -> tuple[EntityId, ...]:
        """The poller, where nothing is known of *entity* because of it."""
        return (self.poller,) if entity in self.taken.devices or entity in self.taken.services else ()


def _isolated(plan: Plan, statuses: Mapping[EntityId, Status]) -> _Isolated:
    poller = entity_id(EntityKind.POLLER, plan.poller)
    status = statuses.get(poller)
    if status is None or status.state is not State.DOWN:
        return _Isolated(poller)
    lost = [identity for identity in plan.subjects if identity != poller and _is_isolated(statuses.get(identity))]
    devices = tuple(identity for identity in lost if kind_of(identity) is EntityKind.DEVICE)
    services = tuple(identity for identity in lost if kind_of(identity) is EntityKind.SERVICE)
    return _Isolated(poller, Taken(devices, services))


def _is_isolated(status: Status | None) -> bool:
    failure = status.failure if status is not None and status.state is State.UNKNOWN else None
    return failure is not None and failure.reason is Reason.POLLER_ISOLATED


def _troubles(subject: Subject, statuses: Mapping[EntityId, Status]) -> tuple[Trouble, ...]:
    known = ((spec, statuses.get(EntityId(spec.id))) for spec in subject.checks)
    return tuple(Trouble(spec, status) for spec, status in known if status is not None and status.state is not State.UP)


def _is_silent_device(identity: EntityId, status: Status | None) -> bool:
    return kind_of(identity) is EntityKind.DEVICE and status is not None and status.state in _SILENT


def _interfaces(
    subject: Subject, owner: Status | None, statuses: Mapping[EntityId, Status], links: Mapping[EntityId, str]
) -> Iterable[Standing]:
    """The watched interfaces of a device; one that is unknown because the device is in trouble stands behind it."""
    in_trouble = owner is not None and owner.state is not State.UP
    for name in subject.watched:
        identity = interface_id(bare_id(subject.id), name)
        status = statuses.get(identity)
        behind = (subject.id,) if in_trouble and status is not None and status.state is State.UNKNOWN else ()
        yield Standing(id=identity, status=status, subject=subject, link=links.get(identity), behind=behind)


def _rank(standing: Standing) -> tuple[int, int, int, int, str]:
    state = standing.state
    severity = _WORST_FIRST.index(state) if state in _WORST_FIRST else len(_WORST_FIRST)
    since = standing.status.since if standing.status else 0
    return severity, standing.subject.tier, -len(standing.taken.devices), since, standing.id
