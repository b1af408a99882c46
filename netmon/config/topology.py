"""What devices are directly reached through: as written, or as the links of their site imply.

A link from one site (end ``a``) to another (end ``b``) makes the device at ``a`` a gateway of its site, which is
reached through the device at ``b``; what else stands at that site is reached through its gateways. Whatever
names its parents is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from netmon.inventory.circles import circles
from netmon.inventory.inventory import Inventory


def gateways(inventory: Inventory) -> Mapping[str, tuple[str, ...]]:
    """The gateways of all sites, each with the devices at the other ends of its links."""
    beyond: dict[str, dict[str, None]] = {}
    for entry in inventory.links.values():
        near, far = entry.value.a, entry.value.b
        if far is None or near.device not in inventory.devices or far.device not in inventory.devices:
            continue
        if inventory.devices[near.device].site != inventory.devices[far.device].site:
            beyond.setdefault(near.device, {})[far.device] = None
    return {gateway: tuple(devices) for gateway, devices in beyond.items()}


def parents(inventory: Inventory) -> Mapping[str, tuple[str, ...]]:
    """The parents of every device; links that form a ring imply nothing."""
    written = {
        name: tuple(dict.fromkeys(parent for _, parent in entry.value.parents.devices()))
        for name, entry in inventory.devices.items()
        if entry.value.parents is not None
    }
    implied = _implied(inventory)
    _break_rings(implied, written)
    return {name: written.get(name, implied.get(name, ())) for name in inventory.devices}


def _break_rings(implied: dict[str, tuple[str, ...]], written: Mapping[str, tuple[str, ...]]) -> None:
    """Take out of *implied* what closes a ring; one that was written by hand is told elsewhere."""
    found = True
    while found:
        found = False
        for ring in circles({**implied, **written}):
            for name in implied.keys() & set(ring):
                implied[name] = tuple(parent for parent in implied[name] if parent not in ring)
                found = True


def _implied(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    through = gateways(inventory)
    at_site: dict[str, list[str]] = {}
    for gateway in through:
        if (site := inventory.devices[gateway].site) is not None:
            at_site.setdefault(site, []).append(gateway)
    return {
        name: through.get(name) or tuple(at_site.get(entry.site or "", ()))
        for name, entry in inventory.devices.items()
        if entry.value.parents is None
    }
