"""What of a machine goes beyond its limits, and what of it could not be seen: the flaws of an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmon.collectors.miss import failure
from netmon.collectors.prometheus.host import MOST_ROWS, Host
from netmon.collectors.prometheus.settings import PrometheusSettings
from netmon.model.looks import Failure
from netmon.model.states import Reason

_MOST_NAMED = 3
_SIZE, _AVAILABLE = "netmon_host_memory_size_bytes", "netmon_host_memory_available_bytes"


def find_flaw(host: Host, busy: float | None, settings: PrometheusSettings, *, where: str) -> Failure | None:
    """What is wrong with *host*, whose processors were *busy*; what is full goes before what is missing."""
    if beyond := [text for _, text in sorted(_beyond(host, busy, settings), reverse=True)]:
        return failure(Reason.OVER_LIMIT, f"{where}: {_first_of(beyond)}")
    if missing := [*_missing(host)]:
        return failure(Reason.PARTIAL, f"{where}: {_first_of(missing)}")
    return None


def _beyond(host: Host, busy: float | None, settings: PrometheusSettings) -> Iterator[tuple[float, str]]:
    """How much is used, and that it is too much."""
    for one in host.filesystems:
        if one.is_image:
            continue
        yield from _more(one.used_ratio, settings.max_used, f"{one.name} is {{}} full")
        yield from _more(one.files_used_ratio, settings.max_files_used, f"{one.name} has {{}} of its files in use")
    size, available = host.scalars.get(_SIZE), host.scalars.get(_AVAILABLE)
    if size and available is not None:
        yield from _more(1 - available / size, settings.max_memory_used, "{} of the memory is in use")
    yield from _more(busy, settings.max_busy, "the processors are {} busy")


def _more(used: float | None, allowed: float, text: str) -> Iterator[tuple[float, str]]:
    if used is not None and used > allowed:
        before, _, after = text.rpartition("{}")
        yield used, f"{before}{used * 100:.1f} %{after} ({allowed * 100:g} % allowed)"


def _missing(host: Host) -> Iterator[str]:
    if host.broken:
        yield f"file systems that do not answer: {_listed(host.broken)}"
    if host.failed:
        yield f"parts of {host.dialect.name} that failed: {_listed(host.failed)}"
    for what in host.cut:
        yield f"more than {MOST_ROWS} {what}"


def _first_of(texts: Sequence[str]) -> str:
    return "; ".join(
        [*texts[:_MOST_NAMED], *([f"{len(texts) - _MOST_NAMED} more"] if len(texts) > _MOST_NAMED else [])]
    )


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _MOST_NAMED
    return ", ".join([*names[:_MOST_NAMED], *([f"{rest} more"] if rest > 0 else [])])
