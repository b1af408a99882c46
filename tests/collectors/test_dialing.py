"""The way to a target: several addresses, permission, and connections that only seem to be some."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct

import pytest

from netmon.collectors.dialing import Dialer
from netmon.collectors.endpoint import Endpoint
from netmon.collectors.miss import MissError
from netmon.collectors.names import Names
from netmon.collectors.phases import Phase, Stopwatch
from netmon.model.moments import MILLISECOND, SECOND, Duration
from netmon.model.states import Reason
from tests.collectors.conftest import Serve

PLENTY = Duration(20 * SECOND)


def dialer(*addresses: str, networks: tuple[str, ...] = ()) -> Dialer:
    """A dialer for whom every name has *addresses*."""
    return Dialer(tuple(map(ipaddress.ip_network, networks)), Names(lambda _: addresses))


async def test_the_first_address_that_answers_is_taken(serve: Serve) -> None:
    server = await serve(b"")
    stopwatch = Stopwatch(PLENTY)

    opened, peer = await dialer("127.0.0.9", "127.0.0.1").dial(Endpoint("mail.example.vn", server.port), stopwatch)

    assert opened.getpeername() == ("127.0.0.1", server.port)
    assert str(peer) == "127.0.0.1"
    assert stopwatch.phase is Phase.CONNECT
    opened.close()


async def test_a_silent_address_leaves_the_next_one_its_share_of_the_time(full_port: int, serve: Serve) -> None:
    with socket.create_server(("127.0.0.2", full_port)):
        opened, peer = await dialer("127.0.0.1", "127.0.0.2").dial(
            Endpoint("mail.example.vn", full_port), Stopwatch(Duration(400 * MILLISECOND))
        )
        assert str(peer) == "127.0.0.2"
        opened.close()


async def test_addresses_that_may_not_be_contacted_are_left_out(serve: Serve) -> None:
    server = await serve(b"")
    both = ("192.0.2.1", "127.0.0.1")

    opened, _ = await dialer(*both, networks=("127.0.0.0/8",)).dial(Endpoint("a.vn", server.port), Stopwatch(PLENTY))
    opened.close()
    with pytest.raises(MissError) as caught:
        await dialer(*both, networks=("10.0.0.0/8",)).dial(Endpoint("a.vn", server.port), Stopwatch(PLENTY))

    assert caught.value.failure.reason is Reason.FORBIDDEN
    assert caught.value.failure.evidence == (
        f"a.vn:{server.port} leads to 127.0.0.1: it lies outside the allowed networks"
    )


async def test_where_no_address_answers_the_last_one_is_told_of(closed_port: int) -> None:
    with pytest.raises(MissError) as caught:
        await dialer("127.0.0.8", "127.0.0.9").dial(Endpoint("a.vn", closed_port), Stopwatch(PLENTY))
    assert caught.value.failure.reason is Reason.REFUSED
    assert caught.value.failure.evidence == f"a.vn:{closed_port}: 127.0.0.9 port {closed_port} is closed"


async def test_a_connection_that_meets_itself_is_none(monkeypatch: pytest.MonkeyPatch, closed_port: int) -> None:
    async def meet_itself(opened: socket.socket, address: tuple[str, int]) -> None:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.setblocking(True)
        opened.connect(address)
        opened.setblocking(False)

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", meet_itself)
    with pytest.raises(MissError) as caught:
        await dialer().dial(Endpoint("127.0.0.1", port), Stopwatch(PLENTY))
    assert caught.value.failure.reason is Reason.REFUSED


async def test_a_server_that_resets_at_once_was_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = asyncio.get_running_loop().sock_connect
    with socket.create_server(("127.0.0.1", 0)) as listening:

        async def connect_and_be_reset(opened: socket.socket, address: tuple[str, int]) -> None:
            await connect(opened, address)
            other, _ = listening.accept()
            other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            other.close()

        monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", connect_and_be_reset)
        opened, _ = await dialer().dial(Endpoint("127.0.0.1", listening.getsockname()[1]), Stopwatch(PLENTY))
        opened.close()


def test_an_endpoint_is_shown_as_people_write_it() -> None:
    assert str(Endpoint("mail.example.vn", 25)) == "mail.example.vn:25"
    assert str(Endpoint("2001:db8::1", 25)) == "[2001:db8::1]:25"
