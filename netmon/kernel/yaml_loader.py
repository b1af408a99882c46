"""Reads YAML without its surprises: strict, bounded, and with the place of every value.

The C parser's events are put together here rather than by PyYAML's loaders, so that nothing is built before it
was counted: depth and size are bounded while reading, aliases are counted for all that they stand for, and a
key that stands twice is told with both places. Of plain words only ``true``, ``false``, ``null``, ``~``,
decimal integers and decimal fractions are more than text; dates, ``yes``, ``010`` and ``1:30`` stay text.
"""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml._yaml import CParser

from netmon.kernel.documents import Document, Place, Plain, Step, shown_step
from netmon.kernel.problems import Problem, quote
from netmon.kernel.yaml_errors import explain_syntax

LARGEST_FILE_BYTES = 8 * 2**20
LARGEST_DEPTH = 40
LARGEST_NODE_COUNT = 1_000_000

_WORDS: dict[str, Plain] = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_FRACTION = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}", re.ASCII)
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_BYTE_ORDER_MARKS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"\x00\x00\xfe\xff", "UTF-32"))
_UTF8_MARK = b"\xef\xbb\xbf"


class _Refused(Exception):  # noqa: N818  it ends the reading of one file and goes no further
    def __init__(self, line: int, column: int, cause: str, hint: str = "") -> None:
        super().__init__(cause)
        self.line, self.column, self.cause, self.hint = line, column, cause, hint


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
        return _refused(name, "", _Refused(line, column, cause, "save the file as UTF-8"))
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> Document:
    """The document in *text*, called *name* in problems."""
    if len(text) > LARGEST_FILE_BYTES:
        return _unreadable(name, f"has more than {LARGEST_FILE_BYTES:,} characters", "split it into several files")
    if found := _UNPRINTABLE.search(text):
        before = text[: found.start()]
        line, column = before.count("\n") + 1, found.start() - before.rfind("\n")
        return _refused(name, text, _Refused(line, column, f"the character U+{ord(found[0]):04X} is not allowed here"))
    builder = _Builder(name)
    try:
        builder.read(text)
    except yaml.YAMLError as error:
        return _refused(name, text, _Refused(*explain_syntax(error, text)), builder.problems)
    except _Refused as refused:
        return _refused(name, text, refused, builder.problems)
    data: Plain = {} if builder.data is None else builder.data
    return Document(name, text, data, builder.place, tuple(builder.problems))


def _unreadable(name: str, cause: str, hint: str = "") -> Document:
    return _refused(name, "", _Refused(0, 0, cause, hint))


