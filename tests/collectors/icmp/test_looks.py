"""The icmp look: outcomes, names, cancelled looks, and the lab's stand-in for the network."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator

import pytest
from pydantic import ValidationError

from netmon.collectors.icmp import KIND
from netmon.collectors.icmp.flight import Flight
from netmon.collectors.icmp.lab_transport import MAGIC, decode, encode
from netmon.collectors.icmp.probe import RTT, IcmpQuestions
from netmon.collectors.icmp.settings import IcmpSettings
from netmon.collectors.names import Names
from netmon.model.looks import Failure, Outcome
from netmon.model.moments import MILLISECOND, SECOND, Duration
from netmon.model.states import Reason
from netmon.ports import Collector, SharedCollector
from tests.collectors.makers import check, ground

SHORT = Duration(30 * MILLISECOND)


class EchoServer(asyncio.DatagramProtocol):
    """Answers as the lab does, in the manner that the last number of the address asks for."""

    transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a datagram endpoint has no other
        self.asked: list[bytes] = []

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        self.asked.append(data)
        match data.rpartition(b".")[2]:
            case b"1":
                self.transport.sendto(data, source)
            case b"2":
                for _ in range(3):
                    self.transport.sendto(data, source)
            case b"3":
                self.transport.sendto(b"\xff" * 5, source)
                self.transport.sendto(MAGIC + b"\0" * 8 + b"\xc4\x83", source)
                self.transport.sendto(data[:-1] + b"9", source)


@pytest.fixture
async def lab() -> AsyncIterator[EchoServer]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(EchoServer, local_addr=("127.0.0.1", 0))
    yield server
    transport.close()


@pytest.fixture
async def questions(lab: EchoServer) -> AsyncIterator[IcmpQuestions]:
    address = lab.transport.get_extra_info("sockname")
    async with KIND.open(ground(lab=True, lab_echo=address)) as opened:
        assert isinstance(opened, IcmpQuestions)
        yield opened


def collector(questions: IcmpQuestions, address: str) -> Collector:
    return questions.collector(check("icmp", address), ())


async def test_an_answer_brings_its_round_trip(questions: IcmpQuestions) -> None:
    outcome = await collector(questions, "127.20.0.1").look(Duration(5 * SECOND))

    assert outcome.failure is None
    (readings,) = outcome.readings
    (round_trip,) = readings.columns[RTT]
    assert round_trip is not None
    assert 0 < round_trip < 5
    assert outcome.took == pytest.approx(round_trip * SECOND, abs=1)


async def test_two_looks_hand_out_the_same_labels(questions: IcmpQuestions) -> None:
    asking = collector(questions, "127.20.0.1")
    first, second = await asking.look(SECOND), await asking.look(SECOND)
    assert first.readings[0].labels is second.readings[0].labels


async def test_silence_is_a_time_out_that_took_the_whole_time(questions: IcmpQuestions) -> None:
    outcome = await collector(questions, "127.20.0.4").look(SHORT)

    assert outcome.took == SHORT
    assert outcome.failure == Failure(Reason.TIMEOUT, "127.20.0.4: no echo reply within 30 ms")


async def test_doubled_replies_are_one_answer(questions: IcmpQuestions) -> None:
    asking = collector(questions, "127.20.0.2")
    for _ in range(3):
        assert (await asking.look(Duration(5 * SECOND))).failure is None


async def test_garbage_and_replies_of_others_are_no_answer(questions: IcmpQuestions) -> None:
    outcome = await collector(questions, "127.20.0.3").look(SHORT)
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.TIMEOUT


async def test_a_lab_that_is_gone_is_silence(questions: IcmpQuestions, lab: EchoServer) -> None:
    asking = collector(questions, "127.20.0.1")
    assert (await asking.look(Duration(5 * SECOND))).failure is None
    lab.transport.close()
    await asyncio.sleep(0)

    for _ in range(2):
        outcome = await asking.look(SHORT)
        assert outcome.failure is not None
        assert outcome.failure.reason is Reason.TIMEOUT


async def test_a_cancelled_look_leaves_nothing_on_its_way(questions: IcmpQuestions) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await collector(questions, "127.20.0.4").look(Duration(60 * SECOND))
    assert questions.flight._flying == {}


async def test_a_reply_between_the_cancellation_and_its_taking_effect_does_no_harm(questions: IcmpQuestions) -> None:
    silent = collector(questions, "127.20.0.4")
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(silent.look(Duration(60 * SECOND)))
        await asyncio.sleep(0)
        (((address, _), echo),) = questions.flight._flying.items()
        looking.cancel()
        questions.flight._replied(address, echo.token, asyncio.get_running_loop().time())
    assert looking.cancelled()


async def test_many_looks_at_once_get_their_own_answers(questions: IcmpQuestions) -> None:
    async with asyncio.TaskGroup() as group:
        looks = [
            group.create_task(collector(questions, f"127.20.{n}.{1 + n % 2 * 3}").look(SECOND)) for n in range(100)
        ]
    reasons = [look.result().failure for look in looks]
    assert [failure is None for failure in reasons] == [n % 2 == 0 for n in range(100)]


async def test_a_name_is_resolved_and_then_asked(lab: EchoServer) -> None:
    flight = Flight()
    settings = ground(lab=True, lab_echo=lab.transport.get_extra_info("sockname"))
    questions = IcmpQuestions(flight, Names(lambda name: ("127.20.0.1",)), settings)

    outcome = await collector(questions, "syt-gw1.example.vn").look(Duration(5 * SECOND))

    assert outcome.failure is None
    assert decode(lab.asked[0]) is not None
    assert lab.asked[0].endswith(b"127.20.0.1")
    flight.close()


def unknown(name: str) -> tuple[str, ...]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


async def test_a_name_that_is_not_known_is_its_own_reason_and_still_known_at_the_deadline() -> None:
    flight = Flight()
    questions = IcmpQuestions(flight, Names(unknown), ground())

    outcome = await collector(questions, "nobody.example.vn").look(SHORT)

    assert outcome.took == SHORT
    assert outcome.failure == Failure(Reason.NAME_NOT_RESOLVED, "nobody.example.vn: Name or service not known")
    flight.close()


async def test_a_name_that_leads_out_of_the_allowed_networks_is_not_asked() -> None:
    flight = Flight()
    allowed = ground(networks=(ipaddress.ip_network("10.20.0.0/16"),))
    questions = IcmpQuestions(flight, Names(lambda name: ("127.0.0.1",)), allowed)

    outcome = await collector(questions, "syt-gw1.example.vn").look(SHORT)

    evidence = "syt-gw1.example.vn leads to 127.0.0.1: it lies outside the allowed networks"
    assert outcome.failure == Failure(Reason.FORBIDDEN, evidence)
    assert flight.tally.answers == 0
    flight.close()


async def test_a_literal_address_never_touches_the_resolver(lab: EchoServer) -> None:
    flight = Flight()
    settings = ground(lab=True, lab_echo=lab.transport.get_extra_info("sockname"))
    questions = IcmpQuestions(flight, Names(unknown), settings)

    assert (await collector(questions, "127.20.7.1").look(Duration(5 * SECOND))).failure is None
    flight.close()


@pytest.mark.parametrize("size", [15, 1_401, "many", None])
def test_a_payload_has_a_sensible_size(size: object) -> None:
    with pytest.raises(ValidationError):
        IcmpSettings.model_validate({"size": size})


def test_the_lab_datagram_carries_magic_token_and_address() -> None:
    datagram = encode("127.20.7.1", 0x0102030405060708)
    assert datagram == b"NMECHO1\x01\x02\x03\x04\x05\x06\x07\x08127.20.7.1"
    assert decode(datagram) == ("127.20.7.1", 0x0102030405060708)


@pytest.mark.parametrize("datagram", [b"", b"NMECHO1", b"NMECHO1" + bytes(8), b"X" * 40, b"NMECHO1" + bytes(80)])
def test_what_is_not_the_labs_is_not_read(datagram: bytes) -> None:
    assert decode(datagram) is None


async def test_a_look_without_a_task_ends_as_one_with_a_task_does(questions: IcmpQuestions) -> None:
    living, dead = collector(questions, "127.20.0.1"), collector(questions, "127.20.0.4")
    assert isinstance(living, SharedCollector)
    assert isinstance(dead, SharedCollector)
    ended: asyncio.Queue[Outcome] = asyncio.Queue()

    living.begin(Duration(5 * SECOND), ended.put_nowait)
    answered = await ended.get()
    dead.begin(SHORT, ended.put_nowait)
    silent = await ended.get()

    assert answered.failure is None
    assert answered.readings[0].columns[RTT][0] == pytest.approx(answered.took / SECOND, abs=1e-6)
    assert silent == Outcome(took=SHORT, failure=Failure(Reason.TIMEOUT, "127.20.0.4: no echo reply within 30 ms"))


async def test_a_host_name_needs_a_task_for_its_resolver(questions: IcmpQuestions) -> None:
    assert not isinstance(collector(questions, "gateway.example.vn"), SharedCollector)
