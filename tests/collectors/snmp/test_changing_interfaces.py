"""Interfaces that are renamed, renumbered and swapped: no sample is ever shown for another interface than its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import pytest

from netmon.model.looks import Failure, Finding, Outcome
from netmon.model.moments import SECOND, Duration
from netmon.model.states import Reason, State
from tests.collectors.snmp.outcomes import column

SOON = Duration(5 * SECOND)
RECEIVED = "netmon_interface_receive_bytes_total"
SENT = "netmon_interface_transmit_bytes_total"
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
IF_NUMBER = "1.3.6.1.2.1.2.1.0"
COUNTER32, COUNTER64 = 0x41, 0x46
HC_IN_OCTETS = "1.3.6.1.2.1.31.1.1.1.6"
IN_OCTETS = {HC_IN_OCTETS: COUNTER64, "1.3.6.1.2.1.2.2.1.10": COUNTER32}
OUT_OCTETS = {"1.3.6.1.2.1.31.1.1.1.10": COUNTER64, "1.3.6.1.2.1.2.2.1.16": COUNTER32}

BEFORE = {1: "Gi0/1", 2: "Gi0/2", **{index: f"Gi1/{index}" for index in range(3, 11)}}
MODULES = [
    pytest.param({index: f"Gi1/{index}" for index in range(3, 19)}, id="one with more ports"),
    pytest.param({3: "Gi1/3", 4: "Gi1/4"}, id="one with fewer ports"),
    pytest.param({index: f"Te1/{index}" for index in range(3, 11)}, id="one with as many ports and other names"),
    pytest.param({index + 1: f"Gi1/{index}" for index in range(3, 11)}, id="one that moves every name by an index"),
    pytest.param({index + 100: f"Gi1/{index}" for index in range(3, 11)}, id="one with new indexes for old names"),
    pytest.param({}, id="none"),
]


@pytest.fixture
def equip(switch, interface, remove) -> Callable[[Mapping[int, str]], None]:
    """Give the switch these interfaces by index; each counts what belongs to its name alone."""

    def put_in(names: Mapping[int, str]) -> None:
        for index in range(1, 120):
            remove(switch, index)
        for index, name in names.items():
            interface(switch, index, name)
            for number, columns in zip(own_counts(name), (IN_OCTETS, OUT_OCTETS), strict=True):
                for oid, tag in columns.items():
                    switch.put(f"{oid}.{index}", number, tag)
        switch.put(IF_NUMBER, len(names))

    return put_in


def own_counts(name: str) -> tuple[int, int]:
    """What an interface of this *name* has received and sent."""
    seed = int.from_bytes(name.encode(), "big") % 999_983
    return 10**9 + 2 * seed, 10**9 + 2 * seed + 1


def counts_of(outcome: Outcome) -> dict[str, tuple[object, object]]:
    """What was received and sent, by the name of the interface."""
    received, sent = column(outcome, RECEIVED), column(outcome, SENT)
    return {name: (received[name], sent[name]) for name in received}


def are_their_own(counts: Mapping[str, tuple[object, object]]) -> bool:
    """Whether every number belongs to the name that it is shown for."""
    return all(
        said is None or said == own for name in counts for said, own in zip(counts[name], own_counts(name), strict=True)
    )


async def test_indexes_that_change_places_take_no_sample_with_them(switch, collector_of, equip) -> None:
    equip({1: "Gi0/1", 2: "Gi0/2"})
    collector = collector_of(switch)
    await collector.look(SOON)

    equip({1: "Gi0/2", 2: "Gi0/1"})
    outcome = await collector.look(SOON)

    assert outcome.flaw is None
    assert counts_of(outcome) == {name: own_counts(name) for name in ("Gi0/1", "Gi0/2")}


async def test_indexes_that_change_places_at_every_answer_never_mix_their_samples(switch, collector_of, equip) -> None:
    names = ["Gi0/1", "Gi0/2"]
    dice = random.Random(7)

    def reshuffle() -> None:
        dice.shuffle(names)
        equip(dict(enumerate(names, start=1)))

    switch.before_answer = reshuffle
    collector = collector_of(switch)
    outcomes = [await collector.look(SOON) for _ in range(20)]

    counts = [counts_of(outcome) for outcome in outcomes]
    assert all(map(are_their_own, counts))
    assert any(each == {name: own_counts(name) for name in names} for each in counts)
    assert {outcome.flaw.reason for outcome in outcomes if outcome.flaw} == {Reason.PARTIAL}


async def test_a_renamed_interface_goes_on_by_its_new_name_alone(switch, collector_of) -> None:
    collector = collector_of(switch, watched=("Gi0/2", "uplink"))
    await collector.look(SOON)

    switch.put(f"{IF_NAME}.2", "uplink")
    outcome = await collector.look(SOON)

    assert outcome.flaw is None
    assert column(outcome, RECEIVED) == {"Gi0/1": 2**40 + 1_006, "uplink": 2**40 + 2_006}
    assert set(column(outcome, "netmon_interface_info")) == {"Gi0/1", "uplink"}
    gone = Failure(Reason.NOT_PRESENT, "the device has no interface of this name")
    assert set(outcome.findings) == {Finding("Gi0/2", State.DOWN, gone), Finding("uplink", State.UP)}


async def test_an_interface_that_takes_the_name_of_another_takes_nothing_else(switch, collector_of, equip) -> None:
    equip({1: "Gi0/1", 2: "Gi0/2"})
    collector = collector_of(switch)
    await collector.look(SOON)

    equip({1: "Gi0/3", 2: "Gi0/1"})
    outcome = await collector.look(SOON)

    assert outcome.flaw is None
    assert counts_of(outcome) == {name: own_counts(name) for name in ("Gi0/1", "Gi0/3")}


@pytest.mark.parametrize("version", ["1", "2c"])
@pytest.mark.parametrize("module", MODULES)
async def test_after_a_module_was_swapped_its_interfaces_alone_are_shown(
    switch, collector_of, equip, module, version
) -> None:
    after = {1: "Gi0/1", 2: "Gi0/2", **module}
    equip(BEFORE)
    collector = collector_of(switch, watched=("Gi1/10",), version=version)
    first = await collector.look(SOON)
    assert counts_of(first) == {name: own_counts(name) for name in BEFORE.values()}

    equip(after)
    outcome = await collector.look(SOON)

    assert outcome.flaw is None
    assert counts_of(outcome) == {name: own_counts(name) for name in after.values()}
    assert [found.state for found in outcome.findings] == [State.UP if "Gi1/10" in after.values() else State.DOWN]


@pytest.mark.parametrize("module", MODULES)
async def test_a_module_that_is_swapped_in_the_middle_of_a_look_mixes_nothing(
    switch, collector_of, equip, module
) -> None:
    after = {1: "Gi0/1", 2: "Gi0/2", **module}
    equip(BEFORE)
    collector = collector_of(switch)
    await collector.look(SOON)
    switch.asked.clear()
    await collector.look(SOON)
    answers_in_a_look = len(switch.asked)

    for answers_before in range(1, answers_in_a_look):
        equip(BEFORE)
        await collector.look(SOON)
        switch.asked.clear()
        switch.before_answer = lambda last=answers_before: equip(after) if len(switch.asked) == last else None
        torn = await collector.look(SOON)
        switch.before_answer = lambda: None
        settled = await collector.look(SOON)

        assert are_their_own(counts_of(torn))
        assert counts_of(settled) == {name: own_counts(name) for name in after.values()}
        assert settled.flaw is None


async def test_a_module_that_was_swapped_for_its_like_begins_with_0(switch, collector_of, equip) -> None:
    equip(BEFORE)
    collector = collector_of(switch)
    await collector.look(SOON)

    for index in range(3, 11):
        switch.put(f"{HC_IN_OCTETS}.{index}", 0, COUNTER64)
    outcome = await collector.look(SOON)

    received = column(outcome, RECEIVED)
    assert {name for name, number in received.items() if number == 0} == set(BEFORE.values()) - {"Gi0/1", "Gi0/2"}
    assert received["Gi0/1"] == own_counts("Gi0/1")[0]
