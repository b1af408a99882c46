"""Tables that are not as they should be, and some that only look so: bounded, told, and what can be had is kept."""

from __future__ import annotations

import pytest

from netmon.model.moments import SECOND, Duration
from netmon.model.states import Reason
from netmon.snmp import ber
from tests.collectors.snmp.outcomes import column

SOON = Duration(5 * SECOND)
RECEIVED = "netmon_interface_receive_bytes_total"
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"


@pytest.mark.parametrize("version", ["1", "2c"])
@pytest.mark.parametrize("index", [2**31 - 1, 2**31, 2**32 - 1])
async def test_an_index_may_have_all_of_its_32_bits(switch, collector_of, move, index, version) -> None:
    move(switch, 2, to=index)

    outcome = await collector_of(switch, version=version, watched=("Gi0/2",)).look(SOON)

    assert (outcome.failure, outcome.flaw) == (None, None)
    assert set(column(outcome, RECEIVED)) == {"Gi0/1", "Gi0/2"}
    assert column(outcome, RECEIVED)["Gi0/2"] in (2**40 + 2_006, 2_010)
    assert [found.interface for found in outcome.findings] == ["Gi0/2"]
    (info,) = [table for table in outcome.readings if "netmon_interface_info" in table.columns]
    assert [dict(labels)["index"] for labels in info.labels] == ["1", str(index)]


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_an_index_beyond_32_bits_ends_the_table_which_is_told_and_kept(
    switch, collector_of, move, version
) -> None:
    move(switch, 2, to=2**32)

    outcome = await collector_of(switch, version=version).look(SOON)

    assert outcome.flaw.reason is Reason.PARTIAL
    assert outcome.flaw.evidence == f"{IF_NAME}: 1 rows, then an object identifier holds a number beyond 32 bits"
    assert set(column(outcome, RECEIVED)) == {"Gi0/1"}


async def test_an_index_that_comes_twice_ends_the_table_which_is_told_and_kept(switch, collector_of, interface) -> None:
    interface(switch, 3, "Gi0/3")
    third, second = ber.encode_oid(f"{IF_NAME}.3"), ber.encode_oid(f"{IF_NAME}.2")
    switch.misbehave = lambda reply: [reply.replace(third, second) if switch.asked[-1][0] == 0xA5 else reply]
    collector = collector_of(switch)

    outcomes = [await collector.look(SOON) for _ in range(3)]

    assert [outcome.flaw.reason for outcome in outcomes] == [Reason.LOOPING] * 3
    assert column(outcomes[-1], RECEIVED) == {
        "Gi0/1": 2**40 + 1_006,
        "Gi0/2": 2**40 + 2_006,
        "Gi0/3 description": 2**40 + 3_006,  # the other column of names told of it
    }


async def test_interfaces_with_one_name_are_told_apart(switch, collector_of, interface) -> None:
    interface(switch, 2, "Gi0/1")

    outcome = await collector_of(switch).look(SOON)

    assert outcome.flaw is None
    assert column(outcome, RECEIVED) == {"Gi0/1#1": 2**40 + 1_006, "Gi0/1#2": 2**40 + 2_006}
