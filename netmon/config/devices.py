"""Devices as subjects of the plan: their checks by role and by hand, parents, tier and watched interfaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from netmon.config import topology
from netmon.config.checks import Settled, wanted_checks
from netmon.config.roles import KnownRoles
from netmon.config.workbench import Implied, Workbench
from netmon.inventory.inventory import Entry, Inventory
from netmon.inventory.sites import Device, SnmpUse
from netmon.inventory.written import Written
from netmon.kernel.documents import shown_step
from netmon.kernel.problems import quote
from netmon.model.ids import EntityKind, entity_id
from netmon.model.plan import CheckSpec, Subject

_SNMP = "snmp"
_GATEWAY_TIER, _OTHER_TIER = 2, 3


def device_subjects(bench: Workbench, roles: KnownRoles) -> Iterator[Subject]:
    """Every device of the poller's own zone that anything asks; the mistakes of all devices are told."""
    inventory = bench.inventory
    parents, gateways = topology.parents(inventory), topology.gateways(inventory)
    ends = _link_ends(inventory)
    for device in inventory.things["devices"]:
        ours = device.checked.is_sound("zone") and device.text("zone") in (None, bench.settings.poller)
        found = _ours(bench, device, roles) if ours else _of_others(bench, device)
        entry = inventory.devices.get(device.text("name") or "")
        if entry is None or entry.node is not device.node or not found:
            continue
        name, identity = entry.value.name, entity_id(EntityKind.DEVICE, entry.value.name)
        checks = [bench.specify(settled, identity, address) for settled, address in found if settled.is_right]
        usual_tier = _GATEWAY_TIER if name in gateways else _OTHER_TIER
        watched = _watched(entry, checks, ends.get(name, ()))
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


Asked = list[tuple[Settled, str]]
"""Checks, each with the address that it asks; those whose address is wrong are left out."""


def _of_others(bench: Workbench, device: Written) -> Asked:
    """Checks that another poller makes; its roles and networks are not known here, so what was written is all."""
    for wanted in wanted_checks((), bench.written(device.node.at("checks"))):
        bench.settle(wanted, device.node, {}, certain=False)
    return []


def _ours(bench: Workbench, device: Written, roles: KnownRoles) -> Asked:
    node, address = device.node, device.address()
    if address is not None:
        bench.allow(address, node.at("address"))
    role = device.text("role")
    if role is not None and not roles.could_be(role):
        otherwise = "a role of your own stands under roles: in config.yaml"
        bench.no_such(node.at("role"), "role", role, roles.checks, otherwise)
    has_credential = node.at("snmp").value is not None
    defaults = [check for check in roles.checks.get(role or "", ()) if check.kind != _SNMP or has_credential]
    implied = {_SNMP: _snmp_settings(device)}
    role_is_sure = roles.is_sure(role)
    asked: Asked = []
    kinds = set()
    for wanted in wanted_checks(defaults, bench.written(node.at("checks"))):
        settled = bench.settle(wanted, node, implied, certain=role_is_sure)
        kinds.add(settled.kind)
        if role_is_sure and (settled.kind != _SNMP or device.checked.is_sound("snmp")):
            bench.problems.extend(settled.own.missing)
        if settled.kind == _SNMP:
            _credential_exists(bench, settled, device)
        if (target := bench.host_asked(settled) or address) is not None:
            bench.entrust(settled, shown_step(node.path[-1], node.value), target)
            asked.append((settled, target))
    if role_is_sure and _SNMP not in kinds:
        _tell_unwatched(bench, device)
    return asked


def _snmp_settings(device: Written) -> Implied:
    """What is right of ``snmp:``."""
    node = device.node.at("snmp")
    if (credential := device.text("snmp")) is not None:
        return {"credential": (credential, node)}
    values = {key: device.right("snmp", key) for key in SnmpUse.model_fields}
    return {key: (value, node.at(key)) for key, value in values.items() if value is not None}


def _credential_exists(bench: Workbench, settled: Settled, device: Written) -> None:
    """A credential that the check names itself; the one below ``snmp:`` was looked for with the inventory."""
    named = settled.settings.get("credential")
    if not isinstance(named, str) or named in (device.text("snmp"), device.text("snmp", "credential")):
        return
    things = bench.inventory.things
    if not things.could_be(named, "credentials"):
        bench.no_such(settled.values.locate(("credential",)), "credential", named, things.names["credentials"])


def _link_ends(inventory: Inventory) -> Mapping[str, Sequence[str]]:
    ends: dict[str, list[str]] = {}
    for entry in inventory.links.values():
        for end in (entry.value.a, entry.value.b):
            if end is not None:
                ends.setdefault(end.device, []).append(end.interface)
    return ends


def _watched(entry: Entry[Device], checks: Iterable[CheckSpec], ends: Iterable[str]) -> tuple[str, ...]:
    """Link ends and interfaces with ``watch: true``, where an snmp check can see them."""
    if not any(check.kind == _SNMP for check in checks):
        return ()
    return tuple(sorted({*ends, *(interface.name for interface in entry.value.interfaces if interface.watch)}))


def _tell_unwatched(bench: Workbench, device: Written) -> None:
    """Nothing asks *device* by snmp: what should be watched cannot be."""
    for path in device.items("interfaces"):
        name = device.text(*path, "name")
        if name is not None and device.right(*path, "watch") is True:
            node = device.node.at(*path, "watch")
            bench.problems.append(node.problem(f"{quote(name)} cannot be watched: nothing asks the device by snmp"))
