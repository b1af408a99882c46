"""netmon run, before anything runs: what it refuses, and where it writes events."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from typing_extensions import override

from netmon.app.application import Application
from netmon.app.asking import Asking
from netmon.app.files import Files, load_files
from netmon.cli.run import _Above
from netmon.kernel.secrets import SecretError
from netmon.model.ids import CheckId
from netmon.ports import Collector
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


def test_a_later_life_of_the_same_plan_needs_no_secret_again(house: House) -> None:
    application = Application(house.config, load_files(house.config))
    asking = _Asking()
    application._files.adopt(load_files(house.config))  # a reload

    watched = application._watching(asking)
    asking.is_locked = True

    assert application._watching(asking) is watched
    application._files.adopt(load_files(house.config))
    with pytest.raises(SecretError):
        application._watching(asking)


class _Asking(Asking):
    """Whose secrets may be out of reach."""

    def __init__(self) -> None:
        super().__init__({})
        self.is_locked = False

    @override
    def collectors(self, files: Files) -> dict[CheckId, Collector]:
        if self.is_locked:
            raise SecretError("file:/run/secrets/community leads to no secret")
        return {}
