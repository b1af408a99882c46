"""Reading what a look brought."""

from __future__ import annotations

from netmon.model.looks import Number, Outcome


def column(outcome: Outcome, metric: str) -> dict[str, Number | None]:
    """The numbers of *metric* by the first label of their rows, of which no two are alike."""
    rows = [
        (labels[0][1] if labels else "", value)
        for table in outcome.readings
        if metric in table.columns
        for labels, value in zip(table.labels, table.columns[metric], strict=True)
    ]
    assert len(dict(rows)) == len(rows)
    return dict(rows)
