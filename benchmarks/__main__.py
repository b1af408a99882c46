"""All measurements, one after the other: ``make bench``, or ``python -m benchmarks [NAME...]`` for some of them.

Each prints its table, and leaves its figures as JSON in ``benchmarks/results/``. Those that need root or a real part
say so and are passed over.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results"

MEASUREMENTS = {
    "snmp": "a poll of 50 interfaces x 22 columns beside snmp_exporter, snmpbulkwalk and gufo-snmp",
    "icmp": "a sweep of 5,000 addresses beside fping",
    "exposition": "500,000 series beside prometheus-client",
    "schedule": "50,000 checks beside APScheduler",
    "start": "10,000 devices: how soon the first look is asked, and what a restart does",
    "isolation": "the lag of healthy devices while others are dead",
    "store": "batches of looks beside plain sqlite3",
    "crash": "200 kills at random moments: nothing lost, nothing doubled",
}


def main(names: list[str]) -> int:
    RESULTS.mkdir(exist_ok=True)
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        print(f"there is no measurement {', '.join(unknown)}; there are: {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    failed = []
    for name in names or MEASUREMENTS:
        print(f"\n==> {name}: {MEASUREMENTS[name]}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", "--json", str(RESULTS / f"{name}.json")]
        if subprocess.run(command, check=False).returncode != 0:
            failed.append(name)
    if failed:
        print(f"\nnot measured, or a bar was missed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
