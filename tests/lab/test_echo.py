"""The echo transport answers for whoever answers, as late and as rarely as the faults say, on the lab's clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from netmon.collectors.icmp.lab_transport import LabEchoTransport, encode
from netmon.kernel.clock import FakeClock
from netmon.lab.echo import EchoServer
from netmon.lab.post import Crew, Post
from netmon.lab.settings import LabSettings
from netmon.lab.world import World
from netmon.model.moments import MILLISECOND, SECOND, Duration, Moment

PEER = ("127.0.0.1", 40_000)


class Wire(asyncio.DatagramTransport):
    """Keeps what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def sendto(self, data: bytes, addr: object = None) -> None:
        assert addr == PEER
        self.sent.append(data)

    def is_closing(self) -> bool:
        return False


class Echoes:
    """An echo server whose wire and clock are ours."""

    def __init__(self, world: World, clock: FakeClock, post: Post) -> None:
        self.clock = clock
        self.post = post
        self._server = EchoServer(world, clock, post)
        self._wire = Wire()
        self._server.connection_made(self._wire)

    def ask(self, datagram: bytes) -> list[bytes]:
        self._server.datagram_received(datagram, PEER)
        return self._wire.sent

    async def answers_after(self, wait: Duration) -> int:
        before = len(self._wire.sent)
        await self.clock.advance(wait)
        return len(self._wire.sent) - before


@pytest.fixture
async def echoes(world: World, noon: Moment) -> AsyncIterator[Echoes]:
    async with asyncio.TaskGroup() as group:
        clock, crew = FakeClock(noon), Crew(group)
        yield Echoes(world, clock, Post(clock, crew, most=3))
        crew.stop()


async def test_a_question_comes_back_unchanged(echoes: Echoes) -> None:
    question = encode("127.20.254.1", 2**64 - 1)

    assert echoes.ask(question) == [question]


async def test_an_answer_over_radio_takes_its_time(echoes: Echoes) -> None:
    echoes.ask(encode("127.20.254.11", 1))

    assert await echoes.answers_after(Duration(9 * MILLISECOND)) == 0
    assert await echoes.answers_after(Duration(2 * MILLISECOND)) == 1


async def test_the_dead_and_the_unknown_and_garbage_are_met_with_silence(
    echoes: Echoes, world: World, noon: Moment
) -> None:
    world.break_("centre-core", "dead", {}, noon)
    for datagram in (encode("127.20.254.1", 1), encode("127.20.254.99", 1), encode("10.0.0.1", 1), b"", b"NMECHO1"):
        echoes.ask(datagram)

    assert await echoes.answers_after(Duration(60 * SECOND)) == 0


async def test_loss_is_as_large_as_asked_and_the_same_in_every_run(echoes: Echoes, world: World, noon: Moment) -> None:
    world.break_("centre-core", "lossy", {"loss": "0.3"}, noon)
    for token in range(2_000):
        sent = echoes.ask(encode("127.20.254.1", token))

    assert len(sent) == pytest.approx(1_400, abs=60)


async def test_what_waits_is_bounded(echoes: Echoes) -> None:
    for token in range(10):
        echoes.ask(encode("127.20.254.11", token))

    assert (echoes.post.waiting, echoes.post.lost) == (3, 7)
    assert await echoes.answers_after(SECOND) == 3
    assert echoes.post.waiting == 0


async def test_the_icmp_check_and_the_lab_speak_the_same_language(
    world: World, settings: LabSettings, noon: Moment, free_port: int
) -> None:
    world.settings = settings.model_copy(update={"echo_port": free_port})
    replied = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as group:
        crew = Crew(group)
        server = EchoServer(world, FakeClock(noon), Post(FakeClock(noon), crew))
        await server.listen()
        client = LabEchoTransport((str(world.settings.echo_host), free_port))
        client.listen(lambda address, token, _: replied.set_result((address, token)), lambda *_: None)
        client.send("127.20.254.1", 99, 56)

        async with asyncio.timeout(10):
            assert await replied == ("127.20.254.1", 99)
        client.close()
        server.close()
