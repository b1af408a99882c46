"""``organization.yaml``: who is served, by which networks, with what equipment, and how devices are asked."""

from __future__ import annotations

from pydantic import Field, StrictBool, StrictInt, model_validator

from netmon.inventory.credentials import Credential
from netmon.inventory.sites import Service
from netmon.inventory.words import Day, Id, TitleText, Zone
from netmon.kernel.settings import Settings


class Organization(Settings):
    """The organisation that this netmon serves."""

    id: Id = Field(description="Its id.")
    name: TitleText = Field(description="Its name.")
    zone: Zone = Field(description="The time zone in which its days begin.")


class Network(Settings):
    """A network that links belong to."""

    id: Id = Field(description="Its id; links name it in `network:`.")
    name: TitleText | None = Field(default=None, description="Its name.")
    kind: Id | None = Field(default=None, description="What kind of network it is, such as `wan` or `internet`.")
    was: Id | None = Field(default=None, description="The id that it had before; its history stays with it.")


class PeerGroup(Settings):
    """Units that are compared with each other."""

    id: Id = Field(description="Its id; departments name it in `peer_group:`.")
    name: TitleText = Field(description="Its name.")
    ranked: StrictBool = Field(default=True, description="Whether its units are ranked.")
    polled: StrictBool = Field(
        default=True,
        description="Whether its units may be contacted; if not they have assets only, no site and no device.",
    )


class Asset(Settings):
    """Equipment that is counted, not polled."""

    kind: Id = Field(description="What it is, such as `server`, `workstation` or `laptop`.")
    count: StrictInt = Field(ge=0, le=10_000_000, description="How many there are.")
    as_of: Day = Field(description="The day of the count.")


class Department(Settings):
    """A unit of the organisation."""

    id: Id = Field(description="Its id; sites and services name it.")
    name: TitleText = Field(description="Its name.")
    peer_group: Id = Field(description="The group inside which it is compared.")
    valid_from: Day | None = Field(default=None, description="The first day of its existence.")
    valid_until: Day | None = Field(default=None, description="The day from which it exists no more.")
    successor: Id | None = Field(default=None, description="The department that took over its work.")
    was: Id | None = Field(default=None, description="The id that it had before; its history stays with it.")
    officials: StrictInt | None = Field(default=None, ge=0, description="How many people work there.")
    administrators: StrictInt | None = Field(default=None, ge=0, description="How many of them run its equipment.")
    assets: tuple[Asset, ...] = Field(default=(), description="Its equipment by kind and day.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Department:
        if self.valid_from is not None and self.valid_until is not None and self.valid_until <= self.valid_from:
            raise ValueError("valid_until must be later than valid_from")
        return self


class OrganizationFile(Settings):
    """The file ``organization.yaml``."""

    organization: Organization = Field(description="The organisation.")
    networks: tuple[Network, ...] = Field(default=(), description="The networks that links belong to.")
    peer_groups: tuple[PeerGroup, ...] = Field(default=(), description="Groups of units that are compared.")
    departments: tuple[Department, ...] = Field(default=(), description="The units.")
    credentials: tuple[Credential, ...] = Field(default=(), description="How devices are asked by SNMP.")
    services: tuple[Service, ...] = Field(default=(), description="Services that belong to no single site.")
