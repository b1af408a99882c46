"""The rows of a table of readings: their labels written once, and put before the numbers of each poll."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import NoneType
from typing import cast

from netmon.export.misfits import Misfit, MisfitError, Refuse
from netmon.export.syntax import LABEL_NAME, RESERVED, join_labels, label, number
from netmon.model.looks import Labels, Number


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What stands between the name and the number, for each row.

    Attributes:
        front: the identity of their owner, which stands first.
        labels: what the texts were made of; held, so that its identity is not given to another.
        texts: ``{device="a",interface="b"} ``; ``None`` for a row that is left out.
        whole: no row is left out.
    """

    front: str
    labels: Sequence[Labels]
    texts: Sequence[str | None]
    whole: bool

    def lines(self, name: str, column: Sequence[Number | None]) -> str:
        """One line for each number of *column*.

        Raises:
            MisfitError: the column is of another length, or holds something else than numbers, or is a counter
                that has fallen below nought.
        """
        if len(column) != len(self.texts):
            raise MisfitError(Misfit.SHAPE, f"{name} has {len(column)} numbers for {len(self.texts)} rows")
        types = set(map(type, column))
        if types == {int} and self.whole and min(cast("Sequence[int]", column)) >= 0:
            # by far the most columns: they take a short way
            return "".join([f"{name}{text}{value}\n" for text, value in zip(self.texts, column, strict=True)])
        if not types <= {int, float, NoneType}:
            odd = sorted(each.__name__ for each in types - {int, float, NoneType})
            raise MisfitError(Misfit.NUMBER, f"{name} holds {', '.join(odd)}")
        if name.endswith("_total") and not all(value is None or value >= 0 for value in column):
            raise MisfitError(Misfit.NUMBER, f"the counter {name} is below nought or not a number")
        return "".join(
            [
                f"{name}{text}{number(value)}\n"
                for text, value in zip(self.texts, column, strict=True)
                if value is not None and text is not None
            ]
        )


def write_rows(front: str, labels: Sequence[Labels], refuse: Refuse) -> Rows:
    """The rows of a table, *front* standing first.

    A row that repeats an earlier one is refused and left out: Prometheus would reject the scrape.

    Raises:
        MisfitError: a label's name is not allowed.
    """
    names = {name for row in labels for name, _ in row}
    if odd := [name for name in names if name in RESERVED or LABEL_NAME.fullmatch(name) is None]:
        raise MisfitError(Misfit.LABEL, f"label name {min(odd)!r}")
    texts: dict[str, None] = {}
    kept: list[str | None] = []
    for row in labels:
        text = f"{{{join_labels((front, *(label(name, value) for name, value in row)))}}} "
        if text in texts:
            refuse(MisfitError(Misfit.DUPLICATE, f"two rows with one set of labels for {{{front}}}"))
            kept.append(None)
        else:
            texts[text] = None
            kept.append(text)
    return Rows(front, labels, kept, whole=len(texts) == len(kept))
