"""Settles checks: what a role asks by default and what was written, as one specification under one rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import Field, StrictBool

from netmon.inventory.checks import WrittenCheck
from netmon.inventory.words import Id
from netmon.kernel.documents import Node, Path
from netmon.kernel.problems import Problem, listed, nearest, quote
from netmon.kernel.settings import DurationText, Settings
from netmon.kernel.validation import Checked, check_values
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
    """A check with its settings and rule, as far as they are right.

    Attributes:
        settings: the plain values of its kind's model; while anything is wrong with them those that are right, as
            they were written.
        values: knows where each of them was written.
        common: its values of `CommonKeys`.
        own: its values of the model of its kind.
        broken: what is wrong with *rule*.
    """

    kind: str
    name: str | None
    rule: Rule
    required: bool
    settings: Mapping[str, Any]
    values: _Values
    common: Checked[CommonKeys]
    own: Checked[Any]
    broken: tuple[Problem, ...]

    @property
    def told(self) -> tuple[Problem, ...]:
        """Its mistakes, but for what is missing."""
        return (*self.mistaken, *self.broken, *self.own.contradictory)

    @property
    def mistaken(self) -> tuple[Problem, ...]:
        """Values that are wrong whatever else is said, and keys that nobody knows."""
        return (*self.common.mistaken, *self.own.mistaken)

    @property
    def is_right(self) -> bool:
        """Whether it can be asked."""
        return not (self.told or self.own.missing)


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
    """*defaults* with *written* over them: added, or overriding by kind and name; ``off`` takes a kind away.

    What was written twice is wanted twice, for each may have mistakes of its own.
    """
    own = tuple(written)
    off = {check.kind for check in own if check.options is None}
    usual = {
        (check.kind, check.name): check for check in defaults if check.options is not None and check.kind not in off
    }
    mine = [check for check in own if check.options is not None]
    overridden = {(check.kind, check.name) for check in mine}
    kept = [Wanted(kind, name, (check,)) for (kind, name), check in usual.items() if (kind, name) not in overridden]
    for check in mine:
        before = usual.get((check.kind, check.name))
        kept.append(Wanted(check.kind, check.name, (check,) if before is None else (before, check)))
    return tuple(kept)


def unknown_kind(check: WrittenCheck, kinds: Kinds) -> Problem | None:
    """What is wrong if there is no such kind."""
    if check.kind in kinds:
        return None
    hint = nearest(check.kind, kinds) or f"there are {listed(kinds)}"
    return check.node.problem_at_key(f"there is no check {quote(check.kind)}", hint)


def settle(
    wanted: Wanted,
    kind: CollectorKind | None,
    owner: Node,
    implied: Mapping[str, tuple[Any, Node]],
    *,
    certain: bool,
) -> Settled:
    """*wanted* with everything that its *kind* must know.

    Args:
        kind: ``None`` where nobody knows it; then only what every check may be told is looked at.
        owner: the device or service; told about what nobody wrote.
        implied: settings that follow from the owner, each with the place it follows from; weaker than any other.
        certain: whether what nobody wrote is what is usual; not so where a role is wrong that might say it.
    """
    own = [part.node for part in wanted.parts if part.node.document is owner.document]
    values = _Values(own[-1] if own else owner)
    for key, (value, node) in implied.items():
        values.plain[key], values.nodes[key] = value, node
    for part in wanted.parts:
        values.take(part.node, part.options or {})
    common = {key: values.plain.pop(key) for key in COMMON_KEYS & values.plain.keys()}
    said = check_values(CommonKeys, common, values.locate)
    keys = said.whole or CommonKeys.model_validate({key: common[key] for key in common if said.is_sound(key)})
    unsure = {key for key in common if not said.is_sound(key)}
    if kind is None or not certain:
        unsure |= {"interval", "timeout"} - common.keys()
    rule = _rule(wanted.kind, keys)
    broken = (values.locate((key,)).problem(cause) for key, cause in _contradictions(keys, rule, unsure))
    given = _own(kind, values)
    return Settled(
        kind=wanted.kind,
        name=wanted.name,
        rule=rule,
        required=keys.required,
        settings=_settings(given, values),
        values=values,
        common=said,
        own=given,
        broken=tuple(broken),
    )


def _own(kind: CollectorKind | None, values: _Values) -> Checked[Any]:
    if kind is None:
        return Checked({}, Settings())
    return check_values(kind.settings, values.plain, values.locate, COMMON_KEYS)


def _settings(given: Checked[Any], values: _Values) -> Mapping[str, Any]:
    if given.whole is None:
        return {key: value for key, value in values.plain.items() if given.is_sound(key)}
    plain: dict[str, Any] = given.whole.model_dump(mode="json")
    return plain


def _rule(kind: str, keys: CommonKeys) -> Rule:
    usual = _RULES.get(kind, POLLED_RULE)
    interval = keys.interval if keys.interval is not None else usual.interval
    timeout = keys.timeout if keys.timeout is not None else Duration(min(usual.timeout, interval))
    return replace(usual, interval=interval, timeout=timeout, slow=keys.slow)


def _contradictions(keys: CommonKeys, rule: Rule, unsure: Collection[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with *rule*, by the key that says it; *unsure* are the keys whose values nobody knows."""
    interval_is_sure = "interval" not in unsure
    if interval_is_sure and rule.interval < _SHORTEST_INTERVAL:
        yield "interval", f"the interval must be at least {format_duration(_SHORTEST_INTERVAL)}"
        interval_is_sure = False
    timeout_is_sure = "timeout" not in unsure and (keys.timeout is not None or interval_is_sure)
    if timeout_is_sure and rule.timeout <= 0:
        yield "timeout", "the time-out must be above 0"
        timeout_is_sure = False
    if timeout_is_sure and interval_is_sure and rule.timeout > rule.interval:
        shown = f"{format_duration(rule.timeout)} is no time-out for an interval of {format_duration(rule.interval)}"
        yield "timeout", f"{shown}; it must not be above the interval"
    if timeout_is_sure and keys.slow is not None and not 0 < keys.slow < rule.timeout:
        shown = format_duration(rule.timeout)
        yield "slow", f"an answer is slow before it is missed: below the time-out of {shown}"


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
