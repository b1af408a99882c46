"""Devices as subjects of the plan: their checks by role and by hand, parents, tier and watched interfaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from netmon.config import topology
from netmon.config.checks import Settled, wanted_checks
from netmon.config.roles import Roles
from netmon.config.workbench import Implied, Workbench
from netmon.inventory.inventory import Entry, Inventory
from netmon.inventory.sites import Device
from netmon.kernel.problems import quote
from netmon.model.ids import EntityKind, entity_id
from netmon.model.plan import CheckSpec, Subject

_SNMP = "snmp"
_GATEWAY_TIER, _OTHER_TIER = 2, 3


def device_subjects(bench: Workbench, roles: Roles) -> Iterator[Subject]:
    """Every device of the poller's own zone that anything asks."""
    inventory, own_zone = bench.inventory, bench.settings.poller
    parents, gateways = topology.parents(inventory), topology.gateways(inventory)
    ends = _link_ends(inventory)
    for name, entry in inventory.devices.items():
        if (entry.value.zone or own_zone) != own_zone:
            continue
        checks = _checks(bench, entry, roles)
        watched = _watched(bench, entry, checks, ends.get(name, ()))
        if checks:
            usual_tier = _GATEWAY_TIER if name in gateways else _OTHER_TIER
            yield _subject(bench, entry, usual_tier, checks=checks, watched=watched, parents=parents[name])


def _subject(
    bench: Workbench,
    entry: Entry[Device],
    usual_tier: int,
    *,
    checks: Sequence[CheckSpec],
    watched: Sequence[str],
    parents: Sequence[str],
) -> Subject:
    device = entry.value
    return Subject(
        id=entity_id(EntityKind.DEVICE, device.name),
        title=device.title.by_language if device.title else {},
        role=device.role,
        checks=tuple(checks),
        department=bench.inventory.department_at(entry.site),
        site=entry.site,
        tier=device.tier or usual_tier,
        lab=bench.is_lab([device.address]),
        watched=tuple(watched),
        parents=tuple(parents),
    )


def _checks(bench: Workbench, entry: Entry[Device], roles: Roles) -> list[CheckSpec]:
    device, node = entry.value, entry.node
    bench.allow(device.address, node.at("address"))
    if device.role not in roles:
        otherwise = "a role of your own stands under roles: in config.yaml"
        bench.no_such(node.at("role"), "role", device.role, roles, otherwise)
    defaults = [check for check in roles.get(device.role, ()) if check.kind != _SNMP or device.snmp is not None]
    wanted = wanted_checks(defaults, bench.written(node.at("checks")))
    identity = entity_id(EntityKind.DEVICE, device.name)
    checks = []
    for settled in bench.settled(wanted, node, {_SNMP: _snmp_settings(entry)}):
        if settled.kind == _SNMP:
            _credential_exists(bench, settled, device)
        checks.append(bench.specify(settled, identity, bench.host_asked(settled) or device.address))
    return checks


def _snmp_settings(entry: Entry[Device]) -> Implied:
    use = entry.value.snmp
    values = use.model_dump(exclude_none=True) if use is not None else {}
    return {key: (value, entry.node.at("snmp", key)) for key, value in values.items()}


def _credential_exists(bench: Workbench, settled: Settled, device: Device) -> None:
    """A credential that the check names itself; the one below ``snmp:`` was looked for with the inventory."""
    named, usual = settled.settings.get("credential"), device.snmp.credential if device.snmp else None
    if isinstance(named, str) and named != usual and named not in bench.inventory.credentials:
        node = settled.values.locate(("credential",))
        bench.no_such(node, "credential", named, bench.inventory.credentials)


def _link_ends(inventory: Inventory) -> Mapping[str, Sequence[str]]:
    ends: dict[str, list[str]] = {}
    for entry in inventory.links.values():
        for end in (entry.value.a, entry.value.b):
            if end is not None:
                ends.setdefault(end.device, []).append(end.interface)
    return ends


def _watched(
    bench: Workbench, entry: Entry[Device], checks: Iterable[CheckSpec], ends: Iterable[str]
) -> tuple[str, ...]:
    """Link ends and interfaces with ``watch: true``, where an snmp check can see them."""
    asked_for = {interface.name: index for index, interface in enumerate(entry.value.interfaces) if interface.watch}
    if any(check.kind == _SNMP for check in checks):
        return tuple(sorted({*ends, *asked_for}))
    for name, index in asked_for.items():
        node = entry.node.at("interfaces", index, "watch")
        bench.problems.append(node.problem(f"{quote(name)} cannot be watched: nothing asks the device by snmp"))
    return ()
