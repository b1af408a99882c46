"""Interfaces: what they are called, what is told of them once, and what an answer says of their states (RFC 2863)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from netmon.collectors.snmp.columns import ADMIN_STATUS, INTERFACE_INFO, OPER_STATUS
from netmon.collectors.snmp.rows import Row
from netmon.model.looks import Failure, Finding, Readings
from netmon.model.states import Reason, State
from netmon.snmp.ber import Value
from netmon.snmp.text import LABEL_BYTES, clean_address, clean_text
from netmon.snmp.walk import Index

_UP = 1
_ADMIN_DOWN, _ADMIN_TESTING = 2, 3
_NOT_UP = {
    2: (Reason.OPER_DOWN, "operationally down"),
    3: (Reason.TESTING, "in a test; it passes no packets"),
    5: (Reason.DORMANT, "waiting for something outside, such as an incoming call"),
    6: (Reason.NOT_PRESENT, "a component is missing"),
    7: (Reason.LOWER_LAYER_DOWN, "down, because an interface below it is"),
}
_OPER_UNKNOWN = 4
_SUFFIX_BYTES = 16


def name_rows(label: str, names: Mapping[Index, bytes]) -> list[Row]:
    """The rows that *names* tell of, by index; equal names all carry ``#index``."""
    plain = {index: clean_text(name, LABEL_BYTES - _SUFFIX_BYTES) for index, name in names.items()}
    times = Counter(plain.values())
    marked = {index: _mark(name, index, name and times[name] == 1) for index, name in plain.items()}
    taken = Counter(marked.values())
    return [
        Row(index, ((label, _mark(name, index, taken[name] == 1)),), names[index]) for index, name in marked.items()
    ]


def _mark(name: str, index: Index, unique: object) -> str:
    return name if unique else f"{name}#{'.'.join(map(str, index))}"


def info_readings(rows: Sequence[Row], told: Mapping[str, Mapping[Index, Value]]) -> Readings:
    """The info metric: a row for each interface with what *told* has of it by label (alias, description, mac, type)."""
    labels = tuple(
        (
            *row.labels,
            ("alias", _text(told["alias"].get(row.index))),
            ("description", _text(told["description"].get(row.index))),
            ("index", ".".join(map(str, row.index))),
            ("mac", _address(told["mac"].get(row.index))),
            ("type", _text(told["type"].get(row.index))),
        )
        for row in rows
    )
    return Readings(labels, {INTERFACE_INFO: (1,) * len(labels)})


def _text(value: Value | None) -> str:
    return clean_text(value) if isinstance(value, bytes) else "" if value is None else str(value)


def _address(value: Value | None) -> str:
    return clean_address(value) if isinstance(value, bytes) else ""


def find_states(watched: Sequence[str], readings: Iterable[Readings]) -> tuple[Finding, ...]:
    """What the answer says of the *watched* interfaces that it tells of."""
    if not watched:
        return ()
    wanted = {(("interface", name),) for name in watched}
    said = {
        labels[0][1]: (admin, oper)
        for table in readings
        if OPER_STATUS in table.columns
        for labels, admin, oper in zip(
            table.labels,
            table.columns.get(ADMIN_STATUS, (None,) * len(table.labels)),
            table.columns[OPER_STATUS],
            strict=True,
        )
        if labels in wanted and oper is not None
    }
    return tuple(_judge(name, *said[name]) for name in watched if name in said)


def missing(watched: Iterable[str], known: Iterable[Row]) -> tuple[Finding, ...]:
    """The *watched* interfaces that the device, whose table was read to its end, does not have."""
    names = {row.labels[0][1] for row in known}
    gone = Failure(Reason.NOT_PRESENT, "the device has no interface of this name")
    return tuple(Finding(name, State.DOWN, gone) for name in watched if name not in names)


def _judge(name: str, admin: object, oper: object) -> Finding:
    if admin == _ADMIN_DOWN:
        return Finding(name, State.DOWN, Failure(Reason.ADMIN_DOWN, "switched off by its administrator"))
    if oper == _UP:
        return Finding(name, State.UP)
    if admin == _ADMIN_TESTING:
        oper = _ADMIN_TESTING
    if isinstance(oper, int) and oper in _NOT_UP:
        return Finding(name, State.DOWN, Failure(*_NOT_UP[oper]))
    told = "the device does not know its state" if oper == _OPER_UNKNOWN else f"ifOperStatus {oper} means nothing"
    return Finding(name, State.UNKNOWN, Failure(Reason.UNEXPECTED, told))
