"""The codec of the spool: records of the model as JSON values and back, by the types of their fields.

A dataclass is an array of its fields in order, without those at its end that have their defaults; so a field that
is added at the end with a default is read from older records too. Reading is strict: a value of another type, or a
field that is not known, is refused.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from netmon.model.log import LifeBegan
from netmon.model.plan import Plan
from netmon.model.plan_document import from_document, to_document
from netmon.ports import Batch, SpooledPlan, SpoolRecord

_TAGS: Mapping[str, type] = {"life": LifeBegan, "plan": SpooledPlan, "batch": Batch}
_NAMES = {kind: tag for tag, kind in _TAGS.items()}


def written(record: SpoolRecord) -> bytes:
    """*record* as JSON in ASCII."""
    return write(record, type(record), _NAMES[type(record)])


def read(payload: bytes) -> SpoolRecord:
    """What `written` made *payload* of.

    Raises:
        ValueError: it is nothing that this netmon writes.
    """
    tag, value = _document(payload)
    if tag not in _TAGS:
        raise ValueError(f"a record of the kind {tag!r} is not known")
    record: SpoolRecord = _codec(_TAGS[tag]).decode(value)
    return record


def write(value: object, kind: type, tag: str) -> bytes:
    """*value* of *kind*, marked with *tag*."""
    return json.dumps([tag, _codec(kind).encode(value)], separators=(",", ":")).encode("ascii")


def read_as(payload: bytes, kind: type, tag: str) -> Any:
    """The value of *kind* that `write` marked with *tag*.

    Raises:
        ValueError: it is something else.
    """
    told, value = _document(payload)
    if told != tag:
        raise ValueError(f"{told!r} stands where {tag!r} should")
    return _codec(kind).decode(value)


def _document(payload: bytes) -> tuple[str, Any]:
    match json.loads(payload):
        case [str(tag), value]:
            return tag, value
    raise ValueError("not a record")


@dataclass(frozen=True, slots=True)
class _Codec:
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _refuse(value: Any, wanted: str) -> ValueError:
    return ValueError(f"{str(value)[:40]!r} is no {wanted}")


@cache
def _codec(kind: Any) -> _Codec:
    """How values of *kind* are written and read."""
    origin, parts = get_origin(kind), get_args(kind)
    if isinstance(kind, NewType):
        return _codec(kind.__supertype__)
    if origin in (Union, types.UnionType):
        return _union(parts)
    if origin in (list, Sequence) or (origin is tuple and parts[-1] is Ellipsis):
        return _sequence(_codec(parts[0]), list if origin is list else tuple)
    if origin is tuple:
        return _row(tuple(_codec(part) for part in parts))
    if origin in (dict, Mapping):
        return _mapping(_codec(parts[0]), _codec(parts[1]))
    if kind is Plan:
        return _Codec(to_document, from_document)
    if is_dataclass(kind):
        return _record(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _Codec(lambda member: member.value, kind)
    return _plain(kind)


def _plain(kind: type) -> _Codec:
    wanted = (float, int) if kind is float else (kind,)
    if kind not in (str, int, float, bool):
        raise TypeError(f"{kind} cannot be spooled")

    def decode(value: Any) -> Any:
        if type(value) not in wanted:
            raise _refuse(value, kind.__name__)
        return value

    return _Codec(_same, decode)


def _union(parts: tuple[Any, ...]) -> _Codec:
    others = [part for part in parts if part is not type(None)]
    if set(others) == {int, float}:
        inner = _plain(float)
    elif len(others) == 1:
        inner = _codec(others[0])
    else:
        raise TypeError(f"one of {parts} cannot be spooled")
    if len(others) == len(parts):
        return inner
    return _Codec(
        lambda value: None if value is None else inner.encode(value),
        lambda value: None if value is None else inner.decode(value),
    )


def _sequence(item: _Codec, build: Callable[[Any], Any]) -> _Codec:
    def decode(value: Any) -> Any:
        if type(value) is not list:
            raise _refuse(value, "array")
        return build(map(item.decode, value))

    return _Codec(lambda value: list(map(item.encode, value)), decode)


def _row(items: tuple[_Codec, ...]) -> _Codec:
    def decode(value: Any) -> Any:
        if type(value) is not list or len(value) != len(items):
            raise _refuse(value, f"array of {len(items)}")
        return tuple(item.decode(one) for item, one in zip(items, value, strict=True))

    return _Codec(lambda value: [item.encode(one) for item, one in zip(items, value, strict=True)], decode)


def _mapping(key: _Codec, item: _Codec) -> _Codec:
    def decode(value: Any) -> Any:
        if type(value) is not dict:
            raise _refuse(value, "object")
        return {key.decode(name): item.decode(one) for name, one in value.items()}

    return _Codec(lambda value: {name: item.encode(one) for name, one in value.items()}, decode)


def _record(kind: Any) -> _Codec:
    hints = get_type_hints(kind)
    parts = [(field.name, _codec(hints[field.name]), _default(field)) for field in fields(kind)]
    needed = max((number for number, part in enumerate(parts, 1) if part[2] is MISSING), default=0)
    names = [name for name, _, _ in parts]
    decoders = [codec.decode for _, codec, _ in parts]

    def encode(value: Any) -> list[Any]:
        row = [codec.encode(getattr(value, name)) for name, codec, _ in parts]
        while len(row) > needed and row[-1] == parts[len(row) - 1][2]:
            row.pop()
        return row

    def decode(row: Any) -> Any:
        if type(row) is not list or not needed <= len(row) <= len(parts):
            raise _refuse(row, kind.__name__)
        told = zip(names, decoders, row, strict=False)
        return kind(**{name: decode_one(one) for name, decode_one, one in told})

    return _Codec(encode, decode)


def _default(field: Field[Any]) -> Any:
    """The default of *field* as it is written; ``MISSING`` where it has none."""
    if field.default_factory is not MISSING:
        empty = field.default_factory()
        return list(empty) if isinstance(empty, tuple | list) else empty
    if isinstance(field.default, tuple):
        return list(field.default)
    return field.default.value if isinstance(field.default, Enum) else field.default
