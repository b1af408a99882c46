"""The exposition: keeps what is believed and what was measured in the form in which Prometheus will ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from netmon.export.families import (
    DEVICE_UP,
    INFOS,
    OWN_FAMILIES,
    STATES,
    Claim,
    declared_families,
    info_name,
    tells_of_device,
)
from netmon.export.fragments import Fragment
from netmon.export.misfits import Misfit, MisfitError, Refuse
from netmon.export.rows import Rows, write_rows
from netmon.export.shelves import Shelves
from netmon.export.syntax import Syntax, identity_label, join_labels, label
from netmon.export.targets import render_targets
from netmon.model.ids import CheckId, EntityId, EntityKind, bare_id, interface_id, kind_of
from netmon.model.looks import Labels, Number, Readings
from netmon.model.plan import CheckSpec, Subject
from netmon.model.states import State
from netmon.ports import CollectorKind

_UP = {State.UP: "1", State.DEGRADED: "1", State.DOWN: "0", State.UNREACHABLE: "0"}
_UNSEEN = frozenset({State.DOWN, State.UNKNOWN})
"""The states of a check in which its numbers are not those of the present."""


@dataclass(slots=True)
class _Given:
    """What a check gave last.

    Attributes:
        families: those that show it.
        told: the family that shows its facts.
        rows: those that its next answer may use again.
        pieces: the columns of each family; where they come again they are on the shelf already.
    """

    families: set[str] = field(default_factory=set)
    told: str | None = None
    rows: dict[tuple[int, str], Rows] = field(default_factory=dict)
    pieces: dict[str, list[tuple[Rows, Sequence[Number | None]]]] = field(default_factory=dict)


class Exposition:
    """Implements `netmon.ports.Exporter`. Not for several threads: whoever tells and whoever scrapes share the loop.

    Args:
        kinds: every kind of check, for the families that it declares.
        refuse: what is done about readings that nobody declared.

    Raises:
        ValueError: two kinds declare one family.
    """

    def __init__(self, kinds: Iterable[CollectorKind], refuse: Refuse) -> None:
        self._declared = {kind.name: declared_families(kind) for kind in kinds}
        self._shelves = Shelves(
            (*OWN_FAMILIES, *(f for families in self._declared.values() for f in families.values()))
        )
        self._refuse = refuse
        self._fronts: dict[str, str] = {}  # by check or other entity
        self._states: dict[str, State] = {}
        self._checks: dict[CheckId, _Given] = {}
        self.targets = render_targets(())

    @property
    def claim(self) -> Claim:
        """What keeps a prometheus-client registry from using the same names."""
        return Claim(tuple(self._shelves.families.values()))

    def fragments(self, syntax: Syntax) -> list[Fragment]:
        """Everything that is shown at this moment."""
        return self._shelves.fragments(syntax)

    def show_plan(self, subjects: Iterable[Subject]) -> None:
        """From now on these exist; newcomers are ``unknown`` until told otherwise, the others keep what they show."""
        plan = tuple(subjects)
        before, self._fronts = self._fronts, dict(entity for subject in plan for entity in _identities(subject))
        for gone in [entity for entity in before if entity not in self._fronts]:
            self._forget(gone)
        for new in [entity for entity in self._fronts if entity not in before]:
            self.show_state(EntityId(new), State.UNKNOWN)
        for subject in plan:
            self._shelves.put(INFOS[kind_of(subject.id)].name, subject.id, self._info_line(subject))
        self.targets = render_targets(plan)

    def show_state(self, entity: EntityId, state: State) -> None:
        """*entity* is in *state*; one that is not in the plan (any longer) is left out."""
        front = self._fronts.get(entity)
        if front is None:
            return
        kind = kind_of(entity)
        if kind is EntityKind.CHECK and state in _UNSEEN:
            self.hide_readings(CheckId(entity))
        if self._states.get(entity) is state:
            return
        self._states[entity] = state
        name = STATES[kind].name
        one_hot = [f'{name}{{{front},state="{each}"}} {int(each is state)}\n' for each in State]
        self._shelves.put(name, entity, "".join(one_hot))
        if kind is EntityKind.DEVICE:
            value = _UP.get(state)
            self._shelves.put(DEVICE_UP.name, entity, f"{DEVICE_UP.name}{{{front}}} {value}\n" if value else "")

    def show_readings(self, check: CheckSpec, readings: Sequence[Readings], facts: Mapping[str, str]) -> None:
        """Replace the numbers of *check*: what it gave before and does not give now vanishes.

        Facts hold until they are told anew or the numbers are hidden; a collector may tell them once.
        """
        if check.id not in self._fronts:
            return
        before = self._checks.get(check.id) or _Given()
        given = _Given()
        for table in readings:
            for name, column in table.columns.items():
                try:
                    rows = self._rows(check, name, table.labels, before, given)
                except MisfitError as misfit:
                    self._refuse(misfit)
                else:
                    given.pieces.setdefault(name, []).append((rows, column))
        texts = {
            name: self._write(name, pieces, given)
            for name, pieces in list(given.pieces.items())
            if pieces != before.pieces.get(name)
        }
        unchanged = before.families & (given.pieces.keys() - texts.keys())
        given.families = unchanged | {name for name, lines in texts.items() if lines}
        self._shelves.clear(check.id, before.families - given.families)
        for name in given.families - unchanged:
            self._shelves.put(name, check.id, texts[name])
        given.told = self._tell_facts(check, facts) if facts else before.told
        self._checks[check.id] = given

    def hide_readings(self, check: CheckId) -> None:
        """Drop the numbers and facts of *check* at once."""
        if (given := self._checks.pop(check, None)) is not None:
            self._shelves.clear(check, given.families)
            if given.told:
                self._shelves.clear(check, [given.told])

    def _forget(self, entity: str) -> None:
        self.hide_readings(CheckId(entity))
        del self._states[entity]
        kind = kind_of(entity)
        own = [STATES[kind].name, DEVICE_UP.name]
        self._shelves.clear(entity, [*own, INFOS[kind].name] if kind in INFOS else own)

    def _rows(self, check: CheckSpec, family: str, labels: Sequence[Labels], before: _Given, given: _Given) -> Rows:
        for rows, _ in before.pieces.get(family, ()):
            if rows.labels is labels:
                given.rows[id(labels), rows.front] = rows
                return rows
        if family not in self._declared.get(check.kind, ()):
            raise MisfitError(Misfit.UNDECLARED, f"{family} is not declared by kind {check.kind}")
        front = self._fronts[check.subject if tells_of_device(check, family) else check.id]
        key = (id(labels), front)
        rows = given.rows.get(key) or before.rows.get(key) or write_rows(front, labels, self._refuse)
        given.rows[key] = rows
        return rows

    def _write(self, family: str, pieces: Sequence[tuple[Rows, Sequence[Number | None]]], given: _Given) -> str:
        """The lines of *pieces*; those with a misfit are not remembered as *given*, and are refused each time."""
        lines = []
        for rows, column in pieces:
            try:
                lines.append(rows.lines(family, column))
            except MisfitError as misfit:
                self._refuse(misfit)
                given.pieces.pop(family, None)
        return "".join(lines)

    def _tell_facts(self, check: CheckSpec, facts: Mapping[str, str]) -> str | None:
        """Show *facts*; returns the family that shows them."""
        name = info_name(check.kind)
        family = self._declared.get(check.kind, {}).get(name)
        declared = family.labels if family else ()
        for fact in sorted(facts.keys() - set(declared)):
            self._refuse(MisfitError(Misfit.UNDECLARED, f"fact {fact} is not declared by kind {check.kind}"))
        if not declared:
            return None
        told = (label(fact, facts[fact]) for fact in declared if fact in facts)
        self._shelves.put(name, check.id, f"{name}{{{join_labels((self._fronts[check.id], *told))}}} 1\n")
        return name

    def _info_line(self, subject: Subject) -> str:
        told = (
            self._fronts[subject.id],
            label("role", subject.role),
            label("site", subject.site or ""),
            label("department", subject.department or ""),
            label("tier", str(subject.tier)),
            label("lab", "true" if subject.lab else "false"),
            label("title", subject.title.get("vi") or next(iter(subject.title.values()), "")),
        )
        return f"{INFOS[kind_of(subject.id)].name}{{{join_labels(told)}}} 1\n"


def _identities(subject: Subject) -> Iterable[tuple[EntityId, str]]:
    """Everything of *subject* that has a state, with the labels that say which it is."""
    bare = bare_id(subject.id)
    front = identity_label(kind_of(subject.id).value, bare)
    yield subject.id, front
    for name in subject.watched:
        yield interface_id(bare, name), join_labels((front, label("interface", name)))
    for check in subject.checks:
        yield EntityId(check.id), f"{front},{identity_label('check', check.id)}"
