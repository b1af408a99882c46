"""Redirects: followed where that is safe, refused where a server would lead us astray."""

from __future__ import annotations

import ipaddress

import httpx
import pytest

from netmon.collectors.dialing import Dialer
from netmon.collectors.http.connection import HttpDialer, Tls
from netmon.collectors.http.visit import find_target
from netmon.collectors.miss import MissError
from netmon.collectors.names import Names
from netmon.collectors.permission import Networks, find_refusal, parse_literal
from netmon.collectors.phases import Stopwatch
from netmon.collectors.trust import TrustStore
from netmon.kernel.clock import SystemClock
from netmon.model.states import Reason
from tests.collectors.http.conftest import PLENTY, Look, Open, answer
from tests.collectors.makers import ground

LOOPBACK = ipaddress.ip_network("127.0.0.0/16")


def moved(to: str) -> bytes:
    return answer(status="302 Found", headers=f"Location: {to}\r\n")


async def test_a_redirect_is_followed_to_the_page(site: Open, look: Look) -> None:
    page = await site(answer("Cổng thông tin".encode()))
    front = await site(moved(f"http://127.0.0.1:{page.port}/vi?lang=vi#top"))

    outcome = await look(f"http://127.0.0.1:{front.port}/", expect={"body": "Cổng thông tin"})

    assert outcome.failure is None
    assert page.requests[0].startswith("GET /vi?lang=vi HTTP/1.1\r\n")


async def test_headers_of_the_check_do_not_follow_a_redirect_to_another_host(site: Open, look: Look) -> None:
    page = await site(answer())
    front = await site(moved(f"http://127.0.0.1:{page.port}/"))
    on = ground(clock=SystemClock(), secrets={"env:PORTAL": "rat-bi-mat"})

    await look(f"http://127.0.0.1:{front.port}/", on=on, headers={"Authorization": "env:PORTAL"})

    assert "rat-bi-mat" in front.requests[0]
    assert "authorization" not in page.requests[0].lower()


async def test_a_circle_of_redirects_ends(site: Open, look: Look) -> None:
    web = await site(moved("/again"))

    outcome = await look(f"http://127.0.0.1:{web.port}/", redirects=2)

    assert len(web.requests) == 3
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.UNEXPECTED
    assert outcome.failure.evidence.endswith("/: more than 2 redirects")


async def test_without_redirects_the_first_answer_counts(site: Open, look: Look) -> None:
    web = await site(moved("/again"))
    outcome = await look(f"http://127.0.0.1:{web.port}/", redirects=0, expect={"status": 302})
    assert outcome.failure is None
    assert len(web.requests) == 1


async def test_a_redirect_that_is_expected_is_not_followed(site: Open, look: Look) -> None:
    web = await site(moved("http://192.0.2.1/login"))
    assert (await look(f"http://127.0.0.1:{web.port}/", expect={"status": "3xx"})).failure is None


async def test_a_redirect_out_of_the_allowed_networks_is_forbidden(site: Open, look: Look) -> None:
    web = await site(moved("http://169.254.169.254/latest/meta-data/"))
    on = ground(clock=SystemClock(), networks=(LOOPBACK,))

    outcome = await look(f"http://127.0.0.1:{web.port}/", on=on)

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.FORBIDDEN
    assert outcome.failure.evidence == (
        "http://169.254.169.254/latest/meta-data/ leads to 169.254.169.254: it lies outside the allowed networks"
    )


async def test_the_url_itself_must_lie_in_the_allowed_networks(look: Look) -> None:
    outcome = await look("http://127.9.0.1:1/", on=ground(clock=SystemClock(), networks=(LOOPBACK,)))
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.FORBIDDEN


async def test_a_name_that_turns_into_a_forbidden_address_is_forbidden() -> None:
    dialer = HttpDialer(Dialer((), Names(lambda name: ("127.0.0.1", "::ffff:169.254.169.254"))), TrustStore())
    outside = ipaddress.ip_address("192.0.2.1")
    with pytest.raises(MissError) as caught:
        await dialer.dial(
            httpx.URL("http://rebound.example.vn/"),
            Tls("rebound.example.vn", None),
            Stopwatch(PLENTY),
            asked_first=outside,
        )
    assert caught.value.failure.reason is Reason.FORBIDDEN


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        pytest.param("file:///etc/passwd", Reason.FORBIDDEN, id="a file"),
        pytest.param("javascript:alert(1)", Reason.FORBIDDEN, id="a script"),
        pytest.param("ftp://portal.example.vn/", Reason.FORBIDDEN, id="another protocol"),
        pytest.param("https://admin:x@portal.example.vn/", Reason.FORBIDDEN, id="with a password"),
        pytest.param("http://portal.example.vn/", Reason.FORBIDDEN, id="from https down to http"),
        pytest.param("https://[::1/", Reason.MALFORMED, id="no URL"),
    ],
)
def test_a_location_that_must_not_be_followed(location: str, reason: Reason) -> None:
    with pytest.raises(MissError) as caught:
        find_target(httpx.URL("https://portal.example.vn/a?token=bi-mat"), location)
    assert caught.value.failure.reason is reason
    assert "bi-mat" not in caught.value.failure.evidence


def test_a_location_longer_than_any_url_is_not_even_read() -> None:
    with pytest.raises(MissError) as caught:
        find_target(httpx.URL("https://portal.example.vn/"), "/" + "ữ" * 20_000)
    assert caught.value.failure.reason is Reason.FORBIDDEN
    assert caught.value.failure.evidence.endswith("a URL has at most 2048 characters")


EVERYWHERE = tuple(map(ipaddress.ip_network, ("0.0.0.0/0", "::/0")))


@pytest.mark.parametrize("networks", [(), EVERYWHERE], ids=["nothing is forbidden", "everything is listed"])
@pytest.mark.parametrize(
    ("address", "first", "allowed"),
    [
        ("192.0.2.7", "192.0.2.1", True),
        ("10.0.0.7", "192.0.2.1", True),
        ("127.0.0.1", "192.0.2.1", False),
        ("169.254.169.254", "192.0.2.1", False),
        ("169.254.169.254", "127.0.0.1", False),
        ("169.254.1.2", "169.254.1.1", True),
        ("::1", "2001:db8::1", False),
        ("fe80::1", "2001:db8::1", False),
        ("0.0.0.0", "192.0.2.1", False),
        ("::", "2001:db8::1", False),
        ("224.0.0.1", "192.0.2.1", False),
        ("::ffff:127.0.0.1", "192.0.2.1", False),
        ("127.0.0.2", "127.0.0.1", True),
        ("127.0.0.1", None, True),
    ],
)
def test_a_redirect_finds_no_door_to_the_machine_itself(
    address: str, first: str | None, allowed: bool, networks: Networks
) -> None:
    target = parse_literal(address)
    assert target is not None
    refusal = find_refusal(target, networks, asked_first=parse_literal(first) if first else None)
    assert (refusal is None) is allowed


async def test_a_redirect_to_the_clouds_metadata_is_forbidden_even_where_every_network_is_allowed(
    site: Open, look: Look
) -> None:
    web = await site(moved("http://169.254.169.254/latest/meta-data/"))
    on = ground(clock=SystemClock(), networks=EVERYWHERE)

    outcome = await look(f"http://127.0.0.1:{web.port}/", on=on)

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.FORBIDDEN
    assert outcome.failure.evidence == (
        "http://169.254.169.254/latest/meta-data/ leads to 169.254.169.254: "
        "a redirect must not lead to link-local addresses"
    )
