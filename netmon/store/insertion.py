"""How rows come into a table: one declaration, from which each database makes its fastest way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Insertion:
    """Rows for *table*, whose values stand in the order of *columns*.

    Attributes:
        key: what makes a row the same as one that is there; empty where no row ever is.
        again: what becomes of the row that is there (``DO UPDATE SET ...``); it stays as it is by default.
        newer: of rows offered together that are alike in their key, the one with most in this column counts.
    """

    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    again: str = "DO NOTHING"
    newer: str | None = None

    @property
    def places(self) -> str:
        """The table with its columns, as ``INSERT INTO`` and ``COPY`` want them."""
        return f"{self.table} ({self.named(self.columns)})"

    @property
    def on_conflict(self) -> str:
        """The clause that makes it harmless to offer a row twice."""
        if not self.key:
            return ""
        return "ON CONFLICT DO NOTHING" if self.keeps else f"ON CONFLICT ({self.named(self.key)}) {self.again}"

    @property
    def keeps(self) -> bool:
        """Whether a row that is there stays as it is."""
        return self.again == "DO NOTHING"

    def statement(self, placeholder: str) -> str:
        """The statement for one row; *placeholder* stands for a value."""
        values = ", ".join([placeholder] * len(self.columns))
        return f"INSERT INTO {self.places} VALUES ({values}) {self.on_conflict}"

    def distinct(self, rows: Sequence[Row]) -> Collection[Row]:
        """Those of *rows* that count: one statement may not meet the same key twice."""
        places = [self.columns.index(column) for column in self.key]
        rank = None if self.newer is None else self.columns.index(self.newer)
        counting: dict[Row, Row] = {}
        for row in rows:
            key = tuple(row[place] for place in places)
            known = counting.get(key)
            if known is None or (rank is not None and row[rank] >= known[rank]):  # type: ignore[operator]
                counting[key] = row
        return counting.values()

    @staticmethod
    def named(columns: tuple[str, ...]) -> str:
        """*columns* as a list; quoted, for `interval` and `count` are words of SQL too."""
        return ", ".join(f'"{column}"' for column in columns)
