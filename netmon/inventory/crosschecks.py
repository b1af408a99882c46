"""What can only be seen by looking at the whole inventory: names that lead nowhere, things that stand twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netmon.inventory.circles import circles
from netmon.inventory.references import parents_of, references
from netmon.inventory.written import ONE_OF, Things, Written, naming_key
from netmon.kernel.documents import Node, Path
from netmon.kernel.problems import Problem, quote


def crosscheck(things: Things, home: str) -> Iterator[Problem]:
    """Every mistake between *things*, whatever else they have; *home* is the zone of devices that name none."""
    yield from references(things)
    for section in ONE_OF:
        yield from _names(things, section)
        yield from _former_ids(things, section)
    yield from _addresses(things, home)
    for device in things["devices"]:
        yield from _interfaces(device)
    yield from _circles(things)


def _names(things: Things, section: str) -> Iterator[Problem]:
    key, firsts = naming_key(section), things.firsts(section)
    for thing in things[section]:
        name = thing.text(key)
        if name is not None and firsts[name] is not thing:
            cause = f"the {ONE_OF[section]} {quote(name)} stands in {firsts[name].node.at(key).where} already"
            yield thing.node.at(key).problem(cause)


def _former_ids(things: Things, section: str) -> Iterator[Problem]:
    firsts = things.firsts(section)
    earlier: dict[str, Node] = {}
    for thing in things[section]:
        if (was := thing.text("was")) is None:
            continue
        node = thing.node.at("was")
        if was in firsts:
            yield node.problem(f"{quote(was)} still exists, in {firsts[was].node.where}")
        elif (before := earlier.setdefault(was, node)) is not node:
            yield node.problem(f"{quote(was)} became something else already, in {before.where}")


def _addresses(things: Things, home: str) -> Iterator[Problem]:
    first: dict[tuple[str, str], Node] = {}
    for device in things["devices"]:
        zone, address = device.text("zone") or home, device.address()
        if address is None or not device.checked.is_sound("zone"):
            continue
        node = device.node.at("address")
        earlier = first.setdefault((zone, address), node)
        if earlier is not node:
            cause = f"the address {quote(address)} stands in {earlier.where} already (zone {zone})"
            yield node.problem(cause, "offices that reuse addresses need zones of their own")


def _interfaces(device: Written) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for path in device.items("interfaces"):
        name = device.text(*path, "name")
        if name is not None and first.setdefault(name, path) != path:
            earlier = device.node.at(*first[name]).where
            yield device.node.at(*path, "name").problem(f"{quote(name)} stands in {earlier} already")


def _circles(things: Things) -> Iterator[Problem]:
    devices, services, departments = (things.firsts(section) for section in ("devices", "services", "departments"))
    parents = {name: [parent for _, parent in parents_of(device)] for name, device in devices.items()}
    needs = {
        name: [need.removeprefix("service:") for need in _needs(service) if not need.startswith("device:")]
        for name, service in services.items()
    }
    successors = {name: [unit.text("successor") or ""] for name, unit in departments.items()}
    yield from _told(parents, devices, "parents")
    yield from _told(needs, services, "needs")
    yield from _told(successors, departments, "successor")


def _needs(service: Written) -> Iterator[str]:
    for path in service.items("needs"):
        if (need := service.text(*path)) is not None:
            yield need


def _told(graph: Mapping[str, list[str]], things: Mapping[str, Written], key: str) -> Iterator[Problem]:
    for circle in circles(graph):
        shown = circle if len(circle) <= 12 else (*circle[:11], "...")
        way = " -> ".join([*shown, circle[0]])
        yield things[circle[0]].node.at(key).problem(f"goes round in a circle: {way}")
