"""What an agent has to say: instances in the order of their object identifiers, each read when it is asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from netmon.lab.ber import Tag, decode_oid, encode, oid_payload
from netmon.model.moments import Moment

Read = Callable[[Moment], bytes]
"""The value at a moment, encoded with its tag and length."""

Oid = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """One variable.

    Attributes:
        name: payload of its object identifier, by which requests find it.
    """

    oid: Oid
    name: bytes
    read: Read


def instance(oid: Oid, read: Read) -> Instance:
    """The variable at *oid*."""
    return Instance(oid, oid_payload(oid), read)


def constant(value: bytes) -> Read:
    """A value that never changes."""
    return lambda _: value


def binding(variable: Instance, value: bytes) -> bytes:
    """*variable* with its *value*, as a response carries them."""
    return encode(Tag.SEQUENCE, encode(Tag.OID, variable.name) + value)


class View(Protocol):
    """What requests look into."""

    def at(self, name: bytes) -> Instance | None:
        """The variable of exactly this name."""

    def after(self, name: bytes) -> Instance | None:
        """The variable that follows *name*, be it one or not; `None` past the last. Raises MalformedError."""


class Mib:
    """All variables of one agent."""

    def __init__(self, instances: Iterable[Instance]) -> None:
        self._instances = sorted(instances, key=lambda variable: variable.oid)
        self._oids = [variable.oid for variable in self._instances]
        self._places = {variable.name: place for place, variable in enumerate(self._instances)}

    def __len__(self) -> int:
        return len(self._instances)

    def at(self, name: bytes) -> Instance | None:
        place = self._places.get(name)
        return None if place is None else self._instances[place]

    def after(self, name: bytes) -> Instance | None:
        place = self._places.get(name)
        place = bisect_right(self._oids, decode_oid(name)) if place is None else place + 1
        return self._instances[place] if place < len(self._instances) else None
