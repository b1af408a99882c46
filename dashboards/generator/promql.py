"""Expressions: what is asked of Prometheus, in the few forms that the dashboards need."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.generator.words import CODES

WINDOW = "$window"
"""Over how long rates of polled counters are taken: whole polls and one scrape; see docs/dashboards.md, "Rates"."""

WINDOWS = ("4m10s", "10m10s", "30m10s", "1h10s")

CERTIFICATES = '__name__=~"netmon_.+_certificate_expiry_timestamp_seconds"'
"""Matches the families that say when a certificate ends, whichever kind of check saw it."""

QUICK = "$__rate_interval"
"""Over how long rates of netmon's own counters are taken: they are of the moment at every scrape."""


@dataclass(frozen=True, slots=True)
class Query:
    """One expression of a panel and what its series are called; a name may hold ``{{label}}``."""

    expr: str
    legend: str = ""


def select(family: str, matchers: str) -> str:
    """*family* where *matchers* hold."""
    return f"{family}{{{matchers}}}"


def state_code(kind: str, matchers: str = "") -> str:
    """The state of each entity of *kind* as one number, from 0 for up to 4 for down."""
    family = f"netmon_{kind}_state"
    front = f"{matchers}," if matchers else ""
    return "sum without (state) (" + " or ".join(
        f'{family}{{{front}state="{state.value}"}} * {code}' for state, code in CODES.items()
    ) + ")"  # fmt: skip


def placed(expr: str, kind: str, matchers: str = "", labels: str = "") -> str:
    """*expr* about a device or a service, with *labels* of the inventory; only where *matchers* hold."""
    return f"{expr} * on (instance, {kind}) group_left ({labels}) netmon_{kind}_info{{{matchers}}}"


def greater(left: str, right: str) -> str:
    """The greater of two that carry the same labels."""
    return f"({left} > {right} or {right})"


def rate(counter: str, matchers: str = "", window: str = WINDOW) -> str:
    """Rise per second of *counter*."""
    return f"rate({select(counter, matchers) if matchers else counter}[{window}])"


def utilisation(direction: str, matchers: str = "") -> str:
    """Which share of its nominal speed an interface carries; absent where the speed is not known."""
    traffic = rate(f"netmon_interface_{direction}_bytes_total", matchers)
    speed = "netmon_interface_speed_bytes_per_second"
    return f"{traffic} / ({speed}{{{matchers}}} > 0)" if matchers else f"{traffic} / ({speed} > 0)"


def quantile(share: float, histogram: str, matchers: str, *by: str) -> str:
    """The quantile of *histogram* by its labels *by*."""
    inner = rate(f"{histogram}_bucket", matchers, QUICK)
    return f"histogram_quantile({share}, sum by ({', '.join((*by, 'le'))}) ({inner}))"
