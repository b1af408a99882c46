"""Looks at an agent of net-snmp in whatever network namespace it is started, and prints what each look brought.

Arguments: the credential and the settings of the check as JSON, and before each look a line on standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys

from netmon.collectors.snmp import KIND
from netmon.collectors.snmp.columns import OPER_STATUS
from netmon.kernel.clock import SystemClock
from netmon.model.ids import CheckId, EntityId
from netmon.model.looks import Outcome
from netmon.model.moments import SECOND, Duration
from netmon.model.plan import POLLED_RULE, CheckSpec
from netmon.ports import Ground


def told(outcome: Outcome, resent: int) -> dict[str, object]:
    columns = [table.columns[OPER_STATUS] for table in outcome.readings if OPER_STATUS in table.columns]
    return {
        "reason": outcome.failure.reason.value if outcome.failure else None,
        "flaw": outcome.flaw.evidence if outcome.flaw else None,
        "interfaces": sum(len(column) - column.count(None) for column in columns),
        "resent": resent,
    }


async def main(credential: dict[str, object], settings: dict[str, object]) -> None:
    ground = Ground(
        clock=SystemClock(),
        secret=lambda reference: reference.removeprefix("literal:"),
        credential=lambda name: credential,
    )
    check = CheckSpec(
        id=CheckId("check:device:d/snmp"),
        subject=EntityId("device:d"),
        kind="snmp",
        name=None,
        address="127.0.0.1",
        rule=POLLED_RULE,
        settings={"credential": "it"} | settings,
    )
    async with KIND.open(ground) as questions:
        collector = questions.collector(check, ())
        while await asyncio.to_thread(sys.stdin.readline):
            before = collector._session.oddities.resent
            outcome = await collector.look(Duration(10 * SECOND))
            sys.stdout.write(json.dumps(told(outcome, collector._session.oddities.resent - before)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1]), json.loads(sys.argv[2])))
