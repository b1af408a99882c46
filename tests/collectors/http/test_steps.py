"""Several requests in one look: what one captures and the next sends, cookies, secrets, and the step that fails."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from netmon.collectors.http import KIND
from netmon.collectors.http.cookies import CookieJar
from netmon.collectors.http.settings import HttpSettings
from netmon.collectors.mask import Mask
from netmon.kernel.clock import FakeClock, SystemClock
from netmon.kernel.secrets import SecretError
from netmon.model.looks import Outcome
from netmon.model.moments import SECOND, Duration
from netmon.model.states import Reason
from netmon.ports import SecretQuestions
from tests.collectors.http.conftest import Look, Open, Script, answer
from tests.collectors.makers import check, ground

PASSWORD = "mat-khau-rat-dai"
TOKEN = "csrf&5f3a91"
FORM = b'<html><form><input name="csrf" value="csrf&amp;5f3a91"></form></html>'


def pages(*, requests: list[str], **said: bytes) -> Script:
    """A site whose pages say what is *said* by path; every request is noted with its body."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("Content-Length:")), 0)
        requests.append(head + (await reader.readexactly(length)).decode())
        path = head.split()[1].partition("?")[0].strip("/").replace("/", "_") or "root"
        writer.write(said.get(path, answer(status="404 Not Found")))

    return script


LOGIN: dict[str, Any] = {
    "steps": [
        {"name": "form", "url": "/login", "capture": {"csrf": {"regex": 'name="csrf" value="([^"]+)"'}}},
        {
            "name": "login",
            "url": "/login",
            "method": "POST",
            "form": {"user": "netmon", "password": "env:PORTAL", "csrf": "${csrf}"},
            "headers": {"X-Csrf": "${csrf}"},
            "expect": {"status": 302},
            "capture": {"case": {"header": "X-Case"}},
        },
        {
            "name": "case",
            "url": "/case/${case}?t=${csrf}",
            "expect": {"json": {"/state": "open"}},
            "values": {"days": "/days"},
        },
    ]
}


def on(**secrets: str) -> Any:
    known = {"env:PORTAL": PASSWORD} | {f"env:{name}": value for name, value in secrets.items()}
    return ground(clock=SystemClock(), secrets=known)


def durations(outcome: Outcome) -> list[str]:
    tables = [table for table in outcome.readings if "netmon_http_step_duration_seconds" in table.columns]
    return [dict(labels)["step"] for table in tables for labels in table.labels]


async def test_a_form_log_in_carries_token_cookie_and_secret_from_step_to_step(site: Open, look: Look) -> None:
    requests: list[str] = []
    web = await site(
        pages(
            requests=requests,
            login=answer(FORM, headers="Content-Type: text/html\r\nSet-Cookie: sid=phien-lam-viec; HttpOnly\r\n"
                         "X-Case: 7/8\r\nLocation: /home\r\n"),
            case_7_8=b"", **{"case_7%2F8": answer(b'{"state": "open", "days": 3}')},
        )
    )  # fmt: skip

    settings = {**LOGIN, "steps": [LOGIN["steps"][0], {**LOGIN["steps"][1], "expect": {}}, LOGIN["steps"][2]]}
    outcome = await look(f"http://127.0.0.1:{web.port}/", on=on(), **settings)

    assert outcome.failure is None
    assert durations(outcome) == ["form", "login", "case"]
    assert outcome.readings[-1].columns == {"netmon_http_value": (3.0,)}
    assert "Cookie" not in requests[0]
    assert requests[1].startswith("POST /login HTTP/1.1\r\n")
    assert requests[1].endswith(f"\r\n\r\nuser=netmon&password={PASSWORD}&csrf=csrf%265f3a91")
    assert f"X-Csrf: {TOKEN}\r\n" in requests[1]
    assert "Cookie: sid=phien-lam-viec\r\n" in requests[1]
    assert requests[2].startswith("GET /case/7%2F8?t=csrf%265f3a91 HTTP/1.1\r\n")


