"""Stretches: rows that follow each other, asked for by one GETBULK whose answer is known but for its values."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakValueDictionary

from netmon.snmp import ber
from netmon.snmp.along import Names
from netmon.snmp.ber import Value
from netmon.snmp.form import Form
from netmon.snmp.pdu import Request, bulk_request


class _Asked:
    """What is asked for a stretch, and the names that its answer should have."""

    __slots__ = ("__weakref__", "names", "request", "width")

    def __init__(self, columns: Sequence[str], before: str | None, indexes: Sequence[str]) -> None:
        last = [column if before is None else f"{column}.{before}" for column in columns]
        self.request = bulk_request([ber.encode_oid(name) for name in last], len(indexes))
        self.names = Names([ber.encode_oid(f"{column}.{index}") for index in indexes for column in columns])
        self.width = len(columns)


_ASKED: WeakValueDictionary[tuple[str, ...], _Asked] = WeakValueDictionary()
"""What is asked of all devices whose tables are alike, of which each has a thousand names."""


class Stretch:
    """The rows of one agent's table that were learned to follow the row *before*, with the columns that each has.

    A GETBULK names but one row, and asks for as many as an agent can tell in a packet, however large it makes that;
    a GET names every value, in one packet that must fit every agent. The rows that come are read along the names that
    were learned. Where another name comes, or no more, the rest must be asked for by GET: no value is taken for
    another's.

    Args:
        columns: their names, in dotted text.
        before: what follows a column's name in that of the row before the first; ``None`` where that has none.
        indexes: the same of the rows.
    """

    __slots__ = ("_asked", "_form", "_missed_bytes")

    def __init__(self, columns: Sequence[str], before: str | None, indexes: Sequence[str]) -> None:
        key = (*columns, before or "", *indexes)
        asked = _ASKED.get(key)
        if asked is None:
            asked = _ASKED[key] = _Asked(columns, before, indexes)
        self._asked = asked
        self._form: Form | None = None
        self._missed_bytes = 0

    def __len__(self) -> int:
        return len(self._asked.names)

    @property
    def request(self) -> Request:
        """What is asked."""
        return self._asked.request

    def decode(self, payload: bytes) -> list[Value | None]:
        """The values of the first rows, as far as *payload* tells exactly those.

        Raises:
            Malformed: a value is not what its type says.
        """
        values = self._form.read(payload) if self._form else None
        if values is not None:
            return values
        values, end = self._asked.names.read(payload)
        if end == len(payload) and len(values) == len(self):
            self._note_form(payload, values)
        del values[len(values) // self._asked.width * self._asked.width :]
        return values

    def _note_form(self, payload: bytes, values: list[Value | None]) -> None:
        """Learn the form of *payload* if the answer before it was as long: one that always changes is not worth it."""
        self._form = Form(payload, values) if len(payload) == self._missed_bytes else None
        self._missed_bytes = len(payload)
