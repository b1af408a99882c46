"""The page of metrics is what the code declares."""

from __future__ import annotations

from pathlib import Path

from netmon.collectors import KINDS
from netmon.export.families import OWN_FAMILIES
from netmon.export.reference import render_reference

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_the_committed_page_is_what_the_code_declares() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_reference(KINDS), (
        "docs/metrics.md is behind the code; write it anew: python tests/export/write_reference.py"
    )


def test_every_family_of_every_kind_is_on_the_page() -> None:
    page = render_reference(KINDS)

    for name in [name for kind in KINDS for name in kind.metrics] + [family.name for family in OWN_FAMILIES]:
        assert f"| `{name}` |" in page
