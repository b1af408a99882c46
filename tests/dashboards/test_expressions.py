"""Every expression of a dashboard or a rule can be read, and names only what netmon shows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import promql_parser
import pytest

from dashboards.generator.catalogue import Series, declared_series
from tests.dashboards.asking import GRAFANA, Asked, asked_by_dashboards, asked_by_rules
from tests.dashboards.labels import WrongError, infer_labels

VARIABLES = MappingProxyType(
    {
        **GRAFANA,
        "instance": "127.0.0.1:9780",
        "department": ".*",
        "site": ".*",
        "device": "syt-gw1",
        "interface": "Dialer0",
        "service": ".*",
        "window": "4m10s",
    }
)
A_LITTLE: Mapping[str, Series] = {
    name: Series(name, "", frozenset(labels.split()))
    for name, labels in {
        "state": "instance device state",
        "info": "instance device site",
        "lag_bucket": "instance kind le",
    }.items()
}


def named(asked: Asked) -> str:
    return asked.where


@pytest.mark.parametrize("asked", [*asked_by_dashboards(), *asked_by_rules()], ids=named)
def test_an_expression_is_promql_and_names_only_declared_series_and_their_labels(asked: Asked) -> None:
    labels = infer_labels(promql_parser.parse(asked.filled(VARIABLES)), declared_series())

    assert asked.shown <= labels, f"{asked.where} shows labels that its answer does not carry"


def test_every_variable_of_the_dashboards_is_one_that_these_tests_fill() -> None:
    assert frozenset().union(*(asked.variables for asked in asked_by_dashboards())) <= VARIABLES.keys()


@pytest.mark.parametrize(
    ("expr", "labels"),
    [
        pytest.param("state", "instance device state", id="a selector"),
        pytest.param('{__name__=~"sta.+"}', "instance device state", id="a selector by a pattern"),
        pytest.param("sum by (state) (state)", "state", id="what is summed by a label keeps that one"),
        pytest.param("sum without (state) (state * 1)", "instance device", id="without a label the others are kept"),
        pytest.param("sum (state)", "", id="a plain sum keeps nothing"),
        pytest.param("topk(3, state)", "instance device state", id="the greatest keep theirs"),
        pytest.param(
            "state * on (instance, device) group_left (site) info", "instance device state site", id="a join adds"
        ),
        pytest.param("state - on (device) info", "device", id="a match of one to one keeps what it was matched by"),
        pytest.param("info unless on (device) state", "instance device site", id="a set keeps its left side"),
        pytest.param(
            "histogram_quantile(0.9, sum by (kind, le) (rate(lag_bucket[1m])))", "kind", id="a quantile eats its steps"
        ),
    ],
)
def test_labels_follow_the_rules_of_prometheus(expr: str, labels: str) -> None:
    assert infer_labels(promql_parser.parse(expr), A_LITTLE) == frozenset(labels.split())


@pytest.mark.parametrize(
    "expr",
    [
        pytest.param("nothing", id="a series that nobody declares"),
        pytest.param('{__name__=~"nothing.*"}', id="a pattern that fits none"),
        pytest.param('state{site="x"}', id="a matcher on a label of another family"),
        pytest.param("sum by (site) (state)", id="a sum by a label that is not there"),
        pytest.param("state * on (site) info", id="a match by a label that one side lacks"),
        pytest.param("state * on (device) group_left (state) info", id="a label that the right side lacks"),
        pytest.param("histogram_quantile(0.9, sum by (kind) (lag_bucket))", id="a quantile without steps"),
    ],
)
def test_what_does_not_exist_is_found(expr: str) -> None:
    with pytest.raises(WrongError):
        infer_labels(promql_parser.parse(expr), A_LITTLE)
