"""Pages: what all dashboards have in common (variables, links, refresh), and how their rows are laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard as models

from dashboards.generator.panels import SOURCE, Panel
from dashboards.generator.promql import WINDOWS
from dashboards.generator.words import Text

_TAG = "netmon"
_WIDTH = 24


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading, from left to right; a full line begins the next."""

    title: Text
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A dashboard before it is one."""

    uid: str
    title: Text
    about: str
    variables: Sequence[builders.QueryVariable | builders.IntervalVariable]
    rows: Sequence[Row]


def lay_out(page: Page) -> models.Dashboard:
    """The dashboard of *page*."""
    dashboard = (
        builders.Dashboard(f"netmon · {page.title.both}")
        .uid(page.uid)
        .description(page.about)
        .tags([_TAG])
        .editable()
        .timezone("browser")
        .time("now-6h", "now")
        .refresh("30s")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .link(builders.DashboardLink("netmon").type(models.DashboardLinkType.DASHBOARDS).tags([_TAG]).keep_time(True))
        .with_variable(_source())
    )
    for variable in page.variables:
        dashboard.with_variable(variable)
    built = dashboard.build()
    built.panels = []
    line = 0
    for row in page.rows:
        heading = models.GridPos(h=1, w=_WIDTH, x=0, y=line)
        built.panels.append(builders.Row(row.title.both).grid_pos(heading).build())
        line = _place(built.panels, [panel.build() for panel in row.panels], line + 1)
    for number, panel in enumerate(built.panels, start=1):
        panel.id_val = number
    return built


def choose_some(name: str, label: Text, family: str, matchers: str = "") -> builders.QueryVariable:
    """A choice of any number of values of the label *name*; at first, and for whatever has none, all."""
    return (
        _choose(name, label, family, matchers)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(models.VariableOption(selected=True, text="All", value="$__all"))
    )


def choose_one(name: str, label: Text, family: str, matchers: str = "") -> builders.QueryVariable:
    """A choice of one value of the label *name*."""
    return _choose(name, label, family, matchers)


def choose_window() -> builders.IntervalVariable:
    """The choice over how long rates of polled counters are taken."""
    first, *_ = WINDOWS
    options = [models.VariableOption(selected=window == first, text=window, value=window) for window in WINDOWS]
    return (
        builders.IntervalVariable("window")
        .label(Text("Cửa sổ tốc độ", "Rate window").both)
        .values(",".join(WINDOWS))
        .options(options)
        .current(options[0])
    )


def _choose(name: str, label: Text, family: str, matchers: str) -> builders.QueryVariable:
    selector = f"{family}{{{matchers}}}" if matchers else family
    return (
        builders.QueryVariable(name)
        .label(label.both)
        .datasource(SOURCE)
        .query({"query": f"label_values({selector}, {name})", "refId": name})
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.NATURAL_ASC)
    )


def _source() -> builders.DatasourceVariable:
    return builders.DatasourceVariable("datasource").label(Text("Nguồn", "Source").both).type("prometheus")


def _place(into: list[models.Panel | models.RowPanel], panels: Sequence[models.Panel], line: int) -> int:
    """Put *panels* at *line* and below; returns the line after them."""
    left, tallest = 0, 0
    for panel in panels:
        size = panel.grid_pos or models.GridPos()
        if left + size.w > _WIDTH:
            left, line, tallest = 0, line + tallest, 0
        panel.grid_pos = models.GridPos(h=size.h, w=size.w, x=left, y=line)
        left, tallest = left + size.w, max(tallest, size.h)
        into.append(panel)
    return line + tallest
