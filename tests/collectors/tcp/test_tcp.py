"""Connections: made, refused, silent, slow, cut off, and what is said over them."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

import pytest
from pydantic import ValidationError

from netmon.collectors.tcp import KIND
from netmon.collectors.tcp.settings import TcpSettings
from netmon.model.looks import Failure, Outcome
from netmon.model.moments import MILLISECOND, SECOND, Duration
from netmon.model.states import Reason
from netmon.ports import Ground
from tests.collectors.conftest import Serve
from tests.collectors.makers import check, ground
from tests.collectors.scripts import dribbling

PLENTY = Duration(20 * SECOND)
SHORT = Duration(150 * MILLISECOND)


async def look(
    port: int, timeout: Duration = PLENTY, *, host: str = "127.0.0.1", on: Ground | None = None, **settings: Any
) -> Outcome:
    async with KIND.open(on or ground()) as questions:
        return await questions.collector(check("tcp", host, {"port": port, **settings}), ()).look(timeout)


def failure_of(outcome: Outcome) -> Failure:
    assert outcome.failure is not None
    assert outcome.readings == ()
    return outcome.failure


async def test_a_port_that_accepts_a_connection_is_an_answer_with_the_time_it_took(serve: Serve) -> None:
    server = await serve(b"")

    outcome = await look(server.port)

    assert (outcome.failure, outcome.flaw) == (None, None)
    (readings,) = outcome.readings
    assert list(readings.columns) == ["netmon_tcp_connect_seconds"]
    (took,) = readings.columns["netmon_tcp_connect_seconds"]
    assert took is not None
    assert 0 < took <= outcome.took / SECOND + 1e-6


async def test_a_server_that_says_what_is_expected_has_a_second_time(serve: Serve) -> None:
    server = await serve("220 mail.ninhthuan.gov.vn Sẵn sàng\r\n".encode())

    outcome = await look(server.port, expect="Sẵn sàng")

    assert outcome.failure is None
    assert set(outcome.readings[0].columns) == set(KIND.metrics)


async def test_what_is_to_be_sent_is_sent_as_it_was_written(serve: Serve) -> None:
    heard = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readline())
        writer.write(b"+PONG\r\n")

    server = await serve(answer)

    assert (await look(server.port, send="PING\r\n", expect="+PONG\r\n")).failure is None
    assert heard == [b"PING\r\n"]


async def test_an_expected_text_may_come_in_pieces(serve: Serve) -> None:
    async def dribble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in b"...ready now":
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    assert (await look((await serve(dribble)).port, expect="ready")).failure is None


async def test_a_closed_port_is_refused(closed_port: int) -> None:
    assert failure_of(await look(closed_port)) == Failure(
        Reason.REFUSED, f"127.0.0.1:{closed_port}: 127.0.0.1 port {closed_port} is closed"
    )


async def test_a_server_that_never_accepts_the_connection_times_out(full_port: int) -> None:
    outcome = await look(full_port, SHORT)
    assert failure_of(outcome).reason is Reason.TIMEOUT


async def test_a_server_that_is_expected_to_speak_and_does_not_times_out(serve: Serve) -> None:
    server = await serve(b"")
    outcome = await look(server.port, SHORT, expect="220 ")
    assert outcome.took == SHORT
    assert failure_of(outcome) == Failure(Reason.TIMEOUT, f"127.0.0.1:{server.port}: no answer within 150 ms")


async def test_a_server_that_dribbles_something_else_is_bounded_by_the_whole_deadline(serve: Serve) -> None:
    server = await serve(dribbling(b"x"))
    outcome = await look(server.port, SHORT, expect="220 ", limit="1 MiB")

    assert outcome.took == SHORT
    assert failure_of(outcome).reason is Reason.UNEXPECTED
    assert failure_of(outcome).evidence.startswith(f'127.0.0.1:{server.port}: 150 ms without "220 "; it said "xx')


async def test_what_was_said_instead_is_quoted_in_one_printable_line(serve: Serve) -> None:
    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x1b[2J554 go\r\n away \xff" + b"z" * 1_000)
        writer.write_eof()

    server = await serve(refuse)
    failure = failure_of(await look(server.port, expect="220 "))

    assert failure.reason is Reason.UNEXPECTED
    assert failure.evidence.startswith(rf'127.0.0.1:{server.port}: closed without "220 "; it said "\x1b[2J554 go away ')
    assert failure.evidence.isprintable()
    assert len(failure.evidence) <= 300


async def test_no_more_than_the_limit_is_read_in_search_of_the_text(serve: Serve) -> None:
    async def pour(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 4_096 + b"220 ")
        while not writer.is_closing():
            writer.write(b"x" * 65_536)
            await writer.drain()

    server = await serve(pour)
    assert '4096 bytes without "220 "' in failure_of(await look(server.port, expect="220 ")).evidence
    assert (await look(server.port, expect="220 ", limit="4100 B")).failure is None


async def test_a_server_that_hangs_up_before_it_spoke_cut_us_off(serve: Serve) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await serve(hang_up)
    assert failure_of(await look(server.port, expect="220 ")) == Failure(
        Reason.CUT_OFF, f"127.0.0.1:{server.port}: closed before it said anything"
    )


async def test_a_cancelled_look_leaves_no_connection_open(serve: Serve) -> None:
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()

    server = await serve(silent)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        looking = group.create_task(look(server.port, expect="220 "))
        await asked.wait()
        looking.cancel()
        await server.closed.wait()


async def test_no_look_leaves_its_connection_open(serve: Serve) -> None:
    server = await serve(b"220 ready\r\n")
    assert (await look(server.port)).failure is None
    async with asyncio.timeout(20):
        await server.closed.wait()


async def test_an_address_outside_the_allowed_networks_is_not_contacted(serve: Serve) -> None:
    server = await serve(b"")
    elsewhere = ground(networks=(ipaddress.ip_network("10.0.0.0/8"),))

    by_name = failure_of(await look(server.port, host="localhost", on=elsewhere))

    assert by_name.reason is Reason.FORBIDDEN
    assert "outside the allowed networks" in by_name.evidence


async def test_a_name_that_nobody_knows_is_its_own_reason() -> None:
    assert failure_of(await look(25, host="khong-co.invalid")).reason is Reason.NAME_NOT_RESOLVED


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        pytest.param({}, "port", id="no port"),
        pytest.param({"port": 70_000}, "65535", id="a port that is none"),
        pytest.param({"port": 25, "limit": "2 MiB"}, "at most 1 MiB", id="a limit beyond all need"),
        pytest.param({"port": 25, "host": "a b"}, "neither an IP address nor a host name", id="a host that is none"),
        pytest.param({"port": 25, "host": "1.2.3.400"}, "neither an IP address", id="an address that is none"),
        pytest.param({"port": 25, "host": 7}, "must be text", id="a host that is a number"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], cause: str) -> None:
    with pytest.raises(ValidationError, match=cause):
        TcpSettings.model_validate(settings)


@pytest.mark.parametrize(
    ("written", "host"),
    [("Mail.Example.VN", "mail.example.vn"), ("2001:DB8:0::1", "2001:db8::1"), ("cổng.vn", "xn--cng-qmz.vn")],
)
def test_a_host_is_kept_in_one_form(written: str, host: str) -> None:
    assert TcpSettings.model_validate({"port": 25, "host": written}).host == host
