"""Writes every dashboard beside this package, or into the folder that is named."""

from __future__ import annotations

import sys
from pathlib import Path

from dashboards.generator.writing import write_dashboards

HERE = Path(__file__).parents[1]

write_dashboards(*map(Path, sys.argv[1:2] or (HERE,)))
