"""Reads YAML without its surprises: strict, bounded, and with the place of every value.

Of plain words only ``true``, ``false``, ``null``, ``~``, decimal integers and decimal fractions are more than text;
dates, ``yes``, ``010`` and ``1:30`` stay text.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path

import yaml

from netmon.kernel.documents import Document, Place, Plain
from netmon.kernel.problems import Problem
from netmon.kernel.yaml_builder import Builder, Refused
from netmon.kernel.yaml_errors import explain_syntax

LARGEST_FILE_BYTES = 8 * 2**20

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_BYTE_ORDER_MARKS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"\x00\x00\xfe\xff", "UTF-32"))
_UTF8_MARK = b"\xef\xbb\xbf"


def read_yaml(path: Path, name: str) -> Document:
    """The file at *path*, called *name* in problems; whatever is wrong with it stands in its problems."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return _unreadable(name, "is not a regular file")
        if status.st_size > LARGEST_FILE_BYTES:
            return _unreadable(
                name,
                f"has {status.st_size:,} bytes; at most {LARGEST_FILE_BYTES:,} are read",
                "split it into several files",
            )
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        return _unreadable(name, f"cannot be read: {error.strerror or type(error).__name__}")
    return parse_yaml_bytes(raw, name)


def parse_yaml_bytes(raw: bytes, name: str) -> Document:
    """The document in *raw*, which must be UTF-8."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return _unreadable(name, f"is written in {encoding}", "save it as UTF-8 without a byte order mark")
    if raw.startswith(_UTF8_MARK):
        return _unreadable(name, "begins with a byte order mark", "save it as UTF-8 without a byte order mark")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        cause = f"the byte 0x{raw[error.start]:02x} is not UTF-8"
        return _refused(name, "", Refused(line, column, cause, "save the file as UTF-8"))
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> Document:
    """The document in *text*, called *name* in problems."""
    if len(text) > LARGEST_FILE_BYTES:
        return _unreadable(name, f"has more than {LARGEST_FILE_BYTES:,} characters", "split it into several files")
    if found := _UNPRINTABLE.search(text):
        before = text[: found.start()]
        line, column = before.count("\n") + 1, found.start() - before.rfind("\n")
        return _refused(name, text, Refused(line, column, f"the character U+{ord(found[0]):04X} is not allowed here"))
    builder = Builder(name)
    try:
        builder.read(text)
    except yaml.YAMLError as error:
        return _refused(name, text, Refused(*explain_syntax(error, text)), builder.problems)
    except Refused as refused:
        return _refused(name, text, refused, builder.problems)
    data: Plain = {} if builder.data is None else builder.data
    return Document(name, text, data, builder.place, tuple(builder.problems))


def _unreadable(name: str, cause: str, hint: str = "") -> Document:
    return _refused(name, "", Refused(0, 0, cause, hint))


def _refused(name: str, text: str, refused: Refused, before: list[Problem] | None = None) -> Document:
    problem = Problem(name, refused.line, refused.column, "", refused.cause, refused.hint)
    return Document(name, text, {}, Place(0, 0, (0, 0), {}), (*(before or ()), problem), readable=False)
