"""Rows of one shape: the GETs that read them, and the columns of numbers that the answers make.

The name of a row is asked in the same packet as its numbers. An agent that has given the index to
another interface since shows that in the very answer, and its numbers are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from netmon.collectors.snmp.columns import Column, Role
from netmon.collectors.snmp.counters import AfterFall, Count, CounterColumn, begin_anew, carry_on
from netmon.model.looks import Labels, Number, Readings
from netmon.snmp.ber import Value
from netmon.snmp.pdu import Get, share
from netmon.snmp.stretch import Stretch
from netmon.snmp.walk import Index

_ANSWER_BYTES = 1_430
"""Of a GET's answer: it travels in one piece."""
_STRETCH_BYTES = 8_000
"""Of a stretch's answer: it travels in six pieces of Ethernet's, and few exchanges are enough for a table."""
_VARBIND_BYTES = 17
_NUMBER_BYTES = {Role.COUNTER64: 6, Role.COUNTER32: 3, Role.GAUGE: 2}
_COMMON_NUMBER_BYTES = 4
_COUNTED: Mapping[Role, AfterFall] = {
    Role.COUNTER64: begin_anew,
    Role.COUNTER32: carry_on,
    Role.OCTETS32: carry_on,
}
_UNKNOWN_SPEED = 125_000_000.0
_ONLY_NUMBERS = frozenset({int, type(None)})


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its index, what it is called outside, and the octets that prove that it is itself."""

    index: Index
    labels: Labels
    proof: bytes | None = None


class Rows:
    """Rows of one table that answer to the same columns.

    Attributes:
        stretches: the questions that bring the rows in few answers, where the agent and the way to it bear that.
        odd: how many values were no numbers, since the table was learned.
    """

    def __init__(
        self, rows: Sequence[Row], columns: Sequence[Column], proof: str | None, memory: Mapping[object, Count]
    ) -> None:
        self.labels: tuple[Labels, ...] = tuple(row.labels for row in rows)
        self.stretches: tuple[Stretch, ...] = ()
        self.odd = 0
        self._rows = rows
        self._columns = columns
        self._gets: tuple[Get, ...] | None = None
        self._each = self._stretched = 1
        self._names = ((proof,) if proof else ()) + tuple(column.oid for column in columns)
        self._proofs = [row.proof for row in rows] if proof else None
        self._converted: dict[str, tuple[list[int | None], Sequence[Number | None]]] = {}
        self._discontinuity: list[int | None] = []
        self._speeds: Sequence[float] = [_UNKNOWN_SPEED] * len(rows)
        self._continued = {
            column.metric: CounterColumn(
                column.oid, [memory.get((column.metric, labels)) for labels in self.labels], _COUNTED[column.role]
            )
            for column in columns
            if column.role in _COUNTED
        }

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def width(self) -> int:
        """How many values a row has in an answer."""
        return len(self._names)

    def pack(self, most_names: int) -> None:
        """Make the questions: as many rows in each as an agent and a packet bear."""
        answer = self._row_bytes()
        self._each = max(1, min(most_names // self.width, _ANSWER_BYTES // answer))
        self._gets = None
        self._stretch(_STRETCH_BYTES // answer)

    @property
    def gets(self) -> tuple[Get, ...]:
        """The questions, a whole number of rows each, which ask for every value by its name."""
        if self._gets is None:
            self._gets = tuple(
                share(Get([f"{name}.{index}" for index in indexes for name in self._names]))
                for indexes in self._batches(self._each)
            )
        return self._gets

    def left_over(self, values: list[Value | None]) -> tuple[Get, ...]:
        """The questions that bring the rest of *values*, which are cut to what those leave out.

        Where stretches brought less than they should, shorter ones are asked for from now on, or none.
        """
        came = len(values) // self.width
        if came == len(self):
            return ()
        if self.stretches:
            self._stretch(came % self._stretched)
        asked = came // self._each
        del values[asked * self.width * self._each :]
        return self.gets[asked:]

    def _row_bytes(self) -> int:
        """About how much of an answer a row takes."""
        numbers = sum(_VARBIND_BYTES + _NUMBER_BYTES.get(column.role, _COMMON_NUMBER_BYTES) for column in self._columns)
        if self._proofs is None:
            return numbers
        return numbers + _VARBIND_BYTES + max((len(proof or b"") for proof in self._proofs), default=0)

    def _stretch(self, rows: int) -> None:
        """Ask for so many *rows* in a stretch from now on, if that is more than a GET asks for."""
        self._stretched = rows
        self.stretches = ()
        if self._each < min(rows, len(self)):
            batches = self._batches(rows)
            before = (None, *(batch[-1] for batch in batches[:-1]))
            self.stretches = tuple(map(Stretch, repeat(self._names), before, batches))

    def _batches(self, rows: int) -> list[list[str]]:
        """What follows the names of the columns, for so many *rows* at a time."""
        indexes = [".".join(map(str, row.index)) for row in self._rows]
        return [indexes[first : first + rows] for first in range(0, len(indexes), rows)]

    def drop_strangers(self, values: list[Value | None]) -> int:
        """Blank those of the first rows, as far as *values* go, whose names are not the learned ones; how many."""
        names = values[:: self.width]
        if self._proofs is None or names == self._proofs[: len(names)]:
            return 0
        strangers = [row for row, name in enumerate(names) if name != self._proofs[row]]
        for row in strangers:
            values[row * self.width : (row + 1) * self.width] = [None] * self.width
        return len(strangers)

    def read(self, values: Sequence[Value | None], at: float) -> Readings:
        """The columns of the table; *values* are its rows, one after the other."""
        first = 1 if self._proofs is not None else 0
        units: list[int | None] | None = None
        columns: dict[str, Sequence[Number | None]] = {}
        for position, column in enumerate(self._columns, start=first):
            said = self._numbers(values[position :: self.width])
            if column.role is Role.DISCONTINUITY:
                self._note_discontinuity(said)
            elif column.role is Role.UNIT:
                units = said
            elif column.metric is None:
                continue
            elif column.role in _COUNTED:
                columns[column.metric] = self._continued[column.metric].follow(said, self._speeds, at)
            elif units is not None:
                columns[column.metric] = _multiply(self._convert(column, said), units)
            else:
                columns[column.metric] = self._convert(column, said)
        return Readings(self.labels, columns)

    def memory(self) -> dict[object, Count]:
        """Where its continued counters stand, for the rows that take their place."""
        return {
            (metric, labels): count
            for metric, column in self._continued.items()
            for labels, count in zip(self.labels, column.memory(), strict=True)
            if count is not None
        }

    def _numbers(self, said: Sequence[Value | None]) -> list[int | None]:
        if _ONLY_NUMBERS.issuperset(map(type, said)):
            return said  # type: ignore[return-value]  # just proved
        numbers = [value if isinstance(value, int) else None for value in said]
        self.odd += sum(value is not None and not isinstance(value, int) for value in said)
        return numbers

    def _convert(self, column: Column, said: list[int | None]) -> Sequence[Number | None]:
        """*said* in base units; what does not change is not computed again."""
        if column.convert is None or column.metric is None:
            return said
        kept = self._converted.get(column.metric)
        if kept is not None and kept[0] == said:
            return kept[1]
        convert = column.convert
        numbers = [None if value is None else convert(value) for value in said]
        self._converted[column.metric] = said, numbers
        if column.role is Role.SPEED:
            self._speeds = [value or _UNKNOWN_SPEED for value in numbers]
        return numbers

    def _note_discontinuity(self, said: list[int | None]) -> None:
        if said == self._discontinuity:
            return
        for row, (before, now) in enumerate(zip(self._discontinuity, said, strict=False)):
            if before is not None and now is not None and before != now:
                for column in self._continued.values():
                    column.begin_anew(row)
        self._discontinuity = said


def _multiply(numbers: Sequence[Number | None], units: list[int | None]) -> list[Number | None]:
    return [
        None if number is None or unit is None else number * unit for number, unit in zip(numbers, units, strict=True)
    ]
