"""What tests on real parts share: the figures that they measure, printed below the results."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

_FIGURES = pytest.StashKey[list[str]]()

Note = Callable[[str], None]


@pytest.fixture(scope="session")
def note(pytestconfig: pytest.Config) -> Note:
    """Takes a line with something that was measured."""
    return pytestconfig.stash.setdefault(_FIGURES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    figures = config.stash.get(_FIGURES, [])
    if figures:
        terminalreporter.section("measured")
        for figure in figures:
            terminalreporter.write_line(figure)


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skips a test where a program is missing, and says which."""
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} not installed; `make parts` does that")
