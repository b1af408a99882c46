"""The command line: one small file for each command, loaded when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
from typing_extensions import override

from netmon.cli.exits import Exit
from netmon.cli.words import Language, Words, language_of

COMMANDS = {
    "run": "Run netmon until Ctrl-C or SIGTERM.",
    "status": "Tell what is not up: since when, why, and what it takes with it.",
    "history": "Show an entity's states over time, with what nobody watched.",
    "poll": "Look at a device, service or address now, and explain.",
    "check": "Read all files and tell every mistake in them.",
    "plan": "Show what a reload would change.",
    "reload": "Let the running netmon take the files as they are now.",
    "schema": "Print JSON Schema of the files, for editors.",
    "lab": "Break and mend things in the lab.",
    "doctor": "Ask whether all is well with netmon itself, and what to do.",
}
"""Every command and what it is for; each lives in the module of its name."""


class LateCommands(click.Group):
    """A group that imports a command when it is called, so that help is quick."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"netmon.cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(Exit.INTERRUPTED)

    @override
    def main(self, *args: Any, **extra: Any) -> Any:
        try:
            return super().main(*args, **extra)
        except BrokenPipeError:  # whoever read along has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(Exit.FINE)


@click.group(cls=LateCommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("config.yaml"),
    envvar="NETMON_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration; the inventory is where it says.",
)
@click.option(
    "--lang",
    type=click.Choice([language.value for language in Language]),
    help="Language of names and words; by default that of the locale.",
)
@click.version_option(version("netmon"), prog_name="netmon", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context, config: Path, lang: str | None) -> None:
    """Watch networks and services: what is down, since when, why.

    Start with `netmon check`, then `netmon run`; from another terminal, `netmon status`.
    """
    from netmon.cli.opening import open_session  # late: it brings the whole application along

    words = Words(Language(lang) if lang else language_of(os.environ))
    context.obj = open_session(config, words, clock=context.obj)
