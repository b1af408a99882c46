"""Conversations with an IMAP server: up to a mailbox, which stays as it is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from netmon.collectors.imap import KIND
from netmon.collectors.imap.settings import ImapSettings
from netmon.collectors.mail import encode
from netmon.kernel.clock import SystemClock
from netmon.model.looks import Failure, Outcome
from netmon.model.states import Reason
from tests.collectors.authority import Authority
from tests.collectors.conftest import Serve
from tests.collectors.mail import MailServer, failure_of, imap_server, look, scalars
from tests.collectors.makers import ground

PASSWORD = "rất bí mật"
POLITE = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE\r\n{tag} OK done\r\n",
    "AUTHENTICATE PLAIN": "+ \r\n",
    "EXAMINE": "* FLAGS (\\Seen)\r\n* 17 EXISTS\r\n* 2 RECENT\r\n{tag} OK [READ-ONLY] done\r\n",
    "LOGOUT": "* BYE bye\r\n{tag} OK done\r\n",
}


class Account(MailServer):
    """A server by TLS on which lan has an account; *welcome* answers the password."""

    welcome = "{tag} OK welcome\r\n"

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting.encode())
        asked, tag = "", ""
        while line := await reader.readline():
            said = line.decode().removesuffix("\r\n")
            self.heard.append(said)
            if asked:
                asked, answer = "", self.welcome
            else:
                tag, _, command = said.partition(" ")
                asked = tag if command.startswith("AUTHENTICATE") else ""
                answer = next((answer for begin, answer in self.answers.items() if command.startswith(begin)), "")
            writer.write(answer.replace("{tag}", tag).encode())


def account(welcome: str = Account.welcome, **answers: str) -> Account:
    server = Account("* OK ready\r\n", POLITE | answers)
    server.welcome = welcome
    return server


async def log_in(serve: Serve, authority: Authority, played: Any, **settings: Any) -> tuple[int, Outcome]:
    """A look at *played* by TLS that logs in, and the port that was asked."""
    server = await serve(played, tls=authority.server_context("127.0.0.1"))
    knowing = ground(clock=SystemClock(), secrets={"env:PASSWORD": PASSWORD})
    rest = {"trust": str(authority.bundle), "security": "tls", "user": "lan", "password": "env:PASSWORD", **settings}
    return server.port, await look(KIND, server.port, on=knowing, **rest)


async def test_a_server_that_greets_and_says_what_it_can_is_left_with_a_goodbye(serve: Serve) -> None:
    played = imap_server(answers=POLITE)
    outcome = await look(KIND, (await serve(played)).port, expect="mail.example.vn")
    assert set(scalars(outcome)) == {"netmon_imap_duration_seconds", "netmon_imap_greeting_seconds"}
    assert played.heard == ["n1 CAPABILITY", "n1 LOGOUT"]


async def test_once_logged_in_it_counts_the_messages_and_leaves_them_new(serve: Serve, authority: Authority) -> None:
    played = account()

    _, outcome = await log_in(serve, authority, played)

    numbers = scalars(outcome)
    assert set(numbers) == set(KIND.metrics)
    assert numbers["netmon_imap_mailbox_messages"] == 17
    assert played.heard == [
        "n1 CAPABILITY",
        "n2 AUTHENTICATE PLAIN",
        encode(f"\0lan\0{PASSWORD}"),
        'n3 EXAMINE "INBOX"',
        "n1 LOGOUT",
    ]


async def test_another_mailbox_can_be_opened_and_one_that_is_missing_is_named(
    serve: Serve, authority: Authority
) -> None:
    played = account(EXAMINE="{tag} NO [NONEXISTENT] no such mailbox\r\n")

    port, outcome = await log_in(serve, authority, played, mailbox="Van ban/Den")

    assert 'n3 EXAMINE "Van ban/Den"' in played.heard
    assert failure_of(outcome) == Failure(
        Reason.UNEXPECTED,
        f'127.0.0.1:{port}: the mailbox "Van ban/Den" cannot be opened: "NO [NONEXISTENT] no such mailbox"',
    )


@pytest.mark.parametrize(
    ("welcome", "reason"),
    [
        pytest.param("NO [AUTHENTICATIONFAILED] wrong", Reason.UNAUTHORIZED, id="a wrong password"),
        pytest.param("NO wrong", Reason.UNAUTHORIZED, id="a refusal without a code"),
        pytest.param("NO [UNAVAILABLE] LDAP is down", Reason.UNEXPECTED, id="the server's own trouble"),
    ],
)
async def test_a_login_that_fails_is_blamed_on_the_right_side(
    welcome: str, reason: Reason, serve: Serve, authority: Authority
) -> None:
    port, outcome = await log_in(serve, authority, account(f"{{tag}} {welcome}\r\n"))
    assert failure_of(outcome) == Failure(reason, f'127.0.0.1:{port}: "lan" cannot log in: "{welcome}"')


async def test_a_server_that_repeats_the_password_is_quoted_without_it(serve: Serve, authority: Authority) -> None:
    _, outcome = await log_in(serve, authority, account(f"{{tag}} NO {'x' * 108} {PASSWORD}\r\n"))
    assert failure_of(outcome).evidence.endswith('xxx ***"')


async def test_without_the_mechanism_plain_any_password_goes_as_it_is(serve: Serve, authority: Authority) -> None:
    heard: list[bytes] = []

    async def old_server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        for answer in (
            "* CAPABILITY IMAP4\r\nn1 OK\r\n",
            "+ user\r\n",
            "+ password\r\n",
            "n2 OK\r\n",
            "* 0 EXISTS\r\nn3 OK\r\n",
        ):
            heard.append(await reader.readline())
            writer.write(answer.encode())

    _, outcome = await log_in(serve, authority, old_server)

    assert scalars(outcome)["netmon_imap_mailbox_messages"] == 0
    assert heard[1:4] == [
        b"n2 LOGIN {3}\r\n",
        f"lan {{{len(PASSWORD.encode())}}}\r\n".encode(),
        f"{PASSWORD}\r\n".encode(),
    ]


async def test_a_server_that_lets_nobody_log_in_is_told_of(serve: Serve, authority: Authority) -> None:
    played = account(CAPABILITY="* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n{tag} OK\r\n")
    _, outcome = await log_in(serve, authority, played)
    assert failure_of(outcome).evidence.endswith("to log in the server offers neither PLAIN nor LOGIN")
    assert not any("LOGIN " in line for line in played.heard)


async def test_a_server_without_starttls_is_not_spoken_to_in_the_clear_instead(
    serve: Serve, authority: Authority
) -> None:
    server = await serve(imap_server(answers=POLITE))
    failure = failure_of(await look(KIND, server.port, security="starttls", trust=str(authority.bundle)))
    assert failure == Failure(Reason.UNEXPECTED, f"127.0.0.1:{server.port}: the server does not offer STARTTLS")


@pytest.mark.parametrize(
    ("greeting", "reason", "evidence"),
    [
        pytest.param(
            "* BYE overloaded", Reason.UNEXPECTED, 'the server does not serve us: "BYE overloaded"', id="a refusal"
        ),
        pytest.param(
            "* PREAUTH hi", Reason.UNEXPECTED, 'the server does not serve us: "PREAUTH hi"', id="logged in by itself"
        ),
        pytest.param("+OK POP3", Reason.MALFORMED, 'the greeting is no IMAP: "+OK POP3"', id="POP3"),
        pytest.param("* OKAY", Reason.MALFORMED, 'the greeting is no IMAP: "* OKAY"', id="nearly OK"),
    ],
)
async def test_a_greeting_of_another_sort_is_quoted(greeting: str, reason: Reason, evidence: str, serve: Serve) -> None:
    server = await serve(f"{greeting}\r\n".encode())
    assert failure_of(await look(KIND, server.port)) == Failure(reason, f"127.0.0.1:{server.port}: {evidence}")


@pytest.mark.parametrize(
    ("answer", "reason", "evidence"),
    [
        pytest.param("{tag} BAD what?\r\n", Reason.UNEXPECTED, 'what it can do: "BAD what?"', id="a refusal"),
        pytest.param("{tag} OK\r\n", Reason.UNEXPECTED, 'what it can do: "OK"', id="nothing before the end"),
        pytest.param("n9 OK\r\n", Reason.MALFORMED, 'no IMAP: "n9 OK"', id="an answer to something else"),
        pytest.param("+ go on\r\n", Reason.MALFORMED, 'no IMAP: "+ go on"', id="wanting more of us"),
        pytest.param(
            "* BYE shutting down\r\n",
            Reason.UNEXPECTED,
            'the server ends the conversation: "BYE shutting down"',
            id="a goodbye",
        ),
        pytest.param(
            "* LIST\r\n" * 1_100,
            Reason.TOO_LARGE,
            "the answer to CAPABILITY has more than 1000 lines",
            id="no end of lines",
        ),
        pytest.param(
            f"* {'x' * 8_000}\r\n" * 40, Reason.TOO_LARGE, "says more than 262144 bytes", id="no end of bytes"
        ),
    ],
)
async def test_an_answer_of_another_sort_is_named(answer: str, reason: Reason, evidence: str, serve: Serve) -> None:
    failure = failure_of(await look(KIND, (await serve(imap_server(answers={"CAPABILITY": answer}))).port))
    assert failure.reason is reason
    assert failure.evidence.endswith(evidence)


async def test_a_server_that_does_not_count_is_told_of(serve: Serve, authority: Authority) -> None:
    _, outcome = await log_in(serve, authority, account(EXAMINE="* x EXISTS\r\n{tag} OK\r\n"))
    assert failure_of(outcome).reason is Reason.MALFORMED


@pytest.mark.parametrize("mailbox", ['a"b', "a\\b", "a\r\nb", "Thư đến", ""])
def test_a_mailbox_that_cannot_be_said_is_refused(mailbox: str) -> None:
    with pytest.raises(ValidationError, match="mailbox"):
        ImapSettings.model_validate({"user": "lan", "password": "env:P", "mailbox": mailbox})


def test_a_mailbox_is_for_those_who_log_in() -> None:
    with pytest.raises(ValidationError, match="add user and password"):
        ImapSettings.model_validate({"mailbox": "Sent"})
