"""Settles checks: what a role asks by default and what was written, as one specification under one rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import Field, StrictBool

from netmon.inventory.checks import WrittenCheck
from netmon.inventory.words import Id
from netmon.kernel.documents import Node, Path
from netmon.kernel.problems import Mistakes, Problem, listed, nearest, quote
from netmon.kernel.settings import DurationText, Settings
from netmon.kernel.validation import validate_values
from netmon.model.moments import SECOND, Duration
from netmon.model.plan import ICMP_RULE, POLLED_RULE, Rule
from netmon.model.quantities import format_duration
from netmon.ports import CollectorKind

Kinds = Mapping[str, CollectorKind]
"""The kinds of checks that exist, by name."""

_SHORTEST_INTERVAL = SECOND
_RULES = {"icmp": ICMP_RULE}


class CommonKeys(Settings):
    """What every check may be told, whatever its kind."""

    name: Id | None = Field(default=None, description="Tells two checks of one kind apart.")
    interval: DurationText | None = Field(
        default=None, description="From look to look; 10 s for icmp and 60 s for other kinds, at least 1 s."
    )
    timeout: DurationText | None = Field(
        default=None, description="A look without a result by then is a miss; 1 s for icmp and 10 s for other kinds."
    )
    slow: DurationText | None = Field(default=None, description="An answer that took longer is slow.")
    required: StrictBool = Field(default=True, description="`false` where its trouble must not degrade the whole.")


COMMON_KEYS = frozenset(CommonKeys.model_fields)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A check that is to be made: its kind and name, and the places that speak about it, the weakest first."""

    kind: str
    name: str | None
    parts: tuple[WrittenCheck, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A check whose settings and rule are right.

    Attributes:
        settings: the plain values of its kind's model.
        locate: knows where each of *settings* was written.
    """

    kind: str
    name: str | None
    rule: Rule
    required: bool
    settings: Mapping[str, Any]
    values: _Values


@dataclass(frozen=True, slots=True)
class _Values:
    """Settings from several places: each key with its value and where that was written."""

    fallback: Node
    plain: dict[str, Any] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)

    def take(self, node: Node, options: Mapping[str, Any]) -> None:
        for key, value in options.items():
            self.plain[key] = value
            self.nodes[key] = node.at(key)

    def locate(self, path: Path) -> Node:
        node = self.nodes.get(str(path[0])) if path else None
        return self.fallback.at(*path) if node is None else node.at(*path[1:])


def wanted_checks(defaults: Iterable[WrittenCheck], written: Iterable[WrittenCheck]) -> tuple[Wanted, ...]:
    """*defaults* with *written* over them: added, or overriding by kind and name; ``off`` takes a kind away."""
    wanted = {
        (check.kind, check.name): Wanted(check.kind, check.name, (check,))
        for check in defaults
        if check.options is not None
    }
    for check in written:
        if check.options is None:
            wanted = {key: kept for key, kept in wanted.items() if key[0] != check.kind}
            continue
        key = (check.kind, check.name)
        before = wanted[key].parts if key in wanted else ()
        wanted[key] = Wanted(check.kind, check.name, (*before, check))
    return tuple(wanted.values())


def unknown_kind(check: WrittenCheck, kinds: Kinds) -> Problem | None:
    """What is wrong if there is no such kind."""
    if check.kind in kinds:
        return None
    hint = nearest(check.kind, kinds) or f"there are {listed(kinds)}"
    return check.node.problem_at_key(f"there is no check {quote(check.kind)}", hint)


def settle(wanted: Wanted, kind: CollectorKind, owner: Node, implied: Mapping[str, tuple[Any, Node]]) -> Settled:
    """*wanted* with everything that its *kind* must know.

    Args:
        owner: the device or service; told about what nobody wrote.
        implied: settings that follow from the owner, each with the place it follows from; weaker than any other.

    Raises:
        Mistakes: a setting is wrong or missing, or the rule makes no sense.
    """
    own = [part.node for part in wanted.parts if part.node.document is owner.document]
    values = _Values(own[-1] if own else owner)
    for key, (value, node) in implied.items():
        values.plain[key], values.nodes[key] = value, node
    for part in wanted.parts:
        values.take(part.node, part.options or {})
    common = {key: values.plain.pop(key) for key in COMMON_KEYS & values.plain.keys()}
    problems: list[Problem] = []
    try:
        keys = validate_values(CommonKeys, common, values.locate)
        rule, wrong = _rule(wanted.kind, keys)
        problems.extend(values.locate((key,)).problem(cause) for key, cause in wrong)
    except Mistakes as mistakes:
        problems.extend(mistakes.problems)
    try:
        settings = validate_values(kind.settings, values.plain, values.locate, COMMON_KEYS)
    except Mistakes as mistakes:
        problems.extend(mistakes.problems)
    if problems:
        raise Mistakes(problems)
    return Settled(
        kind=wanted.kind,
        name=wanted.name,
        rule=rule,
        required=keys.required,
        settings=settings.model_dump(mode="json"),
        values=values,
    )


def _rule(kind: str, keys: CommonKeys) -> tuple[Rule, list[tuple[str, str]]]:
    """The rule of a check of *kind*, and what is wrong with it by key."""
    usual = _RULES.get(kind, POLLED_RULE)
    interval = keys.interval if keys.interval is not None else usual.interval
    timeout = keys.timeout if keys.timeout is not None else Duration(min(usual.timeout, interval))
    wrong = []
    if interval < _SHORTEST_INTERVAL:
        wrong.append(("interval", f"the interval must be at least {format_duration(_SHORTEST_INTERVAL)}"))
    elif not 0 < timeout <= interval:
        shown = f"{format_duration(timeout)} is no time-out for an interval of {format_duration(interval)}"
        wrong.append(("timeout", f"{shown}; it must be above 0 and not above the interval"))
    if keys.slow is not None and not 0 < keys.slow < timeout:
        wrong.append(
            ("slow", f"an answer is slow before it is missed: below the time-out of {format_duration(timeout)}")
        )
    return replace(usual, interval=interval, timeout=timeout, slow=keys.slow), wrong


def literals(value: object, path: Path = ()) -> Iterator[Path]:
    """The paths to secrets below *value* that stand there themselves (``literal:``)."""
    match value:
        case str() if value.startswith("literal:"):
            yield path
        case dict():
            for key, inner in value.items():
                yield from literals(inner, (*path, key))
        case list():
            for index, inner in enumerate(value):
                yield from literals(inner, (*path, index))
