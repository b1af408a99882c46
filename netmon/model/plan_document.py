"""A plan as a document of plain values, for keeping it, comparing it and taking its fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields as fields_of
from typing import Any

from netmon.model.ids import CheckId, EntityId
from netmon.model.plan import CheckSpec, Plan, Rule, Subject

_FORM = 1
_RULE = tuple(field.name for field in fields_of(Rule))


def plan_of(poller: str, subjects: Iterable[Subject]) -> Plan:
    """The plan of *poller* for *subjects*, ordered by identity, with its hash."""
    by_identity = {subject.id: subject for subject in sorted(subjects, key=lambda subject: subject.id)}
    unsigned = Plan(hash="", poller=poller, subjects=by_identity)
    return Plan(hash=_fingerprint(unsigned), poller=poller, subjects=by_identity)


def to_document(plan: Plan) -> dict[str, Any]:
    """*plan* as JSON values; durations are microseconds."""
    return {"form": _FORM, "hash": plan.hash, **_content(plan)}


def from_document(document: Mapping[str, Any]) -> Plan:
    """The plan that `to_document` made *document* of.

    Raises:
        ValueError: it is no such document, or not the one that its hash was taken of.
    """
    if document.get("form") != _FORM:
        raise ValueError(f"a plan of form {document.get('form')!r} cannot be read; this netmon reads form {_FORM}")
    try:
        subjects = {
            EntityId(identity): _subject(EntityId(identity), fields)
            for identity, fields in document["subjects"].items()
        }
        plan = Plan(hash=document["hash"], poller=document["poller"], subjects=subjects)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a damaged plan: {type(error).__name__} {error}") from error
    if plan.hash != _fingerprint(plan):
        raise ValueError("a damaged plan: its content is not what its hash was taken of")
    return plan


def _content(plan: Plan) -> dict[str, Any]:
    subjects = {identity: _fields(subject) for identity, subject in sorted(plan.subjects.items())}
    return {"poller": plan.poller, "subjects": subjects}


def _fields(subject: Subject) -> dict[str, Any]:
    return {
        "title": dict(subject.title),
        "role": subject.role,
        "department": subject.department,
        "site": subject.site,
        "tier": subject.tier,
        "lab": subject.lab,
        "watched": list(subject.watched),
        "parents": list(subject.parents),
        "checks": [_check_fields(check) for check in subject.checks],
    }


def _check_fields(check: CheckSpec) -> dict[str, Any]:
    return {
        "id": check.id,
        "kind": check.kind,
        "name": check.name,
        "address": check.address,
        "required": check.required,
        "rule": {name: getattr(check.rule, name) for name in _RULE},
        "settings": dict(check.settings),
    }


def _subject(identity: EntityId, fields: Mapping[str, Any]) -> Subject:
    return Subject(
        id=identity,
        title=fields["title"],
        role=fields["role"],
        checks=tuple(_check(identity, check) for check in fields["checks"]),
        department=fields["department"],
        site=fields["site"],
        tier=fields["tier"],
        lab=fields["lab"],
        watched=tuple(fields["watched"]),
        parents=tuple(fields["parents"]),
    )


def _check(subject: EntityId, fields: Mapping[str, Any]) -> CheckSpec:
    return CheckSpec(
        id=CheckId(fields["id"]),
        subject=subject,
        kind=fields["kind"],
        name=fields["name"],
        address=fields["address"],
        rule=Rule(**fields["rule"]),
        required=fields["required"],
        settings=fields["settings"],
    )


def _fingerprint(plan: Plan) -> str:
    text = json.dumps(_content(plan), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
