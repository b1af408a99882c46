"""Draws the lab's layout from the inventory: what has an address in 127.20.0.0/16 is played, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network
from urllib.parse import urlsplit

from netmon.inventory.checks import written_checks
from netmon.inventory.inventory import Entry, Inventory
from netmon.inventory.sites import Device, Link, LinkMode, LinkRole, Service, Site
from netmon.kernel.problems import Mistakes
from netmon.lab.layout import End, LabDevice, LabEndpoint, LabLink, Layout

NETWORK = IPv4Network("127.20.0.0/16")
_SNMP_PORT = 161


def is_played(address: str) -> bool:
    """Whether *address* is one that the lab plays."""
    with suppress(ValueError):
        return IPv4Address(address) in NETWORK
    return False


def draw_layout(inventory: Inventory, resolve: Callable[[str], str]) -> Layout:
    """The layout of what the lab plays; *resolve* turns the reference of a community into its text."""
    devices = tuple(
        _device(entry, inventory, resolve) for entry in inventory.devices.values() if is_played(entry.value.address)
    )
    names = {device.name for device in devices}
    links = tuple(_link(entry.value) for entry in inventory.links.values() if entry.value.a.device in names)
    endpoints = tuple(endpoint for entry in inventory.services.values() for endpoint in _endpoints(entry, inventory))
    return Layout(devices, links, endpoints)


def _device(entry: Entry[Device], inventory: Inventory, resolve: Callable[[str], str]) -> LabDevice:
    device = entry.value
    site = inventory.sites.get(entry.site or "")
    credential = inventory.credentials[device.snmp.credential].value if device.snmp else None
    community = credential.community if credential else None
    return LabDevice(
        name=device.name,
        address=device.address,
        role=device.role,
        site=entry.site or "",
        snmp_port=(device.snmp.port or _SNMP_PORT) if device.snmp else None,
        community=resolve(community) if community else None,
        interfaces=tuple(interface.name for interface in device.interfaces),
        parents=tuple(name for _, name in device.parents.devices()) if device.parents else (),
        location=_location(site.value, inventory) if site else "",
    )


def _location(site: Site, inventory: Inventory) -> str:
    department = inventory.departments.get(site.department)
    name = site.name or (department.value.name if department else None)
    return ", ".join(part for part in (name.vi if name else "", site.address or "") if part)


def _link(link: Link) -> LabLink:
    return LabLink(
        id=link.id,
        a=End(link.a.device, link.a.interface),
        b=End(link.b.device, link.b.interface) if link.b else None,
        medium=link.medium.value,
        bandwidth=link.bandwidth,
        backup=link.role is LinkRole.BACKUP,
        on_demand=link.mode is LinkMode.ON_DEMAND,
    )


def _endpoints(entry: Entry[Service], inventory: Inventory) -> Iterator[LabEndpoint]:
    service = entry.value
    owner = inventory.departments.get(service.owner or inventory.department_at(entry.site) or "")
    with suppress(Mistakes):  # a service whose checks are wrong is told of elsewhere, and has nothing to play
        for check in written_checks(entry.node.at("checks")):
            url = (check.options or {}).get("url")
            if isinstance(url, str) and is_played(urlsplit(url).hostname or ""):
                yield LabEndpoint(
                    service=service.id,
                    url=url,
                    title=service.name.vi if service.name else service.id,
                    owner=owner.value.name.vi if owner else "",
                )
