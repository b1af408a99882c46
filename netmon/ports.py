"""What the engine asks of the outside: looking (`Collector`), keeping (`Store`) and showing (`Exporter`).

The engine knows these protocols alone; `app` introduces it to the classes that keep them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Protocol, runtime_checkable

from pydantic import BaseModel

from netmon.kernel.clock import Clock
from netmon.model.heartbeats import Vigil
from netmon.model.ids import CheckId, EntityId
from netmon.model.log import Event, LifeBegan, Looked, PlanTaken, Run
from netmon.model.looks import Look, Outcome, Readings
from netmon.model.moments import Duration, Moment
from netmon.model.news import Status, Transition
from netmon.model.plan import CheckSpec, Plan, Subject
from netmon.model.rollups import Rolled, RolledPart
from netmon.model.states import State, Verdict

# ---------------------------------------------------------------- looking


class Collector(Protocol):
    """The code that asks one check's question."""

    async def look(self, timeout: Duration) -> Outcome:
        """Ask once and return within *timeout* (plus scheduling lag), whatever the target does.

        What the target does wrong is a `Failure` in the outcome. `CannotTellError` and `SecretError` mean that
        nothing was learnt, any other exception a bug of ours: all are counted and told, and never taken for the
        target's trouble. Cancellation stops it at once and leaves nothing open. Two looks of one collector may
        overlap only if its rule says so.
        """


@runtime_checkable
class SharedCollector(Collector, Protocol):
    """A collector of a kind that waits for all of its targets in one place: its looks need no task of their own."""

    def begin(self, timeout: Duration, end: Callable[[Outcome], None]) -> None:
        """Ask once without waiting; *end* is called once with what `look` would return, perhaps before this returns.

        An exception means what it means from `look`; *end* is not called then.
        """


class Questions(Protocol):
    """A kind of check that is ready to ask: holds what its collectors share (a socket, a client)."""

    def collector(self, check: CheckSpec, watched: tuple[str, ...]) -> Collector:
        """The collector of *check*; *watched* names the interfaces whose states it should bring back."""


