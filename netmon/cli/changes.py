"""What a new plan changes, in words and human units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from netmon.cli.screen import Screen
from netmon.cli.words import Words, marked
from netmon.model.ids import CheckId, bare_id
from netmon.model.moments import Duration
from netmon.model.plan import CheckSpec, Plan
from netmon.model.quantities import format_duration, parse_duration

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
class Changes:
    """A difference between plans as plain values, as the running netmon answers it too."""

    document: Mapping[str, Any]

    def __bool__(self) -> bool:
        return any(self.document.values())

    def tell(self, screen: Screen, words: Words, new: Plan | None) -> None:
        """All of it: what comes, what goes, what becomes different; *new* tells how new things are looked at."""
        say = words.say
        subjects = new.subjects if new else {}
        checks = new.checks if new else {}
        for identity in self.document["new_subjects"]:
            asked = ", ".join(_asked(check, words) for check in subjects[identity].checks) if new else ""
            screen.line(("+ ", "green"), (identity, "bold"), f"  {asked}", hang=4)
        for identity in self._alone("new"):
            asked = _asked(checks[CheckId(identity)], words) if new else ""
            screen.line(("+ ", "green"), (identity, "bold"), f"  {asked}", hang=4)
        for identity in self.document["gone_subjects"]:
            gone = say("is watched no longer; its history stays, its series end")
            screen.line(("- ", "red"), (identity, "bold"), f"  {gone}", hang=4)
        for identity in self._alone("gone"):
            screen.line(("- ", "red"), (identity, "bold"), f"  {say('is asked no longer')}", hang=4)
        for identity, changes in {**self.document["changed_subjects"], **self.document["changed_checks"]}.items():
            screen.line(("~ ", "yellow"), (identity, "bold"))
            for change in changes:
                name = say(_NAMES[change["what"]]) if change["what"] in _NAMES else change["what"]
                before, after = (_shown(change["what"], change[side], words) for side in ("before", "after"))
                screen.line(f"{name}: ", (before, "red"), " -> ", (after, "green"), indent=4, hang=2)

    def summary(self, words: Words) -> str:
        """How much of what."""
        count = {what: len(changes) for what, changes in self.document.items()}
        some = words.some
        told = (
            (count["new_subjects"], some(count["new_subjects"], "{n} new target", "{n} new targets")),
            (count["gone_subjects"], some(count["gone_subjects"], "{n} target gone", "{n} targets gone")),
            (count["changed_subjects"], some(count["changed_subjects"], "{n} target changed", "{n} targets changed")),
            (count["new_checks"], some(count["new_checks"], "{n} new check", "{n} new checks")),
            (count["gone_checks"], some(count["gone_checks"], "{n} check gone", "{n} checks gone")),
            (count["changed_checks"], some(count["changed_checks"], "{n} check changed", "{n} checks changed")),
        )
        return ", ".join(said for n, said in told if n)

    def _alone(self, what: str) -> Iterator[str]:
        """New or gone checks of subjects that stay."""
        subjects = tuple(self.document[f"{what}_subjects"])
        for check in self.document[f"{what}_checks"]:
            if not bare_id(check).startswith(tuple(f"{subject}/" for subject in subjects)):
                yield check


def _asked(check: CheckSpec, words: Words) -> str:
    name = f"{check.kind} {check.name}" if check.name else check.kind
    return f"{name} {words.say('every {interval}', interval=format_duration(check.rule.interval))}"


def _shown(what: str, value: object, words: Words) -> str:
    match value:
        case None | () | []:
            return words.say("nothing")
        case bool():
            return words.say("yes") if value else words.say("no")
        case int() if what in _DURATIONS:
            return format_duration(Duration(value))
        case str() if what.startswith("settings.") and value.endswith("us") and value[:-2].isdigit():
            return format_duration(parse_duration(value))
        case dict():
            return "{" + ", ".join(f"{key}: {_shown('', inner, words)}" for key, inner in value.items()) + "}"
        case list() | tuple():
            return _few(_shown("", inner, words) for inner in value)
    return str(value)


def _few(values: Iterable[str]) -> str:
    return ", ".join(values)
