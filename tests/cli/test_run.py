"""netmon run, before anything runs: what it refuses, and where it writes events."""

from __future__ import annotations

import io

from rich.console import Console

from netmon.cli.run import _Above
from tests.cli.house import House


def test_nothing_starts_while_there_is_a_mistake_in_the_files(house: House) -> None:
    house.write("inventory/sites/ttth.yaml", "site: {id: ttth, departement: centre}\n")

    answer = house.ask("run")

    assert answer.exit_code == 2
    assert 'unknown key "departement" - did you mean "department"?' in answer.stderr
    assert "config.yaml and its inventory must be mended first" in answer.stderr
    assert not (house.folder / "state").exists()


def test_events_above_the_progress_are_whole_lines_of_any_length() -> None:
    written = io.StringIO()
    above = _Above(Console(file=written, width=20))

    for piece in ("an event that is much longer ", "than the terminal", "\n", "another"):
        above.write(piece)

    assert written.getvalue() == "an event that is much longer than the terminal\n"
