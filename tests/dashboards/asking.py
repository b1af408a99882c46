"""What the committed dashboards and rules ask of Prometheus."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
PAGES = sorted(DASHBOARDS.glob("*.json"))
RULES = DASHBOARDS / "rules" / "netmon.yml"

GRAFANA = {"__interval": "10s", "__range": "15m", "__rate_interval": "40s"}
"""Variables that Grafana fills in itself."""

_VARIABLE = re.compile(r"\$(\w+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """One expression: who asks it, and by which labels its answer is shown."""

    where: str
    expr: str
    shown: frozenset[str] = frozenset()

    @property
    def variables(self) -> frozenset[str]:
        """Names of the variables that it waits for."""
        return frozenset(_VARIABLE.findall(self.expr))

    def filled(self, variables: Mapping[str, str]) -> str:
        """The expression with every variable replaced."""
        return _VARIABLE.sub(lambda match: variables[match[1]], self.expr)


def read_page(path: Path) -> dict[str, Any]:
    """A dashboard as Grafana will read it."""
    page: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return page


def panels(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Its panels, without the headings of rows."""
    return [panel for panel in page["panels"] if panel["type"] != "row"]


def asked_by_dashboards() -> list[Asked]:
    """Every expression of every panel, and of every variable."""
    return [asked for path in PAGES for asked in _asked_by_page(path)]


def asked_by_rules() -> list[Asked]:
    """Every expression of an alert, with the labels that its texts mention."""
    return [
        Asked(
            f"{rule['alert']} of {group['name']}",
            rule["expr"],
            frozenset(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values()))),
        )
        for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]


def alerts() -> frozenset[str]:
    """The names of all alerts."""
    return frozenset(asked.where.split()[0] for asked in asked_by_rules())


def _asked_by_page(path: Path) -> Iterator[Asked]:
    page = read_page(path)
    for panel in panels(page):
        columns = _label_columns(panel)
        for target in panel["targets"]:
            shown = re.findall(r"{{(\w+)}}", target["legendFormat"])
            where = f"{path.stem}: {panel['title']} ({panel['description'].splitlines()[0]}) {target['refId']}"
            yield Asked(where, target["expr"], columns | set(shown))
    for variable in page["templating"]["list"]:
        if variable["type"] == "query":
            selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"]).groups()  # type: ignore[union-attr]
            yield Asked(f"{path.stem}: ${variable['name']}", selector, frozenset({label}))


def _label_columns(panel: Mapping[str, Any]) -> frozenset[str]:
    """The labels that fill columns of a table; those of a matrix are its corner's."""
    names = {
        name
        for step in panel.get("transformations", ())
        if step["id"] in ("organize", "groupingToMatrix")
        for name in (*step["options"].get("indexByName", ()), step["options"].get("rowField", ""))
    }
    is_matrix = any(step["id"] == "groupingToMatrix" for step in panel.get("transformations", ()))
    kept = {name for name in names if name and not name.startswith("Value")}
    return frozenset({name for name in kept if name in ("department", "site")} if is_matrix else kept)
