"""The screen: coloured and wrapped in a terminal; in a pipe plain, one line a line, whatever its width."""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from netmon.model.states import State

STYLES = {
    State.UP: "green",
    State.DEGRADED: "yellow",
    State.DOWN: "bold red",
    State.UNREACHABLE: "magenta",
    State.UNKNOWN: "cyan",
    None: "dim",
}
"""How states look; ``None`` for what was not looked at."""

_NARROWEST = 40


def printable(text: str) -> str:
    """*text* with whatever a terminal might obey (escapes, line ends, direction marks) written out."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def text(*parts: str | tuple[str, str]) -> Text:
    """Words, some with a style; nothing in them is obeyed, wherever they came from."""
    made = Text()
    for part in parts:
        words, style = (part, "") if isinstance(part, str) else part
        made.append(printable(words), style=style or None)
    return made


class Screen:
    """Where a command writes its answer."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.console = Console(file=stream, highlight=False, markup=False, emoji=False)

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads along."""
        return self.console.is_terminal

    def line(self, *parts: str | tuple[str, str] | Text, indent: int = 0, hang: int = 0) -> None:
        """One line of *parts*; where it is too long for the terminal it goes on below, *hang* further in."""
        made = Text()
        for part in parts:
            made.append_text(part if isinstance(part, Text) else text(part))
        if not self.is_terminal:
            self.console.print(Text(" " * indent).append_text(made), soft_wrap=True)
            return
        width = max(_NARROWEST, self.console.width - indent - hang)
        for number, piece in enumerate(made.wrap(self.console, width)):
            piece.rstrip()
            margin = indent if number == 0 else indent + hang
            self.console.print(Text(" " * margin).append_text(piece), soft_wrap=True)

    def gap(self) -> None:
        """An empty line."""
        self.console.print()

    def json(self, value: Any) -> None:
        """*value* for programs."""
        self.console.file.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def error_screen() -> Screen:
    """The screen beside the answer, for what goes wrong and how far things are."""
    return Screen(sys.stderr)