async def test_the_step_that_fails_is_named_and_nothing_that_was_sent_is_shown(site: Open, look: Look) -> None:
    requests: list[str] = []
    echo = f"<p>{PASSWORD} {TOKEN} phien-lam-viec</p>".encode()
    set_cookie = "Set-Cookie: sid=phien-lam-viec\r\nContent-Type: text/html\r\n"
    web = await site(pages(requests=requests, login=answer(FORM + echo, headers=set_cookie)))

    outcome = await look(f"http://127.0.0.1:{web.port}/", on=on(), **LOGIN)

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.UNEXPECTED
    assert outcome.failure.evidence.startswith(f'step "login": http://127.0.0.1:{web.port}/login: status 200 OK')
    for secret in (PASSWORD, TOKEN, "phien-lam-viec"):
        assert secret not in outcome.failure.evidence
    assert durations(outcome) == ["form", "login"]
    assert len(requests) == 2


async def test_what_cannot_be_captured_is_said(site: Open, look: Look) -> None:
    web = await site(pages(requests=[], login=answer(b"<html>bao tri</html>")))
    outcome = await look(f"http://127.0.0.1:{web.port}/", on=on(), **LOGIN)
    assert outcome.failure is not None
    assert outcome.failure.evidence == (
        f'step "form": http://127.0.0.1:{web.port}/login: holds nothing to capture as csrf; '
        'it begins "<html>bao tri</html>"'
    )


async def test_all_steps_share_one_deadline(site: Open, look: Look) -> None:
    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/second" not in head:
            writer.write(answer())
        else:
            await reader.read()

    web = await site(stall)
    steps = [{"name": "first", "url": "/first"}, {"name": "second", "url": "/second"}, {"name": "third"}]

    outcome = await look(f"http://127.0.0.1:{web.port}/", Duration(SECOND), steps=steps)

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.TIMEOUT
    assert outcome.failure.evidence == f'step "second": http://127.0.0.1:{web.port}/second: no answer within 1 s'
    assert outcome.took == SECOND
    await web.closed.wait()


async def test_json_is_sent_with_secrets_and_captured_values_in_it(site: Open, look: Look) -> None:
    requests: list[str] = []
    web = await site(pages(requests=requests, token=answer(b'{"access": {"token": "ab\\"c"}}'), api=answer()))
    steps = [
        {"name": "token", "url": "/token", "method": "POST", "json": {"user": "u", "secret": ["env:PORTAL", 5]},
         "capture": {"token": {"json": "/access/token"}}},
        {"name": "api", "url": "/api", "headers": {"Authorization": "Bearer ${token}"}, "method": "PUT",
         "json": {"said": "${token}"}},
    ]  # fmt: skip

    outcome = await look(f"http://127.0.0.1:{web.port}/", on=on(), steps=steps, headers={"X-All": "1"})

    assert outcome.failure is None
    assert requests[0].endswith(f'\r\n\r\n{{"user": "u", "secret": ["{PASSWORD}", 5]}}')
    assert "Content-Type: application/json\r\n" in requests[0]
    assert 'Authorization: Bearer ab"c\r\n' in requests[1]
    assert requests[1].endswith('{"said": "ab\\"c"}')
    assert all("X-All: 1\r\n" in request for request in requests)


async def test_a_captured_line_end_forges_no_header(site: Open, look: Look) -> None:
    requests: list[str] = []
    web = await site(pages(requests=requests, root=answer(b'{"t": "a\\r\\nX-Forged: 1"}')))
    steps = [
        {"name": "one", "capture": {"t": {"json": "/t"}}},
        {"name": "two", "headers": {"X-T": "${t}"}},
    ]
    outcome = await look(f"http://127.0.0.1:{web.port}/", steps=steps)
    assert outcome.failure is not None
    assert 'step "two"' in outcome.failure.evidence
    assert 'for the header "X-T" cannot be sent' in outcome.failure.evidence
    assert len(requests) == 1


async def test_half_a_letter_can_be_captured_and_sent(site: Open, look: Look) -> None:
    requests: list[str] = []
    web = await site(pages(requests=requests, root=answer(b'{"t": "\\ud800abc"}')))
    steps = [
        {"name": "one", "capture": {"t": {"json": "/t"}}},
        {"name": "two", "method": "POST", "form": {"t": "${t}"}},
    ]
    outcome = await look(f"http://127.0.0.1:{web.port}/", steps=steps)
    assert outcome.failure is None
    assert requests[1].endswith("\r\n\r\nt=%EF%BF%BDabc")


