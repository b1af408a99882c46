"""What every check of a mail server must survive: refused, silent, slow, malformed, endless and cancelled servers."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from netmon.kernel.clock import SystemClock
from netmon.kernel.secrets import SecretError
from netmon.model.looks import CannotTellError, Failure
from netmon.model.states import Reason
from netmon.ports import CollectorKind, SecretQuestions
from tests.collectors.authority import Authority
from tests.collectors.conftest import Serve
from tests.collectors.deadlines import run_out
from tests.collectors.mail import (
    IMAP,
    PLENTY,
    SHORT,
    SMTP,
    MailServer,
    failure_of,
    imap_server,
    look,
    scalars,
    smtp_server,
)
from tests.collectors.makers import check, ground
from tests.collectors.scripts import dribbling

TRUSTING = {"user": "lan", "password": "env:PASSWORD"}
each_kind = pytest.mark.parametrize("kind", [SMTP, IMAP], ids=lambda kind: kind.name)


def good_server(kind: CollectorKind, tls: ssl.SSLContext | None = None) -> MailServer:
    """A server that offers STARTTLS and says what must be said for a whole look."""
    if kind is SMTP:
        polite = {"EHLO": "250-mail\r\n250 STARTTLS\r\n", "STARTTLS": "220 go\r\n", "QUIT": "221 bye\r\n"}
        return smtp_server(answers=polite, secured=polite, tls=tls)
    polite = {
        "CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK\r\n",
        "STARTTLS": "{tag} OK go\r\n",
        "LOGOUT": "* BYE bye\r\n{tag} OK\r\n",
    }
    return imap_server(answers=polite, secured=polite, tls=tls)


@each_kind
@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
async def test_a_look_is_whole_with_and_without_tls_and_leaves_nothing_open(
    security: str, kind: CollectorKind, serve: Serve, authority: Authority
) -> None:
    context = authority.server_context("127.0.0.1")
    played = good_server(kind, context if security == "starttls" else None)
    server = await serve(played, tls=context if security == "tls" else None)

    numbers = scalars(await look(kind, server.port, security=security, trust=str(authority.bundle)))

    assert any(name.endswith("expiry_timestamp_seconds") for name in numbers) == (security != "none")
    assert played.heard[-1].endswith(("QUIT", "LOGOUT"))
    async with asyncio.timeout(20):
        await server.closed.wait()


@each_kind
async def test_a_server_that_does_not_part_has_answered_all_the_same(kind: CollectorKind, serve: Serve) -> None:
    played = good_server(kind)
    played.answers = {key: answer for key, answer in played.answers.items() if key not in ("QUIT", "LOGOUT")}
    outcome = await run_out(look(kind, (await serve(played)).port), played.is_silent)
    assert outcome.failure is None
    assert outcome.took < PLENTY


@each_kind
@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_that_ends_soon_is_a_flaw_and_one_that_has_ended_a_miss(
    security: str, kind: CollectorKind, serve: Serve, authority: Authority
) -> None:
    async def look_at(days: tuple[float, float]) -> Any:
        context = authority.server_context("127.0.0.1", days=days)
        played = good_server(kind, context if security == "starttls" else None)
        server = await serve(played, tls=context if security == "tls" else None)
        return await look(kind, server.port, security=security, trust=str(authority.bundle))

    soon, ended = await look_at((-1, 3.01)), await look_at((-9, -1))

    assert soon.failure is None
    assert soon.flaw is not None
    assert soon.flaw.reason is Reason.CERTIFICATE_EXPIRES_SOON
    assert soon.flaw.evidence.endswith("in 3 d")
    assert failure_of(ended).reason is Reason.CERTIFICATE_EXPIRED


@each_kind
async def test_a_certificate_of_another_name_ends_the_look_before_anything_secret_is_said(
    kind: CollectorKind, serve: Serve, authority: Authority
) -> None:
    played = good_server(kind, authority.server_context("mail.example.vn"))
    server = await serve(played)
    knowing = ground(clock=SystemClock(), secrets={"env:PASSWORD": "bí mật"})

    rest = {"security": "starttls", "trust": str(authority.bundle), **TRUSTING}
    outcome = await look(kind, server.port, on=knowing, **rest)
    nobody = rest | {"user": None, "password": None}
    named, absolute = [
        await look(kind, server.port, server_name=name, **nobody) for name in ("mail.example.vn", "mail.example.vn.")
    ]

    assert failure_of(outcome).reason is Reason.CERTIFICATE_INVALID
    assert (named.failure, absolute.failure) == (None, None)
    assert not any("AUTH" in line or "LOGIN" in line for line in played.heard)


@each_kind
async def test_words_slipped_in_before_tls_do_not_count_as_said_by_tls(
    kind: CollectorKind, serve: Serve, authority: Authority
) -> None:
    played = good_server(kind, authority.server_context("127.0.0.1"))
    played.answers = {**played.answers, "STARTTLS": f"{played.answers['STARTTLS']}250 slipped in\r\n"}
    server = await serve(played)

    failure = failure_of(await look(kind, server.port, security="starttls", trust=str(authority.bundle)))

    assert failure.reason is Reason.MALFORMED
    assert failure.evidence.endswith('went on in the clear after agreeing on TLS: "250 slipped in"')


@each_kind
async def test_a_handshake_that_never_ends_times_out(kind: CollectorKind, serve: Serve, authority: Authority) -> None:
    played = good_server(kind)
    server = await serve(played)
    looking = look(kind, server.port, security="starttls", trust=str(authority.bundle))
    outcome = await run_out(looking, played.is_silent)
    assert failure_of(outcome) == Failure(
        Reason.TIMEOUT, f"127.0.0.1:{server.port}: the TLS handshake was not finished within 20 s"
    )


@each_kind
async def test_a_closed_port_is_refused(kind: CollectorKind, closed_port: int) -> None:
    assert failure_of(await look(kind, closed_port)).reason is Reason.REFUSED


@each_kind
async def test_a_server_that_never_accepts_the_connection_times_out(kind: CollectorKind, full_port: int) -> None:
    failure = failure_of(await look(kind, full_port, SHORT))
    assert failure.reason is Reason.TIMEOUT
    assert "no connection" in failure.evidence


@each_kind
async def test_a_server_without_a_word_times_out_at_the_greeting(kind: CollectorKind, serve: Serve) -> None:
    accepted = asyncio.Event()

    async def accept(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        accepted.set()

    server = await serve(accept)
    outcome = await run_out(look(kind, server.port), accepted)
    assert outcome.took == PLENTY
    assert failure_of(outcome) == Failure(
        Reason.TIMEOUT, f"127.0.0.1:{server.port}: the greeting did not come within 20 s"
    )


@each_kind
async def test_a_greeting_that_dribbles_is_bounded_by_the_whole_deadline(kind: CollectorKind, serve: Serve) -> None:
    outcome = await look(kind, (await serve(dribbling(b"2"))).port, SHORT)
    assert outcome.took == SHORT
    assert failure_of(outcome).reason is Reason.TIMEOUT


@each_kind
async def test_what_was_not_answered_is_named(kind: CollectorKind, serve: Serve) -> None:
    played = good_server(kind)
    played.answers = {}
    failure = failure_of(await run_out(look(kind, (await serve(played)).port), played.is_silent))
    assert failure.reason is Reason.TIMEOUT
    asked = "EHLO" if kind is SMTP else "CAPABILITY"
    assert failure.evidence.endswith(f"the answer to {asked} did not come within 20 s")


@each_kind
async def test_a_server_that_hangs_up_cut_us_off(kind: CollectorKind, serve: Serve) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"22")
        await writer.drain()
        writer.write_eof()

    failure = failure_of(await look(kind, (await serve(hang_up)).port))
    assert failure.reason is Reason.CUT_OFF
    assert failure.evidence.endswith("closed before the greeting came")


@each_kind
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param(b"\x16\x03\x01\x02\x00" + b"\xff" * 20 + b"\n", Reason.MALFORMED, id="bytes of another protocol"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", Reason.MALFORMED, id="a web server"),
        pytest.param(b"2" * 100_000, Reason.TOO_LARGE, id="a line without an end"),
    ],
)
async def test_what_is_no_mail_server_is_told_from_what_is(
    said: bytes, reason: Reason, kind: CollectorKind, serve: Serve
) -> None:
    failure = failure_of(await look(kind, (await serve(said)).port))
    assert failure.reason is reason
    assert failure.evidence.isprintable()
    assert len(failure.evidence) <= 300


@each_kind
@pytest.mark.parametrize("security", ["none", "starttls"])
async def test_a_cancelled_look_leaves_no_connection_open(security: str, kind: CollectorKind, serve: Serve) -> None:
    played = good_server(kind)
    reached = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if security == "starttls":
            await played(reader, writer)  # to the handshake, which is never answered
        reached.set()
        await reader.read()

    server = await serve(silent)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        looking = group.create_task(look(kind, server.port, security=security))
        await reached.wait()
        looking.cancel()
        await server.closed.wait()


@each_kind
async def test_an_address_outside_the_allowed_networks_is_not_contacted(kind: CollectorKind) -> None:
    elsewhere = ground(networks=(ipaddress.ip_network("10.0.0.0/8"),))
    assert failure_of(await look(kind, 1, on=elsewhere)).reason is Reason.FORBIDDEN


@each_kind
async def test_a_bundle_that_is_missing_is_our_mistake_and_blames_no_server(
    kind: CollectorKind, tmp_path: Path, closed_port: int
) -> None:
    with pytest.raises(CannotTellError, match=r"ca\.pem"):
        await look(kind, closed_port, security="tls", trust=str(tmp_path / "ca.pem"))


@each_kind
async def test_a_password_is_known_by_its_fingerprint_which_tells_nothing_of_it(kind: CollectorKind) -> None:
    known = {"env:PASSWORD": "bí mật"}
    async with kind.open(ground(secrets=known)) as questions:
        assert isinstance(questions, SecretQuestions)
        with_login = check(kind.name, "127.0.0.1", TRUSTING)
        before = questions.fingerprint(with_login)
        assert questions.fingerprint(with_login) == before
        assert questions.fingerprint(check(kind.name, "127.0.0.1")) == ""
        known["env:PASSWORD"] = "khác"
        assert questions.fingerprint(with_login) != before
        known["env:PASSWORD"] = "a\0b"
        with pytest.raises(SecretError, match="holds a NUL"):
            questions.fingerprint(with_login)


@each_kind
@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"user": "lan"}, "both user and password"),
        ({"password": "env:PASSWORD"}, "both user and password"),
        ({"user": "lan", "password": "env:PASSWORD", "security": "none"}, "not sent in the clear"),
        ({"user": "lan", "password": "bí mật"}, "a secret stands elsewhere"),
        ({"user": "lan\r\nQUIT", "password": "env:PASSWORD"}, "should match pattern"),
        ({"port": 465}, "write security: tls"),
        ({"port": 993, "security": "none"}, "write security: tls"),
        ({"port": 0}, "greater than or equal to 1"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    settings: dict[str, Any], told: str, kind: CollectorKind
) -> None:
    with pytest.raises(ValidationError, match=told):
        kind.settings.model_validate(settings)
