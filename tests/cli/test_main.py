"""The command line as a whole."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from netmon.cli import COMMANDS, main
from netmon.cli.reference import PAGE, render_commands
from netmon.cli.shapes import SHAPES
from tests.cli.house import House

DOCS = Path(__file__).parents[2] / "docs"
HEAVY = ("sqlalchemy", "pysnmp", "uvicorn", "httpx", "scapy", "babel", "netmon.app")


def commands() -> dict[str, click.Command]:
    context = click.Context(main, info_name="netmon")
    found: dict[str, click.Command] = {}
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        inner = command.commands if isinstance(command, click.Group) else {}
        found.update({f"{name} {each}": one for each, one in inner.items()} or {name: command})
    return found


def test_help_is_quick_because_it_loads_nothing_heavy() -> None:
    script = (
        "import sys; from click.testing import CliRunner; from netmon.cli import main\n"
        "answer = CliRunner().invoke(main, ['--help']); assert 'doctor' in answer.output, answer.output\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_answers_as_json_and_documents_its_shape(name: str) -> None:
    options = {option for parameter in commands()[name].params for option in parameter.opts}

    assert "--json" in options
    assert SHAPES[name]


def test_the_page_of_commands_is_the_one_that_the_code_makes() -> None:
    assert (DOCS / PAGE).read_text(encoding="utf-8") == render_commands()


def test_a_mistake_on_the_command_line_is_two() -> None:
    done = subprocess.run([sys.executable, "-m", "netmon", "staus"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "staus" in done.stderr


def test_nothing_in_a_pipe_is_coloured_or_cut(house: House) -> None:
    house.keep()
    for command in (["status", "--all"], ["check"], ["doctor"], ["plan"]):
        assert re.search(r"\x1b|…|[━│┃]", house.ask(*command).stdout) is None
