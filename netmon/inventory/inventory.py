"""The inventory as a whole: everything by its id, each with the place where it was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from netmon.inventory.credentials import Credential
from netmon.inventory.organization import Department, Network, Organization, PeerGroup
from netmon.inventory.sites import Device, Link, Service, Site
from netmon.inventory.written import Things
from netmon.kernel.documents import Node
from netmon.kernel.settings import Settings

Thing = TypeVar("Thing", bound=Settings, covariant=True)


@dataclass(frozen=True, slots=True, eq=False)
class Entry(Generic[Thing]):
    """One thing of the inventory, where it was written, and the site whose file it stands in (bare id)."""

    value: Thing
    node: Node
    site: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inventory:
    """Everything that is known of the organisation, by bare ids, in the order of the files.

    Attributes:
        organization: ``None`` only beside a problem that says so.
        things: everything as it was written, wrong things too, for whoever looks for mistakes.
    """

    organization: Organization | None
    networks: Mapping[str, Entry[Network]]
    peer_groups: Mapping[str, Entry[PeerGroup]]
    departments: Mapping[str, Entry[Department]]
    credentials: Mapping[str, Entry[Credential]]
    sites: Mapping[str, Entry[Site]]
    devices: Mapping[str, Entry[Device]]
    links: Mapping[str, Entry[Link]]
    services: Mapping[str, Entry[Service]]
    things: Things

    def department_at(self, site: str | None) -> str | None:
        """The department of *site*, by bare ids."""
        entry = self.sites.get(site) if site is not None else None
        return entry.value.department if entry else None

    def credential_values(self, credential: str) -> dict[str, object]:
        """The plain values of the credential that has the id *credential*; references, not secrets.

        Raises:
            KeyError: there is none.
        """
        return self.credentials[credential].value.model_dump(mode="json", exclude={"id"}, exclude_none=True)
