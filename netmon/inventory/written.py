"""What was written down, right or wrong: whoever looks for mistakes goes by this, so that none hides another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netmon.inventory.words import canonical_address
from netmon.kernel.documents import Document, Node, Path, Plain, Step
from netmon.kernel.validation import Checked

ONE_OF: Mapping[str, str] = {
    "networks": "network",
    "peer_groups": "peer group",
    "departments": "department",
    "credentials": "credential",
    "sites": "site",
    "devices": "device",
    "links": "link",
    "services": "service",
}
"""What one thing of each section is called."""


def naming_key(section: str) -> str:
    """The key by which a thing of *section* says who it is."""
    return "name" if section == "devices" else "id"


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """One thing as it was written, and the site whose file it stands in (bare id, where that is right)."""

    node: Node
    checked: Checked[Any]
    site: str | None = None

    def right(self, *path: Step) -> Plain:
        """The plain value at *path*; ``None`` where nothing stands there, or something wrong."""
        return self.checked.right(*path)

    def text(self, *path: Step) -> str | None:
        """The text at *path*, if there is one that is right."""
        value = self.checked.right(*path)
        return value if isinstance(value, str) else None

    def address(self) -> str | None:
        """Its address in the shortest form, if it has one that is right."""
        if self.checked.whole is not None:
            address: str = self.checked.whole.address
            return address
        written = self.text("address")
        return None if written is None else canonical_address(written)

    def items(self, key: str) -> Iterator[Path]:
        """The paths of what is in the list at *key*."""
        value = self.checked.right(key)
        if isinstance(value, list):
            yield from ((key, index) for index in range(len(value)))


class Things:
    """Everything that was written, by section, in the order of the files.

    Attributes:
        names: what things call themselves, by section, even where that has not the form of a name.
        unread: sections of which some part cannot be read, so that nobody can say that a name is not in them.
    """

    def __init__(self) -> None:
        self.names: Mapping[str, set[str]] = {section: set() for section in ONE_OF}
        self.unread: set[str] = set()
        self._all: Mapping[str, list[Written]] = {section: [] for section in ONE_OF}
        self._firsts: Mapping[str, dict[str, Written]] = {section: {} for section in ONE_OF}

    def __getitem__(self, section: str) -> Sequence[Written]:
        return self._all[section]

    def firsts(self, section: str) -> Mapping[str, Written]:
        """The things of *section* that have a right name, by it; of several with one name the first."""
        return self._firsts[section]

    def add(self, section: str, thing: Written) -> None:
        """Take *thing* in."""
        self._all[section].append(thing)
        key = naming_key(section)
        if isinstance(name := thing.node.at(key).value, str):
            self.names[section].add(name)
        if (right := thing.text(key)) is not None:
            self._firsts[section].setdefault(right, thing)

    def could_be(self, name: str, *sections: str) -> bool:
        """Whether *name* is in one of *sections*, or might be in a part of it that cannot be read."""
        return any(section in self.unread or name in self.names[section] for section in sections)

    def note_unread(self, document: Document, sections: Collection[str]) -> None:
        """Remember which of *sections* of *document* cannot be read, or might stand under a key that nobody knows."""
        twice = {problem.path for problem in document.problems}
        for section in sections:
            value = document.root.at(section).value
            if not document.readable or section in twice or not isinstance(value, list | None):
                self.unread.add(section)
            elif value is None:
                self.names[section].update(names_under_other_keys(document.root, sections))


def names_under_other_keys(root: Node, known: Collection[str]) -> Iterator[str]:
    """The names of whatever stands in *root* under keys beside *known*: it is there, only nobody knows as what."""
    for key, node in root.entries():
        if key not in known:
            yield from (name for name, _ in node.entries())
            for item in node.items():
                yield from (name for each in ("id", "name") if isinstance(name := item.at(each).value, str))
