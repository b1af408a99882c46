"""What can only be seen by looking at the whole inventory: names that lead nowhere, things that stand twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netmon.inventory.circles import circles
from netmon.inventory.inventory import Entry, Inventory
from netmon.kernel.documents import Node, Step
from netmon.kernel.problems import Problem, nearest, quote

Written = Mapping[str, set[str]]
"""The ids that were written down, by section of the files."""


def crosscheck(inventory: Inventory, written: Written, home: str) -> Iterator[Problem]:
    """Every mistake between the things of *inventory*; *home* is the zone of devices that name none."""
    yield from _departments(inventory, written)
    yield from _sites(inventory, written)
    yield from _devices(inventory, written)
    yield from _links(inventory, written)
    yield from _services(inventory, written)
    yield from _addresses(inventory, home)
    yield from _circles(inventory)
    for entries in (
        inventory.networks, inventory.departments, inventory.sites, inventory.devices, inventory.links,
        inventory.services,
    ):  # fmt: skip
        yield from _former_ids(entries)


def _departments(inventory: Inventory, written: Written) -> Iterator[Problem]:
    for entry in inventory.departments.values():
        unit = entry.value
        yield from _exists(entry.node.at("peer_group"), unit.peer_group, "peer group", written["peer_groups"])
        if unit.successor is not None:
            yield from _exists(entry.node.at("successor"), unit.successor, "department", written["departments"])


def _sites(inventory: Inventory, written: Written) -> Iterator[Problem]:
    for entry in inventory.sites.values():
        node, department = entry.node.at("department"), entry.value.department
        yield from _exists(node, department, "department", written["departments"])
        yield from _is_polled(inventory, node, department)


def _devices(inventory: Inventory, written: Written) -> Iterator[Problem]:
    for entry in inventory.devices.values():
        device = entry.value
        if device.snmp is not None:
            node = entry.node.at("snmp", "credential")
            yield from _exists(node, device.snmp.credential, "credential", written["credentials"])
        if device.parents is not None:
            for path, parent in device.parents.devices():
                yield from _exists(entry.node.at("parents", *path), parent, "device", written["devices"])
        yield from _twice(entry.node, "interfaces", [interface.name for interface in device.interfaces])


def _links(inventory: Inventory, written: Written) -> Iterator[Problem]:
    for entry in inventory.links.values():
        link = entry.value
        yield from _exists(entry.node.at("network"), link.network, "network", written["networks"])
        for side, end in (("a", link.a), ("b", link.b)):
            if end is not None:
                yield from _exists(entry.node.at(side), end.device, "device", written["devices"])


def _services(inventory: Inventory, written: Written) -> Iterator[Problem]:
    for entry in inventory.services.values():
        if (owner := entry.value.owner) is not None:
            yield from _exists(entry.node.at("owner"), owner, "department", written["departments"])
            yield from _is_polled(inventory, entry.node.at("owner"), owner)
        for index, need in enumerate(entry.value.needs):
            yield from _need_exists(entry.node.at("needs", index), need, written)


def _need_exists(node: Node, need: str, written: Written) -> Iterator[Problem]:
    services, devices = written["services"], written["devices"]
    kind, colon, bare = need.partition(":")
    if colon and kind in ("service", "device"):
        yield from _exists(node, bare, kind, services if kind == "service" else devices)
    elif need in services and need in devices:
        cause = f"{quote(need)} is both a service and a device"
        yield node.problem(cause, f"write service:{need} or device:{need}")
    elif need not in services:
        yield from _exists(node, need, "service or device", services | devices)


def _exists(node: Node, name: str, word: str, known: set[str]) -> Iterator[Problem]:
    if name not in known:
        found, _ = node.existing()
        yield found.problem(f"there is no {word} {quote(name)}", nearest(name, known))


def _is_polled(inventory: Inventory, node: Node, department: str) -> Iterator[Problem]:
    unit = inventory.departments.get(department)
    group = inventory.peer_groups.get(unit.value.peer_group) if unit else None
    if group is not None and not group.value.polled:
        cause = f"{quote(department)} is never polled (peer group {quote(group.value.id)}); it has assets only"
        yield node.problem(cause)


def _twice(node: Node, key: str, names: list[str]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if first.setdefault(name, index) != index:
            earlier = node.at(key, first[name]).where
            yield node.at(key, index, "name").problem(f"{quote(name)} stands in {earlier} already")


def _addresses(inventory: Inventory, home: str) -> Iterator[Problem]:
    first: dict[tuple[str, str], Node] = {}
    for entry in inventory.devices.values():
        node = entry.node.at("address")
        zone, address = entry.value.zone or home, entry.value.address
        earlier = first.setdefault((zone, address), node)
        if earlier is not node:
            cause = f"the address {quote(address)} stands in {earlier.where} already (zone {zone})"
            yield node.problem(cause, "offices that reuse addresses need zones of their own")


def _former_ids(entries: Mapping[str, Entry[Any]]) -> Iterator[Problem]:
    first: dict[str, Node] = {}
    for entry in entries.values():
        if (was := entry.value.was) is None:
            continue
        node = entry.node.at("was")
        if was in entries:
            yield node.problem(f"{quote(was)} still exists, in {entries[was].node.where}")
        elif (earlier := first.setdefault(was, node)) is not node:
            yield node.problem(f"{quote(was)} became something else already, in {earlier.where}")


def _circles(inventory: Inventory) -> Iterator[Problem]:
    parents = {
        name: [parent for _, parent in entry.value.parents.devices()] if entry.value.parents else []
        for name, entry in inventory.devices.items()
    }
    needs = {
        name: [need.removeprefix("service:") for need in entry.value.needs if not need.startswith("device:")]
        for name, entry in inventory.services.items()
    }
    successors = {
        name: [entry.value.successor] if entry.value.successor else [] for name, entry in inventory.departments.items()
    }
    yield from _told(parents, inventory.devices, "parents")
    yield from _told(needs, inventory.services, "needs")
    yield from _told(successors, inventory.departments, "successor")


def _told(graph: Mapping[str, list[str]], entries: Mapping[str, Entry[Any]], key: Step) -> Iterator[Problem]:
    for circle in circles(graph):
        shown = circle if len(circle) <= 12 else (*circle[:11], "...")
        way = " -> ".join([*shown, circle[0]])
        yield entries[circle[0]].node.at(key).problem(f"goes round in a circle: {way}")
