"""The dashboards as files: which there are, and the one way in which they are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.generator import device, health, interface, province, services


def render_dashboards() -> Mapping[str, str]:
    """Every dashboard as JSON, by the name of its file."""
    pages = (province.build(), device.build(), interface.build(), services.build(), health.build())
    return {
        f"{page.uid}.json": json.dumps(page, cls=JSONEncoder, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        for page in pages
    }


def write_dashboards(folder: Path) -> None:
    """Write every dashboard into *folder*."""
    for name, text in render_dashboards().items():
        (folder / name).write_text(text, encoding="utf-8")
