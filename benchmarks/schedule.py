"""How late looks are: netmon's whole engine (schedule, limits, judging, filing) beside APScheduler's bare jobs.

    python -m benchmarks.schedule [--checks 50000] [--interval 60] [--seconds 15] [--json FILE]

*Steady*: phases spread over the interval. *All at once*: every check due at the same instant. netmon's figures
hold everything that is done for a look but the question itself; APScheduler's hold an empty coroutine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from benchmarks.engine_parts import Instant, InstantShared, device, percentile, set_up
from benchmarks.stages import profiled, show
from benchmarks.verdicts import Bar, tell
from netmon.engine.errands import Errand
from netmon.engine.monitor import Monitor
from netmon.engine.settings import LookingSettings
from netmon.kernel.clock import SystemClock
from netmon.model.moments import SECOND, Duration, Moment, in_seconds
from netmon.model.plan import Rule
from netmon.ports import Collector

Figures = dict[str, Any]


def report(lags: list[float], cpu_seconds: float, wall_seconds: float) -> Figures:
    return {
        "looks": len(lags),
        "lag_p50_ms": round(percentile(lags, 0.5) * 1e3, 2),
        "lag_p99_ms": round(percentile(lags, 0.99) * 1e3, 2),
        "lag_max_ms": round(max(lags) * 1e3, 2),
        "cpu_percent": round(100 * cpu_seconds / wall_seconds, 1),
        "cpu_us_per_look": round(1e6 * cpu_seconds / len(lags), 1),
    }


async def netmon_steady(checks: int, interval: float, seconds: float, collector: Collector) -> Figures:
    rule = Rule(interval=Duration(round(interval * SECOND)), timeout=SECOND)
    subjects = [device(number, {"icmp": rule}) for number in range(checks)]
    monitor, _desk, stopwatch, _clock = set_up(subjects, {s.checks[0].id: collector for s in subjects})
    cpu, wall = time.process_time(), time.monotonic()
    await run_for(monitor, seconds)
    return report(stopwatch.lags["icmp"], time.process_time() - cpu, time.monotonic() - wall)


async def netmon_at_once(checks: int, collector: Collector) -> Figures:
    rule = Rule(interval=Duration(3600 * SECOND), timeout=SECOND)
    subjects = [device(number, {"icmp": rule}) for number in range(checks)]
    looking = LookingSettings(looks_in_all=100_000, looks_per_site=10_000)
    monitor, _desk, stopwatch, clock = set_up(subjects, {s.checks[0].id: collector for s in subjects}, looking)
    due = Moment(clock.now() + SECOND)
    watches = list(monitor._watches.values())
    monitor._schedule.clear()
    for watch in watches:
        monitor._schedule.put(due, Errand(watch))
    late: list[float] = []
    cpu, wall = time.process_time(), time.monotonic()
    async with asyncio.timeout(60):
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(monitor.run()), group.create_task(note_lateness(clock, late))]
            await until(lambda: len(stopwatch.lags.get("icmp", ())) >= checks)
            for task in running:
                task.cancel()
    figures = report(stopwatch.lags["icmp"], time.process_time() - cpu, time.monotonic() - wall)
    return {**figures, "other_timers_late_max_ms": round(max(late) * 1e3, 2)}


async def note_lateness(clock: SystemClock, late: list[float]) -> None:
    """How late a timer of somebody else fires meanwhile."""
    while True:
        due = Moment(clock.now() + SECOND // 100)
        await clock.sleep_until(due)
        late.append(in_seconds(Duration(clock.now() - due)))


async def until(done: Callable[[], bool]) -> None:
    """Look now and then whether it is *done*, for a minute at most."""
    for _ in range(1_200):
        if done():
            return
        await asyncio.sleep(0.05)


async def run_for(monitor: Monitor, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await monitor.run()
    except TimeoutError:
        return


async def apscheduler(checks: int, interval: float, seconds: float, *, at_once: bool) -> Figures:
    lags: list[float] = []
    scheduler = AsyncIOScheduler()
    begin = datetime.now().astimezone() + timedelta(seconds=12)

    async def fire(due: float) -> None:
        lags.append(time.time() - (due + (time.time() - due) // interval * interval if not at_once else due))

    for number in range(checks):
        first = begin if at_once else begin + timedelta(seconds=interval * number / checks)
        scheduler.add_job(
            fire, "interval", seconds=3600 if at_once else interval, next_run_time=first, args=[first.timestamp()],
            misfire_grace_time=None, coalesce=True,
        )  # fmt: skip
    scheduler.start()
    await asyncio.sleep(max(0, begin.timestamp() - time.time() - 0.2))
    cpu, wall = time.process_time(), time.monotonic()
    if at_once:
        await until(lambda: len(lags) >= checks)
    else:
        await asyncio.sleep(seconds)
    figures = report(lags, time.process_time() - cpu, time.monotonic() - wall)
    scheduler.shutdown(wait=False)
    return figures


def measure(checks: int, interval: float, seconds: float) -> Figures:
    collectors: Mapping[str, Collector] = {"netmon, shared socket": InstantShared(), "netmon, a task each": Instant()}
    steady = {who: asyncio.run(netmon_steady(checks, interval, seconds, one)) for who, one in collectors.items()}
    at_once = {who: asyncio.run(netmon_at_once(checks, one)) for who, one in collectors.items()}
    steady["apscheduler"] = asyncio.run(apscheduler(checks, interval, seconds, at_once=False))
    at_once["apscheduler"] = asyncio.run(apscheduler(checks, interval, seconds, at_once=True))
    return {"checks": checks, "interval_seconds": interval, "steady": steady, "all at once": at_once}


def bars_of(figures: Figures) -> list[Bar]:
    """What is asked of the schedule: punctual while load is even, and soon through where all of it comes at once."""
    bars = []
    for case, limit in (("steady", 100), ("all at once", 1_000)):
        for who, one in figures[case].items():
            if who.startswith("netmon"):
                bars.append(Bar(f"p99 lag in ms, {case}, {who}", one["lag_p99_ms"], limit))
                if "other_timers_late_max_ms" in one:
                    bars.append(Bar(f"other timers late by ms, {case}, {who}", one["other_timers_late_max_ms"], 100))
    return bars


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=50_000)
    parser.add_argument("--interval", type=float, default=60)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures = measure(options.checks, options.interval, options.seconds)
    print(f"{options.checks} checks every {options.interval:g} s")
    print(f"{'':14}{'':23}{'looks':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}{'CPU %':>8}{'us/look':>9}")
    for case in ("steady", "all at once"):
        for who, one in figures[case].items():
            numbers = (one["lag_p50_ms"], one["lag_p99_ms"], one["lag_max_ms"])
            print(f"{case:14}{who:23}{one['looks']:>8}" + "".join(f"{number:>9.1f}" for number in numbers)
                  + f"{one['cpu_percent']:>8.1f}{one['cpu_us_per_look']:>9.1f}")  # fmt: skip
    shares = profiled(lambda: asyncio.run(netmon_at_once(options.checks // 5, InstantShared())))
    show(f"{options.checks // 5} looks due at once, setting up included", shares)
    bars = bars_of(figures)
    if options.json:
        figures |= {"profile": shares, "bars": [bar.plain for bar in bars]}
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return tell(bars)


if __name__ == "__main__":
    sys.exit(main())
