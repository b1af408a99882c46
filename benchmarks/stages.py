"""Where the time goes: the own time of a run by cProfile, grouped by the part of netmon that spends it.

cProfile charges every call, so small functions look dearer than they are: read the shares, not the seconds.
"""

from __future__ import annotations

import cProfile
import pstats
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_NETMON = str(Path(__file__).parent.parent / "netmon") + "/"
_SHOWN = 12

Shares = Mapping[str, float]
"""What part of the whole own time each stage takes."""


def profiled(work: Callable[[], Any]) -> Shares:
    """The shares of the stages of *work*."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return shares_of(pstats.Stats(profile))


def shares_of(stats: pstats.Stats) -> Shares:
    """The shares of the stages in *stats*, greatest first; waiting for something to happen is nobody's."""
    spent: dict[str, float] = defaultdict(float)
    for (file, _, name), (_, _, own, _, callers) in stats.stats.items():  # type: ignore[attr-defined]
        if "select.epoll" in name:
            continue
        if file != "~":
            spent[_stage(file)] += own
            continue
        for (caller, _, _), (_, _, part, _) in callers.items():  # what is built in counts for whoever calls it
            spent[_stage(caller)] += part
    whole = sum(spent.values()) or 1.0
    ordered = sorted(spent.items(), key=lambda one: -one[1])
    return {stage: round(own / whole, 3) for stage, own in ordered[:_SHOWN]}


def show(title: str, shares: Shares) -> None:
    """Print *shares*, one line each."""
    print(f"\nwhere the time goes: {title}")
    for stage, share in shares.items():
        print(f"  {share:>6.1%}  {stage}")


def _stage(file: str) -> str:
    """A module of netmon by its name, anything else by its package."""
    if file.startswith(_NETMON):
        return "netmon." + file.removeprefix(_NETMON).removesuffix(".py").replace("/", ".")
    parts = Path(file).parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    if "asyncio" in parts:
        return "asyncio"
    if "benchmarks" in parts:
        return "the benchmark itself"
    return "python"
