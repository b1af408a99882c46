"""The text that Prometheus reads: label values, numbers and the heads of families, in both of its syntaxes.

Sources: Prometheus text format 0.0.4, OpenMetrics 1.0. Sample lines are the same in both, so only heads are
written twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from math import isfinite, isnan

from netmon.model.looks import Number

LABEL_BYTES = 128
"""How much of a label value is shown, in bytes of UTF-8 before escaping."""

LABEL_NAME = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
"""What may be the name of a label; names with two underscores in front are Prometheus' own."""

RESERVED = frozenset({"device", "service", "poller", "check"})
"""The labels that the exporter sets itself, so that no table of readings may."""

_UNSHOWABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but the line feed, line separators, overrides of the writing direction, lone surrogates."""

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_HELP_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n"})


class Syntax(StrEnum):
    """The syntaxes that are spoken, each by its content type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    @property
    def end(self) -> str:
        """What closes a body."""
        return "# EOF\n" if self is Syntax.OPENMETRICS else ""


def label(name: str, value: str) -> str:
    """``name="value"`` with *value* cleaned, cut and escaped; nothing where there is nothing left to show.

    An empty label means the same to Prometheus as none.
    """
    shown = _cut(_UNSHOWABLE.sub("", value))
    return f'{name}="{shown.translate(_ESCAPES)}"' if shown else ""


def identity_label(name: str, value: str) -> str:
    """``name="value"`` with an id of ours, whole: a cut id would be that of somebody else."""
    return f'{name}="{_UNSHOWABLE.sub("", value).translate(_ESCAPES)}"'


def join_labels(labels: Iterable[str]) -> str:
    """*labels* side by side, without the empty ones."""
    return ",".join(filter(None, labels))


def number(value: Number) -> str:
    """*value* as both syntaxes write it: whole numbers exactly, others so that they read back equal."""
    if isinstance(value, int) or isfinite(value):
        return repr(value)
    if isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"


def escape_help(text: str, syntax: Syntax) -> str:
    """*text* as it stands behind ``# HELP``; OpenMetrics escapes quotes as well."""
    return text.translate(_ESCAPES if syntax is Syntax.OPENMETRICS else _HELP_ESCAPES)


def _cut(text: str) -> str:
    if len(text) * 4 <= LABEL_BYTES:
        return text
    return text.encode()[:LABEL_BYTES].decode(errors="ignore")
