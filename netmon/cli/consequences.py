"""What a silent device takes with it, as far as the plan knows: whatever is reached through silent devices alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from netmon.model.ids import EntityId, EntityKind, bare_id, entity_id, kind_of
from netmon.model.plan import Plan, Subject


@dataclass(frozen=True, slots=True)
class Taken:
    """What cannot be reached because of a device: devices and services by identity, whole sites by bare id."""

    devices: tuple[EntityId, ...] = ()
    services: tuple[EntityId, ...] = ()
    sites: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.devices or self.services)


NOTHING = Taken()


@dataclass(frozen=True, slots=True)
class Consequences:
    """By root cause what it takes with it, and by what was taken the roots that it stands behind."""

    taken: Mapping[EntityId, Taken]
    roots: Mapping[EntityId, tuple[EntityId, ...]]


def consequences(plan: Plan, silent: Collection[EntityId]) -> Consequences:
    """What follows where the devices *silent* do not answer.

    A root is a silent device with a parent that answers, or without parents. What several roots take together
    (a site behind two core switches) stands with the first of them, by identity.
    """
    devices = {bare_id(identity): subject for identity, subject in plan.subjects.items() if _is_device(identity)}
    lost = _lost(devices, {bare_id(identity) for identity in silent} & devices.keys())
    roots = {name for name in lost if not _is_behind(devices[name], devices, lost)}
    above = {name: _roots_above(name, devices, roots, lost) for name in sorted(lost)}
    behind: dict[EntityId, tuple[EntityId, ...]] = {
        _device(name): tuple(_device(root) for root in found) for name, found in above.items() if name not in roots
    }
    services = _services(plan, devices, above)
    behind.update({service: tuple(_device(root) for root in found) for service, found in services.items()})
    return Consequences({_device(root): _taken(root, above, services, devices) for root in sorted(roots)}, behind)


def _lost(devices: Mapping[str, Subject], silent: set[str]) -> set[str]:
    """*silent* and whatever has only such parents."""
    children: dict[str, list[str]] = {}
    for name, subject in devices.items():
        for parent in subject.parents:
            children.setdefault(parent, []).append(name)
    lost = set(silent)
    waiting = list(silent)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in lost and _is_behind(devices[child], devices, lost):
                lost.add(child)
                waiting.append(child)
    return lost


def _is_behind(subject: Subject, devices: Mapping[str, Subject], lost: set[str]) -> bool:
    known = [parent for parent in subject.parents if parent in devices]
    return bool(known) and all(parent in lost for parent in known)


def _roots_above(name: str, devices: Mapping[str, Subject], roots: set[str], lost: set[str]) -> tuple[str, ...]:
    found, seen, waiting = set(), {name}, [name]
    while waiting:
        one = waiting.pop()
        if one in roots:
            found.add(one)
            continue
        above = [parent for parent in devices[one].parents if parent in lost and parent not in seen]
        seen.update(above)
        waiting.extend(above)
    return tuple(sorted(found))


def _services(
    plan: Plan, devices: Mapping[str, Subject], above: Mapping[str, tuple[str, ...]]
) -> Mapping[EntityId, tuple[str, ...]]:
    """The services whose checks all ask lost devices, each with the roots."""
    holders = {check.address: name for name, subject in devices.items() for check in subject.checks}
    found = {}
    for identity, subject in plan.subjects.items():
        if kind_of(identity) is not EntityKind.SERVICE:
            continue
        asked = {holders.get(check.address, "") for check in subject.checks if check.required}
        if asked and asked <= above.keys():
            found[identity] = tuple(sorted({root for name in asked for root in above[name]}))
    return found


def _taken(
    root: str,
    above: Mapping[str, tuple[str, ...]],
    services: Mapping[EntityId, tuple[str, ...]],
    devices: Mapping[str, Subject],
) -> Taken:
    mine = [name for name, found in above.items() if name != root and found[:1] == (root,)]
    touched = {devices[name].site for name in (root, *mine)}
    whole = sorted(
        site
        for site in touched
        if site and all(name in above for name, subject in devices.items() if subject.site == site)
    )
    return Taken(
        devices=tuple(_device(name) for name in mine),
        services=tuple(service for service, found in services.items() if found[:1] == (root,)),
        sites=tuple(whole),
    )


def _is_device(identity: str) -> bool:
    return kind_of(identity) is EntityKind.DEVICE


def _device(name: str) -> EntityId:
    return entity_id(EntityKind.DEVICE, name)
