"""The reference page of metrics, written from the declarations that the code obeys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from prometheus_client import CollectorRegistry

from netmon.export.families import OWN_FAMILIES, Family, declared_families
from netmon.export.instruments import Keeping, Looking, Planning, Receiving, Running, Tidying
from netmon.ports import CollectorKind

_OPENING = """# Metrics

*Written from the declarations in the code; a test compares the two. Do not edit by hand.*

netmon shows everything at `/metrics` (by default on `127.0.0.1:9780`), in the Prometheus text format 0.0.4 or in
OpenMetrics 1.0, as the scraper's `Accept` asks, compressed where it takes gzip. One rule for all: a number that is
shown is of the present. When a check goes down or becomes unknown its numbers vanish at once; its state stays.

| door | answers |
| --- | --- |
| `/metrics` | what Prometheus scrapes |
| `/sd` | every device with its address, for `http_sd_configs`; labels begin with `__meta_netmon_` |
| `/healthz` | 200 as long as the process and its event loop answer |
| `/readyz` | 200 when netmon does its work, else 503 with the causes, as JSON |

## Labels

* `device`, `service` and `poller` hold bare ids (`syt-gw1`), `check` the full one (`check:device:syt-gw1/icmp`), and
  `interface` the name that the device gives.
* Every sample begins with the device, service or poller that it is about. It names its `check` as well, unless it
  describes the device itself: that is so where a device's check has no name of its own and the family is not named
  after the kind of check. So `netmon_icmp_rtt_seconds` names its check, and `netmon_interface_...` does not.
* The tables below list what stands on every sample of a device; a family about the device names `service` and `check`
  in place of `device` where a service's check gives it.
* Further labels come from the inventory, or tell the rows of a table apart (`interface`, `storage`, ...).
* Values are cut to 128 bytes at the end of a character, except ids, which are bounded anyway; control characters are
  dropped and the rest is escaped. Descriptions that people edit on a device stand in info metrics alone; an error
  text never becomes a label.
* A label without a value is left out. Two rows with the same labels are a bug; the first is shown and
  `netmon_export_refused_total{why="duplicate"}` counts the other.

## What is believed

Every entity of the plan is in exactly one state: `up`, `degraded`, `down`, `unreachable` or `unknown`. The series of
that state is 1 and the other four are 0. What was never looked at is `unknown`, and a device has no `netmon_device_up`
then. What the lab plays carries `lab="true"` in its info metric.

"""

_HEALTH = """## How netmon is doing

These come from netmon itself and tell whether its other numbers can be trusted. The usual `process_*` metrics (memory,
processor time, descriptors) stand beside them.

"""

_COST = """## Cost

A family's samples of one check are rendered and compressed when the check brings them, and joined when somebody
scrapes, in pieces of half a megabyte between which everything else takes its turn. `benchmarks/exposition.py` measures
that against prometheus-client in the same run. Compression is deflate at level 1: level 6 takes 1.6 times the time for
a body that is 2 % smaller. Both forms are kept, which takes about 140 bytes of memory for each series.
"""


def render_reference(kinds: Iterable[CollectorKind]) -> str:
    """The page `docs/metrics.md` for netmon with *kinds*."""
    parts = [_OPENING, *_table(OWN_FAMILIES), "\n"]
    for kind in sorted(kinds, key=lambda each: each.name):
        families = [_with_subject(kind.name, family) for family in declared_families(kind).values()]
        parts += [f"## What `{kind.name}` checks measure\n\n", *_table(families), "\n"]
    parts += [_HEALTH, *_health_table(), "\n", _COST]
    return "".join(parts)


def _with_subject(kind: str, family: Family) -> Family:
    """*family* with the labels that the exporter puts in front, and those that tell its rows apart left open."""
    about_asking = family.name.startswith(f"netmon_{kind}_")
    front = ("device|service|poller", "check") if about_asking else ("device",)
    return replace(family, labels=(*front, *family.labels))


def _table(families: Iterable[Family]) -> Iterator[str]:
    yield "| family | type | labels | meaning |\n| --- | --- | --- | --- |\n"
    for family in families:
        labels = ", ".join(f"`{name}`" for name in family.labels)
        yield f"| `{family.name}` | {family.type} | {_cell(labels)} | {_cell(family.help)} |\n"


def _health_table() -> Iterator[str]:
    registry = CollectorRegistry()
    for instruments in (Looking, Keeping, Tidying, Receiving, Planning, Running):
        instruments(registry)
    yield "| family | type | meaning |\n| --- | --- | --- |\n"
    for metric in registry.collect():
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        yield f"| `{name}` | {metric.type} | {_cell(metric.documentation)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
