"""Reads the folder ``inventory/``; one broken thing does not hide what is wrong with the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netmon.inventory.credentials import Credential
from netmon.inventory.crosschecks import crosscheck
from netmon.inventory.inventory import Entry, Inventory
from netmon.inventory.organization import Department, Network, OrganizationFile, PeerGroup
from netmon.inventory.sites import Device, Link, Service, SiteFile
from netmon.kernel.documents import Document, Node
from netmon.kernel.problems import Mistakes, Problem, in_order, quote
from netmon.kernel.settings import Settings
from netmon.kernel.validation import validate
from netmon.kernel.yaml_loader import read_yaml

ORGANIZATION_FILE = "organization.yaml"
SITES_FOLDER = "sites"

_ORGANIZATION_LISTS: Mapping[str, type[Settings]] = {
    "networks": Network,
    "peer_groups": PeerGroup,
    "departments": Department,
    "credentials": Credential,
    "services": Service,
}
_SITE_LISTS: Mapping[str, type[Settings]] = {"devices": Device, "links": Link, "services": Service}
_ONE = {
    "networks": "network",
    "peer_groups": "peer group",
    "departments": "department",
    "credentials": "credential",
    "sites": "site",
    "devices": "device",
    "links": "link",
    "services": "service",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the folder says, what is wrong with it, and the text of each file by its name."""

    inventory: Inventory
    problems: tuple[Problem, ...]
    sources: Mapping[str, str]


def read_inventory(folder: Path, *, base: Path, home: str, besides: Collection[Path] = ()) -> Reading:
    """The inventory in *folder*.

    Files are named relative to *base*; devices without a zone stand in that of the poller *home*; *besides*
    names files of the folder that are read by somebody else.
    """
    draft = _Draft(base)
    draft.read_organization(folder / ORGANIZATION_FILE)
    for path in sorted((folder / SITES_FOLDER).rglob("*")):
        if path.suffix == ".yaml":
            draft.read_site(path)
        elif path.suffix in (".yml", ".json"):
            draft.leave_aside(path, "is not read", "name it .yaml")
    for path in sorted(folder.glob("*.y*ml")):
        if path.name != ORGANIZATION_FILE and path not in besides:
            draft.leave_aside(path, "is not read", f"a site belongs into the folder {SITES_FOLDER}/")
    inventory = draft.finish()
    problems = (*draft.problems, *crosscheck(inventory, draft.written, home))
    return Reading(inventory=inventory, problems=in_order(problems), sources=draft.sources)


class _Draft:
    """What has been read so far.

    ``written`` holds the ids of the things that were written down, broken ones too: who names one of those
    makes no further mistake.
    """

    def __init__(self, base: Path) -> None:
        self.base = base
        self.problems: list[Problem] = []
        self.sources: dict[str, str] = {}
        self.written: dict[str, set[str]] = {section: set() for section in _ONE}
        self._entries: dict[str, dict[str, Entry[Any]]] = {section: {} for section in _ONE}
        self._organization_file: OrganizationFile | None = None

    def read_organization(self, path: Path) -> None:
        document = self._open(path)
        if not document.readable:
            return
        self._organization_file = self._outline(document, OrganizationFile, _ORGANIZATION_LISTS)
        for section, node, thing in self._things(document, _ORGANIZATION_LISTS):
            self._enter(section, node, thing, None)

    def read_site(self, path: Path) -> None:
        document = self._open(path)
        if not document.readable:
            return
        outline = self._outline(document, SiteFile, _SITE_LISTS)
        node = document.root.at("site")
        site = node.at("id").value
        if outline is not None:
            self._enter("sites", node, outline.site, outline.site.id)
        elif isinstance(site, str):
            self.written["sites"].add(site)
        for section, item, thing in self._things(document, _SITE_LISTS):
            self._enter(section, item, thing, site if isinstance(site, str) else None)

    def leave_aside(self, path: Path, cause: str, hint: str) -> None:
        self.problems.append(Problem(self._name(path), 0, 0, "", cause, hint))

    def finish(self) -> Inventory:
        organization = self._organization_file.organization if self._organization_file else None
        return Inventory(organization=organization, **self._entries)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.base).as_posix() if path.is_relative_to(self.base) else str(path)

    def _open(self, path: Path) -> Document:
        document = read_yaml(path, self._name(path))
        self.problems.extend(document.problems)
        self.sources[document.file] = document.text
        return document

    def _outline(self, document: Document, model: type[Any], lists: Collection[str]) -> Any:
        """The file as a *model* without the items of its *lists*, which are taken one by one afterwards."""
        data = document.data
        if isinstance(data, dict):
            data = {key: [] if key in lists and isinstance(value, list) else value for key, value in data.items()}
        hollow = Document(document.file, "", data, document.place)
        try:
            return validate(model, hollow.root)
        except Mistakes as mistakes:
            self.problems.extend(mistakes.problems)
            return None

    def _things(self, document: Document, lists: Mapping[str, type[Settings]]) -> Iterator[tuple[str, Node, Settings]]:
        for section, model in lists.items():
            for node in document.root.at(section).items():
                try:
                    yield section, node, validate(model, node)
                except Mistakes as mistakes:
                    self.problems.extend(mistakes.problems)
                    if isinstance(name := node.at(_naming_key(section)).value, str):
                        self.written[section].add(name)

    def _enter(self, section: str, node: Node, thing: Any, site: str | None) -> None:
        key = _naming_key(section)
        name: str = getattr(thing, key)
        self.written[section].add(name)
        first = self._entries[section].setdefault(name, Entry(thing, node, site))
        if first.node is not node:
            cause = f"the {_ONE[section]} {quote(name)} stands in {first.node.at(key).where} already"
            self.problems.append(node.at(key).problem(cause))


def _naming_key(section: str) -> str:
    return "name" if section == "devices" else "id"
