"""Mistakes on the command line, in the words of whoever made them, with the nearest right spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click
from click.exceptions import BadOptionUsage, MissingParameter, NoSuchCommand, NoSuchOption

from netmon.cli.words import Words
from netmon.kernel.problems import quote

# these click tells apart by their text alone
_EXTRA = re.compile(r"Got unexpected extra arguments? \((?P<arguments>.*)\)", re.DOTALL)
_TAKES_NO_VALUE = "does not take a value"


class Misuse(click.BadParameter):
    """A value that cannot be meant: *text* with *values* in its braces; *near* are values that can."""

    def __init__(self, text: str, *, near: Iterable[str] = (), **values: object) -> None:
        super().__init__(text.format(**values))
        self.text = text
        self.values = values
        self.near = tuple(near)


def sentence(error: click.UsageError, words: Words) -> str:
    """What is wrong, and what was probably meant."""
    say = words.say
    match error:
        case Misuse():
            said = f"{_named(error)}{say(error.text, **error.values)}"
            return f"{said}{_instead(error.near, words)}"
        case NoSuchCommand():
            said = say("there is no command {name}", name=quote(error.command_name))
            return f"{said}{_instead(error.possibilities or (), words)}"
        case NoSuchOption():
            said = say("there is no option {name}", name=quote(error.option_name))
            return f"{said}{_instead(error.possibilities or (), words)}"
        case MissingParameter():
            return say("{name} is missing", name=_named(error).removesuffix(": "))
        case BadOptionUsage():
            if _TAKES_NO_VALUE in error.message:
                return say("{name} takes no value", name=error.option_name)
            return say("{name} needs a value", name=error.option_name)
    if extra := _EXTRA.fullmatch(error.format_message()):
        return say("{arguments} is too much: the command takes no more", arguments=quote(extra["arguments"]))
    if error.ctx is not None and isinstance(error.ctx.command, click.Group):
        return say("a command is missing")
    return error.format_message()


def _named(error: click.BadParameter) -> str:
    """The option or argument that *error* is about, as people see it in the usage line."""
    if error.param is None or error.ctx is None:
        return ""
    if isinstance(error.param, click.Option):
        return f"{max(error.param.opts, key=len)}: "
    return f"{error.param.make_metavar(error.ctx).strip('[]')}: "


def _instead(near: Iterable[str], words: Words) -> str:
    names = ", ".join(near)
    return f": {words.say('did you mean {names}?', names=names)}" if names else ""
