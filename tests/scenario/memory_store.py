"""A store in memory that keeps what `netmon.ports.Store` promises, and can refuse, be slow, or be killed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from netmon.kernel.clock import FakeClock
from netmon.model.ids import CheckId, EntityId
from netmon.model.log import Beat, Event, LifeBegan, Looked, PlanTaken, Run
from netmon.model.looks import Failure, Look
from netmon.model.moments import Duration, Moment
from netmon.model.news import Status, Transition
from netmon.model.plan import Plan
from netmon.model.states import Verdict
from netmon.ports import Batch, Interval, Latest, LoadedLife, Memory, StoreAwayError, StoreError

Key = tuple[Moment, int, str, str, int]

NOTHING = Duration(0)


class Killed(BaseException):
    """The process was killed: nothing that it would still do happens."""


class MemoryStore:
    """What a database would hold after each commit."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.refuses = False
        self.is_away = False
        self.is_killed = False
        self.before_commit = self.after_commit = NOTHING
        self.lives: list[LifeBegan] = []
        self.last_beats: dict[int, Moment] = {}
        self.first_beats: dict[int, Moment] = {}
        self.takings: list[PlanTaken] = []
        self.looks: dict[tuple[int, int], Looked] = {}
        self.runs: dict[tuple[CheckId, int, Moment], Run] = {}
        self.transitions: list[Transition] = []
        self.batches: list[Batch] = []
        self.journal: list[LifeBegan | PlanTaken | Batch] = []
        self._latest: dict[CheckId, Latest] = {}

    async def prepare(self) -> None:
        self._refuse()

    async def begin_life(self, poller: str, at: Moment) -> LifeBegan:
        await self._commits()
        return self._begin(LifeBegan(poller=poller, life=len(self.lives) + 1, at=at))

    async def load_life(self, began: LifeBegan) -> LoadedLife:
        await self._commits()
        known = [life for life in self.lives if replace(life, life=began.life) == began]
        (life,) = known or [self._begin(replace(began, life=len(self.lives) + 1))]
        return LoadedLife(life.life, self.last_beats[life.life])

    def _begin(self, life: LifeBegan) -> LifeBegan:
        self.lives.append(life)
        self.last_beats[life.life] = life.at
        self.journal.append(life)
        return life

    async def take_plan(self, plan: Plan, at: Moment, sources: Mapping[str, str]) -> PlanTaken:
        await self._commits()
        for taking in self.takings:
            if taking.at == at and taking.plan.hash == plan.hash:
                return taking
        in_force = self.takings[-1] if self.takings else None
        is_same = in_force is not None and in_force.plan.hash == plan.hash
        version = (
            in_force.version if in_force and is_same else 1 + max((one.version for one in self.takings), default=0)
        )
        taken = PlanTaken(at, version, plan)
        self.takings.append(taken)
        self.journal.append(taken)
        return taken

    async def keep(self, batch: Batch) -> None:
        await self._commits()
        if not any(kept is batch for kept in self.batches):
            self._add(batch)
        if self.after_commit:
            await self._clock.sleep_until(Moment(self._clock.now() + self.after_commit))

    async def memory(self, poller: str) -> Memory:
        self._refuse()
        forgot = max((life.life for life in self.lives if not life.remembers), default=0)
        looks = self._all_looks(forgot)
        last_looks: dict[CheckId, Moment] = {}
        last_answers: dict[CheckId, Moment] = {}
        for look in looks:
            last_looks[look.check] = max(look.at, last_looks.get(look.check, look.at))
            if look.verdict is not Verdict.MISSED:
                last_answers[look.check] = max(look.at, last_answers.get(look.check, look.at))
        return Memory(
            statuses={
                one.entity: Status(one.state, one.at, one.failure)
                for batch in self.batches
                if batch.life >= forgot
                for one in batch.transitions
            },
            last_looks=last_looks,
            last_answers=last_answers,
            last_beat=max(self.last_beats.values(), default=None),
        )

    async def statuses(self) -> Mapping[EntityId, Status]:
        return {one.entity: Status(one.state, one.at, one.failure) for one in self.transitions}

    async def history(self, entity: EntityId, since: Moment, until: Moment) -> Sequence[Interval]:
        own = [one for one in self.transitions if one.entity == entity]
        return [
            Interval(entity=entity, status=Status(one.state, one.at, one.failure), until=end)
            for one, following in pairwise([*own, None])
            if one is not None
            for end in [following.at if following else None]
            if one.at < until and end != one.at and (end is None or end > since)
        ]

    async def latest(self) -> Mapping[CheckId, Latest]:
        return self._latest

    async def log(self) -> AsyncIterator[Event]:
        for event in self.events():
            yield event

    def events(self) -> list[Event]:
        """The log in the order of the fold; of the beats of a life the last alone is known."""
        entries: list[tuple[Key, Event]] = []
        pollers = {life.life: life.poller for life in self.lives}
        for life in self.lives:
            entries.append(((life.at, 0, "", life.poller, life.life), life))
            beat = self.last_beats[life.life]
            entries.append(((beat, 3, "", life.poller, life.life), Beat(beat)))
        for number, taken in enumerate(self.takings):
            entries.append(((taken.at, 1, "", "", number), taken))
        for (life_number, sequence), looked in self.looks.items():
            key = (looked.look.known, 2, looked.look.check, pollers[life_number], sequence)
            entries.append((key, looked))
        for (check, life_number, _), run in self.runs.items():
            for look in _looks_of(run):
                key = (look.at, 2, check, pollers[life_number], 0)
                entries.append((key, Looked(look=look, plan=run.plan, sequence=0)))
        return [event for _, event in sorted(entries, key=lambda entry: entry[0])]

    async def _commits(self) -> None:
        """Take the time that a commit takes; a process that is killed by then has not committed."""
        self._refuse()
        if self.before_commit:
            await self._clock.sleep_until(Moment(self._clock.now() + self.before_commit))
            self._refuse()

    def _refuse(self) -> None:
        if self.is_killed:
            raise Killed
        if self.is_away:
            raise StoreAwayError("cannot reach memory: it is away. Wait until the test has told its story")
        if self.refuses:
            raise StoreError("cannot write to memory: it is full. Wait until the test has told its story")

    def _add(self, batch: Batch) -> None:
        assert batch.beat >= self.last_beats[batch.life], "beats go forward"
        self.last_beats[batch.life] = batch.beat
        self.first_beats.setdefault(batch.life, batch.beat)
        self.batches.append(batch)
        self.journal.append(batch)
        for looked in batch.looked:
            key = (batch.life, looked.sequence)
            assert self.looks.get(key, looked) == looked, "a look never changes"
            self.looks[key] = looked
        for run in batch.runs:
            known = self.runs.get((run.check, batch.life, run.first))
            if known is None or known.count < run.count:
                self.runs[run.check, batch.life, run.first] = run
        self._latest |= batch.latest
        self.transitions += batch.transitions

    def _all_looks(self, since_life: int = 0) -> list[Look]:
        """The looks of that life and of later ones."""
        return [looked.look for (life, _), looked in self.looks.items() if life >= since_life] + [
            look for (_, life, _), run in self.runs.items() if life >= since_life for look in _looks_of(run)
        ]


def _looks_of(run: Run) -> list[Look]:
    """The looks in *run* as a replay sees them: known in their slot, without their evidence."""
    failure = None if run.reason is None else Failure(run.reason, "")
    return [
        Look(
            check=run.check, at=Moment(run.first + k * run.interval), took=NOTHING, verdict=run.verdict,
            failure=failure, findings=run.findings,
        )
        for k in range(run.count)
    ]  # fmt: skip
