"""The difference between two plans as lines for people: how much of what, then site by site what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from netmon.cli.changes import Changes
from netmon.cli.naming import owner_of
from netmon.cli.screen import Screen
from netmon.cli.words import Words, marked
from netmon.inventory.inventory import Inventory
from netmon.model.ids import EntityId, EntityKind, kind_of
from netmon.model.moments import Duration
from netmon.model.plan import CheckSpec, Plan
from netmon.model.quantities import parse_duration

_DURATIONS = frozenset({"rule.interval", "rule.timeout", "rule.relook_gap", "rule.slow"})

_NAMES: Mapping[str, str] = {
    "rule.interval": marked("looked at every"),
    "rule.timeout": marked("missed after"),
    "rule.slow": marked("slow after"),
    "rule.relooks": marked("re-looks"),
    "required": marked("required"),
    "address": marked("address"),
    "parents": marked("reached through"),
    "watched": marked("watched interfaces"),
    "department": marked("department"),
    "site": marked("site"),
    "tier": marked("tier"),
    "role": marked("role"),
    "title": marked("title"),
    "lab": marked("played by the lab"),
}


@dataclass(frozen=True, slots=True)
class _Line:
    """One thing that comes (``+``), goes (``-``) or becomes different (``~``), with what is different about it."""

    sign: str
    identity: str
    said: str = ""
    details: tuple[tuple[str, str, str], ...] = ()


_STYLES = {"+": "green", "-": "red", "~": "yellow"}


@dataclass(frozen=True, slots=True)
class PlanTeller:
    """Tells of differences on one screen.

    Attributes:
        plans: those in which things are looked up, the new one first.
    """

    screen: Screen
    words: Words
    inventory: Inventory
    plans: tuple[Plan, ...]

    def tell(self, changes: Changes) -> None:
        """How much of what; then by site, in one line each, what comes, goes and becomes different."""
        self.screen.line((changes.summary(self.words), "bold"))
        by_place: dict[tuple[int, str], list[_Line]] = {}
        for line in self._lines(changes):
            by_place.setdefault(self._place(line.identity), []).append(line)
        for place, lines in sorted(by_place.items()):
            self.screen.gap()
            self._tell_place(*place)
            for line in lines:
                self._tell_line(line)

    def _lines(self, changes: Changes) -> Iterator[_Line]:
        say, document = self.words.say, changes.document
        for identity in document["new_subjects"]:
            yield _Line("+", identity, ", ".join(map(self._asked, self._checks_of(identity))))
        for identity in changes.alone("new"):
            added = (check for check in self._checks_of(owner_of(identity)) if check.id == identity)
            yield _Line("+", identity, ", ".join(map(self._asked, added)))
        for identity in document["gone_subjects"]:
            yield _Line("-", identity, say("is watched no longer; its history stays, its series end"))
        for identity in changes.alone("gone"):
            yield _Line("-", identity, say("is asked no longer"))
        for identity, different in {**document["changed_subjects"], **document["changed_checks"]}.items():
            yield _Line("~", identity, details=tuple(self._details(different)))

    def _details(self, different: Iterable[Mapping[str, object]]) -> Iterator[tuple[str, str, str]]:
        for one in different:
            what = str(one["what"])
            name = self.words.say(_NAMES[what]) if what in _NAMES else what
            yield name, _shown(what, one["before"], self.words), _shown(what, one["after"], self.words)

    def _tell_line(self, line: _Line) -> None:
        said = f"  {line.said}" if line.said else ""
        self.screen.line((f"{line.sign} ", _STYLES[line.sign]), (line.identity, "bold"), said, indent=2, hang=4)
        for name, before, after in line.details:
            self.screen.line(f"{name}: ", (before, "red"), " -> ", (after, "green"), indent=6, hang=2)

    # ------------------------------------------------------------ where things stand

    def _place(self, identity: str) -> tuple[int, str]:
        """What it is told with: the poller first, then each site, what has none, and what no plan here knows."""
        subject = owner_of(identity)
        known = next((plan.subjects[subject] for plan in self.plans if subject in plan.subjects), None)
        if known is None:
            return 3, ""
        if known.site is not None:
            return 1, known.site
        return (0, "") if kind_of(subject) is EntityKind.POLLER else (2, "")

    def _tell_place(self, order: int, site: str) -> None:
        say = self.words.say
        if site in self.inventory.sites:
            self.screen.line((site, "bold"), f"  {self._name_of(site)}", hang=2)
            return
        names = (say("netmon itself"), site, say("shared services"), say("no longer in the inventory"))
        self.screen.line((names[order], "bold"))

    def _name_of(self, site: str) -> str:
        place = self.inventory.sites[site].value
        department = self.inventory.departments.get(place.department)
        named = place.name or (department.value.name if department else None)
        return self.words.title(named.by_language) if named else place.department

    def _checks_of(self, subject: EntityId) -> Iterable[CheckSpec]:
        return next((plan.subjects[subject].checks for plan in self.plans if subject in plan.subjects), ())

    def _asked(self, check: CheckSpec) -> str:
        name = f"{check.kind} {check.name}" if check.name else check.kind
        every = self.words.say("every {interval}", interval=self.words.duration(check.rule.interval))
        return f"{name} {every}"


def _shown(what: str, value: object, words: Words) -> str:
    match value:
        case None | () | []:
            return words.say("nothing")
        case bool():
            return words.say("yes") if value else words.say("no")
        case int() if what in _DURATIONS:
            return words.duration(Duration(value))
        case str() if what.startswith("settings.") and value.endswith("us") and value[:-2].isdigit():
            return words.duration(parse_duration(value))
        case dict():
            return "{" + ", ".join(f"{key}: {_shown('', inner, words)}" for key, inner in value.items()) + "}"
        case list() | tuple():
            return ", ".join(_shown("", inner, words) for inner in value)
    return str(value)
