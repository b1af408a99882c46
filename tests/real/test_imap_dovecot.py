"""The imap check against a real Dovecot: with and without TLS, with right and wrong passwords."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netmon.collectors.imap import KIND
from netmon.kernel.clock import SystemClock
from netmon.model.looks import Outcome
from netmon.model.moments import SECOND, Duration, to_datetime
from netmon.model.states import Reason
from tests.collectors.authority import Authority
from tests.collectors.makers import check, ground
from tests.real.conftest import needs
from tests.real.mail_servers import NEW_MESSAGES, PASSWORD, USER, dovecot

pytestmark = [pytest.mark.real, needs("dovecot")]

SECRETS = {"env:PASSWORD": PASSWORD, "env:WRONG": "sai"}


async def look(port: int, trust: Path, **settings: Any) -> Outcome:
    async with KIND.open(ground(clock=SystemClock(), secrets=SECRETS)) as questions:
        written = {"port": port, "trust": str(trust), "server_name": "mail.example.vn", **settings}
        return await questions.collector(check("imap", "127.0.0.1", written), ()).look(Duration(20 * SECOND))


async def test_a_real_mail_store_lets_us_in_by_tls_alone_and_its_messages_stay_new(tmp_path: Path) -> None:
    authority = Authority(tmp_path, to_datetime(SystemClock().now()))
    account = {"user": USER, "password": "env:PASSWORD"}
    async with dovecot(authority.server_file("mail.example.vn", days=(-1, 5))) as server:
        begun = await look(server.clear, authority.bundle, **account)
        again = await look(server.secure, authority.bundle, security="tls", expect="Dovecot", **account)
        wrong = await look(server.clear, authority.bundle, user=USER, password="env:WRONG")
        missing = await look(server.clear, authority.bundle, mailbox="Luu tru", **account)
        clear = await look(server.clear, authority.bundle, security="none", server_name=None)
        other = await look(server.clear, authority.bundle, server_name="imap.example.vn")
        await server.says("Logged out")

    for outcome in (begun, again):
        assert outcome.failure is None
        assert outcome.flaw is not None
        assert outcome.flaw.reason is Reason.CERTIFICATE_EXPIRES_SOON
        assert outcome.readings[0].columns["netmon_imap_mailbox_messages"] == (NEW_MESSAGES,)
    assert wrong.failure is not None
    assert wrong.failure.reason is Reason.UNAUTHORIZED
    assert "[AUTHENTICATIONFAILED]" in wrong.failure.evidence
    assert missing.failure is not None
    assert "cannot be opened" in missing.failure.evidence
    assert clear.failure is None
    assert other.failure is not None
    assert other.failure.reason is Reason.CERTIFICATE_INVALID
