"""What an answer should be like: status, words on the page, headers that go out, and what evidence shows."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import traceback
import unicodedata
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from typing_extensions import override

from netmon.collectors.http.asking import Question
from netmon.collectors.http.connection import Connection
from netmon.collectors.http.cookies import CookieJar
from netmon.collectors.http.exchange import Answer, exchange
from netmon.collectors.http.expectation import Expectation
from netmon.collectors.http.journey import Journey
from netmon.collectors.http.settings import HttpSettings
from netmon.collectors.http.visit import Browser, Visit
from netmon.collectors.miss import MissError
from netmon.collectors.phases import Stopwatch
from netmon.kernel.clock import SystemClock
from netmon.kernel.secrets import SecretError
from netmon.model.looks import Failure
from netmon.model.moments import Duration
from netmon.model.states import Reason
from tests.collectors.http.conftest import PLENTY, Look, Open, answer
from tests.collectors.makers import ground

PAGE = "<html><title>Sở Y tế tỉnh Ninh Thuận</title></html>"
HTML = "Content-Type: text/html; charset="


@pytest.mark.parametrize(
    ("expected", "status", "good"),
    [
        (None, 204, True),
        (None, 301, False),
        (200, 200, True),
        (200, 201, False),
        ([200, 401], 401, True),
        (["2xx", 404], 404, True),
        ("3xx", 302, True),
    ],
)
async def test_the_status_is_compared(expected: Any, status: int, good: bool, site: Open, look: Look) -> None:
    web = await site(answer(status=f"{status} Whatever"))
    expect = {} if expected is None else {"status": expected}

    outcome = await look(f"http://127.0.0.1:{web.port}/", expect=expect)

    assert (outcome.failure is None) is good
    assert outcome.readings[0].columns["netmon_http_status_code"] == (status,)


async def test_an_unexpected_status_shows_what_the_page_says(site: Open, look: Look) -> None:
    web = await site(answer(b"<h1>Database \x1b[31mis\r\n away</h1>", status="500 Internal Server Error"))

    outcome = await look(f"http://127.0.0.1:{web.port}/tra-cuu?token=bi-mat")

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.UNEXPECTED
    assert outcome.failure.evidence == (
        f"http://127.0.0.1:{web.port}/tra-cuu?…: status 500 Internal Server Error, expected 2xx; "
        'it says "<h1>Database \\x1b[31mis away</h1>"'
    )


def packed(text: str) -> bytes:
    return answer(gzip.compress(text.encode()), headers=f"{HTML}utf-8\r\nContent-Encoding: gzip\r\n")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(answer(PAGE.encode(), headers=f"{HTML}UTF-8\r\n"), id="utf-8"),
        pytest.param(answer(PAGE.encode()), id="nothing declared"),
        pytest.param(answer(PAGE.encode(), headers=f'{HTML}"no-such-charset"\r\n'), id="an unknown charset"),
        pytest.param(answer(PAGE.encode(), headers=f"{HTML}punycode\r\n"), id="a charset that no page uses"),
        pytest.param(answer(PAGE.encode("utf-8-sig"), headers=f"{HTML}iso-8859-1\r\n"), id="a byte order mark"),
        pytest.param(answer(PAGE.encode("utf-16"), headers=f"{HTML}utf-16\r\n"), id="utf-16"),
        pytest.param(
            answer(unicodedata.normalize("NFD", PAGE).encode(), headers=f"{HTML}utf-8\r\n"), id="letters in pieces"
        ),
        pytest.param(
            answer("S\u01a1\u0309 Y t\u00ea\u0301".encode("cp1258"), headers=f"{HTML}windows-1258\r\n"),
            id="windows-1258",
        ),
        pytest.param(answer(b"S&#7903; Y t&#x1EBF;", headers=f"{HTML}utf-8\r\n"), id="entities"),
        pytest.param(
            answer(b'<meta charset="windows-1258">' + "S\u01a1\u0309 Y t\u00ea\u0301".encode("cp1258")),
            id="declared in the page",
        ),
        pytest.param(packed(PAGE), id="packed"),
    ],
)
async def test_vietnamese_is_found_however_it_is_written(said: bytes, site: Open, look: Look) -> None:
    web = await site(said)
    outcome = await look(f"http://127.0.0.1:{web.port}/", expect={"body": "Sở Y tế"})
    assert outcome.failure is None


async def test_an_expectation_in_pieces_is_the_same_expectation(site: Open, look: Look) -> None:
    web = await site(answer(PAGE.encode()))
    body = unicodedata.normalize("NFD", "Sở Y tế")
    assert (await look(f"http://127.0.0.1:{web.port}/", expect={"body": body})).failure is None


async def test_words_that_are_missing_are_named_beside_what_is_there(site: Open, look: Look) -> None:
    web = await site(answer("Trang đang bảo trì".encode()))

    outcome = await look(f"http://127.0.0.1:{web.port}/", expect={"body": "Sở Y tế"})

    assert outcome.failure is not None
    assert outcome.failure.evidence.endswith('/: does not say "Sở Y tế"; it begins "Trang đang bảo trì"')


class Arrived(Browser):
    """Has been where it should go already."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    @override
    async def visit(self, question: Question, expect: Expectation) -> Visit:
        return self._visit


