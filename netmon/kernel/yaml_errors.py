"""Turns what the YAML parser complains about into sentences for the person who wrote the file."""

from __future__ import annotations

import re

import yaml

_INDENTATION = "check the indentation"

_CAUSES: dict[str, tuple[str, str]] = {
    "mapping values are not allowed in this context": (
        'a ":" stands where no key can end',
        'put a text that holds ": " into quotes, and ' + _INDENTATION,
    ),
    "did not find expected ',' or ']'": ('a "," or "]" is missing', ""),
    "did not find expected ',' or '}'": ('a "," or "}" is missing', ""),
    "did not find expected '-' indicator": ('a list goes on without a "-"', _INDENTATION),
    "did not find expected key": ("a key is expected here", _INDENTATION),
    "could not find expected ':'": ('a ":" is missing after a key', ""),
    "did not find expected node content": ("a value is expected here", ""),
    "did not find expected <document start>": ("nothing can follow here: the document has ended", _INDENTATION),
    "found unexpected end of stream": ("a quoted text is not closed", ""),
    "found unknown escape character": (
        "an unknown escape stands in a text in double quotes",
        r"write \\ for a backslash",
    ),
    "found incompatible YAML document": ("only YAML 1.1 and 1.2 are read", ""),
    "block sequence entries are not allowed in this context": ('a "-" stands where no list can begin', _INDENTATION),
    "found character that cannot start any token": ("a text cannot begin with this character", "put it into quotes"),
}


def explain_syntax(error: yaml.YAMLError, text: str) -> tuple[int, int, str, str]:
    """Line, column, cause and hint of *error*, which the parser raised about *text*."""
    mark = getattr(error, "problem_mark", None)
    said = str(getattr(error, "problem", None) or "is not YAML")
    if mark is None:
        return 0, 0, said, ""
    if _stands_at_tab(text, mark.line, mark.column):
        return mark.line + 1, mark.column + 1, "a tab stands where only spaces may", "indent with spaces"
    cause, hint = _CAUSES.get(said, (said, ""))
    begun = getattr(error, "context_mark", None)
    if begun is not None and begun.line != mark.line:
        context = re.sub(r"^while (parsing|scanning) ", "", str(getattr(error, "context", "")))
        cause += f" ({context} begins in line {begun.line + 1}, column {begun.column + 1})"
    return mark.line + 1, mark.column + 1, cause, hint


def _stands_at_tab(text: str, line: int, column: int) -> bool:
    lines = text.split("\n", line + 1)
    return len(lines) > line and lines[line][column : column + 1] == "\t"
