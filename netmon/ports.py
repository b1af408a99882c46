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
from netmon.model.ids import CheckId, EntityId
from netmon.model.log import Event, LifeBegan, Looked, PlanTaken, Run
from netmon.model.looks import Look, Outcome, Readings
from netmon.model.moments import Duration, Moment
from netmon.model.news import Status, Transition
from netmon.model.plan import CheckSpec, Plan, Subject
from netmon.model.states import State, Verdict

# ---------------------------------------------------------------- looking


class Collector(Protocol):
    """The code that asks one check's question."""

    async def look(self, timeout: Duration) -> Outcome:
        """Ask once and return within *timeout* (plus scheduling lag), whatever the target does.

        What the target does wrong is a `Failure` in the outcome. An exception means a bug of ours: it is
        counted and told, and is never taken for the target's trouble. Cancellation stops it at once and
        leaves nothing open. Two looks of one collector may overlap only if its rule says so.
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
    """

    clock: Clock
    secret: Callable[[str], str]
    credential: Callable[[str], Mapping[str, object]]
    lab: bool = False
    lab_echo: tuple[str, int] | None = None
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    directory: Path = Path()


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
    """

    name: str
    settings: type[BaseModel]
    open: Callable[[Ground], AbstractAsyncContextManager[Questions]]
    metrics: Mapping[str, str]
    facts: tuple[str, ...] = ()


# ---------------------------------------------------------------- keeping


class StoreError(Exception):
    """The store could not do what it was asked; the text says what, where, why and how to mend it."""


@dataclass(slots=True, kw_only=True)
class Batch:
    """What is kept together, in one transaction with a beat.

    Attributes:
        beat: the poller was alive at this moment.
        runs: open and closed runs; one that was kept before is kept again with its new count.
        latest: the last look of checks, with its scalar readings and facts.
    """

    life: int
    beat: Moment
    looked: list[Looked] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    latest: dict[CheckId, Latest] = field(default_factory=dict)


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


class Store(Protocol):
    """The log and what is drawn from it. One process writes; any number read."""

    async def begin_life(self, poller: str, at: Moment) -> LifeBegan:
        """Open a new life of *poller*; its number is one more than the last."""

    async def take_plan(self, plan: Plan, at: Moment, sources: Mapping[str, str]) -> PlanTaken:
        """Keep *plan* and the files that it came from; a plan that is in force already keeps its version."""

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

    def kept(self, rows: int, took: Duration, at: Moment) -> None:
        """A batch of *rows* was kept; the commit took *took*."""

    def keep_failed(self) -> None:
        """The store did not take a batch; it will be offered again."""

    def rows_waiting(self, count: int) -> None:
        """So many rows wait to be kept."""

    def plan_taken(self, plan: Plan, version: int, at: Moment) -> None:
        """*plan* is in force since *at*."""

    def reload_refused(self) -> None:
        """A reload was asked for and the files were not fit for it; the running plan goes on."""

    def clock_drifted(self, drift: Duration) -> None:
        """The wall clock is so far ahead of the clock that netmon goes by."""
