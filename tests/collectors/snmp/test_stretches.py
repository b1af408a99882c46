"""Tables read in stretches: few large answers where agent and path bear them, and the same numbers always."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netmon.model.moments import SECOND, Duration
from netmon.snmp import session as sessions
from netmon.snmp.pdu import Kind
from tests.collectors.snmp.outcomes import column

SOON = Duration(5 * SECOND)
RECEIVED = "netmon_interface_receive_bytes_total"
ERRORS = "netmon_interface_receive_errors_total"
IFX = "1.3.6.1.2.1.31.1.1.1"
IF = "1.3.6.1.2.1.2.2.1"
ROWS = 40
EXPECTED = {f"Gi0/{row}": 2**40 + 1_000 * row + 6 for row in range(1, ROWS + 1)}
PACKET = 1_472


@pytest.fixture
def stack(switch, interface) -> object:
    """The switch, grown to 40 interfaces."""
    for row in range(3, ROWS + 1):
        interface(switch, row, f"Gi0/{row}")
    switch.put("1.3.6.1.2.1.2.1.0", ROWS)
    return switch


def kinds(agent) -> list[int]:
    """What was asked since the last time, by kind."""
    asked = [kind for kind, _ in agent.asked]
    agent.asked.clear()
    return asked


async def test_a_table_is_read_in_few_answers(stack, collector_of) -> None:
    collector = collector_of(stack)
    assert column(await collector.look(SOON), RECEIVED) == EXPECTED
    kinds(stack)

    outcome = await collector.look(SOON)

    assert column(outcome, RECEIVED) == EXPECTED
    assert (outcome.failure, outcome.flaw) == (None, None)
    assert kinds(stack) == [Kind.GET, *[Kind.GET_BULK] * 3]


async def test_numbers_that_move_are_followed_from_look_to_look(stack, collector_of) -> None:
    collector = collector_of(stack)
    for step in range(6):
        for row in range(1, ROWS + 1):
            stack.put(f"{IFX}.6.{row}", 2**40 + 1_000 * row + 50**step, 0x46)
            stack.put(f"{IF}.14.{row}", 3**step, 0x41)

        outcome = await collector.look(SOON)

        assert column(outcome, RECEIVED) == {f"Gi0/{r}": 2**40 + 1_000 * r + 50**step for r in range(1, ROWS + 1)}
        assert set(column(outcome, ERRORS).values()) == {3**step}


@pytest.mark.parametrize(("most", "stretches"), [(100, 8), (150, 6), (30, 0), (0, 0)])
async def test_an_agent_is_asked_for_as_much_as_it_gives_at_a_time(stack, collector_of, most, stretches) -> None:
    stack.most_in_bulk = most
    collector = collector_of(stack)
    for _ in range(3):
        assert column(await collector.look(SOON), RECEIVED) == EXPECTED
        asked = kinds(stack)

    assert asked.count(Kind.GET_BULK) == stretches
    assert asked.count(Kind.GET) == (1 if stretches else 15)


async def test_version_1_knows_no_stretches(stack, collector_of) -> None:
    collector = collector_of(stack, version="1")
    await collector.look(SOON)
    kinds(stack)

    assert len(column(await collector.look(SOON), ERRORS)) == ROWS
    assert set(kinds(stack)) == {Kind.GET}


async def test_where_large_answers_are_lost_small_ones_bring_all_and_none_is_asked_again(
    stack, collector_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_STRETCH_PATIENCE_SECONDS", 0.05)
    stack.misbehave = lambda reply: [reply] if len(reply) <= PACKET else []
    collector = collector_of(stack)

    first = await collector.look(SOON)
    tried = kinds(stack).count(Kind.GET_BULK)
    second = await collector.look(SOON)

    assert tried
    assert column(first, RECEIVED) == column(second, RECEIVED) == EXPECTED
    assert (first.failure, first.flaw, second.failure, second.flaw) == (None, None, None, None)
    assert set(kinds(stack)) == {Kind.GET}


async def test_an_agent_that_falls_silent_in_the_middle_of_a_look_is_asked_for_stretches_when_it_is_back(
    stack, collector_of
) -> None:
    collector = collector_of(stack, relearn="1us")
    await collector.look(SOON)
    kinds(stack)
    stack.misbehave = lambda reply: [reply] if len(stack.asked) < 2 else []
    await collector.look(Duration(SECOND // 10))
    stack.misbehave = None

    assert column(await collector.look(SOON), RECEIVED) == EXPECTED
    kinds(stack)
    assert column(await collector.look(SOON), RECEIVED) == EXPECTED
    assert Kind.GET_BULK in kinds(stack)


async def test_garbage_in_place_of_large_answers_is_as_good_as_none(
    stack, collector_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_STRETCH_PATIENCE_SECONDS", 0.05)
    stack.misbehave = lambda reply: [reply if len(reply) <= PACKET else reply[:-1]]

    outcome = await collector_of(stack).look(SOON)

    assert column(outcome, RECEIVED) == EXPECTED
    assert (outcome.failure, outcome.flaw) == (None, None)


def renumber(agent, move: Callable[..., None]) -> None:
    move(agent, 20, 99)
    move(agent, 21, 20)
    move(agent, 99, 21)


@pytest.mark.parametrize("before_answer", [1, 2, 3])
async def test_indexes_that_change_places_between_two_stretches_mix_nothing(
    stack, collector_of, move, before_answer
) -> None:
    collector = collector_of(stack)
    await collector.look(SOON)
    kinds(stack)

    def swap() -> None:
        if len(stack.asked) == before_answer:
            stack.before_answer = lambda: None
            renumber(stack, move)

    stack.before_answer = swap
    for _ in range(2):
        outcome = await collector.look(SOON)

        told = column(outcome, RECEIVED)
        assert {name: value for name, value in told.items() if value is not None}.items() <= EXPECTED.items()
    assert told == EXPECTED


async def test_an_interface_that_is_plugged_in_between_the_others_is_nobody_else(
    stack, collector_of, remove, interface
) -> None:
    remove(stack, 20)
    collector = collector_of(stack)
    await collector.look(SOON)
    interface(stack, 20, "Gi0/20")

    outcome = await collector.look(SOON)

    assert column(outcome, RECEIVED) == {name: value for name, value in EXPECTED.items() if name != "Gi0/20"}


async def test_an_interface_that_is_taken_out_of_the_middle_is_missing_alone(stack, collector_of, remove) -> None:
    collector = collector_of(stack)
    await collector.look(SOON)
    remove(stack, 20)

    outcome = await collector.look(SOON)

    assert column(outcome, RECEIVED) == {name: value for name, value in EXPECTED.items() if name != "Gi0/20"}


async def test_a_value_that_is_missing_is_not_filled_with_the_next_row_s(stack, collector_of) -> None:
    collector = collector_of(stack)
    await collector.look(SOON)
    stack.drop(f"{IF}.14.20")

    outcome = await collector.look(SOON)

    assert column(outcome, ERRORS) == {f"Gi0/{r}": None if r == 20 else 1_000 * r + 14 for r in range(1, ROWS + 1)}
    assert column(outcome, RECEIVED) == EXPECTED