def _refused(name: str, text: str, refused: _Refused, before: list[Problem] | None = None) -> Document:
    problem = Problem(name, refused.line, refused.column, "", refused.cause, refused.hint)
    return Document(name, text, {}, Place(0, 0, (0, 0), {}), (*(before or ()), problem), readable=False)


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an anchor names, with the nodes and the levels that an alias of it stands for."""

    value: Plain
    place: Place
    nodes: int
    levels: int


class _Frame:
    """A list or mapping that is being read."""

    __slots__ = ("anchor", "begun", "drops", "key", "key_at", "levels", "place", "places", "value")

    def __init__(self, value: list[Plain] | dict[str, Plain], place: Place, anchor: str | None, begun: int) -> None:
        self.value = value
        self.place = place
        self.places: dict[Step, Place] | list[Place] = place.children  # type: ignore[assignment]  # we made them
        self.anchor = anchor
        self.begun = begun
        self.levels = 1
        self.key: str | None = None
        self.key_at = (0, 0)
        self.drops = False


class _Builder:
    """Puts the events of one document together."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.data: Plain = None
        self.place = Place(1, 1, (1, 1), {})
        self._frames: list[_Frame] = []
        self._anchors: dict[str, _Anchored | None] = {}
        self._nodes = 0
        self._documents = 0

    def read(self, text: str) -> None:
        parser = CParser(text)
        steps: dict[type[yaml.Event], Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._begin_mapping,
            yaml.SequenceStartEvent: self._begin_list,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._begin_document,
        }
        while True:
            event = parser.get_event()
            assert event is not None  # the end of the stream returns before that
            step = steps.get(type(event))
            if step is not None:
                step(event)
            elif type(event) is yaml.StreamEndEvent:
                return

    def _begin_document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _Refused(*_at(event), "a second document begins here; one file holds one document")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._admit(event, 1)
        text: str = event.value
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        line, column = _at(event)
        if self._expects_key:
            self._take_key(text, line, column)
            return
        value = _resolved(text) if event.implicit[0] else text
        place = Place(line, column, self._key_before(line, column))
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(value, place, 1, 0)
        self._put(value, place)

    def _begin_mapping(self, event: yaml.MappingStartEvent) -> None:
        self._begin(event, {}, {})

    def _begin_list(self, event: yaml.SequenceStartEvent) -> None:
        self._begin(event, [], [])

    def _begin(
        self,
        event: yaml.MappingStartEvent | yaml.SequenceStartEvent,
        value: list[Plain] | dict[str, Plain],
        places: dict[Step, Place] | list[Place],
    ) -> None:
        self._admit(event, 1)
        self._refuse_as_key(event)
        if len(self._frames) >= LARGEST_DEPTH:
            raise _Refused(*_at(event), f"is nested deeper than {LARGEST_DEPTH} levels")
        line, column = _at(event)
        place = Place(line, column, self._key_before(line, column), places)
        if event.anchor:
            self._anchors[event.anchor] = None
        self._frames.append(_Frame(value, place, event.anchor, self._nodes - 1))

    def _end(self, _: yaml.MappingEndEvent | yaml.SequenceEndEvent) -> None:
        frame = self._frames.pop()
        if frame.anchor:
            self._anchors[frame.anchor] = _Anchored(frame.value, frame.place, self._nodes - frame.begun, frame.levels)
        self._put(frame.value, frame.place, frame.levels)

    def _alias(self, event: yaml.AliasEvent) -> None:
        self._refuse_as_key(event)
        anchored = self._anchors.get(event.anchor or "")
        if anchored is None:
            known = "stands inside the anchor that it names" if event.anchor in self._anchors else "names no anchor"
            raise _Refused(*_at(event), f"the alias {quote(event.anchor)} {known}")
        self._admit(event, anchored.nodes)
        if len(self._frames) + anchored.levels > LARGEST_DEPTH:
            raise _Refused(*_at(event), f"is nested deeper than {LARGEST_DEPTH} levels")
        line, column = _at(event)
        place = Place(line, column, self._key_before(line, column), anchored.place.children)
        self._put(anchored.value, place, anchored.levels)

    def _admit(self, event: yaml.NodeEvent, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > LARGEST_NODE_COUNT:
            raise _Refused(*_at(event), f"holds more than {LARGEST_NODE_COUNT:,} values, counting what aliases repeat")
        if getattr(event, "tag", None) is not None:
            raise _Refused(*_at(event), "tags such as !!str have no meaning here", "leave the tag out")

    def _refuse_as_key(self, event: yaml.NodeEvent) -> None:
        if self._expects_key:
            raise _Refused(
                *_at(event), "a key must be plain text", 'a text that begins with "{", "[" or "*" needs quotes'
            )

    @property
    def _expects_key(self) -> bool:
        return bool(self._frames) and self._frames[-1].key is None and isinstance(self._frames[-1].value, dict)

    def _key_before(self, line: int, column: int) -> tuple[int, int]:
        """Where the key of the value at *line* and *column* stands; a list's item is its own key."""
        frame = self._frames[-1] if self._frames else None
        return (line, column) if frame is None or frame.key is None else frame.key_at

    def _take_key(self, text: str, line: int, column: int) -> None:
        frame = self._frames[-1]
        frame.key, frame.key_at = text, (line, column)
        if text == "<<":
            raise _Refused(line, column, 'merge keys ("<<") are not read', "write the keys out")
        if text in frame.value:
            frame.drops = True
            first = frame.places[text]  # type: ignore[call-overload]  # a mapping's places go by key
            cause = f"the key {quote(text)} stands here again; first in {first.key_line}:{first.key_column}"
            self.problems.append(Problem(self.name, line, column, self._path_to(text), cause))

    def _path_to(self, key: str) -> str:
        names = []
        for frame, inner in zip(self._frames, self._frames[1:], strict=False):
            step = len(frame.value) if frame.key is None else frame.key
            names.append(shown_step(step, inner.value))
        return ".".join([*names, key])

    def _put(self, value: Plain, place: Place, levels: int = 0) -> None:
        if not self._frames:
            self.data, self.place = value, place
            return
        frame = self._frames[-1]
        frame.levels = max(frame.levels, levels + 1)
        if isinstance(frame.value, list):
            frame.value.append(value)
            frame.places.append(place)  # type: ignore[union-attr]  # a list's places are a list
            return
        if not frame.drops and frame.key is not None:
            frame.value[frame.key] = value
            frame.places[frame.key] = place  # type: ignore[call-overload]  # a mapping's places go by key
        frame.key, frame.drops = None, False


def _at(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    assert mark is not None  # the C parser marks every event
    return mark.line + 1, mark.column + 1


def _resolved(text: str) -> Plain:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FRACTION.fullmatch(text):
        return float(text)
    return text
