"""Counters that wrap, fall or change their column, as a look brings them: none is a spike, none a false restart."""

from __future__ import annotations

from itertools import pairwise

import pytest

from netmon.model.moments import SECOND, Duration
from tests.collectors.snmp.outcomes import column

SOON = Duration(5 * SECOND)
RECEIVED = "netmon_interface_receive_bytes_total"
ERRORS = "netmon_interface_receive_errors_total"
UPTIME = "netmon_device_uptime_seconds"
SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
IF_NUMBER = "1.3.6.1.2.1.2.1.0"
HC_IN_OCTETS = "1.3.6.1.2.1.31.1.1.1.6"
IF_NAME = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)
IN_ERRORS = "1.3.6.1.2.1.2.2.1.14"
COUNTER32, GAUGE32, TICKS, COUNTER64 = 0x41, 0x42, 0x43, 0x46


async def test_a_64_bit_counter_that_wraps_is_a_reset(switch, collector_of) -> None:
    collector = collector_of(switch)
    switch.put(f"{HC_IN_OCTETS}.1", 2**64 - 10, COUNTER64)
    await collector.look(SOON)

    switch.put(f"{HC_IN_OCTETS}.1", 4, COUNTER64)

    assert column(await collector.look(SOON), RECEIVED)["Gi0/1"] == 4


@pytest.mark.parametrize(
    ("metric", "oid", "tag", "said"),
    [
        pytest.param(
            RECEIVED, HC_IN_OCTETS, COUNTER64, [2**40, 2**40 - 10**9, 2**40, 2**39], id="an aggregate loses a member"
        ),
        pytest.param(
            RECEIVED, HC_IN_OCTETS, GAUGE32, [3 * 10**9, 29 * 10**8, 3 * 10**9, 2 * 10**9], id="a gauge for 64 bits"
        ),
        pytest.param(
            ERRORS, IN_ERRORS, GAUGE32, [3 * 10**9, 29 * 10**8, 3 * 10**9, 2 * 10**9], id="a gauge for 32 bits"
        ),
        pytest.param(ERRORS, IN_ERRORS, COUNTER32, [2**31, 2**31 - 1, 2**31, 2**31 - 1], id="one that steps back"),
    ],
)
async def test_a_counter_that_falls_counts_its_rises_alone(switch, collector_of, metric, oid, tag, said) -> None:
    collector = collector_of(switch)
    shown = []
    for number in said:
        switch.put(f"{oid}.1", number, tag)
        shown.append(column(await collector.look(SOON), metric)["Gi0/1"])

    taken_for_counted = [now - before if now >= before else now for before, now in pairwise(shown)]
    assert taken_for_counted == [max(0, now - before) for before, now in pairwise(said)]


async def test_a_learning_that_was_cut_forgets_no_turn_of_a_counter(switch, collector_of) -> None:
    collector = collector_of(switch)
    switch.put(f"{IN_ERRORS}.1", 2**32 - 10, COUNTER32)
    await collector.look(SOON)
    switch.put(f"{IN_ERRORS}.1", 50, COUNTER32)
    await collector.look(SOON)

    switch.put(IF_NUMBER, 3)
    switch.misbehave = lambda reply: [] if switch.asked[-1][1] == [IF_NAME] else [reply]
    cut = await collector.look(Duration(SECOND // 2))
    assert cut.flaw is not None
    switch.misbehave = None
    switch.put(IF_NUMBER, 2)

    assert column(await collector.look(SOON), ERRORS)["Gi0/1"] == 2**32 + 50


async def test_an_uptime_that_wraps_after_497_days_is_no_restart(switch, collector_of) -> None:
    collector = collector_of(switch)
    switch.put(SYS_UPTIME, 2**32 - 40, TICKS)
    switch.put(f"{IN_ERRORS}.1", 2**32 - 4, COUNTER32)
    await collector.look(SOON)
    switch.asked.clear()

    switch.put(SYS_UPTIME, 10, TICKS)
    switch.put(f"{IN_ERRORS}.1", 6, COUNTER32)
    outcome = await collector.look(SOON)

    assert column(outcome, UPTIME) == {"": (2**32 + 10) / 100}
    assert column(outcome, ERRORS)["Gi0/1"] == 2**32 + 6
    assert len(switch.asked) == 2  # nothing is learned anew


async def test_an_interface_that_gets_its_64_bit_counters_later_begins_with_0(switch, collector_of, interface) -> None:
    collector = collector_of(switch)
    interface(switch, 3, "Se0/0", wide=False)
    assert column(await collector.look(SOON), RECEIVED)["Se0/0"] == 3_010

    interface(switch, 3, "Se0/0")
    switch.put(IF_NUMBER, 3)
    assert column(await collector.look(SOON), RECEIVED)["Se0/0"] == 0

    switch.put(f"{HC_IN_OCTETS}.3", 2**40 + 3_006 + 70, COUNTER64)
    assert column(await collector.look(SOON), RECEIVED)["Se0/0"] == 70
