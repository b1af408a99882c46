"""The session: refused, silent, slow, malformed and cancelled agents, strays of every kind, and what is asked again."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

import pytest

from netmon.model.looks import Failure
from netmon.model.states import Reason
from netmon.snmp import ber
from netmon.snmp.failures import NoAnswer
from netmon.snmp.pdu import Get

UPTIME = "1.3.6.1.2.1.1.3.0"
NAME = "1.3.6.1.2.1.1.5.0"
ABSENT = "1.3.6.1.2.1.1.99.0"
QUESTION = Get((UPTIME, NAME))
ANSWER = [4_200, b"gw1"]


def with_another_number(reply: bytes) -> bytes:
    """The same answer to another question: the request id is the only integer of four octets."""
    at = reply.index(b"\x02\x04") + 2
    return reply[:at] + bytes((reply[at] ^ 1,)) + reply[at + 1 :]


async def failure_of(session, question, until) -> NoAnswer:
    with pytest.raises(NoAnswer) as raised:
        await session.get(question, until)
    return raised.value


async def test_values_come_in_the_order_of_the_question(agent, session_to, within) -> None:
    values = await session_to(agent.port).get(Get((NAME, ABSENT, UPTIME)), within(5))

    assert values == [b"gw1", None, 4_200]


async def test_version_1_asks_again_without_the_name_that_is_refused(agent, session_to, within) -> None:
    values = await session_to(agent.port, version=1).get(Get((ABSENT, NAME, ABSENT, UPTIME)), within(5))

    assert values == [None, b"gw1", None, 4_200]
    assert len(agent.asked) == 3


async def test_an_answer_that_is_too_big_is_asked_for_in_parts_and_remembered(agent, session_to, within) -> None:
    agent.most_names = 1
    session = session_to(agent.port)

    assert await session.get(Get((UPTIME, NAME, UPTIME, NAME)), within(5)) == ANSWER * 2
    assert session.most_names == 1


async def test_a_closed_port_is_refused_at_once(session_to, within) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    refused = await failure_of(session_to(port), QUESTION, within(60))

    assert refused.failure.reason is Reason.REFUSED
    assert refused.failure.evidence == f"127.0.0.1:{port}: port closed"


async def test_silence_ends_at_the_deadline_and_says_what_else_it_may_mean(agent, session_to, within) -> None:
    agent.community = b"another"

    silent = await failure_of(session_to(agent.port), QUESTION, within(0.05))

    assert silent.failure.reason is Reason.TIMEOUT
    assert "no answer to a question sent 2 times (a wrong community looks the same)" in silent.failure.evidence
    assert "public" not in silent.failure.evidence


async def test_a_lost_packet_is_sent_again_within_the_deadline(agent, session_to, within) -> None:
    lost = iter([[], None])
    agent.misbehave = lambda reply: [reply] if next(lost) is None else []
    session = session_to(agent.port)

    assert await session.get(QUESTION, within(0.2)) == ANSWER
    assert session.oddities.resent == 1


async def test_garbage_does_not_hide_the_answer_behind_it(agent, session_to, within) -> None:
    agent.misbehave = lambda reply: [b"\x00\x01garbage", reply[:-3], b"\x30", reply]
    session = session_to(agent.port)

    assert await session.get(QUESTION, within(5)) == ANSWER
    assert session.oddities.malformed == 3


async def test_garbage_alone_is_malformed_and_says_what_came(agent, session_to, within) -> None:
    agent.misbehave = lambda reply: [b"HTTP/1.1 400 Bad Request"]

    malformed = await failure_of(session_to(agent.port), QUESTION, within(0.05))

    assert malformed.failure.reason is Reason.MALFORMED
    assert "24 octets: octet 0 has tag 0x48 in place of 0x30" in malformed.failure.evidence


async def test_an_answer_whose_values_are_broken_is_malformed(agent, session_to, within) -> None:
    agent.values[(1, 3, 6, 1, 2, 1, 1, 3, 0)] = ber.encode(ber.COUNTER32, b"")

    malformed = await failure_of(session_to(agent.port), QUESTION, within(0.05))

    assert malformed.failure.reason is Reason.MALFORMED
    assert "a number has 0 octets" in malformed.failure.evidence


async def test_an_answer_to_another_question_is_ignored_and_counted(agent, session_to, within) -> None:
    agent.misbehave = lambda reply: [with_another_number(reply), reply]
    session = session_to(agent.port)

    assert await session.get(QUESTION, within(5)) == ANSWER
    assert session.oddities.strays == 1


async def test_only_answers_to_other_questions_are_a_timeout_that_tells_of_them(agent, session_to, within) -> None:
    agent.misbehave = lambda reply: [with_another_number(reply)]

    silent = await failure_of(session_to(agent.port), QUESTION, within(0.05))

    assert silent.failure.reason is Reason.TIMEOUT
    assert "2 datagrams that answer something else" in silent.failure.evidence


async def test_double_and_late_answers_do_not_leak_into_the_next_question(agent, session_to, within) -> None:
    agent.misbehave = lambda reply: [reply, reply, reply]
    session = session_to(agent.port)

    assert await session.get(QUESTION, within(5)) == ANSWER
    agent.put(NAME, "renamed")
    assert await session.get(QUESTION, within(5)) == [4_200, b"renamed"]
    assert session.oddities.strays >= 2


async def test_an_answer_from_another_address_is_not_heard(agent, session_to, within) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.1", 0))
        session = session_to(agent.port)

        def answer_from_elsewhere(reply: bytes) -> list[bytes]:
            elsewhere.sendto(reply, session._wire._socket.getsockname())
            return []

        agent.misbehave = answer_from_elsewhere
        silent = await failure_of(session, QUESTION, within(0.05))

    assert silent.failure.reason is Reason.TIMEOUT


async def test_questions_of_several_tasks_wait_for_each_other(agent, session_to, within) -> None:
    session = session_to(agent.port)

    answers = await asyncio.gather(*(session.get(QUESTION, within(5)) for _ in range(8)))

    assert answers == [ANSWER] * 8


async def test_who_waits_for_a_turn_that_does_not_come_gives_up(agent, session_to, within) -> None:
    agent.misbehave = lambda reply: []
    session = session_to(agent.port)

    async with asyncio.TaskGroup() as group:
        first = group.create_task(failure_of(session, QUESTION, within(0.2)))
        await asyncio.sleep(0)
        second = group.create_task(failure_of(session, QUESTION, within(0.05)))

    assert "no answer" in first.result().failure.evidence
    assert "other questions took all the time" in second.result().failure.evidence


async def test_a_cancelled_question_leaves_the_session_usable(agent, session_to, within) -> None:
    agent.misbehave = lambda reply: []
    session = session_to(agent.port)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await session.get(QUESTION, within(60))

    agent.misbehave = None
    assert await session.get(QUESTION, within(5)) == ANSWER


async def test_a_closed_session_opens_again(agent, session_to, within) -> None:
    session = session_to(agent.port)
    await session.get(QUESTION, within(5))

    session.close()
    session.close()

    assert await session.get(QUESTION, within(5)) == ANSWER


async def test_an_agent_that_was_away_is_heard_when_it_is_back(agent, session_to, within) -> None:
    session = session_to(agent.port)
    agent.community = b"another"
    await failure_of(session, QUESTION, within(0.02))

    agent.community = b"public"

    assert await session.get(QUESTION, within(5)) == ANSWER


async def test_a_name_that_is_none_is_not_resolved(session_to, sockets, within) -> None:
    async def know_nothing(host: str) -> ipaddress.IPv4Address:
        raise NoAnswer(Reason.NAME_NOT_RESOLVED, f"{host}: no such name")

    sockets.locate = know_nothing

    nameless = await failure_of(session_to(161, host="gw1.example"), QUESTION, within(5))

    assert nameless.failure == Failure(Reason.NAME_NOT_RESOLVED, "gw1.example: no such name")
    assert sockets.open_count == 0


async def test_a_resolver_that_hangs_takes_no_longer_than_the_deadline(session_to, sockets, within) -> None:
    async def hang(host: str) -> ipaddress.IPv4Address:
        return await asyncio.get_running_loop().create_future()

    sockets.locate = hang

    nameless = await failure_of(session_to(161, host="gw1.example"), QUESTION, within(0.05))

    assert nameless.failure == Failure(Reason.NAME_NOT_RESOLVED, "gw1.example: no answer from the resolver")


async def test_a_name_is_resolved_anew_after_a_failure_alone(agent, session_to, sockets, within) -> None:
    asked = []

    async def locate(host: str) -> ipaddress.IPv4Address:
        asked.append(host)
        return ipaddress.IPv4Address("127.0.0.1")

    sockets.locate = locate
    session = session_to(agent.port, host="gw1.example")

    assert [await session.get(QUESTION, within(5)) for _ in range(2)] == [ANSWER] * 2
    assert asked == ["gw1.example"]
    agent.misbehave = lambda reply: []
    await failure_of(session, QUESTION, within(0.05))
    assert sockets.open_count == 0
    agent.misbehave = None
    assert await session.get(QUESTION, within(5)) == ANSWER
    assert asked == ["gw1.example"] * 2


async def test_who_waits_is_told_when_the_session_is_closed(agent, session_to, within) -> None:
    session = session_to(agent.port)
    agent.misbehave = lambda reply: []
    agent.before_answer = session.close

    closed = await failure_of(session, QUESTION, within(60))

    assert closed.failure == Failure(Reason.CUT_OFF, f"127.0.0.1:{agent.port}: closed before an answer came")


async def test_a_session_that_is_retired_answers_and_keeps_no_socket(agent, session_to, sockets, within) -> None:
    session = session_to(agent.port)
    agent.before_answer = session.retire

    assert await session.get(QUESTION, within(5)) == ANSWER
    assert sockets.open_count == 0
    told = await session.get_each([QUESTION] * 3, within(5))
    assert (told.values, told.cut, sockets.open_count) == (ANSWER * 3, None, 0)


async def test_a_session_that_rests_gives_its_socket_back_when_it_is_retired(
    agent, session_to, sockets, within
) -> None:
    session = session_to(agent.port)
    await session.get(QUESTION, within(5))
    assert sockets.open_count == 1

    session.retire()

    assert sockets.open_count == 0


async def test_an_error_without_a_name_is_unexpected(agent, session_to, within) -> None:
    def general_error(reply: bytes) -> list[bytes]:
        at = reply.index(b"\x02\x01\x00\x02\x01\x00")
        return [reply[: at + 2] + b"\x05" + reply[at + 3 :]]

    agent.misbehave = general_error

    unexpected = await failure_of(session_to(agent.port), QUESTION, within(5))

    assert unexpected.failure.reason is Reason.UNEXPECTED
    assert unexpected.failure.evidence.endswith("error status 5 without a name")


async def test_several_questions_are_answered_in_their_order(agent, session_to, within) -> None:
    told = await session_to(agent.port).get_each([QUESTION] * 40, within(5))

    assert (told.values, told.cut) == (ANSWER * 40, None)


async def test_a_question_that_wants_more_than_one_answer_does_not_disturb_the_others(
    agent, session_to, within
) -> None:
    questions = [QUESTION, QUESTION, Get((ABSENT, NAME)), QUESTION, Get((UPTIME, ABSENT)), QUESTION]

    told = await session_to(agent.port, version=1).get_each(questions, within(5))

    assert told.values == [*ANSWER, *ANSWER, None, b"gw1", *ANSWER, 4_200, None, *ANSWER]
    assert told.cut is None


async def test_several_questions_keep_the_answers_that_came_before_the_silence(agent, session_to, within) -> None:
    agent.misbehave = lambda reply: [b"garbage", reply] if len(agent.asked) < 4 else []

    told = await session_to(agent.port).get_each([QUESTION] * 9, within(0.1))

    assert told.values == ANSWER * 3
    assert told.cut.failure.reason is Reason.TIMEOUT


async def test_who_asks_while_the_next_in_line_is_called_stands_behind_it_and_gives_up_in_time(
    agent, session_to, within
) -> None:
    agent.misbehave = lambda reply: []
    session = session_to(agent.port)

    async def ask_twice() -> NoAnswer:
        await failure_of(session, QUESTION, within(0.05))
        return await failure_of(session, QUESTION, within(0.05))

    async with asyncio.TaskGroup() as group:
        twice = group.create_task(ask_twice())
        await asyncio.sleep(0)
        between = group.create_task(failure_of(session, QUESTION, within(1)))
        second = await twice
        assert not between.done()

    assert "other questions took all the time" in second.failure.evidence
