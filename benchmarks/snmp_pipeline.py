"""netmon's side of the SNMP measurement: devices that were learned, and a poll that goes the whole way of a look.

A poll asks, decodes and counts on (the collector), judges (the desk) and renders (the exposition), one device after
the other as the peers do. The agents' interfaces are mostly at rest, so what is rendered is what the answer said with
every counter of every interface moved, as if all of them were busy.
"""

from __future__ import annotations

import cProfile
import gc
import pstats
import resource
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from netmon.collectors.snmp import KIND
from netmon.collectors.snmp.columns import OPER_STATUS
from netmon.engine.desk import Asked, Desk
from netmon.export.exposition import Exposition
from netmon.kernel.clock import SystemClock
from netmon.model.ids import EntityKind, check_id, entity_id
from netmon.model.log import LifeBegan, PlanTaken
from netmon.model.looks import Occasion, Outcome, Readings
from netmon.model.moments import SECOND, Duration, Moment
from netmon.model.plan import POLLED_RULE, CheckSpec, Plan, Subject
from netmon.ports import Collector, Ground, Memory

PATIENCE = Duration(10 * SECOND)
WARM_POLLS = 3
WATCHED = ("eth1",)
NOTHING_REMEMBERED = Memory(statuses={}, last_looks={}, last_answers={}, last_beat=None)

STAGES = {
    "ask (event loop, socket, session)": ("asyncio/", "selectors.py", "snmp/wire", "snmp/session", "snmp/sockets"),
    "seal and open (community or USM)": ("snmp/security", "snmp/usm", "snmp/frames", "snmp/ciphers", "snmp/keys"),
    "decode": ("snmp/pdu", "snmp/ber", "snmp/along", "snmp/form", "snmp/stretch"),
    "rows, counters and findings": ("collectors/snmp", "netmon/model"),
    "judge": ("netmon/engine", "netmon/decisions"),
    "render and deflate": ("netmon/export",),
}
ELSEWHERE = "elsewhere"


@dataclass(slots=True)
class Polled:
    """A device, and what was rendered of it last."""

    spec: CheckSpec
    collector: Collector
    readings: tuple[Readings, ...] = ()
    polls: int = field(default=0)


class Pipeline:
    """Devices that are polled in turn."""

    def __init__(self, devices: Sequence[Polled], interfaces: int) -> None:
        self.devices = devices
        self._interfaces = interfaces
        self._began = SystemClock().now()
        self._desk = Desk(NOTHING_REMEMBERED, LifeBegan(poller="bench", life=1, at=self._began))
        self._exposition = Exposition((KIND,), refuse)
        subjects = {
            one.spec.subject: Subject(id=one.spec.subject, title={}, role="switch", watched=WATCHED, checks=(one.spec,))
            for one in devices
        }
        self._exposition.show_plan(subjects.values())
        self._desk.take_plan(PlanTaken(self._began, 1, Plan(hash="", poller="bench", subjects=subjects)))

    async def learn(self, tables: slice) -> None:
        """Learn every device, keep those of its *tables* that are wanted, and poll until nothing is new any more."""
        for one in self.devices:
            learned = await one.collector.look(PATIENCE)
            assert learned.failure is None, learned.failure
            known = one.collector._known
            known.tables = known.tables[tables]
        for _ in range(WARM_POLLS):
            await self.poll()

    async def poll(self) -> float:
        """Processor seconds of one poll of every device."""
        for one in self.devices:
            one.readings = tuple(map(move, one.readings))
        gc.collect()
        began = own_seconds()
        outcomes = [await self._poll_one(one) for one in self.devices]
        spent = own_seconds() - began
        for one, outcome in zip(self.devices, outcomes, strict=True):
            one.readings = one.readings or outcome.readings
            self._check(outcome)
        return spent

    async def profile(self) -> pstats.Stats:
        """Where the time of a poll goes."""
        profiler = cProfile.Profile()
        for one in self.devices:
            one.readings = tuple(map(move, one.readings))
        profiler.enable()
        for one in self.devices:
            await self._poll_one(one)
        profiler.disable()
        return pstats.Stats(profiler)

    async def _poll_one(self, one: Polled) -> Outcome:
        outcome = await one.collector.look(PATIENCE)
        one.polls += 1
        due = Moment(self._began + one.polls * one.spec.rule.interval)
        asked = Asked(spec=one.spec, due=due, at=due, timeout=one.spec.rule.timeout, occasion=Occasion.GRID)
        self._desk.judge(asked, outcome, Moment(due + outcome.took))
        self._exposition.show_readings(one.spec, one.readings or outcome.readings, outcome.facts or {})
        return outcome

    def _check(self, outcome: Outcome) -> None:
        assert (outcome.failure, outcome.flaw) == (None, None), outcome
        assert sum(len(t.labels) for t in outcome.readings if OPER_STATUS in t.columns) == self._interfaces


@asynccontextmanager
async def opened(
    targets: Iterable[tuple[str, int]], credential: Mapping[str, object], interfaces: int
) -> AsyncIterator[Pipeline]:
    """A pipeline of devices at *targets*, each of which must have so many *interfaces*."""
    ground = Ground(
        clock=SystemClock(),
        secret=lambda reference: reference.removeprefix("literal:"),
        credential=lambda name: credential,
    )
    async with KIND.open(ground) as questions:
        specs = [spec_of(number, *target) for number, target in enumerate(targets)]
        yield Pipeline([Polled(spec, questions.collector(spec, WATCHED)) for spec in specs], interfaces)


def spec_of(number: int, address: str, port: int) -> CheckSpec:
    device = entity_id(EntityKind.DEVICE, f"device-{number}")
    return CheckSpec(
        id=check_id(device, "snmp"),
        subject=device,
        kind="snmp",
        name=None,
        address=address,
        rule=POLLED_RULE,
        settings={"credential": "it", "port": port},
    )


def move(table: Readings) -> Readings:
    """*table* after every counter in it has counted."""
    return Readings(
        table.labels,
        {
            name: [None if number is None else number + 1_234_567 for number in column]
            if name.endswith("_total")
            else column
            for name, column in table.columns.items()
        },
    )


def own_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def refuse(misfit: Exception) -> None:
    raise misfit


def by_stage(stats: pstats.Stats) -> dict[str, float]:
    """The share of each stage in the time of a poll; what is built in counts where it was called, waiting for none."""
    spent: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, callers) in stats.stats.items():  # type: ignore[attr-defined]  # as it is
        if "select.epoll" in name:
            continue
        if file != "~" or not callers:
            spent[stage_of(file)] += own
            continue
        for (caller, _, _), (_, _, of_caller, _) in callers.items():
            spent[stage_of(caller)] += of_caller
    whole = sum(spent.values())
    return {stage: spent[stage] / whole for stage in (*STAGES, ELSEWHERE)}


def stage_of(file: str) -> str:
    return next((stage for stage, parts in STAGES.items() if any(part in file for part in parts)), ELSEWHERE)


def heaviest(stats: pstats.Stats, count: int) -> list[tuple[str, int, float]]:
    """The functions with the most time of their own: name, calls, seconds; waiting left out."""
    rows = [
        (f"{'/'.join(file.split('/')[-2:])}:{name}" if file != "~" else name, calls, own)
        for (file, _, name), (_, calls, own, _, _) in stats.stats.items()  # type: ignore[attr-defined]  # as it is
        if "select.epoll" not in name
    ]
    return sorted(rows, key=lambda row: -row[2])[:count]
