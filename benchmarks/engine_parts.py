"""What the engine's benchmarks run the real monitor with: a plan of many checks, and everything else silent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from netmon.engine.desk import Desk
from netmon.engine.limits import Limits
from netmon.engine.monitor import Monitor
from netmon.engine.settings import LookingSettings
from netmon.kernel.clock import SystemClock
from netmon.kernel.memory import settle_memory
from netmon.model.ids import CheckId, EntityId, check_id
from netmon.model.log import LifeBegan, PlanTaken
from netmon.model.looks import Outcome, Readings
from netmon.model.moments import Duration, Moment, in_seconds
from netmon.model.plan import CheckSpec, Plan, Rule, Subject
from netmon.model.states import State, Verdict
from netmon.ports import Collector, Memory

NOTHING_REMEMBERED = Memory(statuses={}, last_looks={}, last_answers={}, last_beat=None)


class SilentExporter:
    """Shows nothing."""

    def show_plan(self, subjects: Iterable[Subject]) -> None: ...
    def show_state(self, entity: EntityId, state: State) -> None: ...
    def show_readings(self, check: CheckSpec, readings: Sequence[Readings], facts: Mapping[str, str]) -> None: ...
    def hide_readings(self, check: CheckId) -> None: ...


class Stopwatch:
    """The vitals that the benchmarks read: how late each look was, by the kind of its check, in seconds."""

    def __init__(self) -> None:
        self.lags: dict[str, list[float]] = {}
        self.skipped = 0
        self.crashed = 0

    def look_finished(self, kind: str, verdict: Verdict, lag: Duration, took: Duration) -> None:
        self.lags.setdefault(kind, []).append(in_seconds(lag))

    def slots_skipped(self, kind: str, count: int) -> None:
        self.skipped += count

    def collector_crashed(self, kind: str) -> None:
        self.crashed += 1

    def looks_in_flight(self, count: int) -> None: ...
    def look_not_made(self, kind: str) -> None: ...
    def kept(self, rows: int, took: Duration, at: Moment) -> None: ...
    def keep_failed(self) -> None: ...
    def rows_waiting(self, count: int) -> None: ...
    def plan_taken(self, plan: Plan, version: int, at: Moment) -> None: ...
    def reload_refused(self) -> None: ...
    def clock_drifted(self, drift: Duration) -> None: ...


class Instant:
    """A collector that is answered at once, and has a task for each look."""

    async def look(self, timeout: Duration) -> Outcome:
        return Outcome(took=Duration(100))


class InstantShared(Instant):
    """The same without tasks, as `icmp` asks."""

    def begin(self, timeout: Duration, end: Callable[[Outcome], None]) -> None:
        end(Outcome(took=Duration(100)))


def device(number: int, checks: Mapping[str, Rule], site: str = "site") -> Subject:
    """A device with one check of each kind in *checks*."""
    entity = EntityId(f"device:d{number:06d}")
    specs = tuple(
        CheckSpec(id=check_id(entity, kind), subject=entity, kind=kind, name=None, address="127.0.0.1", rule=rule)
        for kind, rule in checks.items()
    )
    return Subject(id=entity, title={}, role="switch", site=site, checks=specs)


def set_up(
    subjects: Iterable[Subject], collectors: Mapping[CheckId, Collector], looking: LookingSettings | None = None
) -> tuple[Monitor, Desk, Stopwatch, SystemClock]:
    """The real monitor and desk on the real clock, watching *subjects*."""
    clock, stopwatch = SystemClock(), Stopwatch()
    now = clock.now()
    desk = Desk(NOTHING_REMEMBERED, LifeBegan(poller="bench", life=1, at=now))
    plan = Plan(hash="", poller="bench", subjects={subject.id: subject for subject in subjects})
    monitor = Monitor(
        clock=clock,
        desk=desk,
        limits=Limits(looking or LookingSettings()),
        exporter=SilentExporter(),
        vitals=stopwatch,
        hurry=lambda: None,
    )
    desk.take_plan(PlanTaken(now, 1, plan))
    settle_memory()
    monitor.watch(plan, collectors)
    return monitor, desk, stopwatch, clock


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which *share* of *values* lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
