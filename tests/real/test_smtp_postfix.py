"""The smtp check against a real Postfix, whose accounts are those of a real Dovecot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netmon.collectors.smtp import KIND
from netmon.kernel.clock import SystemClock
from netmon.model.looks import Failure, Outcome
from netmon.model.moments import SECOND, Duration, to_datetime
from netmon.model.states import Reason
from tests.collectors.authority import Authority
from tests.collectors.makers import check, ground
from tests.real.conftest import needs
from tests.real.mail_servers import PASSWORD, USER, dovecot, postfix

pytestmark = [pytest.mark.real, needs("postfix", "dovecot")]

SECRETS = {"env:PASSWORD": PASSWORD, "env:WRONG": "sai"}


async def look(port: int, trust: Path, **settings: Any) -> Outcome:
    async with KIND.open(ground(clock=SystemClock(), secrets=SECRETS)) as questions:
        written = {"port": port, "trust": str(trust), "server_name": "mail.example.vn", **settings}
        return await questions.collector(check("smtp", "127.0.0.1", written), ()).look(Duration(20 * SECOND))


def reason_of(outcome: Outcome) -> Reason:
    assert outcome.failure is not None
    return outcome.failure.reason


async def test_a_real_mail_server_takes_mail_for_whom_it_should_and_no_mail_is_sent(tmp_path: Path) -> None:
    authority = Authority(tmp_path, to_datetime(SystemClock().now()))
    pem = authority.server_file("mail.example.vn", days=(-1, 60))
    account = {"user": USER, "password": "env:PASSWORD"}
    async with dovecot(pem) as accounts, postfix(pem, accounts.auth) as server:
        plain = await look(server.clear, authority.bundle, security="none", expect="ESMTP Postfix")
        local = await look(server.clear, authority.bundle, sender="a@example.org", recipient="lan@example.vn")
        nobody = await look(server.clear, authority.bundle, recipient="minh@example.vn")
        relayed = await look(server.clear, authority.bundle, recipient="b@example.org")
        login = await look(server.secure, authority.bundle, security="tls", recipient="b@example.org", **account)
        wrong = await look(server.clear, authority.bundle, user=USER, password="env:WRONG")
        stranger = await look(server.clear, authority.bundle, server_name="smtp.example.vn")
        await server.says("quit=1")

    assert (plain.failure, local.failure, local.flaw, login.failure) == (None, None, None, None)
    assert set(local.readings[0].columns) == set(KIND.metrics)
    assert [reason_of(one) for one in (nobody, relayed, wrong, stranger)] == [
        Reason.UNEXPECTED,
        Reason.UNEXPECTED,
        Reason.UNAUTHORIZED,
        Reason.CERTIFICATE_INVALID,
    ]
    assert nobody.failure is not None
    assert "User unknown in local recipient table" in nobody.failure.evidence
    assert relayed.failure is not None
    assert "Relay access denied" in relayed.failure.evidence
    assert b"data=" not in server.log


async def test_a_real_server_that_is_stopped_refuses(tmp_path: Path) -> None:
    authority = Authority(tmp_path, to_datetime(SystemClock().now()))
    async with postfix(authority.server_file("mail.example.vn")) as server:
        assert (await look(server.clear, authority.bundle)).failure is None
    assert (await look(server.clear, authority.bundle)).failure == Failure(
        Reason.REFUSED, f"127.0.0.1:{server.clear}: 127.0.0.1 port {server.clear} is closed"
    )
