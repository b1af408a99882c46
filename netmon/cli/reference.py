"""Writes the reference pages from the code: the commands here, and with them metrics and configuration."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from netmon.cli import COMMANDS, main
from netmon.cli.exits import MEANINGS
from netmon.cli.shapes import SHAPES
from netmon.collectors import KINDS
from netmon.config import reference as configuration
from netmon.export.reference import render_reference

DOCS = Path("docs")
PAGE = "commands.md"
_WIDTH = 100

_OPENING = """# Commands

*Written from the code by `python -m netmon.cli.reference`; a test compares the two. Do not edit by hand.*

A person in a terminal gets colours and lines that fit it; a pipe gets the same words plain, one line a line, never cut.
`NO_COLOR` is honoured. Answers go to standard output; errors, progress and events to standard error. Times are the
organisation's own in text and RFC 3339 in UTC in JSON. `--config` and `--lang` may stand before the command or after
it; the last one counts. A command, an option or a name that does not exist is answered with the nearest that do.

## JSON

Every command takes `--json`; what it prints then has the shapes below. A command that fails prints one object instead,
and says the same on standard error:

```json
{"error": {"what": "netmon has not run here yet: start it with `netmon run`", "exit": 3}}
```

`what` is for people and in their language, `exit` is the exit code. Where files have mistakes the error holds
`problems` as well, each as in `check`; `check` and `reload` themselves answer in their own shapes.

## Languages

`--lang vi` speaks Vietnamese, `--lang en` English; else the locale decides. In Vietnamese stand names, states, what the
commands say with its durations and numbers, their help, and mistakes on the command line. English stay, in either
language:

* the causes of mistakes in files, and their way out;
* the evidence of looks, with reasons, facts and metrics;
* errors of the store, of secrets and of starting, what to do for the right to ping, and the rarer refusals of a running
  netmon;
* events, and settings as files write them (`poll --explain`);
* what one types or a program reads: commands, options, kinds, faults, and the keys and states of JSON; and this page.
"""

_EXITS = """## Exit codes

One table for all commands.

| code | meaning |
| --- | --- |
"""


def render_commands() -> str:
    """The page of the commands."""
    context = click.Context(main, info_name="netmon", **main.context_settings)
    rows = "".join(f"| {code.value} | {meaning} |\n" for code, meaning in MEANINGS.items())
    parts = [_OPENING, _EXITS + rows, "## netmon\n\n" + _usage(main, context)]
    for name in COMMANDS:
        command = main.get_command(context, name)
        if command is not None:
            parts.extend(_sections(command, name, context))
    return "\n".join(parts)


def _sections(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    path = context.command_path
    shape = SHAPES.get(path.removeprefix("netmon "), "")
    yield f"## {path}\n\n{_usage(command, context)}" + (f"\nWith `--json`:\n\n{shape.strip()}\n" if shape else "")
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            one = command.get_command(context, inner)
            if one is not None:
                yield from _sections(one, inner, context)


def _usage(command: click.Command, context: click.Context) -> str:
    context.terminal_width = _WIDTH
    return f"```text\n{command.get_help(context).strip()}\n```\n"


def write_pages(docs: Path = DOCS) -> None:
    """Write every generated page below *docs*."""
    (docs / PAGE).write_text(render_commands(), encoding="utf-8")
    (docs / "metrics.md").write_text(render_reference(KINDS), encoding="utf-8")
    configuration.main(docs / configuration.PAGE.name)


if __name__ == "__main__":
    write_pages(*map(Path, sys.argv[1:2]))
