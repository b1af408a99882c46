"""What every kind of check must survive: refused, silent, slow, malformed, endless and cancelled targets."""

from __future__ import annotations

import asyncio
import gzip
import socket

import pytest

from netmon.model.looks import Outcome
from netmon.model.moments import MILLISECOND, Duration
from netmon.model.states import Reason
from tests.collectors.http.conftest import Look, Open, answer

SHORT = Duration(150 * MILLISECOND)


def reason_of(outcome: Outcome) -> Reason | None:
    return outcome.failure.reason if outcome.failure else None


async def test_a_page_that_comes_is_an_answer_with_its_numbers(site: Open, look: Look) -> None:
    web = await site(answer(b"xin chao"))

    outcome = await look(f"http://127.0.0.1:{web.port}/")

    assert outcome.failure is None
    assert outcome.flaw is None
    scalars, phases = outcome.readings
    assert scalars.columns["netmon_http_status_code"] == (200,)
    assert scalars.columns["netmon_http_content_bytes"] == (8,)
    assert "netmon_http_certificate_expiry_timestamp_seconds" not in scalars.columns
    (duration,) = scalars.columns["netmon_http_duration_seconds"]
    times = phases.columns["netmon_http_phase_seconds"]
    assert sum(time for time in times if time) == pytest.approx(duration, abs=0.01)
    assert [row[0][1] for row in phases.labels] == ["resolve", "connect", "tls", "processing", "transfer"]


async def test_a_closed_port_is_refused(look: Look) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        outcome = await look(f"http://127.0.0.1:{port}/")
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.REFUSED
    assert outcome.failure.evidence == f"http://127.0.0.1:{port}/: 127.0.0.1 port {port} is closed"


async def test_a_server_that_says_nothing_times_out(site: Open, look: Look) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    web = await site(silent)
    outcome = await look(f"http://127.0.0.1:{web.port}/", SHORT)

    assert outcome.took == SHORT
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.TIMEOUT
    assert outcome.failure.evidence == f"http://127.0.0.1:{web.port}/: no answer within 150 ms"


async def test_a_server_that_never_accepts_the_connection_times_out(look: Look) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        outcome = await look(f"http://127.0.0.1:{port}/", SHORT)
        for filler in fillers:
            filler.close()
    assert reason_of(outcome) is Reason.TIMEOUT


@pytest.mark.parametrize("part", ["head", "body"])
async def test_a_server_that_dribbles_is_bounded_by_the_whole_deadline(part: str, site: Open, look: Look) -> None:
    async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n" + (b"Content-Length: 100000\r\n\r\n" if part == "body" else b"X: "))
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.001)

    web = await site(dribble)
    outcome = await look(f"http://127.0.0.1:{web.port}/", SHORT)

    assert reason_of(outcome) is Reason.TIMEOUT
    assert outcome.took == SHORT


@pytest.mark.parametrize(
    ("said", "reason", "evidence"),
    [
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Reason.MALFORMED, "no HTTP", id="another protocol"),
        pytest.param(b"\x00\xff" * 50 + b"\r\n\r\n", Reason.MALFORMED, "no HTTP", id="garbage"),
        pytest.param(b"", Reason.CUT_OFF, "before the answer was complete", id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConte", Reason.CUT_OFF, "before the answer", id="half a head"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", Reason.CUT_OFF, "before the answer", id="half a body"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Reason.MALFORMED, "no HTTP", id="bad chunk"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, Reason.TOO_LARGE, "bytes of headers", id="endless header"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n" + b"X:\r\n" * 2_000 + b"\r\n", Reason.TOO_LARGE, "500 headers", id="many headers"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X:\r\n" * 4_000,
            Reason.TOO_LARGE,
            "500 headers",
            id="many headers behind the body",
        ),
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\n" * 50, Reason.MALFORMED, "interim answers only", id="interim answers only"
        ),
        pytest.param(
            answer(b"x", headers="Content-Encoding: br\r\n"), Reason.MALFORMED, "not asked for", id="packed unasked"
        ),
        pytest.param(
            answer(b"no gzip", headers="Content-Encoding: gzip\r\n"), Reason.MALFORMED, "unpacked", id="not packed"
        ),
        pytest.param(
            answer(gzip.compress(b"x" * 999)[:-9], headers="Content-Encoding: gzip\r\n"),
            Reason.CUT_OFF,
            "ends too early",
            id="packed and cut",
        ),
    ],
)
async def test_an_answer_that_is_none_is_named(
    said: bytes, reason: Reason, evidence: str, site: Open, look: Look
) -> None:
    web = await site(said)

    outcome = await look(f"http://127.0.0.1:{web.port}/")

    assert outcome.failure is not None
    assert outcome.failure.reason is reason
    assert evidence in outcome.failure.evidence
    assert outcome.failure.evidence.isprintable()


