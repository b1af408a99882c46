"""Handshakes: good ones with what they prove, certificates of every badness, and servers that speak no TLS."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from netmon.collectors.tls import KIND
from netmon.collectors.tls.settings import TlsSettings
from netmon.kernel.clock import SystemClock
from netmon.model.looks import CannotTellError, Failure, Outcome
from netmon.model.moments import MILLISECOND, SECOND, Duration
from netmon.model.states import Reason
from netmon.ports import Ground
from tests.collectors.authority import Authority
from tests.collectors.conftest import Serve
from tests.collectors.makers import check, ground
from tests.collectors.scripts import dribbling

PLENTY = Duration(20 * SECOND)
SHORT = Duration(150 * MILLISECOND)


async def look(
    port: int,
    timeout: Duration = PLENTY,
    *,
    host: str = "127.0.0.1",
    on: Ground | None = None,
    trust: Path | None = None,
    **settings: Any,
) -> Outcome:
    written = {"port": port, "trust": trust and str(trust), **settings}
    async with KIND.open(on or ground(clock=SystemClock())) as questions:
        return await questions.collector(check("tls", host, written), ()).look(timeout)


def failure_of(outcome: Outcome) -> Failure:
    assert outcome.failure is not None
    assert outcome.readings == ()
    return outcome.failure


def scalars(outcome: Outcome) -> Mapping[str, float]:
    assert outcome.failure is None
    (readings,) = outcome.readings
    return {name: value for name, (value,) in readings.columns.items() if value is not None}


async def test_a_good_handshake_brings_its_time_its_certificates_and_what_was_agreed(
    serve: Serve, authority: Authority, now: datetime
) -> None:
    server = await serve(b"", tls=authority.server_context("127.0.0.1"))

    outcome = await look(server.port, trust=authority.bundle)

    assert outcome.flaw is None
    numbers = scalars(outcome)
    assert set(numbers) == set(KIND.metrics)
    assert 0 < numbers["netmon_tls_handshake_seconds"] <= outcome.took / SECOND + 1e-6
    in_a_year = pytest.approx((now + timedelta(days=365)).timestamp(), abs=2)
    assert numbers["netmon_tls_certificate_expiry_timestamp_seconds"] == in_a_year
    assert numbers["netmon_tls_chain_expiry_timestamp_seconds"] == in_a_year
    assert outcome.facts is not None
    assert tuple(outcome.facts) == KIND.facts
    assert outcome.facts["version"] == "TLSv1.3"
    assert outcome.facts["issuer"] == "Cơ quan chứng thực thử nghiệm"


async def test_an_authority_between_that_ends_first_is_told_by_its_name(
    serve: Serve, authority: Authority, now: datetime
) -> None:
    server = await serve(b"", tls=authority.server_context("127.0.0.1", between=(-1, 5.01)))

    outcome = await look(server.port, trust=authority.bundle)

    numbers = scalars(outcome)
    chain, own = (
        numbers["netmon_tls_chain_expiry_timestamp_seconds"],
        numbers["netmon_tls_certificate_expiry_timestamp_seconds"],
    )
    assert chain == pytest.approx((now + timedelta(days=5.01)).timestamp(), abs=2)
    assert own == pytest.approx((now + timedelta(days=365)).timestamp(), abs=2)
    assert outcome.flaw is not None
    assert outcome.flaw.reason is Reason.CERTIFICATE_EXPIRES_SOON
    assert 'the certificate of the authority "Cơ quan trung gian" ends at 20' in outcome.flaw.evidence
    assert outcome.facts is not None
    assert outcome.facts["issuer"] == "Cơ quan trung gian"


async def test_a_certificate_that_ends_soon_is_a_flaw_and_how_soon_can_be_set(
    serve: Serve, authority: Authority
) -> None:
    server = await serve(b"", tls=authority.server_context("127.0.0.1", days=(-1, 10.01)))

    outcome = await look(server.port, trust=authority.bundle)

    assert outcome.failure is None
    assert outcome.flaw is not None
    assert outcome.flaw.reason is Reason.CERTIFICATE_EXPIRES_SOON
    assert outcome.flaw.evidence.startswith(f"127.0.0.1:{server.port}: the certificate ends at 20")
    assert outcome.flaw.evidence.endswith("in 10 d")
    assert (await look(server.port, trust=authority.bundle, certificate_warning="7d")).flaw is None


@pytest.mark.parametrize(
    ("name", "days", "between", "reason", "evidence"),
    [
        pytest.param("127.0.0.1", (-30, -1), None, Reason.CERTIFICATE_EXPIRED, "has expired", id="ended"),
        pytest.param("127.0.0.1", (1, 30), None, Reason.CERTIFICATE_INVALID, "not yet valid", id="not begun"),
        pytest.param("127.0.0.2", (-1, 30), None, Reason.CERTIFICATE_INVALID, "address mismatch", id="of another"),
        pytest.param("127.0.0.1", (-1, 30), (-9, -1), Reason.CERTIFICATE_EXPIRED, "has expired", id="ended above it"),
    ],
)
async def test_a_bad_certificate_is_named(
    name: str,
    days: tuple[float, float],
    between: tuple[float, float] | None,
    reason: Reason,
    evidence: str,
    serve: Serve,
    authority: Authority,
) -> None:
    server = await serve(b"", tls=authority.server_context(name, days=days, between=between))

    failure = failure_of(await look(server.port, trust=authority.bundle))

    assert failure.reason is reason
    assert evidence in failure.evidence


async def test_an_authority_that_nobody_knows_vouches_for_nothing(serve: Serve, authority: Authority) -> None:
    server = await serve(b"", tls=authority.server_context("127.0.0.1"))
    assert failure_of(await look(server.port)).reason is Reason.CERTIFICATE_INVALID


async def test_a_server_that_keeps_its_chain_to_itself_is_not_believed(serve: Serve, authority: Authority) -> None:
    own = authority.server_file("127.0.0.1", between=(-1, 30))
    alone = own.with_suffix(".alone.pem")
    alone.write_text(own.read_text().rpartition("-----BEGIN CERTIFICATE-----")[0])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(alone)
    server = await serve(b"", tls=context)

    failure = failure_of(await look(server.port, trust=authority.bundle))

    assert failure.reason is Reason.CERTIFICATE_INVALID
    assert "unable to get local issuer certificate" in failure.evidence


async def test_the_name_that_is_asked_for_is_the_one_that_the_certificate_must_carry(
    serve: Serve, authority: Authority
) -> None:
    context = authority.server_context("portal.example.vn")
    asked: list[str | None] = []
    context.sni_callback = lambda _, name, __: asked.append(name)
    server = await serve(b"", tls=context)

    good = await look(server.port, trust=authority.bundle, server_name="portal.example.vn")
    other = await look(server.port, trust=authority.bundle, server_name="mail.example.vn")

    assert good.failure is None
    assert failure_of(other).reason is Reason.CERTIFICATE_INVALID
    assert "mail.example.vn" in failure_of(other).evidence
    assert asked == ["portal.example.vn", "mail.example.vn"]


async def test_a_server_that_agrees_on_an_old_version_degrades_the_check(serve: Serve, authority: Authority) -> None:
    context = authority.server_context("127.0.0.1", days=(-1, 3.01))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    server = await serve(b"", tls=context)
    trust = {"trust": authority.bundle, "certificate_warning": "1d"}

    usual = await look(server.port, **trust)
    strict = await look(server.port, **trust, minimum="1.3")
    both = await look(server.port, trust=authority.bundle, minimum="1.3")

    assert usual.flaw is None
    assert usual.facts is not None
    assert usual.facts["version"] == "TLSv1.2"
    assert strict.flaw == Failure(
        Reason.UNEXPECTED, f"127.0.0.1:{server.port}: agreed on TLS 1.2, at least 1.3 is wanted"
    )
    assert both.flaw is not None
    assert both.flaw.reason is Reason.CERTIFICATE_EXPIRES_SOON
    assert both.flaw.evidence.endswith("in 3 d; agreed on TLS 1.2, at least 1.3 is wanted")


async def test_a_port_without_tls_is_told_from_one_that_is_closed(serve: Serve, authority: Authority) -> None:
    server = await serve(b"220 mail.example.vn ESMTP\r\n")

    failure = failure_of(await look(server.port, trust=authority.bundle))

    assert failure.reason is Reason.MALFORMED
    assert "no TLS was agreed" in failure.evidence


async def test_a_server_that_refuses_our_tls_is_named(serve: Serve, authority: Authority) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"\x15\x03\x03\x00\x02\x02\x46")  # the alert "protocol version"

    failure = failure_of(await look((await serve(refuse)).port, trust=authority.bundle))

    assert failure.reason is Reason.MALFORMED
    assert "protocol version" in failure.evidence


async def test_a_server_that_hangs_up_during_the_handshake_cut_us_off(serve: Serve, authority: Authority) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.transport.abort()

    assert failure_of(await look((await serve(hang_up)).port, trust=authority.bundle)).reason is Reason.CUT_OFF


async def test_a_handshake_that_never_ends_times_out(serve: Serve, authority: Authority) -> None:
    server = await serve(b"")
    outcome = await look(server.port, SHORT, trust=authority.bundle)
    assert outcome.took == SHORT
    assert failure_of(outcome) == Failure(
        Reason.TIMEOUT, f"127.0.0.1:{server.port}: the TLS handshake was not finished within 150 ms"
    )


async def test_a_handshake_that_dribbles_is_bounded_by_the_whole_deadline(serve: Serve, authority: Authority) -> None:
    head = b"\x16\x03\x03\x40\x00"  # the head of a record of 16 KiB
    outcome = await look((await serve(dribbling(b"\x02", after=head))).port, SHORT, trust=authority.bundle)
    assert failure_of(outcome).reason is Reason.TIMEOUT
    assert outcome.took == SHORT


async def test_a_closed_port_is_refused(closed_port: int) -> None:
    assert failure_of(await look(closed_port)).reason is Reason.REFUSED


async def test_a_server_that_never_accepts_the_connection_times_out(full_port: int) -> None:
    assert failure_of(await look(full_port, SHORT)).reason is Reason.TIMEOUT


async def test_a_cancelled_look_leaves_no_connection_open(serve: Serve, authority: Authority) -> None:
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)
        asked.set()
        await reader.read()

    server = await serve(silent)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        looking = group.create_task(look(server.port, trust=authority.bundle))
        await asked.wait()
        looking.cancel()
        await server.closed.wait()


async def test_no_look_leaves_its_connection_open(serve: Serve, authority: Authority) -> None:
    server = await serve(b"", tls=authority.server_context("127.0.0.1"))
    assert (await look(server.port, trust=authority.bundle)).failure is None
    async with asyncio.timeout(20):
        await server.closed.wait()


async def test_an_address_outside_the_allowed_networks_is_not_contacted() -> None:
    elsewhere = ground(networks=(ipaddress.ip_network("10.0.0.0/8"),))
    assert failure_of(await look(1, host="localhost", on=elsewhere)).reason is Reason.FORBIDDEN


async def test_a_name_that_nobody_knows_is_its_own_reason() -> None:
    assert failure_of(await look(443, host="khong-co.invalid")).reason is Reason.NAME_NOT_RESOLVED


async def test_a_bundle_that_is_missing_is_our_mistake_and_blames_no_server(tmp_path: Path) -> None:
    with pytest.raises(CannotTellError, match=r"ca\.pem"):
        await look(443, trust=tmp_path / "ca.pem")


def test_a_version_that_nobody_should_ask_for_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"'1\.2' or '1\.3'"):
        TlsSettings.model_validate({"minimum": "1.1"})
