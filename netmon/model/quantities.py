"""Quantities as people write them: a number with its unit (``90s``, ``100 Mbps``, ``10 MiB``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from netmon.model.moments import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Duration

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)", re.ASCII)

_DURATIONS: Mapping[str, int] = {
    "us": 1, "ms": MILLISECOND, "s": SECOND, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY,
}  # fmt: skip
_BYTES: Mapping[str, int] = {
    "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30,
}  # fmt: skip
_UNITS = ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "m"), (MINUTE, "m", SECOND, "s"))
_BIT_RATES: Mapping[str, int] = {"bps": 1, "kbps": 10**3, "Mbps": 10**6, "Gbps": 10**9}


def parse_duration(text: str) -> Duration:
    """The duration that *text* names, such as ``500ms``, ``90s``, ``10m``, ``1h`` or ``30d``.

    Raises:
        ValueError: no number with one of the units above; the message says what to write.
    """
    return Duration(_parse(text, _DURATIONS, "90s, 10m or 1h"))


def parse_bytes(text: str) -> int:
    """The number of bytes that *text* names, such as ``10 MiB``; raises ValueError like `parse_duration`."""
    return _parse(text, _BYTES, "512 KiB or 10 MiB")


def parse_bit_rate(text: str) -> int:
    """The bits per second that *text* names, such as ``100 Mbps``; raises ValueError like `parse_duration`."""
    return _parse(text, _BIT_RATES, "8 Mbps or 1 Gbps")


def format_duration(value: Duration) -> str:
    """*value* for people, in at most two units: ``1.5 s``, ``2 m 30 s``, ``3 h 20 m``, ``4 d 2 h``."""
    if value < 0:
        return f"-{format_duration(Duration(-value))}"
    if value < SECOND:
        return f"{value / MILLISECOND:.3g} ms"
    if value < MINUTE:
        return f"{value / SECOND:.3g} s"
    unit, name, below, below_name = next(units for units in _UNITS if value >= units[0])
    rest = value % unit // below
    return f"{value // unit} {name} {rest} {below_name}" if rest else f"{value // unit} {name}"


def _parse(text: str, units: Mapping[str, int], example: str) -> int:
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        missing = "has no unit" if re.fullmatch(r"\s*\d+(\.\d+)?\s*", text) else "is not a number with a unit"
        raise ValueError(f'"{text}" {missing}; write {example}')
    number, unit = match.groups()
    if unit not in units:
        raise ValueError(f'"{text}" has the unknown unit "{unit}"; write {example}')
    return int((Decimal(number) * units[unit]).to_integral_value())
