"""Speaks the language of whoever asks: chooses it before anything is parsed, and says commands and options in it."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TypeVar

import click
from typing_extensions import override

from netmon.cli.words import Language, Words, language_of, marked

OPTION = "--lang"
Command = TypeVar("Command", bound=click.Command)
_KEY = "netmon.words"
_HEADINGS = (marked("Options"), marked("Commands"))
"""What click writes above lists; its formatter hands them over as they stand."""

_VERBATIM = "\b"
"""A paragraph that begins so is not wrapped by click, and is the same in every language."""


def before_end_of_options(arguments: Sequence[str]) -> Sequence[str]:
    """*arguments* up to a bare ``--``, after which nothing is an option."""
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def language_asked(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """The language that *arguments* ask for, wherever they do, or that of the locale.

    A mistake on the command line is told in it as well, so it must be known before anything is parsed.
    """
    return next(reversed(list(_languages(before_end_of_options(arguments)))), language_of(environment))


def _languages(arguments: Sequence[str]) -> Iterator[Language]:
    for one, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        name, equals, value = one.partition("=")
        written = value if equals else following
        if name == OPTION and written in set(Language):
            yield Language(written)


def keep_words(context: click.Context, words: Words) -> None:
    """Let everything that is asked in *context* be answered in *words*."""
    context.meta[_KEY] = words


def words_of(context: click.Context) -> Words:
    """The words of *context*; English where nobody chose."""
    words = context.meta.get(_KEY)
    return words if isinstance(words, Words) else Words(Language.EN)


class SpokenContext(click.Context):
    """A context whose usage lines and headings are in its words."""

    @override
    def make_formatter(self) -> click.HelpFormatter:
        return _Formatter(words_of(self), self.terminal_width, self.max_content_width)


class _Formatter(click.HelpFormatter):
    def __init__(self, words: Words, width: int | None, max_width: int | None) -> None:
        super().__init__(width=width, max_width=max_width)
        self._words = words

    @override
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or f"{self._words.say('Usage')}: ")

    @override
    def write_heading(self, heading: str) -> None:
        super().write_heading(self._words.say(heading))


def in_language(command: Command, words: Words) -> Command:
    """*command* with its help, its options and what it calls its arguments in *words*; itself in English."""
    if words.language is Language.EN:
        return command
    spoken = copy.copy(command)
    spoken.context_class = SpokenContext
    spoken.help = _say_paragraphs(command.help, words)
    spoken.epilog = _say_paragraphs(command.epilog, words)
    spoken.options_metavar = words.say("[OPTIONS]")
    spoken.params = [_parameter(parameter, words) for parameter in command.params]
    if isinstance(spoken, click.Group):
        spoken.subcommand_metavar = words.say("COMMAND [ARGS]...")
        spoken.commands = {name: in_language(inner, words) for name, inner in spoken.commands.items()}
    return spoken


def _parameter(parameter: click.Parameter, words: Words) -> click.Parameter:
    spoken = copy.copy(parameter)
    if parameter.metavar is not None:
        spoken.metavar = words.say(parameter.metavar)
    if isinstance(spoken, click.Option) and spoken.help is not None:
        spoken.help = words.say(spoken.help)
    return spoken


def _say_paragraphs(text: str | None, words: Words) -> str | None:
    """Each paragraph in *words*, however its lines were broken in the code."""
    if text is None:
        return None
    return "\n\n".join(
        paragraph if paragraph.startswith(_VERBATIM) else words.say(" ".join(paragraph.split()))
        for paragraph in inspect.cleandoc(text).split("\n\n")
    )
