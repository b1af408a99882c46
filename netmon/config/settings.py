"""``config.yaml``: how this netmon behaves; what it watches stands in the inventory."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from netmon.engine.rollups import RollupSettings
from netmon.engine.settings import LookingSettings
from netmon.inventory.sites import Checks
from netmon.inventory.words import Address, Id
from netmon.kernel.listening import ListenText
from netmon.kernel.problems import quote
from netmon.kernel.settings import Settings
from netmon.receivers.heartbeats.settings import HeartbeatDoorSettings
from netmon.store.settings import StoreSettings
from netmon.store.spool_settings import SpoolSettings

IpNetwork = IPv4Network | IPv6Network


def _network(value: Any) -> IpNetwork:
    if not isinstance(value, str):
        raise ValueError("a network must be text such as 10.20.0.0/16")
    try:
        return ip_network(value)
    except ValueError:
        pass
    try:
        meant = ip_network(value, strict=False)
    except ValueError:
        raise ValueError(f"{quote(value)} is not a network; write one such as 10.20.0.0/16") from None
    raise ValueError(f"{quote(value)} is an address inside a network; write {meant}")


NetworkText = Annotated[
    IpNetwork,
    PlainValidator(_network),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["10.20.0.0/16"]}),
]
"""A network in CIDR form."""


def _validate_directory(text: str) -> str:
    if not Path(text).is_absolute() or ".." in Path(text).parts:
        raise ValueError(f"{quote(text)} is no absolute path; write one such as /usr/lib/nagios/plugins")
    return text


DirectoryText = Annotated[str, AfterValidator(_validate_directory)]
"""The absolute path of a directory."""


class Canary(Settings):
    """Something that the poller must reach to trust itself."""

    name: Id = Field(description="Its name, unique among the canaries.")
    address: Address = Field(description="Its address.")


class Role(Settings):
    """What devices of a role are asked, unless they say otherwise."""

    checks: Checks = Field(description="The checks; `snmp` among them is for devices that have a credential.")


class LogLevel(StrEnum):
    """From which weight on events are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogSettings(Settings):
    """What netmon says about itself."""

    level: LogLevel = Field(default=LogLevel.INFO, description="Events below this weight are not written.")


class Configuration(Settings):
    """The file ``config.yaml``."""

    poller: Id = Field(default="centre", description="The id of this poller.")
    state: str = Field(
        default="state",
        min_length=1,
        description="The directory for the database and the control socket, relative to this file.",
    )
    inventory: str = Field(
        default="inventory", min_length=1, description="The directory of the inventory, relative to this file."
    )
    store: StoreSettings = Field(default=StoreSettings(), description="Where history is kept.")
    spool: SpoolSettings = Field(
        default=SpoolSettings(), description="What is kept on this machine's own disk while the store is away."
    )
    listen: ListenText = Field(
        default="127.0.0.1:9780", description="Address and port of metrics, health and service discovery."
    )
    heartbeats: HeartbeatDoorSettings = Field(
        default=HeartbeatDoorSettings(), description="Where jobs report to `heartbeat` checks."
    )
    lab: str | None = Field(
        default=None,
        min_length=1,
        description="The lab's file, relative to this one; where it is given the lab plays 127.20.0.0/16.",
    )
    networks: tuple[NetworkText, ...] = Field(
        min_length=1, description="What may be contacted at all; every address must lie inside one of these."
    )
    plugins: tuple[DirectoryText, ...] = Field(
        default=(),
        max_length=16,
        description="Directories whose programs `plugin` checks may run, the first that has one counting; without any"
        " they run none. Only who may do all that netmon may should have the right to write there.",
    )
    canaries: tuple[Canary, ...] = Field(
        default=(), description="What the poller must reach to trust itself; without any it never doubts itself."
    )
    looking: LookingSettings = Field(default=LookingSettings(), description="How many looks may be under way at once.")
    rollups: RollupSettings = Field(
        default=RollupSettings(), description="Which numbers are kept as figures for reports."
    )
    roles: Mapping[Id, Role] = Field(
        default={}, description="Roles of your own, and other default checks for the roles that exist."
    )
    log: LogSettings = Field(default=LogSettings(), description="Which events are written.")

    def located(self, directory: Path) -> Configuration:
        """The same with every path taken from *directory*, the one that the file stands in."""
        return self.model_copy(
            update={
                "state": str(directory / self.state),
                "inventory": str(directory / self.inventory),
                "lab": None if self.lab is None else str(directory / self.lab),
            }
        )
