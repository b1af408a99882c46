"""The lab's web servers over real sockets on loopback: pages, certificates, and every way to be a bad server."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from netmon.kernel.clock import SystemClock
from netmon.lab.layout import LabEndpoint, Layout
from netmon.lab.running import Lab, open_lab
from netmon.lab.settings import LabSettings, PageShape
from netmon.lab.web import door_of, parse_request_line, render_page

HOST = "127.20.254.13"
PLAIN = b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n"

Fetch = Callable[..., Awaitable[bytes]]


@pytest.fixture
async def lab(layout: Layout, settings: LabSettings, free_port: int, tmp_path: Path) -> AsyncIterator[Lab]:
    endpoints = (
        replace(layout.endpoints[0], url=f"http://{HOST}:{free_port}/"),
        LabEndpoint(
            service="office-news", url=f"http://{HOST}:{free_port}/tin?x=1", title="Tin tức", owner="Văn phòng"
        ),
        LabEndpoint(service="office-mail", url=f"https://127.20.254.14:{free_port}/", title="Thư điện tử"),
    )
    changed = settings.model_copy(
        update={
            "echo_port": free_port,
            "thinking": 0,
            "pages": {"office-news": PageShape(body="Bản tin <sáng>")},
            "media": {},
        }
    )
    devices = tuple(replace(device, snmp_port=None) for device in layout.devices)
    played = Layout(devices, layout.links, endpoints)
    async with (
        asyncio.timeout(30),
        asyncio.TaskGroup() as group,
        open_lab(played, changed, clock=SystemClock(), folder=tmp_path / "lab", group=group) as lab,
    ):
        yield lab


@pytest.fixture
def fetch(free_port: int) -> Fetch:
    async def one(request: bytes = PLAIN, host: str = HOST, trust: Path | None = None) -> bytes:
        context = ssl.create_default_context(cafile=trust) if trust else None
        reader, writer = await asyncio.open_connection(host, free_port, ssl=context)
        try:
            writer.write(request)
            return await reader.read(200_000)
        finally:
            writer.close()

    return one


async def test_a_page_shows_title_and_owner_in_vietnamese(lab: Lab, fetch: Fetch) -> None:
    head, _, body = (await fetch()).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert "<h1>Trang của Văn phòng</h1>\n<p>Văn phòng</p>" in body.decode()


async def test_a_page_of_its_own_words_stands_at_its_path(lab: Lab, fetch: Fetch) -> None:
    reply = await fetch(b"GET /tin HTTP/1.1\r\n\r\n")

    assert "<p>Bản tin &lt;sáng&gt;</p>" in reply.decode()


async def test_head_brings_no_body(lab: Lab, fetch: Fetch) -> None:
    assert (await fetch(b"HEAD / HTTP/1.1\r\n\r\n")).endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        pytest.param(b"GET /nothing HTTP/1.1\r\n\r\n", b"404", id="no such page"),
        pytest.param(b"POST / HTTP/1.1\r\n\r\n", b"405", id="not a question"),
        pytest.param(b"\x16\x03\x01\r\n\r\n", b"404", id="no HTTP"),
    ],
)
async def test_what_is_not_a_question_for_a_page_is_refused(
    lab: Lab, fetch: Fetch, request_: bytes, status: bytes
) -> None:
    assert (await fetch(request_)).split(b" ")[1] == status


async def test_a_request_without_an_end_is_cut_off_at_its_limit(lab: Lab, fetch: Fetch) -> None:
    try:
        reply = await fetch(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100_000)
    except ConnectionError:
        reply = b""
    assert reply == b""


async def test_a_secure_page_stands_up_to_whoever_trusts_the_labs_authority(lab: Lab, fetch: Fetch) -> None:
    reply = await fetch(host="127.20.254.14", trust=lab.trust)

    assert "Thư điện tử" in reply.decode()


async def test_nobody_else_trusts_it(lab: Lab, free_port: int) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="issuer"):
        await asyncio.open_connection("127.20.254.14", free_port, ssl=ssl.create_default_context())


async def test_a_certificate_ends_when_it_is_told_to_and_is_renewed_when_mended(lab: Lab, fetch: Fetch) -> None:
    await lab.break_("office-mail", "expiring", {"days": "-1"})
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        await fetch(host="127.20.254.14", trust=lab.trust)

    await lab.mend("office-mail")
    assert (await fetch(host="127.20.254.14", trust=lab.trust)).startswith(b"HTTP/1.1 200")


async def test_a_certificate_may_be_near_its_end(lab: Lab, free_port: int) -> None:
    await lab.break_("office-mail", "expiring", {"days": "3"})
    context = ssl.create_default_context(cafile=lab.trust)
    reader, writer = await asyncio.open_connection("127.20.254.14", free_port, ssl=context)
    ends = ssl.cert_time_to_seconds(writer.get_extra_info("peercert")["notAfter"])
    writer.close()
    del reader

    assert ends == pytest.approx(SystemClock().now() / 1_000_000 + 3 * 86_400, abs=120)


async def test_an_error_is_what_the_server_is_told_to_answer(lab: Lab, fetch: Fetch) -> None:
    await lab.break_("office-portal", "error", {"status": "503"})

    assert (await fetch()).startswith(b"HTTP/1.1 503 Service Unavailable")
    assert (await fetch(b"GET /tin HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_a_server_that_refuses_has_its_port_closed_until_it_is_mended(lab: Lab, fetch: Fetch) -> None:
    await lab.break_("office-portal", "refuse")
    with pytest.raises(ConnectionRefusedError):
        await fetch()

    await lab.mend("office-portal")
    assert (await fetch()).startswith(b"HTTP/1.1 200")


async def test_a_dead_server_takes_the_question_and_says_nothing_until_the_client_gives_up(
    lab: Lab, free_port: int
) -> None:
    await lab.break_("office-portal", "dead")
    reader, writer = await asyncio.open_connection(HOST, free_port)
    writer.write(PLAIN)
    writer.write_eof()

    assert await reader.read() == b""
    writer.close()


async def test_garbage_is_no_http(lab: Lab, fetch: Fetch) -> None:
    await lab.break_("office-portal", "garbage")

    assert not (await fetch()).startswith(b"HTTP")


async def test_an_endless_page_goes_on_as_long_as_somebody_reads(lab: Lab, fetch: Fetch) -> None:
    await lab.break_("office-portal", "endless")

    assert (await fetch()).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("url", ["ftp://127.20.0.1:80/", "http://127.20.0.1/", "http://portal.example:80/"])
def test_a_page_without_a_literal_address_and_port_cannot_be_served(url: str) -> None:
    with pytest.raises(ValueError, match=r"cannot serve|Expected 4 octets|Only decimal digits|Octet"):
        door_of(url)


def test_a_request_line_is_taken_apart_strictly() -> None:
    assert parse_request_line(b"GET /a?b=c HTTP/1.1\r\n") == ("GET", "/a")
    assert parse_request_line(b"GET http://x/ HTTP/1.1\r\n") == ("", "")
    assert parse_request_line(b"GET / SPDY\r\n") == ("", "")


def test_a_page_escapes_what_it_shows() -> None:
    assert "<script>" not in render_page("<script>", "<script>")