@pytest.mark.parametrize("captured", [".", ".."])
async def test_a_captured_value_leads_to_no_other_folder(captured: str, site: Open, look: Look) -> None:
    requests: list[str] = []
    web = await site(pages(requests=requests, root=answer(headers=f"X-Case: {captured}\r\n")))
    steps = [
        {"name": "one", "capture": {"case": {"header": "X-Case"}}},
        {"name": "two", "url": "/case/${case}/close", "method": "DELETE"},
    ]
    outcome = await look(f"http://127.0.0.1:{web.port}/", steps=steps)
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.FORBIDDEN
    assert "leads to another folder" in outcome.failure.evidence
    assert len(requests) == 1


async def test_a_long_secret_in_a_path_is_not_shown_in_part_and_a_short_value_hides_nothing(
    site: Open, look: Look
) -> None:
    token = "0123456789abcdef" * 10
    web = await site(pages(requests=[], root=answer(headers=f"X-Token: {token}\r\nX-Page: 1\r\n")))
    steps = [
        {"name": "one", "capture": {"token": {"header": "X-Token"}, "page": {"header": "X-Page"}}},
        {"name": "two", "url": "/reset/${token}/${page}"},
    ]
    outcome = await look(f"http://127.0.0.1:{web.port}/", steps=steps)
    assert outcome.failure is not None
    assert outcome.failure.evidence.startswith(
        f'step "two": http://127.0.0.1:{web.port}/reset/…: status 404 Not Found, expected 2xx'
    )


def test_many_words_in_a_cookie_are_hidden_as_one() -> None:
    cookie = " ".join(f"tu-{number}" for number in range(500))
    mask = Mask([f"Bearer {PASSWORD}"], whole=[cookie])
    assert mask.over(f"a {PASSWORD} tu-7 {cookie} b") == "a *** tu-7 *** b"


async def test_a_post_that_is_redirected_becomes_a_get_unless_the_server_says_otherwise(site: Open, look: Look) -> None:
    for status, method in (("303 See Other", "GET"), ("302 Found", "GET"), ("307 Temporary Redirect", "POST")):
        requests: list[str] = []
        moved = answer(status=status, headers="Location: /there\r\n")
        web = await site(pages(requests=requests, here=moved, there=answer()))
        outcome = await look(f"http://127.0.0.1:{web.port}/here", method="POST", body="xin chao")
        assert outcome.failure is None
        assert requests[1].startswith(f"{method} /there")
        assert requests[1].endswith("xin chao") is (method == "POST")


async def test_what_is_sent_does_not_follow_a_redirect_to_another_host(site: Open, look: Look) -> None:
    other = await site(answer())
    web = await site(answer(status="308 Permanent Redirect", headers=f"Location: http://127.0.0.1:{other.port}/\r\n"))
    outcome = await look(f"http://127.0.0.1:{web.port}/", on=on(), method="POST", form={"password": "env:PORTAL"})
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.FORBIDDEN
    assert other.requests == []


async def test_headers_for_all_steps_go_to_the_host_of_the_url_alone(site: Open, look: Look) -> None:
    other, web = await site(answer()), await site(answer())
    steps = [{"name": "here"}, {"name": "there", "url": f"http://127.0.0.1:{other.port}/"}]
    outcome = await look(f"http://127.0.0.1:{web.port}/", on=on(), steps=steps, headers={"X-Key": "env:PORTAL"})
    assert outcome.failure is None
    assert PASSWORD in web.requests[0]
    assert PASSWORD not in other.requests[0]


def cookies(*written: str, at: str = "https://h/app/page", to: str = "https://h/app/other") -> str:
    jar = CookieJar(FakeClock())
    jar.take(httpx.URL(at), written)
    return jar.header(httpx.URL(to))


