"""Whether dead devices delay the others: the lag of healthy devices' looks with none dead, a tenth, or a whole site.

    python -m benchmarks.isolation [--devices 3000] [--seconds 25] [--json FILE]

The real engine with collectors that take a millisecond, or for dead devices the whole time-out; `icmp` every
10 s (time-out 1 s) and `snmp` every 60 s (time-out 10 s). The runs are alternated twice; the bar is that the
healthy devices' p99 stays within 10 % or 5 ms, whichever is larger.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.engine_parts import device, percentile, set_up
from benchmarks.schedule import run_for
from benchmarks.verdicts import Bar, tell
from netmon.model.ids import CheckId
from netmon.model.looks import Failure, Outcome
from netmon.model.moments import Duration, in_seconds
from netmon.model.plan import ICMP_RULE, POLLED_RULE
from netmon.model.states import Reason
from netmon.ports import Collector


class Healthy:
    """Answers after a millisecond."""

    async def look(self, timeout: Duration) -> Outcome:
        await asyncio.sleep(0.001)
        return Outcome(took=Duration(1_000))


class Dead:
    """Never answers."""

    async def look(self, timeout: Duration) -> Outcome:
        await asyncio.sleep(in_seconds(timeout))
        return Outcome(took=timeout, failure=Failure(Reason.TIMEOUT, "nothing came"))


SITES = 40

IsDead = Callable[[int], bool]
"""Whether the device of that number is dead; it stands at the site of its number modulo `SITES`."""

CASES: Mapping[str, IsDead] = {
    "none dead": lambda number: False,
    "a tenth dead": lambda number: number % 10 == 3,
    "one site dead": lambda number: number % SITES == 0,
}


async def lags_of_the_healthy(devices: int, is_dead: IsDead, seconds: float) -> list[float]:
    """The lags in seconds of the looks at the devices that are not dead."""
    subjects = [
        device(number, {"icmp": ICMP_RULE, "snmp": POLLED_RULE}, site=f"site{number % SITES}")
        for number in range(devices)
    ]
    collectors: dict[CheckId, Collector] = {}
    for number, subject in enumerate(subjects):
        for spec in subject.checks:
            collectors[spec.id] = Dead() if is_dead(number) else Healthy()
    monitor, desk, _stopwatch, _ = set_up(subjects, collectors)
    lags: list[float] = []
    healthy = {spec.id for number, one in enumerate(subjects) if not is_dead(number) for spec in one.checks}
    judge = desk.judge

    def note(asked: Any, outcome: Outcome, now: Any) -> Any:
        if asked.spec.id in healthy:
            lags.append(in_seconds(Duration(asked.at - asked.due)))
        return judge(asked, outcome, now)

    desk.judge = note  # type: ignore[method-assign]
    await run_for(monitor, seconds)
    return lags


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=3_000)
    parser.add_argument("--seconds", type=float, default=25)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    lags: dict[str, list[float]] = {case: [] for case in CASES}
    for _ in range(2):
        for case, is_dead in CASES.items():
            lags[case] += asyncio.run(lags_of_the_healthy(options.devices, is_dead, options.seconds))
    figures: dict[str, Any] = {
        case: {
            "looks": len(found),
            "lag_p50_ms": round(percentile(found, 0.5) * 1e3, 2),
            "lag_p99_ms": round(percentile(found, 0.99) * 1e3, 2),
        }
        for case, found in lags.items()
    }
    print(f"{options.devices} devices, icmp every 10 s and snmp every 60 s")
    for case, one in figures.items():
        print(f"{case:14}{one['looks']:>8} looks  p50 {one['lag_p50_ms']:>7.2f} ms  p99 {one['lag_p99_ms']:>7.2f} ms")
    before = figures["none dead"]["lag_p99_ms"]
    limit = round(max(before * 1.1, before + 5), 2)
    bars = [
        Bar(f"p99 lag of the healthy in ms, {case}", one["lag_p99_ms"], limit)
        for case, one in figures.items()
        if case != "none dead"
    ]
    if options.json:
        figures["bars"] = [bar.plain for bar in bars]
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return tell(bars)


if __name__ == "__main__":
    sys.exit(main())
