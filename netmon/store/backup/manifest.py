"""The manifest: what an archive holds, and how to see that it is all there."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

FORM = 1
NAME = "manifest.json"

_WORD = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Kind(StrEnum):
    """What a column holds; NULL may stand in any."""

    TEXT = "text"
    WHOLE = "whole"
    REAL = "real"

    def admits(self, value: object) -> bool:
        """Whether *value*, as JSON gives it, may stand in such a column."""
        return value is None or type(value) in _VALUES[self]


_VALUES = {Kind.TEXT: (str,), Kind.WHOLE: (int,), Kind.REAL: (float, int)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """One table: a line for each row, a JSON array with the values of *columns*, in the order of *key*.

    Attributes:
        columns: what each column holds, by its name, in the order of the values.
        sha256: hex digest of the lines.
    """

    table: str
    columns: dict[str, Kind]
    key: tuple[str, ...]
    rows: int
    sha256: str

    @property
    def member(self) -> str:
        """What the lines are called in the archive."""
        return f"{self.table}.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an archive holds: *revision* names the tables' shape, *netmon* the version that wrote it."""

    netmon: str
    created: str
    revision: str
    tables: tuple[Contents, ...]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(contents.rows for contents in self.tables)

    def to_json(self) -> str:
        """As it stands in the archive."""
        return json.dumps({"form": FORM, **asdict(self)}, indent=2)


def manifest_of(text: bytes) -> Manifest:
    """The manifest that *text* holds.

    Raises:
        ValueError: it is none, or one of another form; the text says why.
    """
    try:
        document = json.loads(text)
        if document["form"] != FORM:
            raise ValueError(f"it is an archive of form {document['form']!r}, and this netmon reads form {FORM}")
        manifest = Manifest(
            netmon=str(document["netmon"]),
            created=str(document["created"]),
            revision=str(document["revision"]),
            tables=tuple(_contents(one) for one in document["tables"]),
        )
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"its manifest is damaged ({type(error).__name__})") from error
    if _MOMENT.fullmatch(manifest.created) is None:
        raise ValueError("its manifest is damaged (when it was made)")
    names = [contents.table for contents in manifest.tables]
    if len(set(names)) != len(names):
        raise ValueError("its manifest is damaged (a table stands in it twice)")
    return manifest


def _contents(document: dict[str, Any]) -> Contents:
    contents = Contents(
        table=str(document["table"]),
        columns={name: Kind(kind) for name, kind in document["columns"].items()},
        key=tuple(map(str, document["key"])),
        rows=document["rows"],
        sha256=str(document["sha256"]),
    )
    names = (contents.table, *contents.columns, *contents.key)
    if not all(_WORD.fullmatch(name) for name in names):
        raise ValueError("its manifest is damaged (a table or column has an impossible name)")
    if not set(contents.key) <= contents.columns.keys() or not contents.key:
        raise ValueError("its manifest is damaged (a table without a key)")
    if type(contents.rows) is not int or contents.rows < 0 or _DIGEST.fullmatch(contents.sha256) is None:
        raise ValueError("its manifest is damaged (a count or a digest)")
    return contents
