"""The command line: one small file for each command, loaded when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
from click.exceptions import NoSuchCommand
from typing_extensions import override

from netmon.cli.everywhere import JSON, help_option, language_option
from netmon.cli.exits import Exit
from netmon.cli.failure import tell_failure
from netmon.cli.speaking import before_end_of_options, in_language, keep_words, language_asked, words_of
from netmon.cli.values import ConfigurationFile
from netmon.cli.words import Words, marked

COMMANDS = {
    "init": marked("Write a first configuration for your own gateway and servers."),
    "run": marked("Run netmon until Ctrl-C or SIGTERM."),
    "status": marked("Tell what is not up: since when, why, and what it takes with it."),
    "history": marked("Show an entity's states over time, with what nobody watched."),
    "poll": marked("Look at a device, service or address now, and explain."),
    "heartbeat": marked("Show where jobs such as backups report to, and what they reported last."),
    "check": marked("Read all files and tell every mistake in them."),
    "plan": marked("Show what a reload would change."),
    "reload": marked("Let the running netmon take the files as they are now."),
    "housekeeping": marked("Let the running netmon drop what is too old, and tell what each table holds."),
    "schema": marked("Print JSON Schema of the files, for editors."),
    "backup": marked("Write everything that was kept into one file."),
    "restore": marked("Fill the store from a backup."),
    "lab": marked("Break and mend things in the lab."),
    "doctor": marked("Ask whether all is well with netmon itself, and what to do."),
}
"""Every command and what it is for; each lives in the module of its name."""


class LateCommands(click.Group):
    """A group that imports a command when it is called, so that help is quick; it speaks the language asked for."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"netmon.cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return in_language(command, words_of(ctx))

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:  # click looks among what was imported already
            raise NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        say = words_of(ctx).say
        with formatter.section("Commands"):
            formatter.write_dl([(name, say(purpose)) for name, purpose in COMMANDS.items()])

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        keep_words(ctx, _words(args))
        return super().parse_args(ctx, args)

    @override
    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        return super(LateCommands, in_language(self, _words(args))).make_context(info_name, args, parent, **extra)

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(Exit.INTERRUPTED)

    @override
    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        given = list(sys.argv[1:] if args is None else args)
        try:
            sys.exit(self._answer(given, *rest, **extra))
        except BrokenPipeError:  # whoever read along has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(Exit.FINE)

    def _answer(self, given: list[str], *rest: Any, **extra: Any) -> int:
        """Obey the command line; the exit code."""
        try:
            return super().main(given, *rest, **{**extra, "standalone_mode": False}) or Exit.FINE
        except click.Abort:
            return Exit.INTERRUPTED
        except click.ClickException as error:
            tell_failure(error, _words(given), as_json=JSON in before_end_of_options(given))
            return error.exit_code


def _words(arguments: Sequence[str]) -> Words:
    return Words(language_asked(arguments, os.environ))


@click.group(cls=LateCommands, context_settings={"max_content_width": 110})
@click.option(
    "--config",
    metavar="FILE",
    type=ConfigurationFile(),
    default=Path("config.yaml"),
    envvar="NETMON_CONFIG",
    help="The configuration; the inventory is where it says. By default what NETMON_CONFIG names, else config.yaml.",
)
@language_option
@click.version_option(
    version("netmon"), prog_name="netmon", message="%(prog)s %(version)s", help="Show the version and exit."
)
@help_option
@click.pass_context
def main(context: click.Context, config: Path) -> None:
    """Watch networks and services: what is down, since when, why.

    Start with `netmon init` or `netmon check`, then `netmon run`; from another terminal, `netmon status`. What is
    said before the command about configuration and language may be said after it as well.
    """
    from netmon.cli.opening import open_session  # late: it brings the whole application along

    context.obj = open_session(config, words_of(context), clock=context.obj)
