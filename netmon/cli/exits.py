"""Exit codes, one table for all commands, and the words for what was foreseen and went wrong all the same."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import click
from typing_extensions import override

from netmon.kernel.problems import Problem


class Exit(IntEnum):
    """What a command's exit code says."""

    FINE = 0
    ATTENTION = 1
    WRONG = 2
    OUT_OF_REACH = 3
    INTERRUPTED = 130


MEANINGS = {
    Exit.FINE: "Done, or nothing is wrong.",
    Exit.ATTENTION: "There is something to look at: `plan` found a difference, `doctor` warns, a look of `poll` was "
    "missed, something is degraded or unknown (`status --exit-code`), or the running netmon refused.",
    Exit.WRONG: "Wrong: a mistake on the command line or in the files (nothing was changed), `doctor` found something "
    "broken, or something is down (`status --exit-code`).",
    Exit.OUT_OF_REACH: "netmon has not run here yet, or it, its store, a secret or an address that it needs is out of "
    "reach.",
    Exit.INTERRUPTED: "Interrupted by Ctrl-C.",
}


class Stop(click.ClickException):
    """Ends a command; the text says what, where, why and how to mend it, *problems* are the mistakes in files."""

    def __init__(self, message: str, code: Exit, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.problems = tuple(problems)

    @property
    @override
    def exit_code(self) -> int:  # type: ignore[override]  # click reads it only
        return self.code
