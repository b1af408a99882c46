"""Whether dead devices delay the others: the lag of healthy devices' looks with and without a tenth of them dead.

    python -m benchmarks.isolation [--devices 3000] [--seconds 40] [--json FILE]

The real engine with collectors that take a millisecond, or for dead devices the whole time-out; `icmp` every
10 s (time-out 1 s) and `snmp` every 60 s (time-out 10 s). The two runs are alternated twice; the bar is that the
healthy devices' p99 stays within 10 % or 5 ms, whichever is larger.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.engine_parts import device, percentile, set_up
from benchmarks.schedule import run_for
from netmon.model.looks import Failure, Outcome
from netmon.model.moments import Duration, in_seconds
from netmon.model.plan import ICMP_RULE, POLLED_RULE
from netmon.model.states import Reason


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


async def lags_of_the_healthy(devices: int, dead: int, seconds: float) -> list[float]:
    """The lags in seconds of the looks at the devices that are not among the first *dead*."""
    subjects = [
        device(number, {"icmp": ICMP_RULE, "snmp": POLLED_RULE}, site=f"site{number % 40}") for number in range(devices)
    ]
    collectors = {}
    for number, subject in enumerate(subjects):
        for spec in subject.checks:
            collectors[spec.id] = Dead() if number < dead else Healthy()
    monitor, desk, _stopwatch, _ = set_up(subjects, collectors)
    lags: list[float] = []
    healthy = {spec.id for subject in subjects[dead:] for spec in subject.checks}
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
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    lags: dict[str, list[float]] = {"none dead": [], "a tenth dead": []}
    for _ in range(2):
        lags["none dead"] += asyncio.run(lags_of_the_healthy(options.devices, 0, options.seconds))
        lags["a tenth dead"] += asyncio.run(
            lags_of_the_healthy(options.devices, options.devices // 10, options.seconds)
        )
    figures = {
        case: {
            "looks": len(found),
            "lag_p50_ms": round(percentile(found, 0.5) * 1e3, 2),
            "lag_p99_ms": round(percentile(found, 0.99) * 1e3, 2),
        }
        for case, found in lags.items()
    }
    before, after = figures["none dead"]["lag_p99_ms"], figures["a tenth dead"]["lag_p99_ms"]
    figures["bar"] = {
        "p99_ms_at_most": round(max(before * 1.1, before + 5), 2),
        "holds": after <= max(before * 1.1, before + 5),
    }
    print(f"{options.devices} devices, icmp every 10 s and snmp every 60 s")
    for case in ("none dead", "a tenth dead"):
        one = figures[case]
        print(f"{case:14}{one['looks']:>8} looks  p50 {one['lag_p50_ms']:>7.2f} ms  p99 {one['lag_p99_ms']:>7.2f} ms")
    verdict = "holds" if figures["bar"]["holds"] else "does not hold"
    print(f"the bar (p99 at most {figures['bar']['p99_ms_at_most']} ms) {verdict}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0 if figures["bar"]["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
