"""Writes docs/metrics.md from the declarations: python tests/export/write_reference.py"""

from __future__ import annotations

from pathlib import Path

from netmon.collectors import KINDS
from netmon.export.reference import render_reference

if __name__ == "__main__":
    page = Path(__file__).parents[2] / "docs" / "metrics.md"
    page.write_text(render_reference(KINDS), encoding="utf-8")