@pytest.mark.parametrize(
    ("sent", "written", "to"),
    [
        ("a=1", ["a=1"], "https://h/app/other"),
        ("", ["a=1"], "https://h/other"),
        ("", ["a=1"], "https://h/apple"),
        ("a=1", ["a=1; Path=/"], "http://h/other"),
        ("", ["a=1; Path=/; Secure"], "http://h/other"),
        ("", ["a=1; Path=/; Domain=example.vn"], "https://www.example.vn/"),
        ("a=2", ["a=1", "a=2"], "https://h/app/"),
        ("", ["a=1", "a=; Max-Age=0"], "https://h/app/"),
        ("", ["a=1", "a=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], "https://h/app/"),
        ("a=x", ["a=x; Expires=Thu, 01 Jan 2970 00:00:00 GMT"], "https://h/app/"),
        ("a=x", ["a=x; Expires=whenever"], "https://h/app/"),
        ("", ["a=" + "x" * 5_000, "=1", "none", "b=\x00", "c d=1"], "https://h/app/"),
    ],
)
def test_a_cookie_goes_back_to_where_it_came_from(sent: str, written: list[str], to: str) -> None:
    assert cookies(*written, to=to) == sent


def test_only_so_many_cookies_are_kept() -> None:
    assert cookies(*(f"c{n}=1" for n in range(500))).count("=") == 50


async def test_a_rotated_secret_has_another_fingerprint_which_tells_nothing_of_it() -> None:
    secrets = {"env:PORTAL": PASSWORD}
    async with KIND.open(ground(secrets=secrets)) as questions:
        assert isinstance(questions, SecretQuestions)
        spec = check("http", "h", {"url": "http://h/", **LOGIN})
        before = questions.fingerprint(spec)
        assert before == questions.fingerprint(spec)
        assert PASSWORD not in before
        secrets["env:PORTAL"] = "khac"
        assert questions.fingerprint(spec) != before
        assert questions.fingerprint(check("http", "h", {"url": "http://h/"})) == ""


async def test_a_secret_that_no_header_can_carry_is_told_before_anything_is_asked() -> None:
    async with KIND.open(ground(secrets={"env:X": "a\nb"})) as questions:
        assert isinstance(questions, SecretQuestions)
        with pytest.raises(SecretError, match='header "X-Key"'):
            questions.fingerprint(check("http", "h", {"url": "http://h/", "headers": {"X-Key": "env:X"}}))


def step(**rest: Any) -> dict[str, Any]:
    return {"name": "a", **rest}


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ({"form": {"a": "b"}}, "GET sends no body"),
        ({"method": "POST", "form": {"a": "b"}, "body": "c"}, "one body is sent"),
        ({"steps": [step(), step()]}, 'two steps have the name "a"'),
        ({"steps": [step(values={"x": "/x"}), step(name="b", values={"x": "/x"})]}, 'two steps have a value "x"'),
        ({"steps": [step(url="/${t}")]}, "no step before it captures"),
        ({"steps": [step(headers={"X": "${t}"}, capture={"t": {"header": "T"}})]}, "no step before it captures"),
        ({"steps": [step()], "expect": {"status": 200}}, "stand in each step"),
        ({"steps": [step(capture={"t": {}})]}, "stands in one place"),
        ({"steps": [step(capture={"t": {"regex": "abc"}})]}, "exactly one group"),
        ({"steps": [step(capture={"t": {"regex": "(a)|(b)"}})]}, "exactly one group"),
        ({"steps": [step(capture={"t": {"header": "a b"}})]}, "no name of a header"),
        ({"steps": [step(method="HEAD", capture={"t": {"json": "/a"}})]}, "no body to capture"),
        ({"steps": [step(url="ftp://h/")]}, "http and https"),
        (
            {"steps": [step(capture={"t": {"header": "T"}}), step(name="b", url="http://${t}/")]},
            "depends on what was captured",
        ),
        ({"steps": [step(name=str(n)) for n in range(21)]}, "at most 20"),
    ],
)
def test_a_mistake_in_the_steps_is_explained(settings: dict[str, Any], cause: str) -> None:
    with pytest.raises(ValidationError, match=cause):
        HttpSettings.model_validate({"url": "http://h/", **settings})


def test_steps_survive_the_plan() -> None:
    settings = HttpSettings.model_validate({"url": "https://h/", **LOGIN})
    assert HttpSettings.model_validate(settings.model_dump(mode="json")) == settings
