"""How late looks are: netmon's whole engine (schedule, limits, judging, filing) beside APScheduler's bare jobs.

    python -m benchmarks.schedule [--checks 50000] [--interval 60] [--seconds 15] [--json FILE]

*Steady*: phases spread over the interval. *All at once*: every check due at the same instant. netmon's figures
hold everything that is done for a look but the question itself; APScheduler's hold an empty coroutine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from benchmarks.engine_parts import Instant, device, percentile, set_up
from netmon.engine.monitor import Errand, Monitor
from netmon.engine.settings import LookingSettings
from netmon.model.moments import SECOND, Duration, Moment
from netmon.model.plan import Rule

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


async def netmon_steady(checks: int, interval: float, seconds: float) -> Figures:
    rule = Rule(interval=Duration(round(interval * SECOND)), timeout=SECOND)
    subjects = [device(number, {"icmp": rule}) for number in range(checks)]
    instant = Instant()
    monitor, _desk, stopwatch, _clock = set_up(subjects, {s.checks[0].id: instant for s in subjects})
    cpu, wall = time.process_time(), time.monotonic()
    await run_for(monitor, seconds)
    return report(stopwatch.lags["icmp"], time.process_time() - cpu, time.monotonic() - wall)


async def netmon_at_once(checks: int) -> Figures:
    rule = Rule(interval=Duration(3600 * SECOND), timeout=SECOND)
    subjects = [device(number, {"icmp": rule}) for number in range(checks)]
    instant = Instant()
    looking = LookingSettings(looks_in_all=100_000, looks_per_site=10_000)
    monitor, _desk, stopwatch, clock = set_up(subjects, {s.checks[0].id: instant for s in subjects}, looking)
    due = Moment(clock.now() + SECOND)
    watches = list(monitor._watches.values())
    monitor._schedule.clear()
    for watch in watches:
        monitor._schedule.put(due, Errand(watch))
    cpu, wall = time.process_time(), time.monotonic()
    async with asyncio.timeout(60):
        async with asyncio.TaskGroup() as group:
            running = group.create_task(monitor.run())
            await until(lambda: len(stopwatch.lags.get("icmp", ())) >= checks)
            running.cancel()
    return report(stopwatch.lags["icmp"], time.process_time() - cpu, time.monotonic() - wall)


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
    return {
        "checks": checks,
        "interval_seconds": interval,
        "steady": {
            "netmon": asyncio.run(netmon_steady(checks, interval, seconds)),
            "apscheduler": asyncio.run(apscheduler(checks, interval, seconds, at_once=False)),
        },
        "all at once": {
            "netmon": asyncio.run(netmon_at_once(checks)),
            "apscheduler": asyncio.run(apscheduler(checks, interval, seconds, at_once=True)),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=50_000)
    parser.add_argument("--interval", type=float, default=60)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures = measure(options.checks, options.interval, options.seconds)
    print(f"{options.checks} checks every {options.interval:g} s")
    print(f"{'':14}{'':13}{'looks':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}{'CPU %':>8}{'us/look':>9}")
    for case in ("steady", "all at once"):
        for who, one in figures[case].items():
            numbers = (one["lag_p50_ms"], one["lag_p99_ms"], one["lag_max_ms"])
            print(f"{case:14}{who:13}{one['looks']:>8}" + "".join(f"{number:>9.1f}" for number in numbers)
                  + f"{one['cpu_percent']:>8.1f}{one['cpu_us_per_look']:>9.1f}")  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
