"""Certificates: good, about to end, ended, and not to be believed."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from netmon.model.looks import CannotTellError
from netmon.model.moments import MILLISECOND, Duration
from netmon.model.states import Reason
from tests.collectors.authority import Authority
from tests.collectors.http.conftest import Look, Open, answer

EXPIRY = "netmon_http_certificate_expiry_timestamp_seconds"


async def test_a_good_certificate_brings_the_moment_at_which_it_ends(
    site: Open, look: Look, authority: Authority, now: datetime
) -> None:
    web = await site(answer(b"xin chao"), tls=authority.server_context("127.0.0.1"))

    outcome = await look(f"https://127.0.0.1:{web.port}/", trust=str(authority.bundle))

    assert outcome.failure is None
    assert outcome.flaw is None
    (ends,) = outcome.readings[0].columns[EXPIRY]
    assert ends == pytest.approx((now + timedelta(days=365)).timestamp(), abs=2)


async def test_a_certificate_that_ends_soon_is_a_flaw(site: Open, look: Look, authority: Authority) -> None:
    web = await site(answer(), tls=authority.server_context("127.0.0.1", days=(-1, 10.01)))
    url = f"https://127.0.0.1:{web.port}/"

    outcome = await look(url, trust=str(authority.bundle))

    assert outcome.failure is None
    assert outcome.flaw is not None
    assert outcome.flaw.reason is Reason.CERTIFICATE_EXPIRES_SOON
    assert outcome.flaw.evidence.endswith("in 10 d")
    assert (await look(url, trust=str(authority.bundle), certificate_warning="7d")).flaw is None


async def test_the_certificate_that_ends_first_is_named_and_a_captured_value_in_its_path_is_not(
    site: Open, look: Look, authority: Authority
) -> None:
    ending = await site(answer(), tls=authority.server_context("127.0.0.1", days=(-1, 10.01)))
    lasting = await site(answer(headers="X-Token: phien-lam-viec\r\n"), tls=authority.server_context("127.0.0.1"))
    steps = [
        {"name": "one", "capture": {"token": {"header": "X-Token"}}},
        {"name": "two", "url": f"https://127.0.0.1:{ending.port}/${{token}}/"},
        {"name": "three"},
    ]

    outcome = await look(f"https://127.0.0.1:{lasting.port}/", trust=str(authority.bundle), steps=steps)

    assert outcome.failure is None
    assert outcome.flaw is not None
    assert outcome.flaw.evidence.startswith(f"https://127.0.0.1:{ending.port}/***/: the certificate ends at ")


@pytest.mark.parametrize(
    ("name", "days", "reason", "evidence"),
    [
        pytest.param("127.0.0.1", (-30.0, -1.0), Reason.CERTIFICATE_EXPIRED, "certificate has expired", id="ended"),
        pytest.param("127.0.0.1", (1.0, 30.0), Reason.CERTIFICATE_INVALID, "not yet valid", id="not begun"),
        pytest.param("127.0.0.2", (-1.0, 30.0), Reason.CERTIFICATE_INVALID, "IP address mismatch", id="of another"),
    ],
)
async def test_a_bad_certificate_is_named(
    name: str,
    days: tuple[float, float],
    reason: Reason,
    evidence: str,
    site: Open,
    look: Look,
    authority: Authority,
) -> None:
    web = await site(answer(), tls=authority.server_context(name, days=days))

    outcome = await look(f"https://127.0.0.1:{web.port}/", trust=str(authority.bundle))

    assert outcome.failure is not None
    assert outcome.failure.reason is reason
    assert evidence in outcome.failure.evidence


async def test_an_authority_that_nobody_knows_vouches_for_nothing(site: Open, look: Look, authority: Authority) -> None:
    web = await site(answer(), tls=authority.server_context("127.0.0.1"))
    outcome = await look(f"https://127.0.0.1:{web.port}/")
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.CERTIFICATE_INVALID


async def test_the_name_that_the_certificate_must_carry_can_be_told(
    site: Open, look: Look, authority: Authority
) -> None:
    context = authority.server_context("portal.example.vn")
    asked: list[str | None] = []
    context.sni_callback = lambda connection, name, _: asked.append(name)
    web = await site(answer(), tls=context)
    url = f"https://127.0.0.1:{web.port}/"

    assert (await look(url, trust=str(authority.bundle), server_name="portal.example.vn")).failure is None
    assert asked == ["portal.example.vn"]


async def test_a_server_without_tls_is_told_from_one_that_is_down(site: Open, look: Look, authority: Authority) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer(b"this is plain"))

    web = await site(plain)
    outcome = await look(f"https://127.0.0.1:{web.port}/", trust=str(authority.bundle))
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.MALFORMED
    assert "no TLS was agreed" in outcome.failure.evidence


@pytest.mark.parametrize("farewell", ["close", "abort"])
async def test_a_server_that_hangs_up_during_the_handshake_cut_us_off(
    farewell: str, site: Open, look: Look, authority: Authority
) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if farewell == "abort":
            writer.transport.abort()

    web = await site(hang_up)
    outcome = await look(f"https://127.0.0.1:{web.port}/", trust=str(authority.bundle))
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.CUT_OFF


async def test_a_handshake_that_never_ends_times_out(site: Open, look: Look, authority: Authority) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        await asyncio.Event().wait()

    web = await site(silent)
    outcome = await look(f"https://127.0.0.1:{web.port}/", Duration(150 * MILLISECOND), trust=str(authority.bundle))
    assert outcome.failure is not None
    assert outcome.failure.evidence.endswith("the TLS handshake was not finished within 150 ms")
    web.server.close()


async def test_a_server_that_refuses_our_tls_is_named(site: Open, look: Look, authority: Authority) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"\x15\x03\x03\x00\x02\x02\x28")  # the alert "handshake failure"

    web = await site(refuse)
    outcome = await look(f"https://127.0.0.1:{web.port}/", trust=str(authority.bundle))
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.MALFORMED
    assert "handshake failure" in outcome.failure.evidence


@pytest.mark.parametrize("content", [None, b"no certificate"], ids=["missing", "empty of certificates"])
async def test_a_bundle_that_cannot_be_read_is_our_mistake_and_blames_no_server(
    content: bytes | None, site: Open, look: Look, authority: Authority, tmp_path: Path
) -> None:
    web = await site(answer(), tls=authority.server_context("127.0.0.1"))
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_bytes(content)
    with pytest.raises(CannotTellError, match=r"ca\.pem"):
        await look(f"https://127.0.0.1:{web.port}/", trust=str(bundle))
