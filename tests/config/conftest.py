"""Three kinds of checks that ask nobody, and a small province on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

import pytest
from pydantic import Field

from netmon.config.loading import Loaded, load
from netmon.kernel.settings import BytesText, DurationText, Settings
from netmon.model.moments import MINUTE
from netmon.ports import CollectorKind, Ground, Questions


class IcmpSettings(Settings):
    size: int = Field(default=56, ge=16, le=1400, description="Bytes of payload.")


class SnmpSettings(Settings):
    credential: str = Field(description="The credential.")
    port: int = Field(default=161, description="The port.")
    context: str | None = Field(default=None, description="The context.")
    relearn: DurationText = Field(default=MINUTE, description="How often names are read anew.")


class Expectation(Settings):
    status: int = Field(default=200, description="The status.")
    body: str | None = Field(default=None, description="Text in the page.")


class HttpSettings(Settings):
    url: str = Field(description="What is asked for.")
    headers: Mapping[str, str] = Field(default={}, description="What is sent.")
    expect: Expectation = Field(default=Expectation(), description="What the answer is like.")
    limit: BytesText = Field(default=1024, description="The longest answer.")


class TlsSettings(Settings):
    port: int = Field(ge=1, le=65535, description="The port.")


def _nobody(_: Ground) -> AbstractAsyncContextManager[Questions]:
    return nullcontext()  # type: ignore[return-value]  # nothing here is ever opened


KINDS = tuple(
    CollectorKind(name=name, settings=settings, open=_nobody, metrics={})
    for name, settings in (("icmp", IcmpSettings), ("snmp", SnmpSettings), ("http", HttpSettings), ("tls", TlsSettings))
)

FILES = {
    "config.yaml": "networks: [10.20.0.0/16]\ncanaries: [{name: core, address: 10.20.0.1}]\n",
    "inventory/organization.yaml": """\
organization: {id: ninh-thuan, name: Ninh Thuận, zone: Asia/Ho_Chi_Minh}
networks: [{id: tslcd}]
peer_groups: [{id: so-nganh, name: Sở ngành}]
departments:
  - {id: van-phong, name: Văn phòng, peer_group: so-nganh}
  - {id: so-y-te, name: Sở Y tế, peer_group: so-nganh}
credentials: [{id: v2c, version: 2c, community: "env:COMMUNITY"}]
""",
    "inventory/sites/ttth.yaml": """\
site: {id: ttth, department: van-phong}
devices:
  - {name: core1, role: switch, address: 10.20.0.1, snmp: v2c, tier: 1}
""",
    "inventory/sites/so-y-te.yaml": """\
site: {id: so-y-te, department: so-y-te}
devices:
  - {name: syt-gw1, role: router, address: 10.20.7.1, snmp: {credential: v2c, port: 1161},
     interfaces: [{name: Dialer0, watch: true}, {name: Loopback0}]}
  - {name: syt-sw1, role: switch, address: 10.20.7.2, title: {vi: Chuyển mạch, en: Switch}}
links:
  - {id: syt-tslcd, network: tslcd, medium: fibre, a: syt-gw1/GigabitEthernet0/0, b: core1/GigabitEthernet1/0/7}
services:
  - {id: syt-portal, kind: portal, name: Cổng Sở Y tế, checks: [{http: {url: "https://10.20.7.10/"}}, tls]}
""",
}

LoadProvince = Callable[..., Loaded]


@pytest.fixture
def load_province(tmp_path: Path) -> LoadProvince:
    """Load the small province; ``changes`` replaces texts in it, ``files`` replaces or adds whole files."""

    def load_it(*changes: tuple[str, str], files: Mapping[str, str] | None = None) -> Loaded:
        for name, text in {**FILES, **(files or {})}.items():
            for before, after in changes:
                text = text.replace(before, after)
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return load(tmp_path / "config.yaml", KINDS)

    return load_it
