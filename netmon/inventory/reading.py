"""Reads the folder ``inventory/``; one broken thing hides neither what is wrong with others nor its own mistakes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from netmon.inventory.credentials import Credential
from netmon.inventory.crosschecks import crosscheck
from netmon.inventory.inventory import Entry, Inventory
from netmon.inventory.organization import Department, Network, Organization, OrganizationFile, PeerGroup
from netmon.inventory.sites import Device, Link, Service, Site, SiteFile
from netmon.inventory.written import ONE_OF, Things, Written
from netmon.kernel.documents import Document, Node
from netmon.kernel.problems import Problem, in_order
from netmon.kernel.settings import Settings
from netmon.kernel.validation import Checked, check
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

Model = TypeVar("Model", bound=Settings)


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
    problems = (*draft.problems, *crosscheck(draft.things, home))
    return Reading(inventory=draft.finish(), problems=in_order(problems), sources=draft.sources)


class _Draft:
    """What has been read so far."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.problems: list[Problem] = []
        self.sources: dict[str, str] = {}
        self.things = Things()
        self._organization: Organization | None = None

    def read_organization(self, path: Path) -> None:
        document = self._open(path)
        self.things.note_unread(document, _ORGANIZATION_LISTS)
        if document.readable:
            self._outline(document, OrganizationFile, _ORGANIZATION_LISTS)
            self._organization = check(Organization, document.root.at("organization")).whole
            self._take(document, _ORGANIZATION_LISTS, None)

    def read_site(self, path: Path) -> None:
        document = self._open(path)
        self.things.note_unread(document, _SITE_LISTS)
        if not document.readable:
            self.things.unread.add("sites")
            return
        self._outline(document, SiteFile, _SITE_LISTS)
        node = document.root.at("site")
        site = Written(node, check(Site, node))
        self.things.add("sites", site)
        self._take(document, _SITE_LISTS, site.text("id"))

    def leave_aside(self, path: Path, cause: str, hint: str) -> None:
        self.problems.append(Problem(self._name(path), 0, 0, "", cause, hint))

    def finish(self) -> Inventory:
        """Whatever is right as a whole."""
        entries: dict[str, dict[str, Entry[Any]]] = {
            section: {
                name: Entry(thing.checked.whole, thing.node, thing.site)
                for name, thing in self.things.firsts(section).items()
                if thing.checked.whole is not None
            }
            for section in ONE_OF
        }
        return Inventory(organization=self._organization, things=self.things, **entries)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.base).as_posix() if path.is_relative_to(self.base) else str(path)

    def _open(self, path: Path) -> Document:
        document = read_yaml(path, self._name(path))
        self.problems.extend(document.problems)
        self.sources[document.file] = document.text
        return document

    def _outline(self, document: Document, model: type[Settings], lists: Collection[str]) -> None:
        """Check the file as a *model* without the items of its *lists*, which are taken one by one afterwards."""
        data = document.data
        if isinstance(data, dict):
            data = {key: [] if key in lists and isinstance(value, list) else value for key, value in data.items()}
        self._check(model, Document(document.file, "", data, document.place).root)

    def _take(self, document: Document, lists: Mapping[str, type[Settings]], site: str | None) -> None:
        for section, model in lists.items():
            for node in document.root.at(section).items():
                self.things.add(section, Written(node, self._check(model, node), site))

    def _check(self, model: type[Model], node: Node) -> Checked[Model]:
        checked = check(model, node)
        self.problems.extend(checked.problems)
        return checked
