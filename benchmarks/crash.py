"""Whether a netmon that is killed at any moment loses, doubles or invents anything, and how soon it is back.

    python -m benchmarks.crash [--kills 200] [--seed 1] [--seconds 6] [--json FILE]

A daemon looks at 80 devices and 40 pages that fall silent and recover by chance, in a network namespace (root). It is
killed with SIGKILL at a random moment, in mid-commit or in mid-sentence, again and again on the same store. After each
kill: the database passes its integrity check; every entity's states alternate and its time never goes back; whatever
was told stands in the store, once and in the same order; nothing is dated outside its life; a beat was kept within its
two seconds. In the end a replay of the whole log gives the stored transitions. There is no peer to compare with: the
bar is zero.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.real.crashes import (
    Death,
    SqliteFile,
    Trial,
    flickering,
    missing_part,
    namespace,
    write_flickering,
)
from tests.real.daemon import Daemon
from tests.real.flickering import Flicker

DEVICES, SERVICES = 80, 40


def figures_of(deaths: list[Death], differences: list[str], replay_seconds: float) -> dict[str, Any]:
    """What the trial showed."""
    lived = [death for death in deaths if death.life is not None]
    starts = [death.start_seconds for death in lived if death.start_seconds is not None]
    gaps = [death.gap_seconds for death in lived if death.gap_seconds is not None]
    return {
        "kills": len(deaths),
        "killed_before_life_began": len(deaths) - len(lived),
        "transitions": sum(death.kept for death in deaths),
        "kept_but_not_told": sum(death.kept - death.told for death in deaths),
        "complaints": [complaint for death in deaths for complaint in death.complaints],
        "replay_differences": differences,
        "replay_seconds": round(replay_seconds, 2),
        "start_seconds_median": round(statistics.median(starts), 2),
        "start_seconds_max": round(max(starts), 2),
        "unmonitored_seconds_median": round(statistics.median(gaps), 2) if gaps else None,
        "unmonitored_seconds_max": round(max(gaps), 2) if gaps else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--seconds", type=float, default=6, help="longest time from the beginning of a life to its kill"
    )
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    options = parser.parse_args()
    if missing := missing_part():
        print(f"cannot be measured here: {missing}")
        return
    flicker = Flicker(devices=DEVICES, services=SERVICES, seed=options.seed)
    with tempfile.TemporaryDirectory(prefix="netmon-crash-") as folder, namespace() as prefix:
        with flickering(flicker, prefix):
            daemon = Daemon(write_flickering(Path(folder), flicker, {}), prefix=prefix)
            trial = Trial(daemon, SqliteFile(Path(folder) / "state" / "netmon.db"), random.Random(options.seed))
            for number in range(1, options.kills + 1):
                death = trial.kill_once(longest_seconds=options.seconds)
                for complaint in death.complaints:
                    print(f"kill {number}: {complaint}", flush=True)
                if number % 20 == 0:
                    print(f"{number} kills, {sum(one.kept for one in trial.deaths)} transitions", flush=True)
        begun = time.monotonic()
        differences = trial.find_difference()
        figures = figures_of(trial.deaths, differences, time.monotonic() - begun)
    for name, value in figures.items():
        print(f"{name:28}{len(value) if isinstance(value, list) else value:>10}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    sys.exit(1 if figures["complaints"] or differences else 0)


if __name__ == "__main__":
    main()
