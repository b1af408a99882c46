"""Panels in the house's style: numbers, curves, timelines and tables; each description says what its metrics say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TypeVar

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.generator.catalogue import help_of
from dashboards.generator.promql import Query
from dashboards.generator.words import CODES, COLUMNS, LAB, STATES, Appearance, Text

Panel = stat.Panel | statetimeline.Panel | table.Panel | timeseries.Panel
P = TypeVar("P", stat.Panel, statetimeline.Panel, table.Panel, timeseries.Panel)
Looks = Mapping[int, Appearance]

SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")

_NAME = re.compile(r"\bnetmon_[a-z0-9_]+")
_HEIGHTS = {"stat": 4, "graph": 8, "timeline": 9, "table": 9, "facts": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How the values of a panel look.

    Attributes:
        unit: Grafana's name of it.
        looks: the words and colours of values that stand for something.
        steps: from which value on there is which colour; the first is that of everything below.
        stacked: curves stand on each other.
        limit: where the axis ends.
    """

    unit: str = "short"
    looks: Looks | None = None
    steps: tuple[tuple[float | None, str], ...] = ((None, "text"),)
    stacked: bool = False
    limit: float | None = None


PLAIN = Style()
SECONDS = Style(unit="s")
RATIO = Style(unit="percentunit", limit=1)
BYTES = Style(unit="bytes")
BITS = Style(unit="bps")
PACKETS = Style(unit="pps")
PER_SECOND = Style(unit="cps")
STATE = Style(looks={CODES[state]: look for state, look in STATES.items()})
"""A state by its code, as `state_code` gives it."""
BUSY = Style(unit="percentunit", steps=((None, "text"), (0.7, "orange"), (0.9, "red")))
"""A share of something that should not run out."""
CERTIFICATE = Style(unit="s", steps=((None, "red"), (7 * 86_400, "orange"), (30 * 86_400, "green")))
"""How long a certificate is still good for."""
WORRY = Style(steps=((None, "green"), (1, "red")))
"""A number that should be nought."""


def show_number(title: Text, queries: Sequence[Query], *, style: Style = PLAIN, span: int = 4) -> stat.Panel:
    """The present value of each query."""
    panel = _begin(stat.Panel(), title, queries, _HEIGHTS["stat"]).span(span)
    for target in _targets(queries):
        panel.with_target(target.instant())
    return (
        _dress(panel, style)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
        .color_mode(common.BigValueColorMode.VALUE)
        .graph_mode(common.BigValueGraphMode.NONE)
        .no_value("—")
    )


