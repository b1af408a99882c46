"""Writes the reference of ``config.yaml`` and the inventory from the models that read them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from netmon.config.checks import CommonKeys
from netmon.config.roles import default_checks
from netmon.config.schema import schema
from netmon.kernel.documents import Document, Place
from netmon.model.moments import Duration
from netmon.model.quantities import format_duration

PAGE = Path("docs/configuration.md")
MARK = "<!-- what follows is written by python -m netmon.config.reference -->"

_TITLES = {
    "config": "config.yaml",
    "organization": "inventory/organization.yaml",
    "site": "inventory/sites/*.yaml",
}
_DURATION_EXAMPLES = ["90s"]
_PLAIN_TYPES = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "`true` or `false`"}
_ID_EXAMPLES = ["syt-gw1"]


def page(before: str) -> str:
    """The page whose text was *before*: what stands above the mark is kept, what follows is written anew."""
    parts = [before.partition(MARK)[0] + MARK]
    told: set[str] = set()
    for name, document in schema(()).items():
        parts.append(f"## {_TITLES[name]}")
        parts.extend(_tables("", document, document["$defs"], told))
    common = CommonKeys.model_json_schema()
    parts.append("## Keys of every check")
    parts.append(_table(common, {}))
    parts.append("## Roles that are shipped")
    parts.append(_roles())
    return "\n\n".join(parts) + "\n"


def _tables(title: str, model: Mapping[str, Any], definitions: Mapping[str, Any], told: set[str]) -> Iterator[str]:
    """The table of *model*, and of every model in it that has not been *told* yet."""
    if title:
        yield f"### {title}\n\n{model.get('description', '')}"
    yield _table(model, definitions)
    for inner in _models_in(model.get("properties", {})):
        if inner not in told and "properties" in definitions.get(inner, {}):
            told.add(inner)
            yield from _tables(_heading(inner), definitions[inner], definitions, told)


def _table(model: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    required = model.get("required", ())
    rows = ["| key | takes | default | meaning |", "| --- | --- | --- | --- |"]
    for key, given in model["properties"].items():
        default = "**required**" if key in required else _default(given)
        meaning = given.get("description", "")
        rows.append(f"| `{key}` | {_takes(given, definitions)} | {default} | {meaning} |")
    return "\n".join(rows)


def _takes(given: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    match given:
        case {"$ref": reference}:
            return _referred(reference.rpartition("/")[2], definitions)
        case {"anyOf": choices}:
            kinds = [_takes(choice, definitions) for choice in choices if choice != {"type": "null"}]
            return " or ".join(dict.fromkeys(kinds))
        case {"enum": choices}:
            return ", ".join(f"`{choice}`" for choice in choices)
        case {"examples": examples} if examples == _ID_EXAMPLES:
            return "an id"
        case {"examples": [example, *_]}:
            return f"such as `{example}`"
        case {"type": "array", "prefixItems": _}:
            return "a pair of numbers"
        case {"type": "array", "items": items}:
            return f"a list: {_takes(items, definitions)}"
        case {"type": "object"}:
            return "a mapping by id"
        case {"type": "integer", "minimum": least, "maximum": most}:
            return f"{least} to {most}"
    return _PLAIN_TYPES[given["type"]]


def _referred(name: str, definitions: Mapping[str, Any]) -> str:
    if name in ("Checks", "Parents"):
        return "see above"
    if "enum" in definitions[name]:
        return _takes(definitions[name], definitions)
    return f"[{_heading(name)}](#{_heading(name)})"


def _default(given: Mapping[str, Any]) -> str:
    match given.get("default"):
        case None | "" | [] | dict():
            return ""
        case bool(flag):
            return f"`{str(flag).lower()}`"
        case int(microseconds) if given.get("examples") == _DURATION_EXAMPLES:
            return f"`{format_duration(Duration(microseconds)).replace(' ', '')}`"
        case value:
            return f"`{value}`"


def _models_in(part: Any) -> Iterator[str]:
    match part:
        case {"$ref": reference}:
            yield reference.rpartition("/")[2]
        case dict():
            for value in part.values():
                yield from _models_in(value)
        case list():
            for value in part:
                yield from _models_in(value)


def _heading(model: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", model).lower()
    return words.removesuffix("-settings")


def _roles() -> str:
    nothing = Document("", "", {}, Place(1, 1, (1, 1), {}))
    roles, _ = default_checks(nothing.root)
    rows = ["| role | checks |", "| --- | --- |"]
    for role, checks in roles.items():
        shown = ", ".join(
            check.kind + "".join(f" ({key} {value})" for key, value in (check.options or {}).items())
            for check in checks
        )
        rows.append(f"| `{role}` | {shown} |")
    return "\n".join(rows)


def main(target: Path = PAGE) -> None:
    """Write the page at *target* anew."""
    target.write_text(page(target.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
