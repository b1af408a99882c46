"""What ``lab.yaml`` says: how devices of each role look from outside, how links delay, what pages say."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated

from pydantic import Field

from netmon.kernel.problems import Mistakes
from netmon.kernel.settings import BitRateText, BytesText, DurationText, SecretReference, Settings
from netmon.kernel.validation import validate
from netmon.kernel.yaml_loader import read_yaml
from netmon.lab.faults import FaultKind
from netmon.model.moments import Duration

_Arcs = Annotated[str, Field(pattern=r"^[0-2](\.\d+)+$")]


class PortShape(Settings):
    """Interfaces that every device of a role has."""

    name: str = Field(description="Name of the interface; {} stands for a number where there are several.")
    first: int = Field(0, ge=0, description="The first number.")
    count: int = Field(1, ge=1, le=256, description="How many of them there are.")
    speed: BitRateText = Field(description="What the interface says it can carry.")
    connected: float = Field(1.0, ge=0, le=1, description="The share of them that a cable is plugged into.")


class StorageShape(Settings):
    """A volume of a server."""

    name: str = Field(description="Where it is mounted, as HOST-RESOURCES-MIB shows it.")
    size: BytesText = Field(description="How much it holds.")
    used: float = Field(0.5, ge=0, le=0.95, description="The share of it that is in use.")


class RoleShape(Settings):
    """How devices of a role look from outside."""

    description: str = Field(description="What sysDescr says.")
    object_id: _Arcs = Field(description="What sysObjectID says.")
    services: int = Field(72, ge=0, le=127, description="What sysServices says: the sum of layers, RFC 3418.")
    ports: tuple[PortShape, ...] = Field((), description="Its interfaces, in the order of their ifIndex.")
    processors: int = Field(0, ge=0, le=256, description="How many processors HOST-RESOURCES-MIB shows.")
    memory: BytesText = Field(0, description="Memory that HOST-RESOURCES-MIB and UCD-SNMP-MIB show.")
    volumes: tuple[StorageShape, ...] = Field((), description="Its volumes.")


class PageShape(Settings):
    """What the page of a service says, where it is not its title and owner alone."""

    body: str = Field(description="Text of the page.")
    latency: DurationText | None = Field(None, description="How long the server thinks about it.")


class SecureAgents(Settings):
    """Devices whose agents speak SNMPv3 (SHA-256, AES-128); all know one user."""

    user: str = Field(min_length=1, description="Name of the user.")
    auth: SecretReference = Field(description="Key for authentication, as literal: text of at least 8 letters.")
    privacy: SecretReference = Field(description="Key for encryption, as literal: text of at least 8 letters.")
    devices: tuple[str, ...] = Field(description="Bare ids of the devices.")


class FirstFault(Settings):
    """Something that is broken from the start."""

    target: str = Field(description="Bare id of a device, link or service, or device/interface.")
    fault: FaultKind = Field(description="What is wrong with it.")
    options: Mapping[str, str] = Field({}, description="Options of the fault, such as period: 30s.")


class LabSettings(Settings):
    """The lab."""

    seed: int = Field(1, description="What all chances of the lab are drawn from; the same seed plays the same.")
    echo_host: IPv4Address = Field(IPv4Address("127.20.255.254"), description="Address of the echo transport.")
    echo_port: int = Field(7007, ge=1, le=65_535, description="UDP port of the echo transport.")
    message: Annotated[BytesText, Field(ge=484)] = Field(4096, description="Longest SNMP message that an agent sends.")
    media: Mapping[str, DurationText] = Field({}, description="What a link of a medium adds to a round trip.")
    idle_up: bool = Field(True, description="Whether an idle on-demand interface says up (spoofing) or dormant.")
    thinking: DurationText = Field(Duration(20_000), description="How long a web server thinks about a page.")
    roles: Mapping[str, RoleShape] = Field({}, description="How devices of each role look from outside.")
    devices: Mapping[str, str] = Field({}, description="Devices that look like another role than their own.")
    other: RoleShape = Field(
        RoleShape.model_validate(
            {"description": "netmon lab: simulated device", "object_id": "1.3.6.1.4.1.8072.3.2.255"}
        ),
        description="How devices of any other role look.",
    )
    secure: SecureAgents | None = Field(None, description="Devices that speak SNMPv3.")
    pages: Mapping[str, PageShape] = Field({}, description="Pages by the bare id of their service.")
    faults: tuple[FirstFault, ...] = Field((), description="What is broken from the start.")


def read_lab_settings(path: Path, name: str) -> LabSettings:
    """The settings in the file at *path*, called *name* in problems.

    Raises:
        Mistakes: it cannot be read, or says what it must not; every problem is in it.
    """
    document = read_yaml(path, name)
    if document.problems:
        raise Mistakes(document.problems)
    return validate(LabSettings, document.root)
