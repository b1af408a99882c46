"""A file of ``sites/``: one site with its devices, links and services."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, PlainValidator, StrictBool, StrictInt, WithJsonSchema, model_validator

from netmon.inventory.parents import GroupText
from netmon.inventory.words import Address, Id, Line, TitleText, shorthand
from netmon.kernel.problems import quote
from netmon.kernel.settings import BitRateText, Settings


class Medium(StrEnum):
    """What a link runs over."""

    FIBRE = "fibre"
    COPPER = "copper"
    LRE = "lre"
    LEASED = "leased"
    ADSL = "adsl"
    RADIO = "radio"
    DIALUP = "dialup"
    LTE = "lte"
    BROADBAND = "broadband"


class LinkRole(StrEnum):
    """What a link is there for."""

    PRIMARY = "primary"
    BACKUP = "backup"


class LinkMode(StrEnum):
    """Whether silence on a link is news."""

    PERMANENT = "permanent"
    ON_DEMAND = "on-demand"


class Hours(StrEnum):
    """When a service is promised."""

    ROUND_THE_CLOCK = "round-the-clock"
    OFFICE_HOURS = "office-hours"


def _anything(value: Any) -> Any:
    return value


Checks = Annotated[
    Any,
    PlainValidator(_anything),
    WithJsonSchema({"$comment": "checks"}),
]
"""Checks as they are written: what may stand in them only the kinds know, which are asked when the plan is made."""


class End(Settings):
    """One end of a link: an interface of a device."""

    device: str = Field(description="The device's name.")
    interface: str = Field(description="The interface by the name that the device gives it.")


def _end(value: Any) -> End:
    device, slash, interface = value.partition("/") if isinstance(value, str) else ("", "", "")
    if not device or not slash or not interface.strip():
        raise ValueError(f"{quote(value)} is not the end of a link; write device/interface, such as syt-gw1/Dialer0")
    if len(interface) > 255 or not interface.isprintable():
        raise ValueError("the name of an interface has at most 255 characters, all of them printable")
    return End(device=device, interface=interface)


EndText = Annotated[
    End,
    PlainValidator(_end),
    WithJsonSchema({"type": "string", "pattern": "^[^/]+/.+$", "examples": ["syt-gw1/GigabitEthernet0/0"]}),
]
"""``device/interface``, split at the first slash."""


class Site(Settings):
    """A place where equipment stands."""

    id: Id = Field(description="Its id.")
    department: Id = Field(description="The department that it belongs to.")
    name: TitleText | None = Field(default=None, description="Its name, where it is not the department's.")
    address: Line | None = Field(default=None, description="Where it is, for people.")
    geo: tuple[Annotated[float, Field(ge=-90, le=90)], Annotated[float, Field(ge=-180, le=180)]] | None = Field(
        default=None, description="Its latitude and longitude in degrees."
    )
    was: Id | None = Field(default=None, description="The id that it had before; its history stays with it.")


class SnmpUse(Settings):
    """How one device is asked by SNMP; the id of a credential alone is short for the first key."""

    credential: Id = Field(description="The credential, by its id in `organization.yaml`.")
    port: StrictInt | None = Field(default=None, ge=1, le=65535, description="The UDP port, where it is not 161.")
    context: str | None = Field(
        default=None, max_length=255, description="The context, where it is not the credential's."
    )


class Interface(Settings):
    """What is said about one interface of a device."""

    name: Line = Field(description="Its name, as the device gives it.")
    watch: StrictBool = Field(default=False, description="Whether it has a state of its own; ends of links always do.")


class Device(Settings):
    """Something with an address that is looked at."""

    name: Id = Field(description="Its id, unique in the whole inventory.")
    title: TitleText | None = Field(default=None, description="What people call it.")
    role: Id = Field(description="What it does, such as `router`; the role brings the default checks.")
    address: Address = Field(description="Its address, unique in its zone; or its host name.")
    zone: Id | None = Field(
        default=None, description="The poller that looks at it, where it is not the one that `config.yaml` names."
    )
    snmp: Annotated[SnmpUse, *shorthand("credential")] | None = Field(
        default=None, description="The credential to ask it with, or `{credential, port, context}`."
    )
    tier: StrictInt | None = Field(
        default=None, ge=1, le=3, description="1 centre and trunk, 2 gateways and shared services, 3 the rest."
    )
    parents: GroupText | None = Field(
        default=None,
        description="What it is reached through: a list (any of it), `{all: [...]}` or `{k: 2, of: [...]}`.",
    )
    interfaces: tuple[Interface, ...] = Field(default=(), description="What is said about its interfaces.")
    checks: Checks = Field(
        default=None,
        description="Adds to the checks of its role, or overrides them by kind and name; `{icmp: off}` removes.",
    )
    was: Id | None = Field(default=None, description="The name that it had before; its history stays with it.")


class Link(Settings):
    """What joins a site to a network."""

    id: Id = Field(description="Its id.")
    network: Id = Field(description="The network that it belongs to.")
    medium: Medium = Field(description="What it runs over.")
    a: EndText = Field(description="The end at this site, as `device/interface`.")
    b: EndText | None = Field(default=None, description="The other end, where it is known.")
    provider: Line | None = Field(default=None, description="Who provides it.")
    bandwidth: BitRateText | None = Field(default=None, description="What it carries.")
    role: LinkRole = Field(default=LinkRole.PRIMARY, description="Whether it is there for when another fails.")
    mode: LinkMode = Field(default=LinkMode.PERMANENT, description="`on-demand` where idle is not down.")
    sla: float | None = Field(default=None, gt=0, le=100, description="The promised availability in percent.")
    was: Id | None = Field(default=None, description="The id that it had before; its history stays with it.")

    @model_validator(mode="after")
    def _has_two_ends(self) -> Link:
        if self.a == self.b:
            raise ValueError("both ends are the same interface")
        return self


class Service(Settings):
    """What users are promised."""

    id: Id = Field(description="Its id.")
    kind: Id = Field(description="What it is, such as `portal` or `mail`.")
    name: TitleText | None = Field(default=None, description="What people call it.")
    checks: Checks = Field(default=None, description="What tells whether it works, as a list or a mapping by kind.")
    needs: tuple[Line, ...] = Field(
        default=(),
        description="Services and devices that it cannot do without; `device:ID` where a service has the same id.",
    )
    hours: Hours = Field(default=Hours.ROUND_THE_CLOCK, description="When it is promised.")
    owner: Id | None = Field(
        default=None, description="The department that answers for it, where it is not the site's."
    )
    tier: StrictInt | None = Field(
        default=None, ge=1, le=3, description="1 centre and trunk, 2 gateways and shared services, 3 the rest."
    )
    was: Id | None = Field(default=None, description="The id that it had before; its history stays with it.")


class SiteFile(Settings):
    """A file of ``sites/``."""

    site: Site = Field(description="The site.")
    devices: tuple[Device, ...] = Field(default=(), description="What stands there.")
    links: tuple[Link, ...] = Field(default=(), description="What joins it to networks.")
    services: tuple[Service, ...] = Field(default=(), description="The services that it gives.")
