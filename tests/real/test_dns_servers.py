"""The dns check against real servers: BIND with a signed zone, dnsmasq that validates it, and dnsmasq that lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netmon.collectors.dns import KIND
from netmon.kernel.clock import SystemClock
from netmon.model.looks import Outcome
from netmon.model.moments import SECOND, Duration
from netmon.model.states import Reason
from tests.collectors.makers import check, ground
from tests.real.conftest import needs
from tests.real.name_servers import LYING, SIGNED, VALIDATING, name_servers

pytestmark = [pytest.mark.real, needs("named", "dnsmasq", "dnssec-signzone")]

PORTAL = {"query": "portal.example.vn", "expect": ["10.20.0.23"]}


async def look(port: int, *servers: str, **settings: Any) -> Outcome:
    async with KIND.open(ground(clock=SystemClock())) as questions:
        spec = check("dns", "127.0.0.1", {"port": port, "servers": servers, **settings})
        return await questions.collector(spec, ()).look(Duration(20 * SECOND))


def column(outcome: Outcome, name: str) -> list[float | None]:
    assert outcome.failure is None, outcome.failure
    return list(outcome.readings[0].columns[f"netmon_dns_{name}"])


async def test_real_servers_are_told_apart_by_what_they_answer(tmp_path: Path) -> None:
    async with name_servers(tmp_path) as running:
        port = running.port
        right = [
            await look(port, SIGNED, **PORTAL),
            await look(port, SIGNED, query="www.example.vn", expect=["10.20.0.23"]),
            await look(port, SIGNED, query="example.vn", record="MX", expect=["10 mail.example.vn"]),
            await look(port, SIGNED, query="example.vn", record="TXT", expect=["v=spf1 mx -all"]),
            await look(port, SIGNED, query="example.vn", record="SOA"),
        ]
        no_name = await look(port, SIGNED, query="khong-co.example.vn")
        outside = await look(port, SIGNED, query="example.com")
        validated = await look(port, VALIDATING, **PORTAL, dnssec=True)
        not_validated = await look(port, SIGNED, **PORTAL, dnssec=True)
        all_three = await look(port, SIGNED, VALIDATING, LYING, **PORTAL)
        await running.end(SIGNED)
        gone = await look(port, SIGNED, **PORTAL)

    assert [one.failure for one in right] == [None] * 5
    assert (validated.failure, column(validated, "authenticated")) == (None, [1])
    assert [one.failure and one.failure.reason for one in (no_name, outside, not_validated, gone)] == [
        Reason.UNEXPECTED,
        Reason.UNEXPECTED,
        Reason.UNEXPECTED,
        Reason.REFUSED,
    ]
    assert no_name.failure is not None
    assert no_name.failure.evidence.endswith("there is no such name (NXDOMAIN)")
    assert outside.failure is not None
    assert outside.failure.evidence.endswith("does not answer us (REFUSED)")
    assert column(all_three, "server_up") == [1, 1, 0]
    assert column(all_three, "answers") == [1, 1, 1]
    assert all_three.flaw is not None
    assert all_three.flaw.evidence == (
        f"1 of 3 servers: {LYING}:{port}: portal.example.vn A: 203.0.113.9, expected 10.20.0.23"
    )
