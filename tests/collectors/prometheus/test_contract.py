"""What a prometheus check must survive: refused, silent, slow, malformed, endless and cancelled exporters."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network

import pytest

from netmon.kernel.clock import SystemClock
from netmon.model.moments import MILLISECOND, Duration
from netmon.model.states import Reason
from tests.collectors.conftest import Serve
from tests.collectors.deadlines import run_out
from tests.collectors.makers import ground
from tests.collectors.prometheus.conftest import OPENMETRICS, PLENTY, Look, answer, numbers
from tests.collectors.scripts import dribbling

SHORT = Duration(150 * MILLISECOND)
SECRET = "Bearer kh0ng-ai-biet"


async def test_an_exporter_that_speaks_is_an_answer_with_its_numbers(serve: Serve, look: Look) -> None:
    text = "# HELP node_load1 1m load average.\n# TYPE node_load1 gauge\nnode_load1 0.25\nother_total 7 1395066363000\n"
    exporter = await serve(answer(text))

    outcome = await look(exporter.port)

    assert (outcome.failure, outcome.flaw) == (None, None)
    found = numbers(outcome)
    assert found.pop("netmon_prometheus_scrape_seconds") > 0
    assert found == {
        "netmon_prometheus_content_bytes": len(text),
        "netmon_prometheus_samples": 2,
        "netmon_host_load1": 0.25,
    }


async def test_a_closed_port_is_refused(closed_port: int, look: Look) -> None:
    outcome = await look(closed_port)

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.REFUSED
    assert outcome.failure.evidence.startswith(f"http://127.0.0.1:{closed_port}/metrics: ")


async def test_a_port_that_takes_no_connection_times_out(full_port: int, look: Look) -> None:
    outcome = await look(full_port, SHORT)

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.TIMEOUT


async def test_a_silent_exporter_times_out(serve: Serve, look: Look) -> None:
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()

    outcome = await run_out(look((await serve(silent)).port), asked)

    assert outcome.took == PLENTY
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.TIMEOUT
    assert "no answer within 20 s" in outcome.failure.evidence


async def test_an_exporter_that_dribbles_is_bounded_by_the_whole_deadline(serve: Serve, look: Look) -> None:
    outcome = await look(
        (await serve(dribbling(b"x 1\n", after=b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"))).port, SHORT
    )

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.TIMEOUT
    assert outcome.took == SHORT


@pytest.mark.parametrize(
    ("said", "reason", "evidence"),
    [
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Reason.MALFORMED, "no HTTP", id="another protocol"),
        pytest.param(answer("<html>Xin chào</html>"), Reason.MALFORMED, "line 1 is no sample", id="a web page"),
        pytest.param(answer(""), Reason.MALFORMED, "no sample in 0 bytes", id="nothing"),
        pytest.param(answer("# only a comment\n"), Reason.MALFORMED, "no sample", id="comments only"),
        pytest.param(answer("node_load1 much\n"), Reason.MALFORMED, "cannot be read", id="no number"),
        pytest.param(answer('node_load1{a="1",a="2"} 1\n'), Reason.MALFORMED, "cannot be read", id="a label twice"),
        pytest.param(answer('node_load1{, ="1"} 1\n'), Reason.MALFORMED, "cannot be read", id="a nameless label"),
        pytest.param(answer("x" * 70_000), Reason.MALFORMED, "a line of more than", id="an endless line"),
        pytest.param(answer(f'node_load1{{a="{"x" * 5_000}"}} 1\n'), Reason.TOO_LARGE, "4 KiB", id="a long sample"),
        pytest.param(answer("node_load1 1\n" * 20_001), Reason.TOO_LARGE, "20000 samples", id="countless samples"),
        pytest.param(answer("node_load1 1\n", content_type=OPENMETRICS), Reason.CUT_OFF, "# EOF", id="no end mark"),
        pytest.param(answer("apache_up 1\n"), Reason.UNEXPECTED, "speaks of nothing", id="another exporter"),
        pytest.param(
            answer("no", status="500 Oh"), Reason.UNEXPECTED, 'status 500, expected 200; it says "no"', id="500"
        ),
        pytest.param(answer("", status="302 Found"), Reason.UNEXPECTED, "status 302", id="a redirect"),
        pytest.param(answer("", status="401 Who"), Reason.UNAUTHORIZED, "status 401", id="a password is wanted"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx 1", Reason.CUT_OFF, "before", id="half an answer"),
    ],
)
async def test_an_answer_that_is_none_is_named(
    said: bytes, reason: Reason, evidence: str, serve: Serve, look: Look
) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()
        writer.write_eof()

    outcome = await look((await serve(say)).port)

    assert outcome.failure is not None
    assert outcome.failure.reason is reason
    assert evidence in outcome.failure.evidence
    assert outcome.failure.evidence.isprintable()
    assert outcome.readings == ()


async def test_an_answer_without_end_is_too_large(serve: Serve, look: Look) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x 1\n" * 4_096)
            await writer.drain()

    outcome = await look((await serve(endless)).port, limit="64 KiB")

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.TOO_LARGE


async def test_a_cancelled_look_leaves_nothing_open(serve: Serve, look: Look) -> None:
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()

    exporter = await serve(silent)
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(look(exporter.port))
        await asked.wait()
        looking.cancel()
    await exporter.closed.wait()

    assert looking.cancelled()


async def test_an_exporter_outside_the_networks_is_not_asked(serve: Serve, look: Look) -> None:
    exporter = await serve(answer("node_load1 1\n"))

    outcome = await look(exporter.port, on=ground(networks=(ip_network("10.0.0.0/8"),)))

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.FORBIDDEN


async def test_a_token_is_sent_and_never_told(serve: Serve, look: Look) -> None:
    heard = []

    async def repeat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(answer(f"{SECRET} is wrong", status="403 No"))

    on = ground(clock=SystemClock(), secrets={"env:TOKEN": SECRET})
    outcome = await look((await serve(repeat)).port, on=on, authorization="env:TOKEN")

    assert f"\r\nAuthorization: {SECRET}\r\n" in heard[0]
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.UNAUTHORIZED
    assert outcome.failure.evidence.endswith('it says "*** is wrong"')