async def test_a_page_that_cannot_be_searched_in_time_is_no_good_page() -> None:
    settings = HttpSettings.model_validate({"url": "http://h/", "expect": {"body": "Sở Y tế"}})
    stopwatch, jar = Stopwatch(Duration(20_000)), CookieJar(SystemClock())
    endless = Visit(httpx.URL("http://h/"), Answer(200, "OK", {}, bytearray(64 * 2**20)), None)
    journey = Journey(settings, {}, browser=Arrived(endless), jar=jar, stopwatch=stopwatch)

    assert await journey.make() == Failure(
        Reason.TIMEOUT, "http://h/: no time was left to search the page for its text"
    )


async def test_words_that_must_not_be_there_are_named(site: Open, look: Look) -> None:
    web = await site(answer("Trang đang bảo trì".encode()))

    outcome = await look(f"http://127.0.0.1:{web.port}/", expect={"body_not": "bảo trì"})

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.UNEXPECTED
    assert outcome.failure.evidence.endswith('/: says "bảo trì"')


async def test_evidence_is_bounded_however_long_the_page(site: Open, look: Look) -> None:
    web = await site(answer("ữ".encode() * 100_000, status="500 " + "x" * 5_000))
    outcome = await look(f"http://127.0.0.1:{web.port}/" + "a" * 1_500)
    assert outcome.failure is not None
    assert len(outcome.failure.evidence) <= 300


async def test_head_asks_for_no_body(site: Open, look: Look) -> None:
    web = await site(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")

    assert (await look(f"http://127.0.0.1:{web.port}/", method="HEAD")).failure is None

    assert web.requests[0].startswith("HEAD / HTTP/1.1\r\n")


async def test_a_secret_goes_out_and_never_comes_back_in_evidence(site: Open, look: Look) -> None:
    web = await site(answer(b"you sent Bearer rat-bi-mat", status="403 Forbidden"))
    on = ground(clock=SystemClock(), secrets={"env:PORTAL": "Bearer rat-bi-mat"})
    headers = {"Authorization": "env:PORTAL", "X-Zone": "centre"}

    outcome = await look(f"http://127.0.0.1:{web.port}/", on=on, headers=headers)

    assert "Authorization: Bearer rat-bi-mat\r\nX-Zone: centre\r\n" in web.requests[0]
    assert outcome.failure is not None
    assert "rat-bi-mat" not in outcome.failure.evidence
    assert "you sent ***" in outcome.failure.evidence


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        pytest.param("403 No rat-bi-mat here", b"", "", id="in the status line, without the scheme"),
        pytest.param("403 Forbidden", b"x" * 110 + b" Bearer rat-bi-mat" + b"y" * 2_000, "", id="at the excerpt's end"),
        pytest.param("403 Forbidden", b" " * 1_017 + b"Bearer rat-bi-mat", "", id="beyond what is read of the page"),
        pytest.param("200 OK", b"", "rat-bi-mat\r\n", id="in a header that is none"),
    ],
)
async def test_a_secret_is_hidden_wherever_a_server_repeats_it(
    status: str, body: bytes, headers: str, site: Open, look: Look
) -> None:
    web = await site(answer(body, status=status, headers=headers))
    on = ground(clock=SystemClock(), secrets={"env:PORTAL": "Bearer rat-bi-mat"})

    outcome = await look(f"http://127.0.0.1:{web.port}/", on=on, headers={"Authorization": "env:PORTAL"})

    assert outcome.failure is not None
    assert "rat-b" not in outcome.failure.evidence


