"""Finds circles in what must have none, such as parents of parents; without recursion, for chains may be long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


def circles(graph: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Circles in *graph*, each beginning at the member that stands first in it; at least one of any knot."""
    order = {name: index for index, name in enumerate(graph)}
    finished: set[str] = set()
    for start in graph:
        path: list[str] = []
        places: dict[str, int] = {}
        ways: list[Iterator[str]] = [iter((start,))]
        while ways:
            step = next(ways[-1], None)
            if step is None:
                ways.pop()
                if path:
                    finished.add(path[-1])
                    del places[path.pop()]
            elif step in places:
                yield _turned(path[places[step] :], order)
            elif step in graph and step not in finished:
                places[step] = len(path)
                path.append(step)
                ways.append(iter(graph[step]))


def _turned(circle: list[str], order: Mapping[str, int]) -> tuple[str, ...]:
    first = circle.index(min(circle, key=order.__getitem__))
    return (*circle[first:], *circle[:first])
