"""What a new plan changes: how much of what, and which checks by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from netmon.cli.naming import owner_of
from netmon.cli.words import Words


@dataclass(frozen=True, slots=True)
class Changes:
    """A difference between plans as plain values, as the running netmon answers it too."""

    document: Mapping[str, Any]

    def __bool__(self) -> bool:
        return any(self.document.values())

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

    def alone(self, what: str) -> Iterator[str]:
        """``new`` or ``gone`` checks of subjects that stay."""
        subjects = set(self.document[f"{what}_subjects"])
        return (check for check in self.document[f"{what}_checks"] if owner_of(check) not in subjects)
