"""What the command line says, gathered from its code: the texts that a catalogue must have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import netmon.cli

FOLDER = Path(netmon.cli.__file__).parent


def said() -> Iterator[tuple[str, ...]]:
    """Each text that is said: alone, or with its plural."""
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from _texts(node)


def _texts(call: ast.Call) -> Iterator[tuple[str, ...]]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    arguments = {"say": call.args[:1], "marked": call.args[:1], "some": call.args[1:3]}.get(name, [])
    texts = tuple(one.value for one in arguments if isinstance(one, ast.Constant) and isinstance(one.value, str))
    if texts:
        yield texts
