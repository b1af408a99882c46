"""What each role is asked by default: what is shipped, overridden by ``config.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netmon.inventory.checks import WrittenCheck, surveyed_checks
from netmon.kernel.documents import Node
from netmon.kernel.problems import Problem
from netmon.kernel.yaml_loader import read_yaml

_SHIPPED = Path(__file__).with_name("roles.yaml")

Roles = Mapping[str, tuple[WrittenCheck, ...]]
"""The default checks of every role."""


@dataclass(frozen=True, slots=True)
class KnownRoles:
    """The roles, and what cannot be said of them because something is wrong.

    Attributes:
        unsure: roles whose checks are not all known.
        others: names that may be roles: they stand under a key of ``config.yaml`` that nobody knows.
        readable: whether all roles that there are could be read.
    """

    checks: Roles
    unsure: frozenset[str]
    others: frozenset[str]
    readable: bool

    def could_be(self, role: str) -> bool:
        """Whether there is such a *role*, or may be."""
        return role in self.checks or role in self.others or not self.readable

    def is_sure(self, role: str | None) -> bool:
        """Whether all is known that *role* brings."""
        return role in self.checks and role not in self.unsure


def role_nodes(configured: Node) -> Mapping[str, Node]:
    """Where each role stands: those that are shipped, and in their place or beside them those of *configured*."""
    shipped = read_yaml(_SHIPPED, "netmon/config/roles.yaml")
    return {**dict(shipped.root.entries()), **dict(configured.entries())}


def default_checks(configured: Node) -> tuple[Roles, tuple[Problem, ...]]:
    """The default checks of every role, as far as they have the form of checks, and what is wrong."""
    roles: dict[str, tuple[WrittenCheck, ...]] = {}
    problems: list[Problem] = []
    for role, node in role_nodes(configured).items():
        roles[role], wrong = surveyed_checks(node.at("checks"))
        problems.extend(wrong)
    return roles, tuple(problems)
