"""Which labels the answer to an expression may carry, worked out as Prometheus would, from what is declared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import promql_parser as promql

from dashboards.generator.catalogue import Series

Labels = frozenset[str]
NONE: Labels = frozenset()

_SETS = {"and", "unless", "or"}
_KEEPS_VALUES = {"topk", "bottomk"}


class WrongError(Exception):
    """The expression names what does not exist."""


def infer_labels(expr: object, declared: Mapping[str, Series]) -> Labels:
    """The labels of the answer to *expr*.

    Raises:
        WrongError: it names a series that is not declared, or a label that nothing in its place can carry.
    """
    match expr:
        case promql.VectorSelector():
            return _select(expr, declared)
        case promql.MatrixSelector():
            return _select(expr.vector_selector, declared)
        case promql.ParenExpr() | promql.SubqueryExpr() | promql.UnaryExpr():
            return infer_labels(expr.expr, declared)
        case promql.Call():
            return _call(expr, declared)
        case promql.AggregateExpr():
            return _aggregate(expr, declared)
        case promql.BinaryExpr():
            return _combine(expr, declared)
        case promql.NumberLiteral() | promql.StringLiteral():
            return NONE
        case _:
            raise NotImplementedError(type(expr).__name__)


def _select(selector: promql.VectorSelector, declared: Mapping[str, Series]) -> Labels:
    matchers = list(selector.matchers.matchers)
    names = {selector.name} if selector.name else set[str]()
    for matcher in [matcher for matcher in matchers if matcher.name == "__name__"]:
        matchers.remove(matcher)
        names |= {name for name in declared if re.fullmatch(matcher.value, name)}
    if not names or not names <= declared.keys():
        raise WrongError(f"{selector.prettify()} selects nothing that is declared")
    labels = frozenset(label for name in names for label in declared[name].labels)
    _require((matcher.name for matcher in matchers), labels, selector)
    return labels


def _call(call: promql.Call, declared: Mapping[str, Series]) -> Labels:
    labels = [infer_labels(argument, declared) for argument in call.args]
    found = frozenset().union(*labels)
    if call.func.name == "histogram_quantile":
        _require(("le",), found, call)
        return found - {"le"}
    return NONE if call.func.name in ("time", "absent") else found


def _aggregate(expr: promql.AggregateExpr, declared: Mapping[str, Series]) -> Labels:
    inner = infer_labels(expr.expr, declared)
    if str(expr.op) in _KEEPS_VALUES:
        return inner
    if expr.modifier is None:
        return NONE
    named = frozenset(expr.modifier.labels)
    _require(named, inner, expr)
    return named if expr.modifier.type == promql.AggModifierType.By else inner - named


def _combine(expr: promql.BinaryExpr, declared: Mapping[str, Series]) -> Labels:
    left, right = infer_labels(expr.lhs, declared), infer_labels(expr.rhs, declared)
    modifier = expr.modifier
    if modifier is None or modifier.matching is None:
        return left | right
    on = frozenset(modifier.matching.labels)
    _require(on, left, expr)
    _require(on, right, expr)
    if str(expr.op) in _SETS:
        return left
    carried = frozenset(modifier.group_labels or ())
    many, one = (right, left) if modifier.card == promql.VectorMatchCardinality.OneToMany else (left, right)
    _require(carried, one, expr)
    is_one_to_one = modifier.card == promql.VectorMatchCardinality.OneToOne
    return on if is_one_to_one else many | carried


def _require(named: Iterable[str], there: Labels, expr: promql.Expr) -> None:
    if missing := sorted(set(named) - there):
        raise WrongError(f"no {', '.join(missing)} in {expr.prettify()}, only {', '.join(sorted(there))}")
