"""The tls check against a real server: nginx with certificates of our own authority, good and bad."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from netmon.collectors.tls import KIND
from netmon.kernel.clock import SystemClock
from netmon.model.looks import Outcome
from netmon.model.moments import SECOND, Duration, to_datetime
from netmon.model.states import Reason
from tests.collectors.authority import Authority
from tests.collectors.makers import check, ground
from tests.real.conftest import needs
from tests.real.nginx import nginx

pytestmark = [pytest.mark.real, needs("nginx")]

MODERN, OLD = "TLSv1.2 TLSv1.3", "TLSv1.2"


async def look(port: int, trust: Path, **settings: Any) -> Outcome:
    async with KIND.open(ground(clock=SystemClock())) as questions:
        written = {"port": port, "trust": str(trust), "server_name": "portal.example.vn", **settings}
        return await questions.collector(check("tls", "127.0.0.1", written), ()).look(Duration(20 * SECOND))


async def test_a_real_server_proves_itself_or_does_not(tmp_path: Path) -> None:
    now = to_datetime(SystemClock().now())
    authority = Authority(tmp_path, now)
    certificates = (
        (authority.server_file("portal.example.vn", days=(-1, 60), between=(-1, 40)), MODERN),
        (authority.server_file("portal.example.vn", days=(-1, 61)), OLD),
        (authority.server_file("portal.example.vn", days=(-9, -1)), MODERN),
        (authority.server_file("mail.example.vn"), MODERN),
    )
    async with nginx(tmp_path, *certificates) as server:
        good, old, ended, other = [await look(port, authority.bundle) for port in server.secure]
        strict = await look(server.secure[1], authority.bundle, minimum="1.3", certificate_warning="62d")
        plain = await look(server.plain, authority.bundle)

    assert (good.failure, good.flaw, old.failure, old.flaw) == (None, None, None, None)
    assert good.facts is not None
    assert old.facts is not None
    assert (good.facts["version"], good.facts["issuer"]) == ("TLSv1.3", "Cơ quan trung gian")
    assert old.facts["version"] == "TLSv1.2"
    columns = good.readings[0].columns
    assert columns["netmon_tls_certificate_expiry_timestamp_seconds"] == (
        pytest.approx((now + timedelta(days=60)).timestamp(), abs=2),
    )
    assert columns["netmon_tls_chain_expiry_timestamp_seconds"] == (
        pytest.approx((now + timedelta(days=40)).timestamp(), abs=2),
    )
    assert strict.flaw is not None
    assert strict.flaw.reason is Reason.CERTIFICATE_EXPIRES_SOON
    assert strict.flaw.evidence.endswith("agreed on TLS 1.2, at least 1.3 is wanted")
    assert [one.failure and one.failure.reason for one in (ended, other, plain)] == [
        Reason.CERTIFICATE_EXPIRED,
        Reason.CERTIFICATE_INVALID,
        Reason.MALFORMED,
    ]
