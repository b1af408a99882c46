"""Resolves the inventory and the settings into the plan: exactly what is looked at, and by which rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netmon.config import reach
from netmon.config.checks import Kinds, Wanted, literals, unknown_kind
from netmon.config.devices import device_subjects
from netmon.config.roles import Roles, default_checks
from netmon.config.services import service_subjects
from netmon.config.workbench import Configured, Workbench
from netmon.inventory.checks import WrittenCheck
from netmon.inventory.inventory import Inventory
from netmon.kernel.problems import Mistakes, Problem, quote
from netmon.model.ids import EntityKind, bare_id, entity_id
from netmon.model.plan import CheckSpec, Plan, Subject
from netmon.model.plan_document import plan_of

_CANARY_KIND = "icmp"


def resolve(inventory: Inventory, configured: Configured, kinds: Kinds) -> Plan:
    """The plan of the poller that *configured* names.

    Devices of other zones are left to their own pollers; what nothing asks is no subject.

    Raises:
        Mistakes: a check is not what its kind allows, or somebody would be contacted who may not be.
    """
    bench = Workbench(inventory, configured, kinds)
    roles = _roles(bench)
    subjects = [_poller(bench), *device_subjects(bench, roles), *service_subjects(bench)]
    bench.problems.extend(_told_too_far(inventory, subjects))
    if bench.problems:
        raise Mistakes(bench.problems)
    return plan_of(configured.settings.poller, subjects)


def _roles(bench: Workbench) -> Roles:
    """The default checks of every role, those of unknown kinds told about and left out."""
    roles, problems = default_checks(bench.configured.root.at("roles"))
    bench.problems.extend(problems)
    for checks in roles.values():
        bench.problems.extend(wrong for check in checks if (wrong := unknown_kind(check, bench.kinds)))
    return {role: tuple(check for check in checks if check.kind in bench.kinds) for role, checks in roles.items()}


def _poller(bench: Workbench) -> Subject:
    """The poller itself; its checks are the canaries."""
    identity = entity_id(EntityKind.POLLER, bench.settings.poller)
    checks: dict[str, CheckSpec] = {}
    for index, canary in enumerate(bench.settings.canaries):
        node = bench.configured.root.at("canaries", index)
        bench.allow(canary.address, node.at("address"))
        if canary.name in checks:
            bench.problems.append(node.at("name").problem(f"there are two canaries {quote(canary.name)}"))
        if _CANARY_KIND not in bench.kinds:
            bench.no_such(node, "check", _CANARY_KIND, bench.kinds)
            continue
        wanted = Wanted(_CANARY_KIND, canary.name, (WrittenCheck(_CANARY_KIND, {}, node),))
        for settled in bench.settled([wanted], node, {}):
            checks[canary.name] = bench.specify(settled, identity, canary.address)
    return Subject(id=identity, title={}, role=EntityKind.POLLER.value, checks=tuple(checks.values()), tier=1)


def _told_too_far(inventory: Inventory, subjects: Iterable[Subject]) -> Iterator[Problem]:
    """Credentials whose secret stands in the file itself, and which somebody beyond loopback would be asked with."""
    asked: dict[str, list[tuple[str, str]]] = {}
    for subject in subjects:
        for check in subject.checks:
            if isinstance(credential := check.settings.get("credential"), str):
                asked.setdefault(credential, []).append((bare_id(subject.id), check.address))
    for name, targets in asked.items():
        if name in inventory.credentials:
            node = inventory.credentials[name].node
            for path in literals(node.value):
                yield from reach.kept_on_loopback(node.at(*path), targets)
