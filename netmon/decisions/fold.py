"""The fold: the log goes in, transitions come out. The running machine and the replay are this same fold."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping

from netmon.decisions.check import TRUSTED, Canaries, CheckBelief, remembered
from netmon.decisions.subject import SubjectBelief, judge_look, judge_time, spec_of
from netmon.model.ids import CheckId, EntityId, EntityKind, bare_id, entity_id, interface_id, kind_of
from netmon.model.log import Beat, Event, LifeBegan, Looked
from netmon.model.looks import Look
from netmon.model.moments import Moment
from netmon.model.news import Status, Transition
from netmon.model.plan import Plan, Subject
from netmon.model.states import State


class Beliefs:
    """The shelf on which beliefs stand while the log goes by; what is put on it are frozen values.

    Events come in the order of the log: by the moment they were known. What leaves the plan, or was believed
    in an earlier life, is remembered by its status and its last looks alone.
    """

    def __init__(
        self,
        statuses: Mapping[EntityId, Status] | None = None,
        last_looks: Mapping[CheckId, Moment] | None = None,
        last_answers: Mapping[CheckId, Moment] | None = None,
    ) -> None:
        self._statuses = dict(statuses or {})
        self._last_looks = dict(last_looks or {})
        self._last_answers = dict(last_answers or {})
        self._subjects: dict[EntityId, Subject] = {}
        self._beliefs: dict[EntityId, SubjectBelief] = {}
        self._owners: dict[CheckId, EntityId] = {}
        self._poller: EntityId | None = None
        self._canary_looks: dict[CheckId, tuple[Moment, bool]] = {}
        self._canaries = TRUSTED
        self._deadlines: list[tuple[Moment, CheckId]] = []
        self._awaited: set[CheckId] = set()

    def fold(self, event: Event) -> tuple[Transition, ...]:
        """Take one *event* of the log and return the transitions that it causes, in order."""
        if isinstance(event, Looked):
            return self.look(event.look)
        if isinstance(event, Beat):
            return self.pass_time(event.at)
        if isinstance(event, LifeBegan):
            for entity in list(self._subjects):
                self._remember(entity)
            self._canary_looks.clear()
            if not event.remembers:
                for forgotten in (self._statuses, self._last_looks, self._last_answers):
                    forgotten.clear()
            return ()
        news = self.pass_time(Moment(event.at - 1))  # from its moment on the deadlines are those of the new plan
        self._take(event.plan)
        return news

    def look(self, look: Look) -> tuple[Transition, ...]:
        """Fold one look; one at a check that is not in the plan says nothing."""
        owner = self._owners.get(look.check)
        if owner is None:
            return ()
        subject, belief = self._subjects[owner], self._beliefs[owner]
        stale: tuple[Transition, ...] = ()
        if self._deadlines and self._deadlines[0][0] <= look.known:  # else nobody's has come, its own neither
            belief, stale = judge_time(subject, belief, look.known)
        canaries = TRUSTED if owner == self._poller else self._canaries
        self._beliefs[owner], news = judge_look(subject, belief, look, canaries)
        if owner == self._poller:
            self._note_canary(look)
        if look.check not in self._awaited:
            self._await(subject, look.check)
        return (*stale, *news)

    def pass_time(self, now: Moment) -> tuple[Transition, ...]:
        """Let every deadline at or before *now* fire."""
        news: list[Transition] = []
        while self._deadlines and self._deadlines[0][0] <= now:
            _, check = heapq.heappop(self._deadlines)
            self._awaited.discard(check)
            owner = self._owners.get(check)
            if owner is None:
                continue
            subject = self._subjects[owner]
            stale_at = self._stale_at(subject, check)
            if stale_at is not None and stale_at <= now:
                self._beliefs[owner], more = judge_time(subject, self._beliefs[owner], stale_at)
                news += more
            self._await(subject, check)
        return tuple(news)

    def belief(self, entity: EntityId) -> SubjectBelief | None:
        """What is believed of the subject *entity*, where it is in the plan."""
        return self._beliefs.get(entity)

    def check(self, check: CheckId) -> CheckBelief | None:
        """What is believed of *check*, where it is in the plan."""
        owner = self._owners.get(check)
        return None if owner is None else self._beliefs[owner].checks[check]

    def states(self) -> Iterator[tuple[EntityId, State]]:
        """The state of everything in the plan of which something is believed."""
        for entity, belief in self._beliefs.items():
            if belief.status is not None:
                yield entity, belief.status.state
            for check, one in belief.checks.items():
                if one.status is not None:
                    yield EntityId(check), one.status.state
            for name, status in belief.interfaces.items():
                if status is not None:
                    yield interface_id(bare_id(entity), name), status.state

    def owner(self, entity: EntityId) -> EntityId | None:
        """The subject in the plan that *entity* (a check, an interface or the subject itself) belongs to."""
        match kind_of(entity):
            case EntityKind.CHECK:
                return self._owners.get(CheckId(entity))
            case EntityKind.INTERFACE:
                device = entity_id(EntityKind.DEVICE, bare_id(entity).partition("/")[0])
                return device if device in self._subjects else None
            case _:
                return entity if entity in self._subjects else None

    def _note_canary(self, look: Look) -> None:
        at, _ = self._canary_looks.get(look.check, (look.at, False))
        if look.at >= at:
            self._canary_looks[look.check] = (look.at, not look.verdict.is_answer)
            self._refresh_canaries()

    def _refresh_canaries(self) -> None:
        specs = self._subjects[self._poller].checks if self._poller else ()
        self._canaries = Canaries(tuple(self._canary_looks.get(spec.id, (Moment(0), False)) for spec in specs))

    def _stale_at(self, subject: Subject, check: CheckId) -> Moment | None:
        return self._beliefs[subject.id].checks[check].stale_at(spec_of(subject, check).rule)

    def _await(self, subject: Subject, check: CheckId) -> None:
        """Have the deadline of *check*, which waits for none, looked at when it comes."""
        stale_at = self._stale_at(subject, check)
        if stale_at is not None:
            self._awaited.add(check)
            heapq.heappush(self._deadlines, (stale_at, check))

    def _remember(self, entity: EntityId) -> None:
        """Put *entity* away: keep what a later life would begin with."""
        subject, belief = self._subjects.pop(entity), self._beliefs.pop(entity)
        if belief.status is not None:
            self._statuses[entity] = belief.status
        for name, status in belief.interfaces.items():
            if status is not None:
                self._statuses[interface_id(bare_id(entity), name)] = status
        for spec in subject.checks:
            self._remember_check(spec.id, belief.checks[spec.id])
            del self._owners[spec.id]

    def _remember_check(self, check: CheckId, belief: CheckBelief) -> None:
        if belief.status is not None:
            self._statuses[EntityId(check)] = belief.status
        if belief.last_look is not None:
            self._last_looks[check] = belief.last_look
        if belief.last_answer is not None:
            self._last_answers[check] = belief.last_answer

    def _recall_check(self, check: CheckId) -> CheckBelief:
        status = self._statuses.get(EntityId(check))
        return remembered(status, self._last_looks.get(check), self._last_answers.get(check))

    def _take(self, plan: Plan) -> None:
        """Watch what *plan* says: what is unchanged goes on in the middle of whatever it was doing."""
        unchanged = {
            spec.id: self._beliefs[entity].checks[spec.id]
            for entity, subject in self._subjects.items()
            for spec in subject.checks
            if (new := plan.subjects.get(entity)) is not None and spec in new.checks
        }
        for entity in list(self._subjects):
            self._remember(entity)
        self._deadlines.clear()
        self._awaited.clear()
        poller = entity_id(EntityKind.POLLER, plan.poller)
        self._poller = poller if poller in plan.subjects else None
        for entity, subject in plan.subjects.items():
            self._subjects[entity] = subject
            self._beliefs[entity] = SubjectBelief(
                checks={spec.id: unchanged.get(spec.id) or self._recall_check(spec.id) for spec in subject.checks},
                interfaces={name: self._statuses.get(interface_id(bare_id(entity), name)) for name in subject.watched},
                status=self._statuses.get(entity),
            )
            for spec in subject.checks:
                self._owners[spec.id] = entity
                self._await(subject, spec.id)
        self._refresh_canaries()


def replay(events: Iterable[Event], beliefs: Beliefs | None = None) -> Iterator[Transition]:
    """The transitions that *events*, a log in its order, lead to: the same as when they happened.

    *beliefs* are those with which the log begins, where something was before it.
    """
    beliefs = Beliefs() if beliefs is None else beliefs
    for event in events:
        yield from beliefs.fold(event)
