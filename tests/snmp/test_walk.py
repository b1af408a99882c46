"""Walks: they end where the column ends, and where an agent would have them never end."""

from __future__ import annotations

import pytest

from netmon.model.looks import Failure
from netmon.model.states import Reason
from netmon.snmp import ber
from netmon.snmp.failures import NoAnswer
from netmon.snmp.pdu import Kind
from netmon.snmp.walk import walk

COLUMN = "1.3.6.1.2.1.2.2.1.2"
NEXT_COLUMN = "1.3.6.1.2.1.2.2.1.3"


def fill(agent, rows: int) -> None:
    for row in range(1, rows + 1):
        agent.put(f"{COLUMN}.{row}", f"eth{row}")
        agent.put(f"{NEXT_COLUMN}.{row}", 6)


def with_rows(reply: bytes, rows: list[int]) -> bytes:
    """The message *reply* with *rows* of the column in place of what it brings."""
    begin, _ = ber.element(reply, 0, ber.SEQUENCE)
    _, at = ber.integer(reply, begin)
    _, at = ber.octets(reply, at)
    head, (number, _) = reply[begin:at], ber.integer(reply, ber.any_element(reply, at)[1])
    names = (ber.encode_oid(f"{COLUMN}.{row}") for row in rows)
    payload = b"".join(ber.encode(ber.SEQUENCE, name + ber.encode(ber.OCTET_STRING, b"eth")) for name in names)
    zero = ber.encode_integer(0)
    body = ber.encode_integer(number) + zero + zero + ber.encode(ber.SEQUENCE, payload)
    return ber.encode(ber.SEQUENCE, head + ber.encode(Kind.RESPONSE, body))


@pytest.mark.parametrize("version", [1, 2])
async def test_a_walk_brings_one_column_in_order(agent, session_to, within, version) -> None:
    fill(agent, 60)

    walked = await walk(session_to(agent.port, version), COLUMN, 100, within(5))

    assert walked.flaw is None
    assert list(walked.rows) == [(row,) for row in range(1, 61)]
    assert walked.rows[(7,)] == b"eth7"


@pytest.mark.parametrize("version", [1, 2])
async def test_a_column_that_is_not_there_has_no_rows(agent, session_to, within, version) -> None:
    walked = await walk(session_to(agent.port, version), COLUMN, 100, within(5))

    assert (walked.rows, walked.flaw) == ({}, None)


async def test_a_walk_stops_at_its_limit_and_says_so(agent, session_to, within) -> None:
    fill(agent, 60)

    walked = await walk(session_to(agent.port), COLUMN, 30, within(5))

    assert len(walked.rows) == 30
    assert walked.flaw.reason is Reason.PARTIAL
    assert walked.flaw.evidence.endswith("more than 30 rows")


async def test_an_endless_walk_ends(agent, session_to, within) -> None:
    session = session_to(agent.port)
    session.repetitions = 1

    def grow() -> None:
        last = max((name for name in agent.values if name[:10] == tuple(map(int, COLUMN.split(".")))), default=(0,))
        agent.put(f"{COLUMN}.{last[-1] + 1}", "again")

    agent.before_answer = grow
    walked = await walk(session, COLUMN, 50, within(5))

    assert len(walked.rows) == 50
    assert len(agent.asked) <= 52


async def test_an_agent_that_goes_back_is_looping_and_its_rows_are_kept(agent, session_to, within) -> None:
    fill(agent, 3)
    session = session_to(agent.port)
    session.repetitions = 3
    beyond, back = ber.encode_oid(f"{NEXT_COLUMN}.1"), ber.encode_oid(f"{COLUMN}.1")
    agent.misbehave = lambda reply: [reply.replace(beyond, back, 1)]

    walked = await walk(session, COLUMN, 100, within(5))

    assert walked.flaw.reason is Reason.LOOPING
    assert list(walked.rows) == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    ("answers", "kept"),
    [
        pytest.param([[1, 2, 2, 3]], [1, 2], id="a row twice in one answer"),
        pytest.param([[1, 2, 3], [3, 4]], [1, 2, 3], id="the last row again in the next answer"),
        pytest.param([[1, 2, 3], [1, 2, 3]], [1, 2, 3], id="the same answer for ever"),
        pytest.param([[5, 4]], [5], id="a row after a greater one"),
    ],
)
async def test_a_row_that_comes_again_ends_the_walk_and_what_was_had_is_kept(
    agent, session_to, within, answers, kept
) -> None:
    def misbehave(reply: bytes) -> list[bytes]:
        rows = answers[min(len(agent.asked), len(answers)) - 1]
        return [with_rows(reply, rows)]

    agent.misbehave = misbehave
    walked = await walk(session_to(agent.port), COLUMN, 100, within(5))

    assert walked.flaw.reason is Reason.LOOPING
    assert list(walked.rows) == [(row,) for row in kept]
    assert len(agent.asked) == len(answers)


@pytest.mark.parametrize("version", [1, 2])
async def test_indexes_of_all_32_bits_are_walked(agent, session_to, within, version) -> None:
    indexes = [2**31 - 1, 2**31, 2**31 + 1, 2**32 - 1]
    for index in indexes:
        agent.put(f"{COLUMN}.{index}.{index}", "far")
    agent.put(f"{NEXT_COLUMN}.1", 6)

    walked = await walk(session_to(agent.port, version), COLUMN, 100, within(5))

    assert walked.flaw is None
    assert list(walked.rows) == [(index, index) for index in indexes]


@pytest.mark.parametrize("version", [1, 2])
async def test_an_index_beyond_32_bits_ends_the_walk_and_what_was_had_is_kept(
    agent, session_to, within, version
) -> None:
    for index in (1, 2**32 - 1, 2**32, 2**40):
        agent.put(f"{COLUMN}.{index}", "far")

    walked = await walk(session_to(agent.port, version), COLUMN, 100, within(5))

    assert walked.flaw == Failure(
        Reason.PARTIAL, f"{COLUMN}: 2 rows, then an object identifier holds a number beyond 32 bits"
    )
    assert list(walked.rows) == [(1,), (2**32 - 1,)]


async def test_steps_that_are_too_big_are_halved_and_remembered(agent, session_to, within) -> None:
    fill(agent, 20)
    agent.most_names = 4
    session = session_to(agent.port)

    walked = await walk(session, COLUMN, 100, within(5))

    assert len(walked.rows) == 20
    assert walked.flaw is None
    assert session.repetitions == 3
    assert agent.asked[0][0] == Kind.GET_BULK


async def test_a_walk_that_is_cut_off_keeps_what_it_had(agent, session_to, within) -> None:
    fill(agent, 60)
    agent.misbehave = lambda reply: [reply] if len(agent.asked) < 2 else []
    session = session_to(agent.port)

    walked = await walk(session, COLUMN, 100, within(0.1))

    assert len(walked.rows) == 25
    assert walked.flaw.reason is Reason.PARTIAL
    assert "25 rows, then timeout" in walked.flaw.evidence
    assert session.repetitions < 25


async def test_a_walk_that_never_begins_is_no_answer(agent, session_to, within) -> None:
    agent.misbehave = lambda reply: []

    with pytest.raises(NoAnswer) as silent:
        await walk(session_to(agent.port), COLUMN, 100, within(0.05))

    assert silent.value.failure.reason is Reason.TIMEOUT
