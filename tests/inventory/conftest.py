"""A small organisation on disk, to which tests add what they are about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from netmon.inventory.reading import Reading, read_inventory

ORGANIZATION = """\
organization: {id: ninh-thuan, name: Ninh Thuận, zone: Asia/Ho_Chi_Minh}
networks: [{id: tslcd, name: TSLCD}]
peer_groups:
  - {id: so-nganh, name: Sở ngành}
  - {id: vu-trang, name: Lực lượng vũ trang, ranked: false, polled: false}
departments:
  - {id: so-y-te, name: {vi: Sở Y tế, en: Department of Health}, peer_group: so-nganh}
  - {id: cong-an, name: Công an tỉnh, peer_group: vu-trang}
credentials: [{id: v2c, version: 2c, community: "env:COMMUNITY"}]
"""

Read = Callable[..., Reading]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read site files, given as keywords by name, with an organisation around them."""

    def read(organization: str = ORGANIZATION, **sites: str) -> Reading:
        folder = tmp_path / "inventory"
        (folder / "sites").mkdir(parents=True, exist_ok=True)
        (folder / "organization.yaml").write_text(organization, encoding="utf-8")
        for name, text in sites.items():
            (folder / "sites" / f"{name}.yaml").write_text(text, encoding="utf-8")
        return read_inventory(folder, base=tmp_path, home="centre")

    return read