def draw_curves(title: Text, queries: Sequence[Query], *, style: Style = PLAIN, span: int = 12) -> timeseries.Panel:
    """Each query over time."""
    panel = _begin(timeseries.Panel(), title, queries, _HEIGHTS["graph"]).span(span)
    for target in _targets(queries):
        panel.with_target(target.range())
    _dress(panel, style).fill_opacity(60 if style.stacked else 8).line_width(1)
    panel.show_points(common.VisibilityMode.NEVER)
    panel.legend(
        common_builders.VizLegendOptions()
        .show_legend(True)
        .display_mode(common.LegendDisplayMode.LIST)
        .placement(common.LegendPlacement.BOTTOM)
    )
    panel.tooltip(common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
    if style.stacked:
        panel.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    return panel if style.limit is None else panel.axis_soft_max(style.limit).axis_soft_min(0)


def draw_timeline(title: Text, queries: Sequence[Query], *, style: Style, span: int = 24) -> statetimeline.Panel:
    """A band for each series, coloured by its value at each moment."""
    panel = _begin(statetimeline.Panel(), title, queries, _HEIGHTS["timeline"]).span(span)
    for target in _targets(queries):
        panel.with_target(target.range())
    return (
        _dress(panel, style)
        .show_value(common.VisibilityMode.NEVER)
        .merge_values(True)
        .row_height(0.85)
        .line_width(0)
        .fill_opacity(85)
        .per_page(20)
        .legend(common_builders.VizLegendOptions().show_legend(False).display_mode(common.LegendDisplayMode.LIST)
                .placement(common.LegendPlacement.BOTTOM))
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of numbers: its query, its name and its style."""

    expr: str
    name: str
    style: Style = PLAIN


def list_rows(title: Text, columns: Sequence[Column], *, key: Sequence[str], span: int = 12) -> table.Panel:
    """A row for each set of the labels *key*, which stand first; one column for each of *columns*."""
    queries = [Query(column.expr) for column in columns]
    panel = _begin(table.Panel(), title, queries, _HEIGHTS["table"]).span(span)
    for target in _targets(queries):
        panel.with_target(target.instant().format(PromQueryFormat.TABLE))
    values = [f"Value #{ref}" for ref in ascii_uppercase[: len(columns)]] if len(columns) > 1 else ["Value"]
    if len(columns) > 1:
        panel.with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
    _keep(panel, (*key, *values))
    for label in key:
        panel.override_by_name(label, _label_properties(label, key))
    for value, column in zip(values, columns, strict=True):
        panel.override_by_name(value, _value_properties(column))
    return panel.cell_height(common.TableCellHeight.SM).filterable(True).no_value("—")


def list_facts(title: Text, expr: str, *, key: Sequence[str], span: int = 12) -> table.Panel:
    """The labels *key* of the one series that *expr* gives; its value is always 1 and says nothing."""
    panel = _begin(table.Panel(), title, [Query(expr)], _HEIGHTS["facts"]).span(span)
    for target in _targets([Query(expr)]):
        panel.with_target(target.instant().format(PromQueryFormat.TABLE))
    _keep(panel, key)
    for label in key:
        panel.override_by_name(label, _label_properties(label, key))
    return panel.cell_height(common.TableCellHeight.SM).no_value("—")


def sort_rows(panel: table.Panel, column: str) -> table.Panel:
    """The rows of *panel*, the greatest of *column* first."""
    return panel.sort_by([common_builders.TableSortByFieldState().display_name(column).desc(True)])


def cross_rows(title: Text, expr: str, *, row: str, looks: Mapping[str, Appearance], span: int = 12) -> table.Panel:
    """A row for each label *row*, a column for each ``state``."""
    panel = _begin(table.Panel(), title, [Query(expr)], _HEIGHTS["table"]).span(span)
    for target in _targets([Query(expr)]):
        panel.with_target(target.instant().format(PromQueryFormat.TABLE))
    matrix = {"rowField": row, "columnField": "state", "valueField": "Value"}
    panel.with_transformation(models.DataTransformerConfig(id_val="groupingToMatrix", options=matrix))
    corner = f"{row}\\state"
    order = [corner, *looks]
    panel.with_transformation(models.DataTransformerConfig(id_val="organize", options=_ordered(order)))
    panel.override_by_name(corner, [models.DynamicConfigValue("displayName", COLUMNS[row])])
    for state, look in looks.items():
        style = Style(steps=((None, "text"), (1, look.color)))
        panel.override_by_name(state, _value_properties(Column(expr=expr, name=look.word, style=style)))
    return panel.cell_height(common.TableCellHeight.SM).filterable(True)


def color_names(panel: P, looks: Iterable[Appearance]) -> P:
    """*panel* with each series that is called like one of *looks* in its colour."""
    for look in looks:
        color = {"mode": "fixed", "fixedColor": look.color}
        panel.override_by_name(look.word, [models.DynamicConfigValue("color", color)])
    return panel


def _begin(panel: P, title: Text, queries: Iterable[Query], height: int) -> P:
    names = dict.fromkeys(name for query in queries for name in _NAME.findall(query.expr))
    told = "\n".join(f"* `{name}`: {help_of(name)}" for name in names)
    return panel.title(title.vi).description(f"{title.en}\n\n{told}").datasource(SOURCE).height(height)


def _targets(queries: Sequence[Query]) -> list[prometheus.Dataquery]:
    return [
        prometheus.Dataquery().expr(query.expr).legend_format(query.legend or "__auto").ref_id(ref).datasource(SOURCE)
        for ref, query in zip(ascii_uppercase, queries, strict=False)
    ]


def _dress(panel: P, style: Style) -> P:
    panel.unit(style.unit).thresholds(_thresholds(style))
    if style.looks is not None:
        panel.mappings([_mapping(style.looks)])
    has_steps = len(style.steps) > 1 or style.looks is not None
    mode = models.FieldColorModeId.THRESHOLDS if has_steps else models.FieldColorModeId.PALETTE_CLASSIC
    panel.color_scheme(builders.FieldColor().mode(mode))
    return panel


def _thresholds(style: Style) -> builders.ThresholdsConfig:
    steps = [models.Threshold(value=value, color=color) for value, color in style.steps]
    return builders.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _mapping(looks: Looks) -> models.ValueMap:
    return models.ValueMap(
        options={
            str(value): models.ValueMappingResult(text=look.word, color=look.color, index=place)
            for place, (value, look) in enumerate(looks.items())
        }
    )


def _keep(panel: table.Panel, names: Sequence[str]) -> None:
    """Let *panel* show the fields *names* and no others, in this order."""
    only = {"include": {"names": list(names)}}
    panel.with_transformation(models.DataTransformerConfig(id_val="filterFieldsByName", options=only))
    panel.with_transformation(models.DataTransformerConfig(id_val="organize", options=_ordered(names)))


def _ordered(names: Sequence[str]) -> dict[str, object]:
    return {"indexByName": {name: place for place, name in enumerate(names)}, "excludeByName": {}, "renameByName": {}}


def _label_properties(label: str, key: Sequence[str]) -> list[models.DynamicConfigValue]:
    properties = [models.DynamicConfigValue("displayName", COLUMNS[label])]
    if label == "lab":
        properties.append(models.DynamicConfigValue("mappings", [_LAB_MARK]))
    if label in _PAGES:
        page, variables = _PAGES[label]
        chosen = "".join(_choose(each, key) for each in variables)
        url = f"/d/{page}?{chosen}${{datasource:queryparam}}&${{__url_time_range}}"
        properties.append(models.DynamicConfigValue("links", [{"title": "", "url": url, "targetBlank": False}]))
    return properties


_PAGES = {
    "device": ("netmon-device", ("device",)),
    "interface": ("netmon-interface", ("interface", "device")),
    "service": ("netmon-services", ("service",)),
}
"""Where a click on a label leads, and what is chosen there."""


def _choose(variable: str, key: Sequence[str]) -> str:
    """The part of a link that chooses *variable* as the row says it, or else as the page has it."""
    place = f"__data.fields.{variable}" if variable in key else variable
    return f"var-{variable}=${{{place}:percentencode}}&"


_LAB_MARK = models.ValueMap(
    options={
        "true": models.ValueMappingResult(text=LAB[1].word, color=LAB[1].color, index=0),
        "false": models.ValueMappingResult(text="", index=1),
    }
)


def _value_properties(column: Column) -> list[models.DynamicConfigValue]:
    properties = [
        models.DynamicConfigValue("displayName", column.name),
        models.DynamicConfigValue("unit", column.style.unit),
    ]
    if column.style.looks is not None:
        properties += [
            models.DynamicConfigValue("mappings", [_mapping(column.style.looks)]),
            models.DynamicConfigValue("custom.cellOptions", {"type": "color-background", "mode": "basic"}),
        ]
    elif len(column.style.steps) > 1:
        properties += [
            models.DynamicConfigValue("thresholds", _thresholds(column.style).build()),
            models.DynamicConfigValue("color", {"mode": "thresholds"}),
            models.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
        ]
    return properties