async def test_a_long_body_is_too_large_whatever_its_length_says(site: Open, look: Look) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 65_536)
            await writer.drain()

    web = await site(endless)
    outcome = await look(f"http://127.0.0.1:{web.port}/")

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.TOO_LARGE
    assert outcome.failure.evidence.endswith("the body is longer than 5242880 bytes")


async def test_a_gzip_bomb_is_too_large_before_it_is_unpacked(site: Open, look: Look) -> None:
    bomb = gzip.compress(b"\0" * 100_000_000)
    assert len(bomb) < 200_000
    web = await site(answer(bomb, headers="Content-Encoding: gzip\r\n"))

    assert reason_of(await look(f"http://127.0.0.1:{web.port}/")) is Reason.TOO_LARGE


async def test_bytes_after_the_end_of_what_was_packed_count_too(site: Open, look: Look) -> None:
    packed = gzip.compress(b"xin chao")
    web = await site(answer(packed + b"x" * 5_000, headers="Content-Encoding: gzip\r\n"))
    assert reason_of(await look(f"http://127.0.0.1:{web.port}/", limit="4 KiB")) is Reason.TOO_LARGE
    assert reason_of(await look(f"http://127.0.0.1:{web.port}/", limit="8 KiB")) is None


async def test_the_lines_of_a_body_are_no_headers(site: Open, look: Look) -> None:
    web = await site(answer(b"\n" * 50_000))
    assert (await look(f"http://127.0.0.1:{web.port}/")).failure is None


async def test_a_body_in_crumbs_is_not_swept_up(site: Open, look: Look) -> None:
    web = await site(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 21_000)

    outcome = await look(f"http://127.0.0.1:{web.port}/")

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.MALFORMED
    assert "the body comes in" in outcome.failure.evidence


async def test_a_body_in_many_small_pieces_is_taken(site: Open, look: Look) -> None:
    piece = b"50\r\n" + b"x" * 80 + b"\r\n"
    web = await site(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + piece * 21_000 + b"0\r\n\r\n")
    assert reason_of(await look(f"http://127.0.0.1:{web.port}/")) is None


async def test_a_body_of_exactly_the_limit_is_taken(site: Open, look: Look) -> None:
    web = await site(answer(gzip.compress(b"x" * 2_000), headers="Content-Encoding: gzip\r\n"))
    assert (await look(f"http://127.0.0.1:{web.port}/", limit="2000 B")).failure is None
    assert reason_of(await look(f"http://127.0.0.1:{web.port}/", limit="1999 B")) is Reason.TOO_LARGE


async def test_a_cancelled_look_leaves_no_connection_open(site: Open, look: Look) -> None:
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await reader.read()

    web = await site(silent)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        looking = group.create_task(look(f"http://127.0.0.1:{web.port}/"))
        await asked.wait()
        looking.cancel()
        await web.closed.wait()


async def test_no_look_leaves_its_connection_open(site: Open, look: Look) -> None:
    async def keep_alive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(b"xin chao", headers="Connection: keep-alive\r\n"))
        await reader.read()

    web = await site(keep_alive)
    assert (await look(f"http://127.0.0.1:{web.port}/")).failure is None
    async with asyncio.timeout(20):
        await web.closed.wait()


async def test_many_looks_at_once_do_not_disturb_each_other(site: Open, look: Look) -> None:
    good, bad = await site(answer(b"xin chao")), await site(answer(b"", status="503 Service Unavailable"))
    async with asyncio.TaskGroup() as group:
        looks = [group.create_task(look(f"http://127.0.0.1:{web.port}/")) for _ in range(20) for web in (good, bad)]
    assert [reason_of(one.result()) for one in looks] == [None, Reason.UNEXPECTED] * 20


async def test_a_name_that_nobody_knows_is_its_own_reason(look: Look) -> None:
    outcome = await look("http://khong-co.invalid/")
    assert reason_of(outcome) is Reason.NAME_NOT_RESOLVED


async def test_a_name_of_nonsense_is_no_crash(look: Look) -> None:
    assert reason_of(await look("http://.../")) is Reason.NAME_NOT_RESOLVED
