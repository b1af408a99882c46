"""Runs icmp looks in whatever network namespace and with whatever privileges it is started, and prints the outcomes.

Arguments: one JSON object with ``addresses``, ``timeout_seconds``, ``rounds`` and, to give up being root, ``nobody``.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

from netmon.collectors.icmp import KIND
from netmon.collectors.icmp.probe import IcmpQuestions
from netmon.collectors.icmp.sockets import probe_privileges
from netmon.kernel.clock import SystemClock
from netmon.model.ids import CheckId, EntityId
from netmon.model.looks import Outcome
from netmon.model.moments import seconds
from netmon.model.plan import ICMP_RULE, CheckSpec
from netmon.ports import Ground

NOBODY = 65_534


def check(address: str) -> CheckSpec:
    return CheckSpec(
        id=CheckId("check:device:d/icmp"),
        subject=EntityId("device:d"),
        kind="icmp",
        name=None,
        address=address,
        rule=ICMP_RULE,
    )


def told(outcome: Outcome) -> dict[str, object]:
    failure = outcome.failure
    return {
        "took": outcome.took,
        "reason": failure.reason.value if failure else None,
        "evidence": failure.evidence if failure else None,
    }


async def main(addresses: list[str], timeout_seconds: float, rounds: int) -> dict[str, object]:
    ground = Ground(clock=SystemClock(), secret=str, credential=lambda _: {})
    outcomes: dict[str, list[dict[str, object]]] = {address: [] for address in addresses}
    async with KIND.open(ground) as questions:
        assert isinstance(questions, IcmpQuestions)
        collectors = {address: questions.collector(check(address), ()) for address in addresses}
        for _ in range(rounds):
            async with asyncio.TaskGroup() as group:
                looks = {a: group.create_task(c.look(seconds(timeout_seconds))) for a, c in collectors.items()}
            for address, look in looks.items():
                outcomes[address].append(told(look.result()))
        tally = questions.flight.tally
    return {"looks": outcomes, "answers": tally.answers, "strays": tally.strays, "troubles": tally.troubles}


if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    if wanted.get("nobody"):
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    privileges = probe_privileges()
    result: dict[str, object] = {"ipv4": privileges.ipv4, "ipv6": privileges.ipv6, "fix": privileges.fix}
    if wanted["addresses"]:
        result |= asyncio.run(main(wanted["addresses"], wanted["timeout_seconds"], wanted["rounds"]))
    print(json.dumps(result))  # noqa: T201  this is how the test hears of it
