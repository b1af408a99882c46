"""Resolves the inventory and the settings into the plan: exactly what is looked at, and by which rules."""

from __future__ import annotations

from collections.abc import Iterator

from netmon.config import reach
from netmon.config.checks import Kinds, Wanted, literals, settle, wanted_checks
from netmon.config.devices import device_subjects
from netmon.config.roles import KnownRoles, role_nodes
from netmon.config.services import service_subjects
from netmon.config.settings import Canary, Configuration
from netmon.config.workbench import Configured, Workbench
from netmon.inventory.checks import WrittenCheck
from netmon.inventory.inventory import Inventory
from netmon.inventory.words import canonical_address
from netmon.inventory.written import names_under_other_keys
from netmon.kernel.problems import Mistakes, Problem, quote
from netmon.kernel.validation import check
from netmon.model.ids import EntityKind, entity_id
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
    bench.problems.extend(_told_too_far(bench))
    if bench.problems:
        raise Mistakes(bench.problems)
    return plan_of(configured.settings.poller, subjects)


def _roles(bench: Workbench) -> KnownRoles:
    """The default checks of every role; what is wrong in them is told, whether or not anything has the role."""
    root = bench.configured.root
    checks: dict[str, tuple[WrittenCheck, ...]] = {}
    unsure = set()
    for role, node in role_nodes(root.at("roles")).items():
        told = len(bench.problems)
        checks[role] = bench.written(node.at("checks"))
        if len(bench.problems) > told or not isinstance(node.value, dict) or "checks" not in node.value:
            unsure.add(role)
        for wanted in wanted_checks((), checks[role]):
            kind = bench.kinds.get(wanted.kind)
            bench.problems.extend(settle(wanted, kind, node, {}, certain=False).mistaken)
    return KnownRoles(
        checks=checks,
        unsure=frozenset(unsure),
        others=frozenset(names_under_other_keys(root, Configuration.model_fields)),
        readable=root.document.readable and isinstance(root.at("roles").value, dict | None),
    )


def _poller(bench: Workbench) -> Subject:
    """The poller itself; its checks are the canaries."""
    identity = entity_id(EntityKind.POLLER, bench.settings.poller)
    checks: list[CheckSpec] = []
    names: set[str] = set()
    for node in bench.configured.root.at("canaries").items():
        canary = check(Canary, node)
        if isinstance(written := canary.right("address"), str):
            bench.allow(canonical_address(written), node.at("address"))
        if isinstance(name := canary.right("name"), str):
            if name in names:
                bench.problems.append(node.at("name").problem(f"there are two canaries {quote(name)}"))
            names.add(name)
        if _CANARY_KIND not in bench.kinds:
            bench.no_such(node, "check", _CANARY_KIND, bench.kinds)
        elif (whole := canary.whole) is not None:
            wanted = Wanted(_CANARY_KIND, whole.name, (WrittenCheck(_CANARY_KIND, {}, node),))
            checks.append(bench.specify(bench.settle(wanted, node, {}, certain=True), identity, whole.address))
    return Subject(id=identity, title={}, role=EntityKind.POLLER.value, checks=tuple(checks), tier=1)


def _told_too_far(bench: Workbench) -> Iterator[Problem]:
    """Credentials whose secret stands in the file itself, and which somebody beyond loopback would be asked with."""
    credentials = bench.inventory.things.firsts("credentials")
    for name, targets in bench.entrusted.items():
        if name in credentials:
            node = credentials[name].node
            for path in literals(node.value):
                yield from reach.kept_on_loopback(node.at(*path), targets)