@runtime_checkable
class SecretQuestions(Protocol):
    """A kind whose checks hold secrets, which may be others at a reload though the files say the same."""

    def fingerprint(self, check: CheckSpec) -> str:
        """A text that changes with the secrets of *check*, and tells nothing of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a kind of check may stand on.

    Attributes:
        secret: resolves a reference such as ``env:NAME`` to its secret text.
        credential: the plain values of a credential by its id (references, not secrets).
        lab: whether the lab's own transports may serve the lab's addresses.
        lab_echo: where the lab's echo server listens.
        networks: what may be contacted at all; empty where nothing is forbidden.
        directory: where relative paths in settings begin: the directory of ``config.yaml``.
        plugins: the directories whose programs may be run; none may where empty.
        vigil: what is remembered of the job that reports for a check; ``None`` where nobody listens to it.
    """

    clock: Clock
    secret: Callable[[str], str]
    credential: Callable[[str], Mapping[str, object]]
    lab: bool = False
    lab_echo: tuple[str, int] | None = None
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    directory: Path = Path()
    plugins: tuple[Path, ...] = ()
    vigil: Callable[[CheckId], Vigil | None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorKind:
    """A kind of check, as its folder declares it in ``KIND``.

    Attributes:
        name: what it is called in files, ids and labels.
        settings: the model of its settings.
        open: gives `Questions` for as long as the context is open.
        metrics: the families that its readings fill, by name, with their help; a name that ends in
            ``_total`` is a counter, any other a gauge.
        facts: label names of its info metric ``netmon_<name>_info``.
        asks_nobody: its targets report by themselves, so that it needs no address.
        rolled: the series of figures that are kept of its looks, for reports.
    """

    name: str
    settings: type[BaseModel]
    open: Callable[[Ground], AbstractAsyncContextManager[Questions]]
    metrics: Mapping[str, str]
    facts: tuple[str, ...] = ()
    asks_nobody: bool = False
    rolled: tuple[Rolled, ...] = ()


# ---------------------------------------------------------------- keeping


class StoreError(Exception):
    """The store could not do what it was asked; the text says what, where, why and how to mend it."""


class StoreAwayError(StoreError):
    """The store cannot be reached now; as far as anybody knows nothing is wrong with what it holds."""


class StoreEmptyError(StoreError):
    """There is a store, and netmon has never kept anything in it."""


@dataclass(slots=True, kw_only=True)
class Batch:
    """What is kept together, in one transaction with a beat.

    Attributes:
        beat: the poller was alive at this moment.
        runs: open and closed runs; one that was kept before is kept again with its new count.
        latest: the last look of checks, with its scalar readings and facts.
        rolled: figures of 5 minutes; those that were kept before are kept again with what came since.
    """

    life: int
    beat: Moment
    looked: list[Looked] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    latest: dict[CheckId, Latest] = field(default_factory=dict)
    rolled: list[RolledPart] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The last look of a check and what it brought back, for those who ask without waiting."""

    look: Look
    values: Mapping[str, int | float] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One stretch of an entity's history; *until* is ``None`` where it goes on."""

    entity: EntityId
    status: Status
    until: Moment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a new life begins with: the last status of every entity, and the moment of each check's last look.

    Attributes:
        last_answers: the moment of each check's last look that was answered.
        last_beat: the last beat of the life before; ``None`` in an empty store.
    """

    statuses: Mapping[EntityId, Status]
    last_looks: Mapping[CheckId, Moment]
    last_answers: Mapping[CheckId, Moment]
    last_beat: Moment | None


@dataclass(frozen=True, slots=True)
class LoadedLife:
    """A life as the store has it: its number there, and how far it has got."""

    life: int
    last_beat: Moment


class Store(Protocol):
    """The log and what is drawn from it. One process writes; any number read."""

    async def prepare(self) -> None:
        """Take the right to write, and bring an empty or older store to what this netmon writes.

        Raises:
            StoreAwayError: it cannot be reached; ask again later.
            StoreError: it can, and is not fit to be written to.
        """

    async def begin_life(self, poller: str, at: Moment) -> LifeBegan:
        """Open a new life of *poller*; its number is one more than the last."""

    async def load_life(self, began: LifeBegan) -> LoadedLife:
        """Keep a life that began while the store was away; one of that poller and moment is there only once."""

    async def take_plan(self, plan: Plan, at: Moment, sources: Mapping[str, str]) -> PlanTaken:
        """Keep *plan* and the files that it came from; a plan that is in force already keeps its version.

        The same plan taken at the same moment again is one taking.
        """

    async def memory(self, poller: str) -> Memory:
        """What is remembered of everything that *poller* looked at."""

    async def keep(self, batch: Batch) -> None:
        """Keep *batch* whole or not at all; with transitions in it, so that a power cut cannot undo it."""

    async def statuses(self) -> Mapping[EntityId, Status]:
        """The last status of every entity."""

    async def history(self, entity: EntityId, since: Moment, until: Moment) -> Sequence[Interval]:
        """The intervals of *entity* that touch ``[since, until)``, in order."""

    async def latest(self) -> Mapping[CheckId, Latest]:
        """The last look of every check."""

    def log(self) -> AsyncIterator[Event]:
        """Everything that was kept, in the order of the fold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What one table of the store holds, and what of it is too old.

    Attributes:
        name: the setting that says how long it is kept.
        oldest: when its oldest row is from; ``None`` where it is empty.
        keep_since: from where on its rows stay; ``None`` where all do.
        size_bytes: what it takes on the disk, ``None`` where the database does not tell.
        bytes_to_go: about how much of that goes with the rows that are too old.
    """

    name: str
    table: str
    rows: int
    oldest: Moment | None
    keep_since: Moment | None
    rows_to_go: int
    size_bytes: int | None
    bytes_to_go: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """What one bounded step of clearing did: rows that went, bytes that were given back, whether nothing is left."""

    rows: int
    size_bytes: int
    is_done: bool


class Upkeep(Protocol):
    """What a store wants to have done now and then; each step is short, and its caller has the turn to write."""

    async def survey(self, horizons: Mapping[str, Moment]) -> Sequence[Holding]:
        """What each table holds, and what of it is older than the horizon of its setting; changes nothing."""

    async def clear(self, name: str, horizon: Moment) -> Cleared:
        """Drop some of what the setting *name* does not keep beyond *horizon*."""

    async def reclaim(self) -> Cleared:
        """Give some of the room that is free inside the database back to the system."""

    async def mark(self, name: str) -> Moment | None:
        """The moment that was set under *name*."""

    async def set_mark(self, name: str, at: Moment) -> None:
        """Remember *at* under *name*; a mark never goes back."""


# ---------------------------------------------------------------- keeping while the store is away


@dataclass(frozen=True, slots=True)
class SpooledPlan:
    """A plan that was taken while the store was away, with the files that it came from."""

    taken: PlanTaken
    sources: Mapping[str, str]


SpoolRecord = LifeBegan | SpooledPlan | Batch
"""What is kept at once; numbers of lives and versions of plans are the spool's own until the store gives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMark:
    """The plan in force, by its hash: the version that records go by, and the store's, as far as it has one."""

    hash: str
    version: int
    kept_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where the records in a spool go on from: what the log before them comes to.

    Attributes:
        memory: what a life would begin with.
        life: the life that goes on, numbered as in the records.
        plan: the plan that is in force.
    """

    memory: Memory
    life: LifeBegan | None = None
    plan: PlanMark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits for the store. *since* is when it went away, ``None`` while it is there and nothing waits."""

    since: Moment | None = None
    size_bytes: int = 0
    transitions: int = 0


class SpoolReading(Protocol):
    """One way through a spool, from its first record."""

    async def more(self) -> Sequence[SpoolRecord]:
        """The next few records, in order; none where there are no more for now."""

    @property
    def has_passed(self) -> bool:
        """Whether so much was read that it is worth forgetting."""


class Spool(Protocol):
    """Records on this machine's own disk, in order, as long as the store does not take them. Raises StoreError."""

    async def open(self) -> Checkpoint | None:
        """Take the right to it, and look what an earlier process has left; ``None`` where that is nothing."""

    @property
    def is_empty(self) -> bool:
        """Whether no record waits."""

    @property
    def size_bytes(self) -> int:
        """What the records take on the disk."""

    async def begin(self, checkpoint: Checkpoint) -> None:
        """From now on records follow *checkpoint*; what was there before is forgotten."""

    async def append(self, record: SpoolRecord) -> None:
        """Keep *record* behind all others: with news, a life or a plan in it, so that a power cut cannot undo it."""

    def reading(self, *, loads: bool = True) -> SpoolReading:
        """A way through it from the beginning; the last one that *loads* is the one that `forget` goes by."""

    async def forget(self, checkpoint: Checkpoint) -> None:
        """Let go of what was read and is in the store by now; *checkpoint* is what the log comes to there."""

    async def tidy(self) -> None:
        """Bring together what replaces each other, and stay within the limit."""

    @property
    def thinned_rows(self) -> int:
        """How many rows of detail were given up for want of room."""

    async def clear(self, checkpoint: Checkpoint) -> None:
        """Forget everything: the store has it, and *checkpoint* is what it came to."""


# ---------------------------------------------------------------- showing


class Exporter(Protocol):
    """Where states and numbers are shown; nothing here waits or fails."""

    def show_plan(self, subjects: Iterable[Subject]) -> None:
        """From now on these exist; what belongs to any other vanishes."""

    def show_state(self, entity: EntityId, state: State) -> None:
        """*entity* is in *state*."""

    def show_readings(self, check: CheckSpec, readings: Sequence[Readings], facts: Mapping[str, str]) -> None:
        """Replace the numbers of *check*."""

    def hide_readings(self, check: CheckId) -> None:
        """Drop the numbers of *check* at once: nobody may take them for the present."""


class Vitals(Protocol):
    """How netmon itself is doing, as the engine tells it; nothing here waits or fails."""

    def look_finished(self, kind: str, verdict: Verdict, lag: Duration, took: Duration) -> None:
        """A look was asked *lag* after it was due, and its result was known *took* after that."""

    def looks_in_flight(self, count: int) -> None:
        """So many looks are being asked now."""

    def slots_skipped(self, kind: str, count: int) -> None:
        """So many slots were left out, because the look before was not done or the poller was late."""

    def collector_crashed(self, kind: str) -> None:
        """A collector raised: a bug of ours."""

    def look_not_made(self, kind: str) -> None:
        """A look came to nothing, by the doing of whoever set netmon up."""

    def kept(self, rows: int, took: Duration, at: Moment) -> None:
        """A batch of *rows* was kept; the commit took *took*."""

    def keep_failed(self) -> None:
        """The store did not take a batch; it will be offered again."""

    def rows_waiting(self, count: int) -> None:
        """So many rows wait to be kept."""

    def rows_thinned(self, count: int) -> None:
        """So many rows of detail were given up for want of room while the store was away."""

    def backlog_is(self, backlog: Backlog) -> None:
        """So much waits for the store."""

    def tidied(self, table: str, rows: int, size_bytes: int) -> None:
        """So many rows were too old and went; so many bytes were given back."""

    def housekeeping_ended(self, at: Moment, took: Duration, *, is_done: bool) -> None:
        """A round of housekeeping ended, done or given up for now."""

    def plan_taken(self, plan: Plan, version: int, at: Moment) -> None:
        """*plan* is in force since *at*."""

    def reload_refused(self) -> None:
        """A reload was asked for and the files were not fit for it; the running plan goes on."""

    def clock_drifted(self, drift: Duration) -> None:
        """The wall clock is so far ahead of the clock that netmon goes by."""
