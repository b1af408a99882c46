"""The ledger: what is kept goes into the store, or, while that is away, into the spool, from where it is loaded.

Whatever is in the spool comes before what follows: as long as something waits there, the spool is where news are
kept and told from. So the store holds a beginning of the log without holes at every moment, and what was told is on
a disk. What is in the spool is loaded in order, and forgotten only when the store has it; what was loaded already,
when a kill came between the two, is known by the life that it belongs to and the beat that it came with.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from netmon.engine.batches import Remembered, joined, renumbered
from netmon.kernel.clock import Clock
from netmon.model.log import LifeBegan, PlanTaken
from netmon.model.moments import SECOND, Duration, Moment, in_seconds
from netmon.model.plan import Plan
from netmon.ports import (
    Backlog,
    Batch,
    Checkpoint,
    Memory,
    PlanMark,
    Spool,
    SpooledPlan,
    SpoolReading,
    SpoolRecord,
    Store,
    StoreAwayError,
    StoreError,
    Vitals,
)

RETRIES = (Duration(SECOND // 4), SECOND, Duration(5 * SECOND))
"""How long to wait before something is offered again; the last one from then on."""


@dataclass(slots=True)
class _Position:
    """How far the log has got at one place in it.

    Attributes:
        life: the life that goes on, and *number*, what the store calls it (0: not there yet).
        reached: the last beat of that life in the store.
    """

    memory: Remembered
    life: LifeBegan | None = None
    number: int = 0
    reached: Moment = Moment(-1)
    plan: PlanMark | None = None

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(memory=self.memory.memory(), life=self.life, plan=self.plan)

    def pass_by(self, record: SpoolRecord) -> None:
        """Go on behind *record*."""
        match record:
            case LifeBegan():
                self.life, self.number = record, record.life
                self.memory.begin(record)
            case SpooledPlan(taken):
                self.plan = PlanMark(hash=taken.plan.hash, version=taken.version, kept_version=taken.version)
            case _:
                self.memory.add(record)

    def as_in_store(self, batch: Batch) -> Batch:
        """*batch* by the numbers of the store."""
        plan = 0 if self.plan is None else self.plan.kept_version
        return renumbered(batch, life=self.number, plan=plan)


class Ledger:
    """Keeps what the engine sees; raises `StoreError` only for what neither the store nor the spool has taken."""

    def __init__(self, *, clock: Clock, store: Store, spool: Spool, vitals: Vitals) -> None:
        self._clock = clock
        self._store = store
        self._spool = spool
        self._vitals = vitals
        self._events = structlog.get_logger("netmon.ledger")
        self._one_at_a_time = asyncio.Lock()
        self._away = asyncio.Event()
        self._is_prepared = self._has_begun = self._knows_before = self._has_checkpoint = False
        self._is_refused = self._is_untidy = False
        self._front = self._base = _Position(Remembered())
        self._reading: SpoolReading | None = None
        self._slice: deque[SpoolRecord] = deque()
        self._backlog = Backlog()
        self._thinned = 0
        self.last_kept: Moment | None = None
        """When the store last took something."""

    @property
    def backlog(self) -> Backlog:
        """What waits for the store."""
        return self._backlog

    async def open(self) -> None:
        """Find out whether the store is there, and what an earlier process has left in the spool.

        Raises:
            StoreError: the store is there and not fit for us, or what is in the spool cannot be read.
        """
        checkpoint = await self._spool.open()
        if checkpoint is not None:
            self._knows_before = self._has_checkpoint = True
            self._base, self._front = _position(checkpoint), _position(checkpoint)
        transitions = await self._pass_by_all()
        if not self._spool.is_empty:
            since = self._base.memory.last_beat
            self._events.warning("spool_found", size_bytes=self._spool.size_bytes, transitions=transitions, since=since)
            self._note_backlog(since or self._clock.now(), transitions)
            self._away.set()
        try:
            await self._store.prepare()
            self._is_prepared = True
        except StoreAwayError as error:
            self._leave(error)

    async def memory(self, poller: str) -> Memory:
        """What a life of *poller* that begins now remembers."""
        if not self._away.is_set():
            try:
                memory = await self._store.memory(poller)
            except StoreError as error:
                self._leave(error)
            else:
                self._front = _Position(Remembered(memory))
                self._knows_before = True
                if self._has_checkpoint:
                    await self._spool.clear(self._front.checkpoint())  # what is kept from now on is not in it
                    self._has_checkpoint = False
        return self._front.memory.memory()

    async def begin_life(self, poller: str, at: Moment) -> LifeBegan:
        """Open a new life of *poller*; while the store is away its number is only ours."""
        async with self._one_at_a_time:
            number = self._front.life.life + 1 if self._front.life else 1
            life = LifeBegan(poller=poller, life=number, at=at, remembers=self._knows_before)
            if not self._away.is_set():
                try:
                    life = await self._store.begin_life(poller, at)
                except StoreError as error:
                    self._leave(error)
            if self._away.is_set():
                await self._append(life)
            self._knows_before = self._has_begun = True
            self._front.pass_by(life)
        return life

    async def take_plan(self, plan: Plan, at: Moment, sources: Mapping[str, str]) -> PlanTaken:
        """Keep *plan*; while the store is away its version is only ours."""
        async with self._one_at_a_time:
            mark = self._front.plan
            version = 1 if mark is None else mark.version + (mark.hash != plan.hash)
            taken = PlanTaken(at, version, plan)
            if not self._away.is_set():
                try:
                    taken = await self._store.take_plan(plan, at, sources)
                except StoreError as error:
                    self._leave(error)
            if self._away.is_set():
                await self._append(SpooledPlan(taken, sources))
            self._front.pass_by(SpooledPlan(taken, sources))
        return taken

    async def keep(self, batch: Batch) -> None:
        """Keep *batch* whole or not at all; with transitions in it, so that a power cut cannot undo it."""
        async with self._one_at_a_time:
            if not self._away.is_set():
                try:
                    await self._keep_in_store(batch, self._front)
                except StoreError as error:
                    self._leave(error)
            if self._away.is_set():
                await self._append(batch)
            self._front.pass_by(batch)

    async def run(self) -> None:
        """Load what waits whenever the store is there, until cancelled."""
        failures = 0
        while True:
            await self._away.wait()
            await self._clock.sleep_until(Moment(self._clock.now() + RETRIES[min(failures, len(RETRIES) - 1)]))
            try:
                await self._load()
                failures = 0
            except StoreError as error:
                failures += 1
                self._refused(error)
                await self._tidy()

    async def leave(self) -> None:
        """Note what is remembered, so that netmon can start without the store; what waits in the spool stays there."""
        async with self._one_at_a_time:
            if self._has_begun and not self._away.is_set():
                await self._spool.begin(self._front.checkpoint())

    # ------------------------------------------------------------ while the store is away

    def _leave(self, error: StoreError) -> None:
        """From here on the spool is where things are kept.

        Raises:
            StoreError: nothing was begun yet, and the store is there: it is not fit to begin with.
        """
        if not self._has_begun and not isinstance(error, StoreAwayError):
            raise error
        self._refused(error)
        if not self._away.is_set():
            self._base = _position(self._front.checkpoint(), number=self._front.number)
            self._note_backlog(self._clock.now(), 0)
            self._away.set()

    async def _append(self, record: SpoolRecord) -> None:
        if not self._has_checkpoint:
            await self._spool.begin(self._base.checkpoint())
            self._has_checkpoint = True
        await self._spool.append(record)
        self._note_backlog(self._backlog.since, self._backlog.transitions + _news_in(record))

    async def _tidy(self) -> None:
        try:
            await self._spool.tidy()
            self._is_untidy = False
        except StoreError as error:
            if not self._is_untidy:
                self._events.error("spool_not_tidied", error=str(error))
            self._is_untidy = True
        self._note_backlog(self._backlog.since, self._backlog.transitions)

    async def _pass_by_all(self) -> int:
        """Go on behind everything that is in the spool; how many transitions that are."""
        transitions, reading = 0, self._spool.reading(loads=False)
        while records := await reading.more():
            for record in records:
                self._front.pass_by(record)
                transitions += _news_in(record)
        return transitions

    # ------------------------------------------------------------ when it is back

    async def _load(self) -> None:
        """Have everything that waits in the store, and then go on without the spool."""
        if not self._is_prepared:
            await self._store.prepare()
            self._is_prepared = True
        reading = self._reading
        if reading is None:
            if self._base.life is not None:
                await self._load_life(self._base.life)
            reading = self._reading = self._spool.reading()
        while not await self._has_caught_up(reading):
            while self._slice:
                await self._load_record(self._slice[0])
                self._note_backlog(self._backlog.since, self._backlog.transitions - _news_in(self._slice.popleft()))
            if reading.has_passed:
                await self._forget()

    async def _has_caught_up(self, reading: SpoolReading) -> bool:
        """Whether nothing waits any more, and the store is kept in again; else the next slice is there to be loaded."""
        if not self._slice:
            self._slice.extend(joined(await reading.more()))
        if self._slice:
            return False
        async with self._one_at_a_time:  # nobody adds to it meanwhile
            self._slice.extend(joined(await reading.more()))
            if self._slice:
                return False
            if self._has_checkpoint:
                await self._spool.clear(self._front.checkpoint())
                self._has_checkpoint = False
            self._front.number, self._front.plan = self._base.number, self._base.plan
            self._reading, self._base = None, self._front
            self._note_backlog(None, 0)
            self._away.clear()
        return True

    async def _load_record(self, record: SpoolRecord) -> None:
        match record:
            case LifeBegan():
                self._base.pass_by(record)
                await self._load_life(record)
            case SpooledPlan(taken, sources):
                kept = await self._store.take_plan(taken.plan, taken.at, sources)
                self._base.plan = PlanMark(hash=taken.plan.hash, version=taken.version, kept_version=kept.version)
            case _:
                if record.beat > self._base.reached:
                    await self._keep_in_store(record, self._base)
                self._base.pass_by(record)

    async def _load_life(self, life: LifeBegan) -> None:
        loaded = await self._store.load_life(life)
        self._base.number, self._base.reached = loaded.life, loaded.last_beat

    async def _forget(self) -> None:
        try:
            await self._spool.forget(self._base.checkpoint())
        except StoreError as error:  # a full disk must not keep us from emptying it
            self._events.error("spool_not_forgotten", error=str(error))

    # ------------------------------------------------------------ the store

    async def _keep_in_store(self, batch: Batch, position: _Position) -> None:
        began = self._clock.now()
        await self._store.keep(position.as_in_store(batch))
        self.last_kept = batch.beat
        ended = self._clock.now()
        rows = len(batch.looked) + len(batch.runs) + len(batch.rolled) + len(batch.transitions)
        self._vitals.kept(rows, Duration(ended - began), ended)
        if self._is_refused:
            self._is_refused = False
            since = self._backlog.since
            self._events.info(
                "store_came_back",
                away_seconds=in_seconds(Duration(ended - since)) if since else None,
                waiting_bytes=self._backlog.size_bytes,
                waiting_transitions=self._backlog.transitions,
                thinned_rows=self._spool.thinned_rows or None,
            )

    def _refused(self, error: StoreError) -> None:
        self._vitals.keep_failed()
        if not self._is_refused:
            self._is_refused = True
            self._events.error("store_went_away", error=str(error))

    def _note_backlog(self, since: Moment | None, transitions: int) -> None:
        size = self._spool.size_bytes if since is not None else 0
        self._backlog = Backlog(since=since, size_bytes=size, transitions=transitions)
        self._vitals.backlog_is(self._backlog)
        if (thinned := self._spool.thinned_rows) > self._thinned:
            self._vitals.rows_thinned(thinned - self._thinned)
        self._thinned = thinned


def _position(checkpoint: Checkpoint, *, number: int = 0) -> _Position:
    return _Position(Remembered(checkpoint.memory), life=checkpoint.life, number=number, plan=checkpoint.plan)


def _news_in(record: SpoolRecord) -> int:
    return len(record.transitions) if isinstance(record, Batch) else 0
