"""The snmp check against an agent of our own: what it brings, and what it makes of every way to go wrong."""

from __future__ import annotations

import asyncio

import pytest

from netmon.collectors.snmp import KIND
from netmon.collectors.snmp import columns as mib
from netmon.model.looks import Failure, Finding
from netmon.model.moments import MILLISECOND, SECOND, Duration
from netmon.model.states import Reason, State
from tests.collectors.snmp.outcomes import column

SOON = Duration(5 * SECOND)
AT_ONCE = Duration(60 * MILLISECOND)
RECEIVED = "netmon_interface_receive_bytes_total"
ERRORS = "netmon_interface_receive_errors_total"
UPTIME = "netmon_device_uptime_seconds"
IF = "1.3.6.1.2.1.2.2.1"
IFX = "1.3.6.1.2.1.31.1.1.1"


async def test_a_look_brings_counters_facts_and_uptime(switch, collector_of) -> None:
    outcome = await collector_of(switch).look(SOON)

    assert (outcome.failure, outcome.flaw) == (None, None)
    assert outcome.facts == {"sys_name": "sw1", "sys_descr": "A switch", "sys_object_id": "1.3.6.1.4.1"}
    assert column(outcome, UPTIME) == {"": 42.0}
    assert column(outcome, RECEIVED) == {"Gi0/1": 2**40 + 1_006, "Gi0/2": 2**40 + 2_006}
    assert column(outcome, ERRORS) == {"Gi0/1": 1_014, "Gi0/2": 2_014}
    assert column(outcome, "netmon_interface_speed_bytes_per_second") == {"Gi0/1": 125_000_000, "Gi0/2": 125_000_000}
    assert column(outcome, "netmon_interface_info") == {"Gi0/1": 1, "Gi0/2": 1}


async def test_aliases_stand_in_the_info_metric_alone(switch, collector_of) -> None:
    outcome = await collector_of(switch).look(SOON)

    info = next(table for table in outcome.readings if "netmon_interface_info" in table.columns)
    assert dict(info.labels[0]) == {
        "interface": "Gi0/1",
        "alias": "to Gi0/1",
        "description": "Gi0/1 description",
        "index": "1",
        "mac": "02:00:00:00:00:01",
        "type": "6",
    }


async def test_rows_that_stay_keep_their_labels_object(switch, collector_of) -> None:
    collector = collector_of(switch)

    first, second = await collector.look(SOON), await collector.look(SOON)

    assert [a.labels is b.labels for a, b in zip(first.readings, second.readings, strict=True)] == [True] * 3


async def test_what_was_learned_is_not_asked_again(switch, collector_of) -> None:
    collector = collector_of(switch)
    await collector.look(SOON)
    switch.asked.clear()

    await collector.look(SOON)

    assert len(switch.asked) == 2


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_without_64_bit_counters_the_32_bit_ones_are_read(switch, collector_of, interface, version) -> None:
    interface(switch, 3, "Se0/0", wide=False)
    for wide in range(6, 14):
        switch.values.pop((*map(int, IFX.split(".")), wide, 3), None)

    outcome = await collector_of(switch, version=version).look(SOON)

    assert outcome.flaw is None
    assert column(outcome, RECEIVED)["Se0/0"] == 3_010


async def test_without_a_name_the_description_names_the_interface(switch, collector_of) -> None:
    switch.drop(f"{IFX}.1")

    outcome = await collector_of(switch).look(SOON)

    assert sorted(column(outcome, RECEIVED)) == ["Gi0/1 description", "Gi0/2 description"]


async def test_a_wrap_is_carried_on(switch, collector_of) -> None:
    collector = collector_of(switch)
    switch.put(f"{IF}.14.1", 2**32 - 4, 0x41)
    await collector.look(SOON)

    switch.put(f"{IF}.14.1", 6, 0x41)

    assert column(await collector.look(SOON), ERRORS)["Gi0/1"] == 2**32 + 6


async def test_a_wrap_survives_learning_anew(switch, collector_of, interface) -> None:
    collector = collector_of(switch)
    switch.put(f"{IF}.14.1", 2**32 - 4, 0x41)
    await collector.look(SOON)
    switch.put(f"{IF}.14.1", 6, 0x41)
    await collector.look(SOON)

    interface(switch, 3, "Gi0/3")
    switch.put("1.3.6.1.2.1.2.1.0", 3)
    outcome = await collector.look(SOON)

    assert column(outcome, ERRORS) == {"Gi0/1": 2**32 + 6, "Gi0/2": 2_014, "Gi0/3": 3_014}


