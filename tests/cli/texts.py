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
            elif isinstance(node, ast.FunctionDef) and any(map(_makes_command, node.decorator_list)):
                yield from _paragraphs(node)


def _texts(call: ast.Call) -> Iterator[tuple[str, ...]]:
    name = _name(call.func)
    arguments = {"say": call.args[:1], "marked": call.args[:1], "some": call.args[1:3]}.get(name, [])
    texts = tuple(one.value for one in arguments if isinstance(one, ast.Constant) and isinstance(one.value, str))
    if texts:
        yield texts
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg in ("help", "metavar") and isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield (value.value,)


def _paragraphs(function: ast.FunctionDef) -> Iterator[tuple[str, ...]]:
    """What a command says of itself in its help."""
    for paragraph in (ast.get_docstring(function) or "").split("\n\n"):
        yield (" ".join(paragraph.split()),)


def _makes_command(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and _name(decorator.func) in ("command", "group")


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
