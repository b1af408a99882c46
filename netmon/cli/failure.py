"""The end of a command that failed: a sentence on standard error, and for programs one JSON object beside it."""

from __future__ import annotations

import json
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError

from netmon.cli.exits import Stop
from netmon.cli.misuse import sentence
from netmon.cli.words import Words

_NAME = "netmon"
"""Who speaks, where the sentence does not begin with it anyway."""


def tell_failure(error: click.ClickException, words: Words, *, as_json: bool) -> None:
    """Say on standard error what went wrong; with *as_json* on standard output as well, as an object."""
    if isinstance(error, NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return
    what = sentence(error, words) if isinstance(error, click.UsageError) else error.format_message()
    click.echo(what if what.startswith(_NAME) else f"{_NAME}: {what}", err=True)
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(error.ctx.get_usage(), err=True)
        click.echo(words.say("`{command} --help` tells more", command=error.ctx.command_path), err=True)
    if as_json:
        click.echo(json.dumps({"error": _document(error, what)}, ensure_ascii=False, indent=2))


def _document(error: click.ClickException, what: str) -> dict[str, Any]:
    document: dict[str, Any] = {"what": what, "exit": int(error.exit_code)}
    if isinstance(error, Stop) and error.problems:
        document["problems"] = [problem.as_json() for problem in error.problems]
    return document
