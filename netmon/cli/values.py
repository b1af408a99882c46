"""The kinds of values that options and arguments take; each refuses what cannot be meant with a way out."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import click
from typing_extensions import override

from netmon.cli.misuse import Misuse
from netmon.cli.words import marked
from netmon.kernel.problems import quote

_HIGHEST_PORT = 65_535
_USUAL_FILE = "config.yaml"


class OneOf(click.Choice[str]):
    """One word of a closed set."""

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in self.choices:
            return value
        raise Misuse(
            marked("{value} is not one of {choices}"),
            near=get_close_matches(value, self.choices, n=1),
            value=quote(value),
            choices=", ".join(self.choices),
        )


class Port(click.ParamType[int]):
    """A port of UDP or TCP."""

    name = "port"

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if value.isascii() and value.isdecimal() and 1 <= int(value[:6]) <= _HIGHEST_PORT:
            return int(value)
        raise Misuse(marked("{value} is no port; write a number from 1 to 65535"), value=quote(value))


class ConfigurationFile(click.ParamType[Path]):
    """The path of a configuration; whether it is there is told when it is read."""

    name = "file"

    @override
    def convert(self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        if path.is_dir():
            inner = path / _USUAL_FILE
            near = [str(inner)] if inner.is_file() else []
            raise Misuse(marked("{path} is a directory, not a file"), near=near, path=quote(path))
        return path
