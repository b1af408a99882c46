"""What one look says about the series that reports need: the rows that count, and the numbers in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from netmon.model.looks import Labels, Number, Readings
from netmon.model.rollups import Rolled


@dataclass(frozen=True, slots=True)
class Told:
    """One number of a series: a reading, or where a counter stands; *over* is what it is to be divided by."""

    labels: Labels
    number: Number
    over: Number = 1


def numbers_of(rolled: Rolled, readings: Sequence[Readings], watched: Collection[str] | None) -> list[Told]:
    """What *readings* say for *rolled*; only of *watched* interfaces, unless that is ``None``."""
    told = [one for table in readings if rolled.of in table.columns for one in _rows(rolled, table, watched)]
    if not rolled.is_mean or not told:
        return told
    return [Told((), sum(one.number / one.over for one in told) / len(told))]


def _rows(rolled: Rolled, table: Readings, watched: Collection[str] | None) -> Iterator[Told]:
    overs = table.columns.get(rolled.over) if rolled.over else None
    if rolled.over and overs is None:
        return
    less = [table.columns[metric] for metric in rolled.less if metric in table.columns]
    for row, number in enumerate(table.columns[rolled.of]):
        over = overs[row] if overs is not None else 1
        if number is None or over is None or over <= 0:
            continue
        labels = table.labels[row]
        if rolled.watched and watched is not None and dict(labels).get(rolled.watched) not in watched:
            continue
        yield Told(labels, number - sum(column[row] or 0 for column in less), over)
