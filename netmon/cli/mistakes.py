"""Mistakes in files as lines for people: each with its place, cause and way out, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence

from netmon.cli.screen import Screen
from netmon.cli.words import Words
from netmon.kernel.problems import Problem

MOST_TOLD = 200
"""More than so many nobody reads at once; programs get all of them."""


def tell_mistakes(screen: Screen, words: Words, problems: Sequence[Problem]) -> None:
    """The first of *problems*; then how many there are."""
    for problem in problems[:MOST_TOLD]:
        where = f"{problem.file}:{problem.line}:{problem.column}" if problem.line else problem.file
        screen.line((where, "bold"), (f"  {problem.path}", "dim"))
        hint = f" - {problem.hint}" if problem.hint else ""
        screen.line((problem.cause, "red"), hint, indent=4, hang=2)
    if (left := len(problems) - MOST_TOLD) > 0:
        said = words.some(left, "and {n} more", "and {n} more")
        screen.line(f"{said}; {words.say('`netmon check --json` tells all of them')}")
    screen.line((words.some(len(problems), "{n} problem", "{n} problems"), "bold"))
