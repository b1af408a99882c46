"""What each role is asked by default: what is shipped, overridden by ``config.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from netmon.inventory.checks import WrittenCheck, written_checks
from netmon.kernel.documents import Node
from netmon.kernel.problems import Mistakes, Problem
from netmon.kernel.yaml_loader import read_yaml

_SHIPPED = Path(__file__).with_name("roles.yaml")

Roles = Mapping[str, tuple[WrittenCheck, ...]]
"""The default checks of every role."""


def default_checks(configured: Node) -> tuple[Roles, tuple[Problem, ...]]:
    """The shipped roles, each replaced by the one of its name below *configured* (``roles:``), and what is wrong."""
    shipped = read_yaml(_SHIPPED, "netmon/config/roles.yaml")
    roles: dict[str, tuple[WrittenCheck, ...]] = {}
    problems: list[Problem] = []
    for role, node in [*shipped.root.entries(), *configured.entries()]:
        roles[role] = ()
        try:
            roles[role] = written_checks(node.at("checks"))
        except Mistakes as mistakes:
            problems.extend(mistakes.problems)
    return roles, tuple(problems)
