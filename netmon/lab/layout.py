"""What the lab plays: devices, the links between them and the pages of services, and how each device is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True, kw_only=True)
class LabDevice:
    """A device to be played.

    Attributes:
        name: its bare id; its agent says so too (``sysName``).
        snmp_port: where its agent listens; ``None`` for a device without one.
        community: what v1 and v2c requests must know; ``None`` where only v3 is spoken.
        interfaces: names that it must have besides those of its role, because a link ends there or it is watched.
        parents: bare ids of devices, over any one of which it is reached.
        location: what its agent says of where it stands.
    """

    name: str
    address: str
    role: str
    site: str = ""
    snmp_port: int | None = None
    community: str | None = field(default=None, repr=False)
    interfaces: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    location: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """Where a link ends: a device and the name of its interface."""

    device: str
    interface: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabLink:
    """A link to be played; it carries netmon's questions if it is no backup and both its ends are played.

    Attributes:
        b: the end that is nearer to the centre; ``None`` where it ends outside.
        bandwidth: bits per second.
        on_demand: idle until it is needed.
    """

    id: str
    a: End
    b: End | None = None
    medium: str = "fibre"
    bandwidth: int | None = None
    backup: bool = False
    on_demand: bool = False

    @property
    def ends(self) -> tuple[End, ...]:
        return (self.a, self.b) if self.b else (self.a,)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabEndpoint:
    """A page to be served at ``http(s)://address:port/path``, for the service of that bare id."""

    service: str
    url: str
    title: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a device: over the device *via*, on *link* where that is known."""

    via: str
    link: LabLink | None = None


@dataclass(frozen=True)
class Layout:
    """Everything that is played."""

    devices: tuple[LabDevice, ...]
    links: tuple[LabLink, ...] = ()
    endpoints: tuple[LabEndpoint, ...] = ()
    by_name: Mapping[str, LabDevice] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {device.name: device for device in self.devices})

    @cached_property
    def interfaces(self) -> Mapping[str, tuple[str, ...]]:
        """By device, the interfaces that it must have: its own and those that a link ends at."""
        names = {device.name: dict.fromkeys(device.interfaces) for device in self.devices}
        for link in self.links:
            for end in link.ends:
                if end.device in names:
                    names[end.device][end.interface] = None
        return {device: tuple(found) for device, found in names.items()}

    @cached_property
    def ways(self) -> Mapping[str, tuple[Way, ...]]:
        """By device, the ways to it, any one of which will do; none means that the poller stands beside it.

        A device at the near end of a link that carries is reached over that link; else over its parents; else,
        at a site with such a device, over that one.
        """
        over_links: dict[str, list[Way]] = {}
        gateways: dict[str, list[Way]] = {}
        for link in self.links:
            near = self.by_name.get(link.a.device)
            far = self.by_name.get(link.b.device) if link.b else None
            if near is None or far is None or link.backup or near is far:
                continue
            over_links.setdefault(near.name, []).append(Way(far.name, link))
            if near.site != far.site:
                gateways.setdefault(near.site, []).append(Way(near.name))
        ways = {
            device.name: tuple(
                over_links.get(device.name)
                or [Way(parent) for parent in device.parents if parent in self.by_name]
                or [way for way in gateways.get(device.site, ()) if way.via != device.name]
            )
            for device in self.devices
        }
        return _rooted(ways)


def _rooted(ways: dict[str, tuple[Way, ...]]) -> Mapping[str, tuple[Way, ...]]:
    """*ways*, and where they go round in a ring, its first device is one that the poller stands beside."""
    reached: set[str] = set()
    while len(reached) < len(ways):
        found = {
            device
            for device, over in ways.items()
            if device not in reached and (not over or any(way.via in reached for way in over))
        }
        if not found:
            found = {next(device for device in ways if device not in reached)}
            ways.update(dict.fromkeys(found, ()))
        reached |= found
    return ways
