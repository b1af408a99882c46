"""Puts the events of the YAML parser together: plain values, the place of each, and what is wrong with their form.

This is done here rather than by PyYAML's loaders so that nothing is built before it was counted: depth and size
are bounded while reading, aliases are counted for all that they stand for, and a key that stands twice is told
with both places.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml
from yaml._yaml import CParser

from netmon.kernel.documents import Place, Plain, Step, shown_step
from netmon.kernel.problems import Problem, quote

LARGEST_DEPTH = 40
LARGEST_NODE_COUNT = 1_000_000
_WORDS: dict[str, Plain] = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_FRACTION = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}", re.ASCII)


class Refused(Exception):  # noqa: N818  it ends the reading of one file and goes no further
    """The file cannot be used; says where and why."""

    def __init__(self, line: int, column: int, cause: str, hint: str = "") -> None:
        super().__init__(cause)
        self.line, self.column, self.cause, self.hint = line, column, cause, hint


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


class Builder:
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
            event: Any = parser.get_event()
            step = steps.get(type(event))
            if step is not None:
                step(event)
            elif type(event) is yaml.StreamEndEvent:
                return

    def _begin_document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise Refused(*_at(event), "a second document begins here; one file holds one document")

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
            raise Refused(*_at(event), f"is nested deeper than {LARGEST_DEPTH} levels")
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
            raise Refused(*_at(event), f"the alias {quote(event.anchor)} {known}")
        self._admit(event, anchored.nodes)
        if len(self._frames) + anchored.levels > LARGEST_DEPTH:
            raise Refused(*_at(event), f"is nested deeper than {LARGEST_DEPTH} levels")
        line, column = _at(event)
        place = Place(line, column, self._key_before(line, column), anchored.place.children)
        self._put(anchored.value, place, anchored.levels)

    def _admit(self, event: yaml.NodeEvent, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > LARGEST_NODE_COUNT:
            raise Refused(*_at(event), f"holds more than {LARGEST_NODE_COUNT:,} values, counting what aliases repeat")
        if getattr(event, "tag", None) is not None:
            raise Refused(*_at(event), "tags such as !!str have no meaning here", "leave the tag out")

    def _refuse_as_key(self, event: yaml.NodeEvent) -> None:
        if self._expects_key:
            raise Refused(
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
            raise Refused(line, column, 'merge keys ("<<") are not read', "write the keys out")
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


def _at(event: Any) -> tuple[int, int]:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1


def _resolved(text: str) -> Plain:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FRACTION.fullmatch(text):
        return float(text)
    return text