async def test_after_a_restart_counters_begin_with_what_the_device_says(switch, collector_of) -> None:
    collector = collector_of(switch)
    switch.put(f"{IF}.14.1", 2**32 - 4, 0x41)
    await collector.look(SOON)

    switch.put("1.3.6.1.2.1.1.3.0", 10, 0x43)
    switch.put(f"{IF}.14.1", 6, 0x41)
    outcome = await collector.look(SOON)

    assert column(outcome, ERRORS)["Gi0/1"] == 6
    assert column(outcome, UPTIME) == {"": 0.1}


async def test_a_restart_after_which_counters_stand_far_ahead_is_no_spike(switch, collector_of) -> None:
    collector = collector_of(switch)
    before = column(await collector.look(SOON), RECEIVED)

    switch.put("1.3.6.1.2.1.1.3.0", 10, 0x43)
    switch.put(f"{IFX}.6.1", 2**64 - 10, 0x46)
    assert column(await collector.look(SOON), RECEIVED) == {"Gi0/1": 0, "Gi0/2": before["Gi0/2"]}

    switch.put(f"{IFX}.6.1", 2**64 - 3, 0x46)
    assert column(await collector.look(SOON), RECEIVED)["Gi0/1"] == 7
    switch.put(f"{IFX}.6.1", 4, 0x46)
    assert column(await collector.look(SOON), RECEIVED)["Gi0/1"] == 4


async def test_a_discontinuity_is_a_reset(switch, collector_of) -> None:
    collector = collector_of(switch)
    for number in (1, 2):
        switch.put(f"{IFX}.19.{number}", 0, 0x43)
    switch.put(f"{IF}.14.1", 2**32 - 4, 0x41)
    await collector.look(SOON)

    switch.put(f"{IFX}.19.1", 4_100, 0x43)
    switch.put(f"{IF}.14.1", 6, 0x41)

    assert column(await collector.look(SOON), ERRORS)["Gi0/1"] == 6


async def test_a_new_interface_is_seen_at_the_next_look(switch, collector_of, interface) -> None:
    collector = collector_of(switch)
    await collector.look(SOON)

    interface(switch, 3, "Gi0/3")
    switch.put("1.3.6.1.2.1.2.1.0", 3)

    assert "Gi0/3" in column(await collector.look(SOON), RECEIVED)


async def test_a_watched_interface_is_judged_by_every_answer(switch, collector_of, interface) -> None:
    collector = collector_of(switch, watched=("Gi0/1", "Gi0/2", "Gi0/9"))
    gone = Finding("Gi0/9", State.DOWN, Failure(Reason.NOT_PRESENT, "the device has no interface of this name"))
    up = Finding("Gi0/1", State.UP)
    assert (await collector.look(SOON)).findings == (up, Finding("Gi0/2", State.UP), gone)

    interface(switch, 2, "Gi0/2", oper=7)

    lower = Failure(Reason.LOWER_LAYER_DOWN, "down, because an interface below it is")
    assert (await collector.look(SOON)).findings == (up, Finding("Gi0/2", State.DOWN, lower), gone)


async def test_an_interface_that_is_taken_out_is_not_present(switch, collector_of) -> None:
    collector = collector_of(switch, watched=("Gi0/2",))
    await collector.look(SOON)

    for name in [name for name in switch.values if name[-1] == 2 and name[:7] == (1, 3, 6, 1, 2, 1, 2)]:
        del switch.values[name]
    for name in [name for name in switch.values if name[-1] == 2 and name[:7] == (1, 3, 6, 1, 2, 1, 31)]:
        del switch.values[name]

    (found,) = (await collector.look(SOON)).findings
    assert (found.state, found.failure.reason) == (State.DOWN, Reason.NOT_PRESENT)


async def test_too_many_interfaces_are_bounded_and_told(switch, collector_of, interface) -> None:
    for index in range(3, 12):
        interface(switch, index, f"Gi0/{index}")

    outcome = await collector_of(switch, max_interfaces=5, watched=("Gi0/11",)).look(SOON)

    assert len(column(outcome, RECEIVED)) == 5
    assert outcome.flaw.reason is Reason.PARTIAL
    assert outcome.findings == ()


