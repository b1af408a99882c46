"""The desk: every look is stamped, judged and filed here, one after the other, in the order of the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from netmon.decisions.check import CheckBelief
from netmon.decisions.fold import Beliefs
from netmon.decisions.verdict import weigh
from netmon.engine.recorder import Recorder
from netmon.engine.rollups import Roller, no_roller
from netmon.model.ids import CheckId, EntityId, EntityKind, kind_of
from netmon.model.log import Beat, LifeBegan, PlanTaken
from netmon.model.looks import Look, Occasion, Outcome
from netmon.model.moments import Duration, Moment
from netmon.model.news import Transition
from netmon.model.plan import CheckSpec
from netmon.model.states import Reason, State
from netmon.ports import Batch, Latest, Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A look that was asked: *due* when it should have been, *at* when it was."""

    spec: CheckSpec
    due: Moment
    at: Moment
    timeout: Duration
    occasion: Occasion
    opener: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A look that was judged, with the beliefs about its check before and after it."""

    look: Look
    before: CheckBelief
    after: CheckBelief


class Desk:
    """Judges looks in the order in which it gets to know of them, and files them for the store.

    The order of the log is the order of judging: a result is known when it lies on the desk, so a moment is
    moved forward by microseconds where another result was judged first. A look may stand in a run, where its
    slot is all that is kept of it, if nothing but such looks happened to its subject between its slot and its
    result: then it makes no difference which of the two it is ordered by.
    """

    def __init__(self, memory: Memory, life: LifeBegan, roller: Roller | None = None) -> None:
        self._beliefs = Beliefs(memory.statuses, memory.last_looks, memory.last_answers)
        self._beliefs.fold(life)
        self._recorder = Recorder()
        self._roller = roller or no_roller()
        self._news: list[Transition] = []
        self._unsettled: dict[EntityId, Moment] = {}
        self._frontier = life.at
        self._plan: PlanTaken | None = None
        self.life = life.life

    @property
    def has_news(self) -> bool:
        """Whether transitions wait to be kept."""
        return bool(self._news)

    @property
    def rows_waiting(self) -> int:
        """How many looks wait to be kept as rows of their own."""
        return self._recorder.rows_waiting

    def belief(self, check: CheckId) -> CheckBelief | None:
        """What is believed of *check* now."""
        return self._beliefs.check(check)

    def states(self) -> Iterator[tuple[EntityId, State]]:
        """The state of everything in the plan of which something is believed."""
        return self._beliefs.states()

    @property
    def next_moment(self) -> Moment:
        """The moment after the last thing that was judged."""
        return Moment(self._frontier + 1)

    def take_plan(self, taken: PlanTaken) -> None:
        """From here on the looks of *taken* are judged; everything that was filed before is kept already."""
        self._plan = taken
        self._frontier = taken.at
        self._unsettled.clear()
        self._recorder.end_runs()
        self._roller.keep_only(taken.plan.checks.keys())
        self._news += self._beliefs.fold(taken)

    def judge(self, asked: Asked, outcome: Outcome, now: Moment) -> Judged | None:
        """Judge what *asked* brought back; ``None`` where the plan has gone on without that check meanwhile."""
        spec = asked.spec
        before, subject = self._beliefs.check(spec.id), self._beliefs.belief(spec.subject)
        if before is None or subject is None or self._plan is None:
            return None
        look = self._stamp(asked, outcome, now)
        news = self._beliefs.look(look)
        after, subject_after = self._beliefs.check(spec.id), self._beliefs.belief(spec.subject)
        if after is None or subject_after is None:
            return None
        is_plain = (
            look.occasion is Occasion.GRID
            and not news
            and not subject.is_in_doubt
            and not subject_after.is_in_doubt
            and look.at > self._unsettled.get(spec.subject, self._plan.at)
            and (kind_of(spec.subject) is not EntityKind.POLLER or _repeats_answer(look, before))
        )
        if not is_plain:
            self._unsettled[spec.subject] = look.known
        self._recorder.add(spec, look, self._plan.version, is_plain=is_plain)
        self._recorder.note_latest(spec, _latest(look, outcome))
        watched = self._plan.plan.subjects[spec.subject].watched
        self._roller.add(spec, look, outcome.readings, watched=watched, asked_at=asked.at)
        self._news += news
        return Judged(look=look, before=before, after=after)

    def draw_up(self, now: Moment) -> Batch:
        """Everything that was filed since the last time, with a beat."""
        beat = max(now, self._frontier)
        self._frontier = beat
        news = self._beliefs.fold(Beat(beat))
        for transition in news:
            owner = self._beliefs.owner(transition.entity)
            if owner is not None:
                self._unsettled[owner] = beat
        batch = Batch(life=self.life, beat=beat, transitions=[*self._news, *news])
        self._recorder.fill(batch)
        self._roller.fill(batch)
        self._news = []
        return batch

    def end(self) -> None:
        """The life ends: the next batch is the last, and holds everything."""
        self._roller.end()

    def _stamp(self, asked: Asked, outcome: Outcome, now: Moment) -> Look:
        verdict, failure = weigh(outcome, asked.spec.rule)
        known = now
        if failure is not None and failure.reason is Reason.TIMEOUT:
            known = min(now, Moment(asked.at + asked.timeout))
        known = max(known, asked.due, self.next_moment)
        self._frontier = known
        return Look(
            check=asked.spec.id,
            at=asked.due,
            took=Duration(known - asked.due),
            verdict=verdict,
            occasion=asked.occasion,
            opener=asked.opener,
            failure=failure,
            findings=outcome.findings,
        )


def _repeats_answer(look: Look, before: CheckBelief) -> bool:
    """Whether *look*, like the one before it, was answered: others are judged by the last look at a canary."""
    return look.verdict.is_answer and before.last_look == before.last_answer


def _latest(look: Look, outcome: Outcome) -> Latest:
    """The look with those of its numbers that stand alone, for those who ask without waiting."""
    values = {
        metric: column[0]
        for readings in outcome.readings
        if len(readings.labels) == 1 and not readings.labels[0]
        for metric, column in readings.columns.items()
        if column[0] is not None
    }
    return Latest(look=replace(look, findings=()) if look.findings else look, values=values, facts=outcome.facts or {})
