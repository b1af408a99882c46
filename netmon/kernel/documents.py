"""A file that was read: its plain values, and where in the file each of them stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from netmon.kernel.problems import Problem

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
"""What YAML text turns into."""

Step = str | int
Path = tuple[Step, ...]
"""Keys and indices that lead from the root of a document to one of its values."""

_NAMING_KEYS = ("id", "name")


class Place:
    """Where a value stands, where the key before it does, and the places of what is in it; counted from 1."""

    __slots__ = ("children", "column", "key_column", "key_line", "line")

    def __init__(
        self,
        line: int,
        column: int,
        key: tuple[int, int],
        children: Mapping[Step, Place] | Sequence[Place] = (),
    ) -> None:
        self.line = line
        self.column = column
        self.key_line, self.key_column = key
        self.children = children


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One file: its name for people, its text, its values with their places, and what is wrong with its form.

    Attributes:
        data: the values; an empty mapping where the file says nothing or could not be read.
        readable: whether *data* is what the file says, but for what *problems* name.
    """

    file: str
    text: str
    data: Plain
    place: Place
    problems: tuple[Problem, ...] = ()
    readable: bool = True

    @property
    def root(self) -> Node:
        """The whole of it."""
        return Node(self, ())


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value in a document, known by its path; the path is only followed when somebody asks."""

    document: Document
    path: Path

    @property
    def value(self) -> Plain:
        """What stands here; ``None`` where nothing does."""
        value = self.document.data
        for step in self.path:
            if not _leads_on(value, step):
                return None
            value = value[step]  # type: ignore[index]  # _leads_on looked
        return value

    def at(self, *steps: Step) -> Node:
        """What stands *steps* below."""
        return Node(self.document, (*self.path, *steps))

    def items(self) -> Iterator[Node]:
        """The items of a list, in order; none of anything else."""
        value = self.value
        if isinstance(value, list):
            for index in range(len(value)):
                yield self.at(index)

    def entries(self) -> Iterator[tuple[str, Node]]:
        """The keys of a mapping with what stands at each, in order; none of anything else."""
        value = self.value
        if isinstance(value, dict):
            for key in value:
                yield key, self.at(key)

    def existing(self) -> tuple[Node, bool]:
        """The same without the steps that lead to nothing, and whether there were such."""
        _, path = existing(self.document.data, self.path)
        return Node(self.document, path), len(path) < len(self.path)

    def problem(self, cause: str, hint: str = "", *, missing: str = "") -> Problem:
        """*cause* told at this value; *missing* names a key that should stand in it."""
        place, names = self._followed()
        path = ".".join([*names, missing] if missing else names)
        return Problem(self.document.file, place.line, place.column, path, cause, hint)

    def problem_at_key(self, cause: str, hint: str = "") -> Problem:
        """*cause* told at the key that leads here."""
        place, names = self._followed()
        return Problem(self.document.file, place.key_line, place.key_column, ".".join(names), cause, hint)

    @property
    def where(self) -> str:
        """``file:line:column`` of this value, to point at it from elsewhere."""
        place, _ = self._followed()
        return f"{self.document.file}:{place.line}:{place.column}"

    def _followed(self) -> tuple[Place, list[str]]:
        place, value, names = self.document.place, self.document.data, []
        for step in self.path:
            if not _leads_on(value, step):
                break
            value = value[step]  # type: ignore[index]  # _leads_on looked
            place = place.children[step]  # type: ignore[index]  # places have the shape of values
            names.append(shown_step(step, value))
        return place, names


def existing(value: object, path: Path) -> tuple[Plain, Path]:
    """What stands at *path* below *value*, and the path without the steps that lead to nothing."""
    found: list[Step] = []
    for step in path:
        if _leads_on(value, step):
            value = value[step]  # type: ignore[index]  # _leads_on looked
            found.append(step)
    return value, tuple(found)  # type: ignore[return-value]  # values of files are plain


def _leads_on(value: object, step: Step) -> bool:
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)


def shown_step(step: Step, value: Plain) -> str:
    """A list's item goes by the name that it gives itself, so that a moved item keeps its path."""
    if isinstance(step, int) and isinstance(value, dict):
        for key in _NAMING_KEYS:
            if isinstance(name := value.get(key), str) and name:
                return name
    return str(step)
