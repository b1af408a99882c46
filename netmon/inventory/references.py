"""Names in the inventory that should lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from netmon.inventory.written import ONE_OF, Things, Written
from netmon.kernel.documents import Path, Step
from netmon.kernel.problems import Problem, nearest, quote

_GROUPS = ("any", "all", "of")


def references(things: Things) -> Iterator[Problem]:
    """Every name that leads nowhere, or to whom it must not lead."""
    for unit in things["departments"]:
        yield from _exists(things, unit, ("peer_group",), "peer_groups")
        yield from _exists(things, unit, ("successor",), "departments")
    polled = _Polled(things)
    for site in things["sites"]:
        yield from _exists(things, site, ("department",), "departments")
        yield from polled.may_be(site, "department")
    for device in things["devices"]:
        yield from _exists(things, device, ("snmp", "credential"), "credentials")
        yield from _exists(things, device, ("snmp",), "credentials")
        for path, _ in parents_of(device):
            yield from _exists(things, device, path, "devices")
    for link in things["links"]:
        yield from _exists(things, link, ("network",), "networks")
        for end in ("a", "b"):
            yield from _end_exists(things, link, end)
    for service in things["services"]:
        yield from _exists(things, service, ("owner",), "departments")
        yield from polled.may_be(service, "owner")
        for path in service.items("needs"):
            yield from _need_exists(things, service, path)


def parents_of(device: Written) -> Iterator[tuple[Path, str]]:
    """Every device that *device* names as a parent, with the path to where it does."""
    return _members(device, ("parents",))


def _members(device: Written, path: Path) -> Iterator[tuple[Path, str]]:
    match device.right(*path):
        case str(name) if len(path) > 1:
            yield path, name
        case list(members):
            for index in range(len(members)):
                yield from _members(device, (*path, index))
        case dict(group):
            for form in _GROUPS:
                if isinstance(group.get(form), list):
                    yield from _members(device, (*path, form))


def _exists(things: Things, thing: Written, path: Path, section: str) -> Iterator[Problem]:
    name = thing.text(*path)
    if name is not None:
        yield from _is_known(things, thing, path, name, section)


def _is_known(things: Things, thing: Written, path: Path, name: str, *sections: str) -> Iterator[Problem]:
    if not things.could_be(name, *sections):
        known = set().union(*(things.names[section] for section in sections))
        word = " or ".join(ONE_OF[section] for section in sections)
        yield thing.node.at(*path).problem(f"there is no {word} {quote(name)}", nearest(name, known))


def _end_exists(things: Things, link: Written, end: Step) -> Iterator[Problem]:
    if (interface := link.text(end)) is not None:
        yield from _is_known(things, link, (end,), interface.partition("/")[0], "devices")


def _need_exists(things: Things, service: Written, path: Path) -> Iterator[Problem]:
    if (need := service.text(*path)) is None:
        return
    kind, colon, bare = need.partition(":")
    if colon and kind in ("service", "device"):
        yield from _is_known(things, service, path, bare, f"{kind}s")
    elif all(need in things.names[section] for section in ("services", "devices")):
        cause = f"{quote(need)} is both a service and a device"
        yield service.node.at(*path).problem(cause, f"write service:{need} or device:{need}")
    else:
        yield from _is_known(things, service, path, need, "services", "devices")


class _Polled:
    """Knows the departments whose peer group is never polled."""

    def __init__(self, things: Things) -> None:
        self._departments = things.firsts("departments")
        self._groups = things.firsts("peer_groups")

    def may_be(self, thing: Written, key: str) -> Iterator[Problem]:
        """A problem where *thing* names at *key* a department that is never polled."""
        name = thing.text(key) or ""
        group = self._departments[name].text("peer_group") or "" if name in self._departments else ""
        if group in self._groups and self._groups[group].right("polled") is False:
            cause = f"{quote(name)} is never polled (peer group {quote(group)}); it has assets only"
            yield thing.node.at(key).problem(cause)