async def test_a_looping_table_is_told_and_its_rows_are_kept(switch, collector_of) -> None:
    beyond, back = b"\x2b\x06\x01\x02\x01\x1f\x01\x01\x01\x06\x01", b"\x2b\x06\x01\x02\x01\x1f\x01\x01\x01\x01\x01"
    switch.misbehave = lambda reply: [
        reply.replace(beyond, back, 1) if switch.asked[-1] == (0xA5, [(1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)]) else reply
    ]

    outcome = await collector_of(switch).look(SOON)

    assert outcome.flaw.reason is Reason.LOOPING
    assert sorted(column(outcome, RECEIVED)) == ["Gi0/1", "Gi0/2"]


async def test_a_value_that_should_be_a_number_is_left_out_and_told(switch, collector_of) -> None:
    collector = collector_of(switch)
    await collector.look(SOON)

    switch.put(f"{IF}.14.1", "many")
    outcome = await collector.look(SOON)

    assert column(outcome, ERRORS) == {"Gi0/1": None, "Gi0/2": 2_014}
    assert outcome.flaw == Failure(Reason.PARTIAL, "1 values that should be numbers are not")


async def test_a_look_that_is_cut_off_keeps_what_it_had(switch, collector_of, interface) -> None:
    for index in range(3, 10):
        interface(switch, index, f"Gi0/{index}")
    switch.most_in_bulk = 0
    collector = collector_of(switch, watched=("Gi0/1", "Gi0/9"))
    await collector.look(SOON)
    switch.asked.clear()
    switch.misbehave = lambda reply: [reply] if len(switch.asked) < 3 else []

    outcome = await collector.look(Duration(200 * MILLISECOND))

    assert outcome.failure is None
    assert outcome.flaw.reason is Reason.PARTIAL
    assert column(outcome, RECEIVED)["Gi0/1"] == 2**40 + 1_006
    assert column(outcome, RECEIVED)["Gi0/9"] is None
    assert [found.interface for found in outcome.findings] == ["Gi0/1"]


async def test_a_device_that_falls_silent_while_it_is_learned_is_partial_and_learned_again(
    switch, collector_of
) -> None:
    collector = collector_of(switch)
    switch.misbehave = lambda reply: [reply] if len(switch.asked) < 5 else []
    first = await collector.look(Duration(150 * MILLISECOND))

    switch.misbehave = None
    second = await collector.look(SOON)

    assert (first.failure, first.flaw.reason) == (None, Reason.PARTIAL)
    assert (second.failure, second.flaw) == (None, None)
    assert sorted(column(second, RECEIVED)) == ["Gi0/1", "Gi0/2"]


@pytest.mark.parametrize(
    ("misbehave", "reason"),
    [
        pytest.param(lambda reply: [], Reason.TIMEOUT, id="a silent one"),
        pytest.param(lambda reply: [b"\x00"], Reason.MALFORMED, id="one that sends garbage"),
        pytest.param(lambda reply: [reply[:-1]] * 3, Reason.MALFORMED, id="one that cuts its answers"),
    ],
)
async def test_a_device_that_does_not_answer_costs_one_deadline(switch, collector_of, misbehave, reason) -> None:
    switch.misbehave = misbehave

    outcome = await collector_of(switch).look(AT_ONCE)

    assert outcome.failure.reason is reason
    assert outcome.readings == ()
    assert len(switch.asked) == 2


async def test_a_closed_port_is_refused(switch, collector_of) -> None:
    switch.close()
    await asyncio.sleep(0)

    outcome = await collector_of(switch).look(SOON)

    assert outcome.failure.reason is Reason.REFUSED


async def test_a_cancelled_look_leaves_nothing_open(switch, collector_of) -> None:
    collector = collector_of(switch)
    switch.misbehave = lambda reply: []
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await collector.look(SOON)

    switch.misbehave = None
    assert (await collector.look(SOON)).failure is None


async def test_checks_of_one_agent_share_a_session(switch, collector_of) -> None:
    first, second = collector_of(switch), collector_of(switch)

    outcomes = await asyncio.gather(first.look(SOON), second.look(SOON))

    assert first._session is second._session
    assert [outcome.failure for outcome in outcomes] == [None, None]


def test_every_metric_is_declared() -> None:
    choices = (*mib.INTERFACE_CHOICES, *mib.STORAGE_CHOICES, *mib.PROCESSOR_CHOICES, mib.SCALARS)
    filled = {column.metric for choice in choices for column in choice if column.metric}

    assert filled | {UPTIME, "netmon_interface_info"} == set(KIND.metrics)
