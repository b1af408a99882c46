"""The v1 and v2c agent answers as RFC 3416 says, refuses to be changed, and survives whatever it is sent."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from netmon.lab.agent import Agent
from netmon.lab.ber import Tag
from netmon.lab.faults import FaultKind
from netmon.lab.message import ErrorStatus, Pdu, Version
from netmon.lab.mib import Mib
from netmon.lab.world import World
from netmon.model.moments import Moment

SYS_DESCR, SYS_UP_TIME, SYS_NAME, SYS_LOCATION = ((1, 3, 6, 1, 2, 1, 1, leaf, 0) for leaf in (1, 3, 5, 6))
IF_DESCR = (1, 3, 6, 1, 2, 1, 2, 2, 1, 2)
IF_HC_IN_OCTETS = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6)
IF_HIGH_SPEED = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 15)
END = (1, 3, 9)


@pytest.fixture
def mib(world: World) -> Mib:
    return world.machines["office-gw"].mib


@pytest.fixture
def answers(mib: Mib, noon: Moment) -> Callable[..., list[bytes]]:
    agent = Agent(b"public", 1_400, Random(1))
    return lambda datagram, *quirks: agent.replies(datagram, mib, noon, quirks)


@pytest.fixture
def ask(manager, answers):
    def one(*request, quirks=(), **details):
        (reply,) = answers(manager.ask(*request, **details), *quirks)
        return manager.read(reply)

    return one


def test_get_answers_in_the_order_of_the_names_under_the_number_of_the_request(ask) -> None:
    reply = ask(Pdu.GET, SYS_NAME, SYS_DESCR, SYS_LOCATION, number=-12)

    assert (reply.number, reply.status, reply.index) == (-12, 0, 0)
    assert reply.bindings == [
        (SYS_NAME, Tag.OCTET_STRING, b"office-gw"),
        (SYS_DESCR, Tag.OCTET_STRING, b"a router"),
        (SYS_LOCATION, Tag.OCTET_STRING, "Trạm office".encode()),
    ]


def test_get_tells_a_missing_row_from_a_missing_object(ask) -> None:
    reply = ask(Pdu.GET, (*IF_DESCR, 300), (1, 3, 6, 1, 2, 1, 1, 99, 0), (1, 3))

    assert [tag for _, tag, _ in reply.bindings] == [Tag.NO_SUCH_INSTANCE, Tag.NO_SUCH_OBJECT, Tag.NO_SUCH_OBJECT]


def test_get_next_goes_to_the_first_row_and_past_the_end(ask) -> None:
    reply = ask(Pdu.GET_NEXT, IF_DESCR, END)

    assert reply.bindings == [((*IF_DESCR, 1), Tag.OCTET_STRING, b"Gi0/0"), (END, Tag.END_OF_MIB_VIEW, None)]


def test_get_bulk_asks_once_and_then_row_by_row(ask) -> None:
    reply = ask(Pdu.GET_BULK, SYS_DESCR, IF_DESCR, IF_HIGH_SPEED, once=1, times=2)

    assert [name for name, _, _ in reply.bindings] == [
        (1, 3, 6, 1, 2, 1, 1, 2, 0),
        (*IF_DESCR, 1),
        (*IF_HIGH_SPEED, 1),
        (*IF_DESCR, 2),
        (*IF_HIGH_SPEED, 2),
    ]


def test_get_bulk_leaves_out_what_does_not_fit(manager, answers) -> None:
    (reply,) = answers(manager.ask(Pdu.GET_BULK, (1, 3), times=2**31 - 1))

    assert 1_300 < len(reply) <= 1_400
    assert manager.read(reply).status == 0


def test_get_bulk_stops_at_the_end_however_often_it_is_asked(ask) -> None:
    reply = ask(Pdu.GET_BULK, END, times=1_000)

    assert reply.bindings == [(END, Tag.END_OF_MIB_VIEW, None)]


def test_what_a_get_cannot_fit_is_too_big(ask) -> None:
    reply = ask(Pdu.GET, *[SYS_DESCR] * 200)

    assert (reply.status, reply.bindings) == (ErrorStatus.TOO_BIG, [])


def test_a_walk_sees_every_variable_once_and_in_order(manager, answers, mib: Mib) -> None:
    seen = [(1, 3)]
    while True:
        name, tag, _ = manager.read(answers(manager.ask(Pdu.GET_NEXT, seen[-1]))[0]).bindings[0]
        if tag == Tag.END_OF_MIB_VIEW:
            break
        seen.append(name)

    assert seen == sorted(set(seen))
    assert len(seen) - 1 == len(mib)


def test_v1_knows_no_64_bit_counters(manager, ask) -> None:
    manager.version = Version.V1

    missing = ask(Pdu.GET, SYS_NAME, (*IF_HC_IN_OCTETS, 1))
    skipped = ask(Pdu.GET_NEXT, IF_HC_IN_OCTETS)
    past = ask(Pdu.GET_NEXT, SYS_NAME, END)

    assert (missing.status, missing.index) == (ErrorStatus.NO_SUCH_NAME, 2)
    assert skipped.bindings[0][0] == (*IF_HIGH_SPEED[:-1], 14, 1)
    assert (past.status, past.index) == (ErrorStatus.NO_SUCH_NAME, 2)


@pytest.mark.parametrize(
    ("version", "status"), [(Version.V1, ErrorStatus.NO_SUCH_NAME), (Version.V2C, ErrorStatus.NOT_WRITABLE)]
)
def test_a_set_is_refused(manager, ask, version: Version, status: ErrorStatus) -> None:
    manager.version = version

    reply = ask(Pdu.SET, SYS_NAME)

    assert (reply.status, reply.index) == (status, 1)


def test_strangers_and_what_is_no_question_get_no_answer(manager, answers) -> None:
    response = manager.ask(Pdu.RESPONSE, SYS_NAME)
    manager.version = Version.V1
    bulk = manager.ask(Pdu.GET_BULK, SYS_NAME)
    manager.version = Version.V2C
    manager.community = b"private"

    assert [answers(each) for each in (response, bulk, manager.ask(Pdu.GET, SYS_NAME), b"")] == [[], [], [], []]


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(max_size=300))
def test_noise_is_met_with_silence(answers, noise: bytes) -> None:
    assert answers(noise) == []


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_request_is_answered_in_bounds_or_not_at_all(manager, answers, data: st.DataObject) -> None:
    request = bytearray(manager.ask(Pdu.GET_BULK, SYS_NAME, IF_DESCR, once=1, times=9))
    for _ in range(data.draw(st.integers(1, 4))):
        request[data.draw(st.integers(0, len(request) - 1))] = data.draw(st.integers(0, 255))

    replies = answers(bytes(request[: data.draw(st.integers(0, len(request)))]))

    assert all(len(reply) <= 1_400 for reply in replies)


def test_an_endless_agent_never_leaves_a_column(ask) -> None:
    reply = ask(Pdu.GET_BULK, (*IF_DESCR, 3), times=5, quirks=[FaultKind.ENDLESS])

    assert [name for name, _, _ in reply.bindings] == [(*IF_DESCR, index) for index in range(4, 9)]


def test_a_looping_agent_begins_its_column_again(ask) -> None:
    reply = ask(Pdu.GET_BULK, (*IF_DESCR, 1), times=4, quirks=[FaultKind.NON_INCREASING])

    assert [name for name, _, _ in reply.bindings] == [(*IF_DESCR, index) for index in (2, 3, 1, 2)]


@pytest.mark.parametrize("quirk", [FaultKind.ENDLESS, FaultKind.NON_INCREASING])
def test_an_agent_with_a_bad_walk_still_answers_get(ask, quirk: FaultKind) -> None:
    assert ask(Pdu.GET, SYS_NAME, quirks=[quirk]).values == [b"office-gw"]


def test_a_wrong_id_is_another_one(ask) -> None:
    assert ask(Pdu.GET, SYS_NAME, number=2**31 - 1, quirks=[FaultKind.WRONG_ID]).number == -(2**31)


def test_a_double_reply_comes_twice_and_is_the_same(manager, answers) -> None:
    first, second = answers(manager.ask(Pdu.GET, SYS_NAME), FaultKind.DOUBLE)

    assert first == second


def test_garbage_is_no_reply_that_anybody_could_read(manager, answers) -> None:
    for _ in range(200):
        (garbage,) = answers(manager.ask(Pdu.GET, SYS_NAME), FaultKind.GARBAGE)
        with pytest.raises((ValueError, AssertionError)):
            manager.read(garbage)
