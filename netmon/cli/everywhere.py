"""The options that stand everywhere: which configuration, which language, JSON, help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from netmon.cli.speaking import OPTION
from netmon.cli.values import ConfigurationFile, OneOf
from netmon.cli.words import Language, marked

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

JSON = "--json"

language_option = click.option(
    OPTION,
    type=OneOf([language.value for language in Language]),
    expose_value=False,
    help="Language of names and words; by default that of the locale.",
)
"""Obeyed before anything is parsed, see `netmon.cli.speaking`; here it is refused where it makes no sense."""

help_option = click.help_option("-h", "--help", help="Show this message and exit.")


def _about(context: click.Context, _: click.Parameter, config: Path | None) -> None:
    if config is not None:
        context.obj = replace(context.obj, config=config)


def placed(command: Decorated) -> Decorated:
    """Let *command* be told after its name, too, which configuration it is about and which language to speak."""
    config = click.option(
        "--config",
        metavar="FILE",
        type=ConfigurationFile(),
        expose_value=False,
        callback=_about,
        help="The configuration, as before the command.",
    )
    return config(language_option(help_option(command)))


def answering(as_json: str = marked("Answer as JSON.")) -> Callable[[Decorated], Decorated]:
    """Let a command answer as JSON where ``as_json`` is asked for; *as_json* is the help for that."""

    def decorate(command: Decorated) -> Decorated:
        return click.option(JSON, "as_json", is_flag=True, help=as_json)(placed(command))

    return decorate
