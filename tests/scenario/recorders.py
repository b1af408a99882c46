"""An exporter and vitals that remember what they were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from netmon.model.ids import CheckId, EntityId
from netmon.model.looks import Readings
from netmon.model.moments import Duration, Moment
from netmon.model.plan import CheckSpec, Plan, Subject
from netmon.model.states import State, Verdict
from netmon.ports import Backlog


class RecordingExporter:
    """What can be seen now, and everything that was ever told about states."""

    def __init__(self) -> None:
        self.subjects: set[EntityId] = set()
        self.states: dict[EntityId, State] = {}
        self.told: list[tuple[EntityId, State]] = []
        self.readings: set[CheckId] = set()

    def show_plan(self, subjects: Iterable[Subject]) -> None:
        shown = list(subjects)
        self.subjects = {one.id for one in shown}
        self.readings &= {spec.id for one in shown for spec in one.checks}

    def show_state(self, entity: EntityId, state: State) -> None:
        self.states[entity] = state
        self.told.append((entity, state))

    def show_readings(self, check: CheckSpec, readings: Sequence[Readings], facts: Mapping[str, str]) -> None:
        self.readings.add(check.id)

    def hide_readings(self, check: CheckId) -> None:
        self.readings.discard(check)


class RecordingVitals:
    """Counts of what the engine says about itself."""

    def __init__(self) -> None:
        self.looks: Counter[tuple[str, Verdict]] = Counter()
        self.longest_lag = Duration(0)
        self.most_in_flight = 0
        self.skipped: Counter[str] = Counter()
        self.crashes: Counter[str] = Counter()
        self.not_made: Counter[str] = Counter()
        self.refusals = 0
        self.most_rows_waiting = 0
        self.reloads_refused = 0
        self.thinned = 0
        self.backlog = Backlog()
        self.largest_spool = 0
        self.plans: list[int] = []
        self.last_kept = Moment(0)
        self.drift = Duration(0)

    def look_finished(self, kind: str, verdict: Verdict, lag: Duration, took: Duration) -> None:
        self.looks[kind, verdict] += 1
        self.longest_lag = max(lag, self.longest_lag)

    def looks_in_flight(self, count: int) -> None:
        self.most_in_flight = max(count, self.most_in_flight)

    def slots_skipped(self, kind: str, count: int) -> None:
        self.skipped[kind] += count

    def collector_crashed(self, kind: str) -> None:
        self.crashes[kind] += 1

    def look_not_made(self, kind: str) -> None:
        self.not_made[kind] += 1

    def kept(self, rows: int, took: Duration, at: Moment) -> None:
        self.last_kept = at

    def keep_failed(self) -> None:
        self.refusals += 1

    def rows_waiting(self, count: int) -> None:
        self.most_rows_waiting = max(count, self.most_rows_waiting)

    def rows_thinned(self, count: int) -> None:
        self.thinned += count

    def backlog_is(self, backlog: Backlog) -> None:
        self.backlog = backlog
        self.largest_spool = max(backlog.size_bytes, self.largest_spool)

    def plan_taken(self, plan: Plan, version: int, at: Moment) -> None:
        self.plans.append(version)

    def reload_refused(self) -> None:
        self.reloads_refused += 1

    def clock_drifted(self, drift: Duration) -> None:
        self.drift = drift