@pytest.mark.parametrize("secret", ["rat-bi-mat ", "\trat-bi-mat", "rat-bi-mat\r\nX: y", "rat-bí-mật", "x" * 9_000])
async def test_a_secret_that_cannot_be_sent_is_our_mistake_and_is_not_quoted(
    secret: str, site: Open, look: Look
) -> None:
    web = await site(answer())
    on = ground(clock=SystemClock(), secrets={"env:PORTAL": secret})

    with pytest.raises(SecretError) as caught:
        await look(f"http://127.0.0.1:{web.port}/", on=on, headers={"Authorization": "env:PORTAL"})

    assert str(caught.value).startswith('the secret for the header "Authorization" cannot be sent')
    assert "rat-b" not in "".join(traceback.format_exception(caught.value))
    assert web.requests == []


async def test_what_http_cannot_ask_for_is_not_quoted_either(site: Open) -> None:
    web = await site(answer())
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    connection = Connection(reader, writer, ipaddress.ip_address("127.0.0.1"), None)
    url, headers = httpx.URL(f"http://127.0.0.1:{web.port}/"), (("Host", "h"), ("Authorization", "rat-bi-mat "))

    with pytest.raises(MissError) as caught:
        await exchange(connection, url, "GET", headers=headers, limit=10, stopwatch=Stopwatch(PLENTY))
    connection.close()

    assert caught.value.failure.reason is Reason.MALFORMED
    assert "rat-b" not in "".join(traceback.format_exception(caught.value))


async def test_a_host_header_of_ones_own_replaces_the_usual_one(site: Open, look: Look) -> None:
    web = await site(answer())
    await look(f"http://127.0.0.1:{web.port}/", headers={"host": "portal.example.vn"})
    assert web.requests[0].lower().count("host:") == 1
    assert "host: portal.example.vn\r\n" in web.requests[0]


async def test_no_cookie_is_kept_from_look_to_look(site: Open, look: Look) -> None:
    web = await site(answer(headers="Set-Cookie: session=1; Path=/\r\n"))
    for _ in range(2):
        await look(f"http://127.0.0.1:{web.port}/")
    assert all("cookie" not in request.lower() for request in web.requests)


async def test_the_environment_names_no_proxy(site: Open, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    web = await site(answer())
    assert (await look(f"http://127.0.0.1:{web.port}/")).failure is None


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ({"url": "http://admin:mat-khau@h/"}, "must not carry a user"),
        ({"url": "file:///etc/passwd"}, "http and https can be asked"),
        ({"url": "http:///x"}, "names no host"),
        ({"url": "http://h:99999/"}, "no port"),
        ({"url": "http://h/\r\nX: y"}, "no URL"),
        ({"url": "http://[fe80::1%25eth0]/"}, "names no host"),
        ({"url": "http://h/" + "a" * 3_000}, "at most 2048"),
        ({"url": "http://h/", "expect": {"status": 600}}, "match pattern"),
        ({"url": "http://h/", "expect": {"status": []}}, "at least 1"),
        ({"url": "http://h/", "headers": {"X": "a\r\nY: b"}}, "cannot be sent"),
        ({"url": "http://h/", "headers": {"X": "a "}}, "cannot be sent"),
        ({"url": "http://h/", "headers": {"X": "Sở"}}, "cannot be sent"),
        ({"url": "http://h/", "headers": {"X Y": "a"}}, "no name of a header"),
        ({"url": "http://h/", "headers": {"Content-Length": "5"}}, "belongs to the check"),
        ({"url": "http://h/", "method": "HEAD", "expect": {"body": "x"}}, "HEAD brings no body"),
        ({"url": "http://h/", "redirects": 6}, "less than or equal to 5"),
        ({"url": "http://h/", "limit": "1 GiB"}, "at most 64 MiB"),
        ({"url": "http://h/", "certificate_warning": 14}, "has no unit"),
    ],
)
def test_a_mistake_in_the_settings_is_explained(settings: dict[str, Any], cause: str) -> None:
    with pytest.raises(ValidationError, match=cause) as caught:
        HttpSettings.model_validate(settings)
    assert "mat-khau" not in str(caught.value)


def test_settings_survive_the_plan() -> None:
    settings = HttpSettings.model_validate(
        {"url": "https://h/", "expect": {"status": [200, "3xx"]}, "limit": "2 MiB", "certificate_warning": "30d"}
    )
    assert HttpSettings.model_validate(settings.model_dump(mode="json")) == settings
