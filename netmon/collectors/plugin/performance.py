"""What a plug-in says: text for people, and behind a ``|`` its performance data (Monitoring Plugins' guidelines)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from netmon.collectors.labels import label_text

MOST_MEASURES = 200
_LONGEST_NUMBERS = 64 * 2**10

VALUE = "netmon_plugin_value"
TIME = "netmon_plugin_time_seconds"
SIZE = "netmon_plugin_size_bytes"
SHARE = "netmon_plugin_share_ratio"
COUNT = "netmon_plugin_count_total"

_UNITS: Mapping[str, tuple[str, float]] = {
    "": (VALUE, 1),
    "s": (TIME, 1), "ms": (TIME, 1e-3), "us": (TIME, 1e-6), "µs": (TIME, 1e-6),
    "%": (SHARE, 0.01),
    "c": (COUNT, 1),
    "B": (SIZE, 1), "kB": (SIZE, 2**10), "KB": (SIZE, 2**10), "MB": (SIZE, 2**20), "GB": (SIZE, 2**30),
    "TB": (SIZE, 2**40), "KiB": (SIZE, 2**10), "MiB": (SIZE, 2**20), "GiB": (SIZE, 2**30), "TiB": (SIZE, 2**40),
}  # fmt: skip
"""Families and factors; what the plug-ins write as KB, MB, GB and TB are powers of 1,024."""

_MEASURE = re.compile(
    r"(?:'(?P<quoted>(?:[^'\n]|''){1,500})'|(?P<plain>[^\s='|]{1,500}))"
    r"=(?P<number>[-+]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,3})?|U)"
    r"(?P<unit>[^\s\d;'=|]{0,20})"
    r"(?:;[^\s;]{0,100}){0,4}(?=\s|$)",
    re.ASCII,
)
_NEXT = re.compile(r"\s*(?:\S+|$)")


@dataclass(frozen=True, slots=True)
class Measure:
    """One number: the family it belongs to, its name, its unit where that is none of ours, and its value there."""

    family: str
    name: str
    unit: str
    value: float


@dataclass(frozen=True, slots=True)
class Said:
    """What a plug-in said: its first line, and its numbers, of which names stand once in each family."""

    headline: str
    measures: tuple[Measure, ...]


def understand(output: str) -> Said:
    """The text and the numbers in *output*; numbers that are none are left out."""
    first, _, rest = output.partition("\n")
    headline, _, numbers = first.partition("|")
    later = rest.partition("|")[2]  # behind a second | the numbers go on to the end, line after line
    measures: dict[tuple[str, str, str], Measure] = {}
    for one in _measures(f"{numbers}\n{later}"[:_LONGEST_NUMBERS]):
        measures.setdefault((one.family, one.name, one.unit), one)
        if len(measures) >= MOST_MEASURES:
            break
    return Said(headline.strip(), tuple(measures.values()))


def _measures(text: str) -> Iterator[Measure]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        if (match := _MEASURE.match(text, at)) is None:
            skipped = _NEXT.match(text, at)
            at = skipped.end() if skipped else len(text)
            continue
        at = match.end()
        if (measure := _measure(match)) is not None:
            yield measure


def _measure(match: re.Match[str]) -> Measure | None:
    if match["number"] == "U":  # the plug-in does not know
        return None
    unit = match["unit"]
    family, factor = _UNITS.get(unit, (VALUE, 1.0))
    value = float(match["number"]) * factor
    if not math.isfinite(value) or (family == COUNT and value < 0):
        return None
    name = match["plain"] or match["quoted"].replace("''", "'")
    return Measure(family, label_text(name), "" if unit in _UNITS else label_text(unit), value)
