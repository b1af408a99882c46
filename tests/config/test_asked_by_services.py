"""Whom the checks of a service ask: where its URL leads, unless they name somebody themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netmon.collectors import KINDS
from netmon.config.loading import Loaded, load
from netmon.model.ids import EntityId
from netmon.model.plan import CheckSpec
from tests.config.conftest import FILES

HTTP = '{http: {url: "https://portal.example.vn:8443/"}}'
WRITTEN = 'checks: [{http: {url: "https://10.20.7.10/"}}, tls]'
SITE = "inventory/sites/so-y-te.yaml"


def loaded(folder: Path, checks: str) -> Loaded:
    """The small province, with *checks* for its one service."""
    for name, text in FILES.items():
        assert name != SITE or WRITTEN in text
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.replace(WRITTEN, f"checks: {checks}"), encoding="utf-8")
    return load(folder / "config.yaml", KINDS)


def asked(folder: Path, checks: str) -> dict[str, CheckSpec]:
    """The checks of the service, by kind."""
    _, plan = loaded(folder, checks).complete
    return {check.kind: check for check in plan.subjects[EntityId("service:syt-portal")].checks}


@pytest.mark.parametrize(
    ("checks", "kind", "address", "settings"),
    [
        pytest.param(f"[{HTTP}, tcp]", "tcp", "portal.example.vn", {"port": 8443}, id="tcp: host and port of the URL"),
        pytest.param(f"[{HTTP}, tls]", "tls", "portal.example.vn", {"port": 8443}, id="tls: host and port of the URL"),
        pytest.param(
            f"[{HTTP}, dns]",
            "dns",
            "portal.example.vn",
            {"query": "portal.example.vn", "port": 53, "servers": []},
            id="dns: the name in the URL, at port 53",
        ),
        pytest.param(
            f"[{HTTP}, {{tls: {{port: 443}}}}]", "tls", "portal.example.vn", {"port": 443}, id="what is written counts"
        ),
        pytest.param(
            f"[{HTTP}, smtp]",
            "smtp",
            "portal.example.vn",
            {"port": None, "security": "starttls"},
            id="smtp: the host of the URL, at a port of its own",
        ),
        pytest.param(
            "[{tcp: {host: 10.20.7.11, port: 5432}}]", "tcp", "10.20.7.11", {"port": 5432}, id="a host needs no URL"
        ),
        pytest.param(
            "[{heartbeat: {token: env:T, period: 1d}}]",
            "heartbeat",
            "",
            {"period": "86400000000us"},
            id="reports by itself",
        ),
        pytest.param(
            "[{dns: {query: a.vn, servers: [10.20.0.21, 10.20.0.22]}}]",
            "dns",
            "10.20.0.21",
            {"query": "a.vn"},
            id="servers need no URL",
        ),
    ],
)
def test_a_check_asks_where_the_url_leads_unless_it_names_somebody(
    checks: str, kind: str, address: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    check = asked(tmp_path, checks)[kind]
    assert check.address == address
    assert settings.items() <= check.settings.items()


@pytest.mark.parametrize(
    ("checks", "path", "cause"),
    [
        pytest.param("[{tcp: {port: 25}}]", "checks.0.tcp", "nobody knows whom", id="nobody to ask"),
        pytest.param('[{http: {url: "http://10.20.7.10/"}}, dns]', "query", "", id="an address has nothing to look up"),
        pytest.param(
            "[{tcp: {host: 192.0.2.1, port: 25}}]",
            "checks.0.tcp.host",
            "lies in none of the networks",
            id="host outside",
        ),
        pytest.param(
            "[{dns: {query: a.vn, servers: [10.20.0.21, 192.0.2.1]}}]",
            "checks.0.dns.servers.1",
            "lies in none of the networks",
            id="one server outside",
        ),
    ],
)
def test_whoever_may_not_or_cannot_be_asked_is_told_of(checks: str, path: str, cause: str, tmp_path: Path) -> None:
    problems = loaded(tmp_path, checks).problems
    assert [problem for problem in problems if problem.path.endswith(path) and cause in problem.cause], problems
