"""The difference between two plans, for whoever wants to see what a reload would change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from netmon.model.ids import CheckId, EntityId
from netmon.model.plan import CheckSpec, Plan, Subject


@dataclass(frozen=True, slots=True)
class Change:
    """One value that is another than before, by its name: ``rule.interval``, ``address``, ``settings.url``."""

    what: str
    before: object
    after: object


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDifference:
    """What a new plan has that the old one had not, what it has no longer, and what it has otherwise.

    A check of a new or gone subject stands among the new or gone checks as well. Changes of a subject are
    those of its own; those of its checks stand by the check.
    """

    new_subjects: tuple[EntityId, ...]
    gone_subjects: tuple[EntityId, ...]
    changed_subjects: Mapping[EntityId, tuple[Change, ...]]
    new_checks: tuple[CheckId, ...]
    gone_checks: tuple[CheckId, ...]
    changed_checks: Mapping[CheckId, tuple[Change, ...]]

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return any(getattr(self, field.name) for field in fields(self))


def difference(old: Plan, new: Plan) -> PlanDifference:
    """What changes from *old* to *new*."""
    checks_before, checks_after = old.checks, new.checks
    return PlanDifference(
        new_subjects=tuple(sorted(new.subjects.keys() - old.subjects.keys())),
        gone_subjects=tuple(sorted(old.subjects.keys() - new.subjects.keys())),
        changed_subjects={
            identity: changes
            for identity in sorted(old.subjects.keys() & new.subjects.keys())
            if (changes := _changes(_own(old.subjects[identity]), _own(new.subjects[identity])))
        },
        new_checks=tuple(sorted(checks_after.keys() - checks_before.keys())),
        gone_checks=tuple(sorted(checks_before.keys() - checks_after.keys())),
        changed_checks={
            identity: changes
            for identity in sorted(checks_before.keys() & checks_after.keys())
            if (changes := _changes(_asked(checks_before[identity]), _asked(checks_after[identity])))
        },
    )


def _own(subject: Subject) -> dict[str, Any]:
    values = {field.name: getattr(subject, field.name) for field in fields(subject)}
    del values["id"], values["checks"]
    return values


def _asked(check: CheckSpec) -> dict[str, Any]:
    rule = {f"rule.{field.name}": getattr(check.rule, field.name) for field in fields(check.rule)}
    settings = {f"settings.{key}": value for key, value in check.settings.items()}
    return {"address": check.address, "required": check.required, **rule, **settings}


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    return tuple(_each(before, after))


def _each(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for what in dict.fromkeys([*before, *after]):
        if before.get(what) != after.get(what):
            yield Change(what, before.get(what), after.get(what))
