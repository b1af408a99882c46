"""Mistakes in files, told so that they can be mended: where, what is wrong, and the nearest way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass

_LONGEST_TEXT = 60
_LONGEST_LINE = 400
_LONGEST_LIST = 40
_MOST_COMPARED = 500


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in one place of a file.

    Attributes:
        file: its name as people know it, relative to the configuration.
        line: counted from 1; 0 where the mistake is the whole file's.
        column: counted from 1; 0 where the mistake is the whole file's.
        path: the keys that lead there, such as ``devices.syt-gw1.checks.icmp``; a list's items go by their names.
        cause: what is wrong, in one sentence without a full stop.
        hint: what to do instead; empty where the cause says it.
    """

    file: str
    line: int
    column: int
    path: str
    cause: str
    hint: str = ""

    def render(self) -> str:
        """Two lines for people: where, and what."""
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        what = f"{self.cause} - {self.hint}" if self.hint else self.cause
        return f"{_visible(where)}  {_visible(self.path)}".rstrip() + f"\n    {_visible(what)}"

    def as_json(self) -> dict[str, str | int]:
        """The same for programs."""
        return asdict(self)


class Mistakes(Exception):  # noqa: N818  what was written is mistaken; nothing of ours went wrong
    """What was read cannot be used; carries every problem that was found in it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(problem.render() for problem in self.problems))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """*problems* by file and place, each once."""
    return tuple(sorted(set(problems)))


def render(problems: Iterable[Problem]) -> str:
    """All of *problems* for people, with their number at the end; empty where there are none."""
    found = in_order(problems)
    if not found:
        return ""
    count = "1 problem" if len(found) == 1 else f"{len(found):,} problems"
    return "\n".join([*(problem.render() for problem in found), count])


def nearest(word: str, known: Iterable[str]) -> str:
    """``did you mean "timeout"?`` for the best of *known*; empty where nothing comes near *word*."""
    choices = sorted(known)
    if len(choices) > _MOST_COMPARED:
        choices = [choice for choice in choices if choice.startswith(word[:3])][:_MOST_COMPARED]
    lowered = {choice.lower(): choice for choice in reversed(choices)}
    best = difflib.get_close_matches(word.lower()[:_LONGEST_TEXT], lowered, n=1)
    return f"did you mean {quote(lowered[best[0]])}?" if best else ""


def listed(known: Iterable[str]) -> str:
    """*known* as a bounded enumeration for a sentence."""
    choices = sorted(known)
    more = f" and {len(choices) - _LONGEST_LIST} more" if len(choices) > _LONGEST_LIST else ""
    return ", ".join(choices[:_LONGEST_LIST]) + more


def quote(value: object) -> str:
    """*value* as it stands in a file, in quotes, bounded, with nothing that a terminal would obey."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    shown = text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 3]}..."
    return f'"{_visible(shown)}"'


def _visible(text: str) -> str:
    bounded = text if len(text) <= _LONGEST_LINE else f"{text[: _LONGEST_LINE - 3]}..."
    if bounded.isprintable():
        return bounded
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in bounded)
