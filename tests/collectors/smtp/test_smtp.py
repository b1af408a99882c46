"""Conversations with an SMTP server: as far as a mail, and never further."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from netmon.collectors.mail import encode
from netmon.collectors.smtp import KIND
from netmon.collectors.smtp.dialogue import address_literal
from netmon.collectors.smtp.settings import SmtpSettings
from netmon.kernel.clock import SystemClock
from netmon.kernel.secrets import SecretError
from netmon.model.looks import Failure
from netmon.model.states import Reason
from tests.collectors.authority import Authority
from tests.collectors.conftest import Serve
from tests.collectors.mail import failure_of, look, scalars, smtp_server
from tests.collectors.makers import ground

PASSWORD = "rất bí mật"
RESPONSE = encode(f"\0lan\0{PASSWORD}")
POLITE = {"EHLO": "250-mail.example.vn\r\n250 SIZE 1000\r\n", "RSET": "250 ok\r\n", "QUIT": "221 bye\r\n"}
PROTECTED = POLITE | {"EHLO": "250-mail.example.vn\r\n250-STARTTLS\r\n250 SIZE\r\n", "STARTTLS": "220 go ahead\r\n"}
TRUSTING = {"security": "starttls", "user": "lan", "password": "env:PASSWORD"}


def knowing(password: str = PASSWORD) -> Any:
    return ground(clock=SystemClock(), secrets={"env:PASSWORD": password})


async def test_a_server_that_greets_and_listens_is_left_with_a_goodbye(serve: Serve) -> None:
    played = smtp_server(answers=POLITE)
    server = await serve(played)

    outcome = await look(KIND, server.port)

    numbers = scalars(outcome)
    assert set(numbers) == {"netmon_smtp_duration_seconds", "netmon_smtp_greeting_seconds"}
    assert 0 < numbers["netmon_smtp_greeting_seconds"] <= numbers["netmon_smtp_duration_seconds"]
    assert played.heard == ["EHLO [127.0.0.1]", "QUIT"]


@pytest.mark.parametrize(
    ("address", "literal"),
    [("192.0.2.7", "[192.0.2.7]"), ("2001:db8::7", "[IPv6:2001:db8::7]"), ("fe80::7%eth0", "[IPv6:fe80::7]")],
)
def test_who_has_no_name_is_introduced_by_its_address(address: str, literal: str) -> None:
    assert address_literal(address) == literal


async def test_a_greeting_of_several_lines_is_read_whole_and_searched_for_its_text(serve: Serve) -> None:
    server = await serve(smtp_server("220-Sở Y tế\r\n220 ESMTP Postfix\r\n", answers=POLITE))

    assert (await look(KIND, server.port, expect="Sở Y tế ESMTP")).failure is None
    assert failure_of(await look(KIND, server.port, expect="Exim")) == Failure(
        Reason.UNEXPECTED,
        f'127.0.0.1:{server.port}: the greeting does not say "Exim": "220 Sở Y tế ESMTP Postfix"',
    )


async def test_it_changes_to_tls_introduces_itself_anew_and_brings_the_end_of_the_certificate(
    serve: Serve, authority: Authority
) -> None:
    played = smtp_server(answers=PROTECTED, secured=POLITE, tls=authority.server_context("127.0.0.1"))
    server = await serve(played)

    outcome = await look(KIND, server.port, security="starttls", trust=str(authority.bundle), hello="netmon.example.vn")

    assert set(scalars(outcome)) == set(KIND.metrics)
    assert outcome.flaw is None
    assert played.heard == ["EHLO netmon.example.vn", "STARTTLS", "EHLO netmon.example.vn", "QUIT"]


async def test_a_server_without_starttls_is_not_spoken_to_in_the_clear_instead(serve: Serve) -> None:
    played = smtp_server(answers=POLITE)
    server = await serve(played)

    failure = failure_of(await look(KIND, server.port, on=knowing(), **TRUSTING))

    assert failure == Failure(Reason.UNEXPECTED, f"127.0.0.1:{server.port}: the server does not offer STARTTLS")
    assert played.heard == ["EHLO [127.0.0.1]"]


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        pytest.param("AUTH LOGIN PLAIN", [f"AUTH PLAIN {RESPONSE}"], id="PLAIN before LOGIN"),
        pytest.param(
            "AUTH LOGIN CRAM-MD5", ["AUTH LOGIN", "bGFu", encode(PASSWORD)], id="LOGIN where there is no PLAIN"
        ),
        pytest.param("AUTH=LOGIN", ["AUTH LOGIN", "bGFu", encode(PASSWORD)], id="written as old servers do"),
    ],
)
async def test_it_logs_in_by_what_the_server_offers_once_there_is_tls(
    offered: str, said: list[str], serve: Serve, authority: Authority
) -> None:
    secured = POLITE | {
        "EHLO": f"250-mail.example.vn\r\n250 {offered}\r\n",
        "AUTH PLAIN": "235 welcome\r\n",
        "AUTH LOGIN": "334 VXNlcm5hbWU6\r\n",
        "bGFu": "334 UGFzc3dvcmQ6\r\n",
        said[-1]: "235 welcome\r\n",
    }
    played = smtp_server(answers=PROTECTED, secured=secured, tls=authority.server_context("127.0.0.1"))
    server = await serve(played)

    outcome = await look(KIND, server.port, on=knowing(), trust=str(authority.bundle), **TRUSTING)

    assert outcome.failure is None
    assert played.heard[3:] == [*said, "QUIT"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param("535 5.7.8 authentication failed", Reason.UNAUTHORIZED, id="a wrong password"),
        pytest.param("454 4.7.0 temporary authentication failure", Reason.UNEXPECTED, id="the server's own trouble"),
    ],
)
async def test_a_login_that_fails_is_blamed_on_the_right_side(
    answer: str, reason: Reason, serve: Serve, authority: Authority
) -> None:
    secured = POLITE | {"EHLO": "250-mail.example.vn\r\n250 AUTH PLAIN\r\n", "AUTH": f"{answer}\r\n"}
    server = await serve(smtp_server(answers=PROTECTED, secured=secured, tls=authority.server_context("127.0.0.1")))

    outcome = await look(KIND, server.port, on=knowing(), trust=str(authority.bundle), **TRUSTING)

    evidence = f'127.0.0.1:{server.port}: "lan" cannot log in: "{answer}"'
    assert failure_of(outcome) == Failure(reason, evidence)


async def test_a_server_that_repeats_the_password_is_quoted_without_it(serve: Serve, authority: Authority) -> None:
    answer = f"535 {'x' * 100} {PASSWORD} {RESPONSE}\r\n"
    secured = POLITE | {"EHLO": "250-mail.example.vn\r\n250 AUTH PLAIN\r\n", "AUTH": answer}
    server = await serve(smtp_server(answers=PROTECTED, secured=secured, tls=authority.server_context("127.0.0.1")))

    failure = failure_of(await look(KIND, server.port, on=knowing(), trust=str(authority.bundle), **TRUSTING))

    assert "x" * 100 in failure.evidence
    assert "*** ***" in failure.evidence
    assert not {*PASSWORD.split(), RESPONSE[:8]} & set(failure.evidence.split())


async def test_a_server_that_knows_no_mechanism_of_ours_is_told_of(serve: Serve, authority: Authority) -> None:
    secured = POLITE | {"EHLO": "250-mail.example.vn\r\n250 AUTH GSSAPI NTLM\r\n"}
    server = await serve(smtp_server(answers=PROTECTED, secured=secured, tls=authority.server_context("127.0.0.1")))

    failure = failure_of(await look(KIND, server.port, on=knowing(), trust=str(authority.bundle), **TRUSTING))

    assert failure.reason is Reason.UNEXPECTED
    assert failure.evidence.endswith('offers neither PLAIN nor LOGIN, but "GSSAPI, NTLM"')


async def test_a_password_that_no_mechanism_can_carry_is_our_mistake(closed_port: int) -> None:
    with pytest.raises(SecretError, match=r'the password of "lan" cannot be sent') as caught:
        await look(KIND, closed_port, on=knowing("a\0b"), **TRUSTING)
    assert "a\0b" not in str(caught.value)


async def test_it_asks_whether_mail_would_be_taken_and_takes_it_back(serve: Serve) -> None:
    played = smtp_server(answers=POLITE | {"MAIL": "250 ok\r\n", "RCPT": "251 will forward\r\n"})
    server = await serve(played)

    assert (await look(KIND, server.port, sender="a@a.vn", recipient="B@Sở.vn")).failure is None
    assert (await look(KIND, server.port, recipient="b@b.vn")).failure is None
    assert (await look(KIND, server.port, sender="a@a.vn")).failure is None

    hello, goodbye = "EHLO [127.0.0.1]", ("RSET", "QUIT")
    assert played.heard == [
        *(hello, "MAIL FROM:<a@a.vn>", "RCPT TO:<B@xn--s-lym.vn>", *goodbye),
        *(hello, "MAIL FROM:<>", "RCPT TO:<b@b.vn>", *goodbye),
        *(hello, "MAIL FROM:<a@a.vn>", *goodbye),
    ]


@pytest.mark.parametrize(
    ("answers", "evidence", "reason"),
    [
        pytest.param({"EHLO": "502 what?\r\n"}, 'EHLO was refused: "502 what?"', Reason.UNEXPECTED, id="no EHLO"),
        pytest.param(
            {"MAIL": "452 disk full\r\n"},
            'no mail is taken from <a@a.vn>: "452 disk full"',
            Reason.UNEXPECTED,
            id="no sender",
        ),
        pytest.param(
            {"MAIL": "530 log in first\r\n"},
            'no mail is taken from <a@a.vn>: "530 log in first"',
            Reason.UNAUTHORIZED,
            id="no sender without a login",
        ),
        pytest.param(
            {"MAIL": "250 ok\r\n", "RCPT": "550-5.1.1 nobody\r\n550 5.1.1 here\r\n"},
            'no mail is taken for <b@b.vn>: "550 5.1.1 nobody 5.1.1 here"',
            Reason.UNEXPECTED,
            id="no recipient",
        ),
    ],
)
async def test_a_refusal_is_quoted_with_what_was_refused(
    answers: dict[str, str], evidence: str, reason: Reason, serve: Serve
) -> None:
    server = await serve(smtp_server(answers=POLITE | answers))
    outcome = await look(KIND, server.port, sender="a@a.vn", recipient="b@b.vn")
    assert failure_of(outcome) == Failure(reason, f"127.0.0.1:{server.port}: {evidence}")


@pytest.mark.parametrize(
    ("answer", "is_flaw"),
    [
        pytest.param("450 4.2.0 <b@b.vn>: Recipient address rejected: Greylisted", True, id="Postgrey"),
        pytest.param("451 4.7.1 Try again later", True, id="Rspamd"),
        pytest.param("451 4.3.0 <b@b.vn>: Temporary lookup failure", False, id="the server's own trouble"),
        pytest.param("452 4.2.2 mailbox full, greylisted or not", False, id="no room"),
    ],
)
async def test_a_stranger_who_has_to_wait_is_a_flaw_and_no_outage(answer: str, is_flaw: bool, serve: Serve) -> None:
    played = smtp_server(answers=POLITE | {"MAIL": "250 ok\r\n", "RCPT": f"{answer}\r\n"})
    server = await serve(played)

    outcome = await look(KIND, server.port, recipient="b@b.vn")

    told = "mail for <b@b.vn> is put off" if is_flaw else "no mail is taken for <b@b.vn>"
    expected = Failure(Reason.UNEXPECTED, f'127.0.0.1:{server.port}: {told}: "{answer}"')
    assert (outcome.flaw, outcome.failure) == ((expected, None) if is_flaw else (None, expected))


async def test_a_server_that_is_too_busy_says_so_in_the_evidence(serve: Serve) -> None:
    server = await serve(smtp_server("421 4.3.2 too many connections\r\n", answers={}))
    assert failure_of(await look(KIND, server.port)) == Failure(
        Reason.UNEXPECTED,
        f'127.0.0.1:{server.port}: the server does not serve us: "421 4.3.2 too many connections"',
    )


@pytest.mark.parametrize(
    "greeting", ["SSH-2.0-OpenSSH_9.2\r\n", "22 no\r\n", "220-a\r\n250 b\r\n", "2200 x\r\n", "\r\n"]
)
async def test_what_is_no_smtp_is_told_from_what_is(greeting: str, serve: Serve) -> None:
    failure = failure_of(await look(KIND, (await serve(greeting.encode())).port))
    assert failure.reason is Reason.MALFORMED
    assert "the greeting is no SMTP" in failure.evidence


async def test_a_reply_without_an_end_is_given_up(serve: Serve) -> None:
    failure = failure_of(await look(KIND, (await serve(b"220-x\r\n" * 300)).port))
    assert failure.reason is Reason.TOO_LARGE
    assert failure.evidence.endswith("the greeting has more than 200 lines")


@pytest.mark.parametrize(
    "address", ["a", "@a.vn", "a@", "a@b c.vn", "a b@c.vn", "a@c.vn>\r\nDATA", "a..b@c.vn", "<a@c.vn>"]
)
def test_what_is_no_address_of_mail_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        SmtpSettings.model_validate({"recipient": address})
