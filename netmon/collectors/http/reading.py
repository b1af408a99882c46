"""Reads an answer: whether it is what was expected, and the values in it that are wanted."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Mapping
from functools import cached_property

from netmon.collectors.http.expectation import Expectation, is_number
from netmon.collectors.http.page import Page
from netmon.collectors.http.pattern import compile_pattern
from netmon.collectors.http.pointer import LARGEST_DOCUMENT, MOST_PARTS, Json, count_parts, find, parse_document
from netmon.collectors.http.steps import Capture
from netmon.collectors.http.urls import shown
from netmon.collectors.http.variables import LONGEST_VALUE
from netmon.collectors.http.visit import Visit
from netmon.collectors.mask import Mask
from netmon.collectors.miss import MissError, excerpt, shorten
from netmon.model.states import Reason

_LONGEST_WANTED = 60
_EXCERPT_BYTES = 1_024
_MOST_BYTES_PER_CHARACTER = 4
_SEARCHED_BYTES = 256 * 2**10


class Reading:
    """Reads the answer of one visit; *mask* hides what evidence must not show of it."""

    def __init__(self, visit: Visit, mask: Mask) -> None:
        self._answer = visit.answer
        self._where = shown(visit.url)
        self._kind = visit.answer.headers.get("content-type", "")
        self._page = Page(visit.answer.body, self._kind)
        self._mask = mask

    async def compare(self, expect: Expectation) -> None:
        """Compare it with what was expected.

        Raises:
            MissError: it is something else.
        """
        answer = self._answer
        if not expect.accepts(answer.status):
            phrase = shorten(self._mask.over(answer.phrase), _LONGEST_WANTED)
            expected = " or ".join(expect.status)
            said = f"status {answer.status} {phrase}".strip()
            raise self._miss(f"{said}, expected {expected}; it says {self._excerpt}")
        if expect.body is not None and not await self._page.says(expect.body):
            wanted = shorten(expect.body, _LONGEST_WANTED)
            raise self._miss(f'does not say "{wanted}"; it begins {self._excerpt}')
        if expect.body_not is not None and await self._page.says(expect.body_not):
            raise self._miss(f'says "{shorten(expect.body_not, _LONGEST_WANTED)}"')
        for pointer, wanted_there in expect.document.items():
            if fault := wanted_there.find_fault(find(self._document, pointer)):
                raise self._miss(f"{pointer or 'the whole'} {self._mask.over(fault)}")

    def numbers(self, wanted: Mapping[str, str]) -> Mapping[str, float | None]:
        """The numbers at the pointers *wanted*, by name; ``None`` where there stands none."""
        if not wanted:
            return {}
        found = {name: find(self._document, pointer) for name, pointer in wanted.items()}
        return {name: float(one) if is_number(one) else None for name, one in found.items()}

    async def captured(self, name: str, capture: Capture) -> str:
        """The value that *capture* finds for the variable *name*.

        Raises:
            MissError: there is none, or it is too long to be one.
        """
        value = await self._captured(capture)
        if not value:
            raise self._miss(f"holds nothing to capture as {name}; it begins {self._excerpt}")
        if len(value) > LONGEST_VALUE:
            raise self._miss(f"holds {len(value)} characters for {name}; at most {LONGEST_VALUE} are captured")
        return value

    async def _captured(self, capture: Capture) -> str | None:
        if capture.header is not None:
            return self._answer.headers.get(capture.header.lower())
        if capture.pointer is not None:
            found = find(self._document, capture.pointer)
            return found if isinstance(found, str) else str(found) if is_number(found) else None
        page = await self._page.opening(_SEARCHED_BYTES)
        # in a thread, where it holds up nobody: linear time is still a second for a counted repetition of letters
        match = await asyncio.to_thread(compile_pattern(capture.regex or "").search, page)
        value = match.group(1) if match else None
        return html.unescape(value[: LONGEST_VALUE + 1]) if value and "html" in self._kind.lower() else value

    @cached_property
    def _document(self) -> Json:
        body = self._answer.body
        if len(body) > LARGEST_DOCUMENT:
            evidence = f"{self._where}: {len(body)} bytes are too much JSON; at most {LARGEST_DOCUMENT} are read"
            raise MissError(Reason.TOO_LARGE, evidence)
        if count_parts(body) > MOST_PARTS:
            raise MissError(Reason.TOO_LARGE, f"{self._where}: more than {MOST_PARTS} values are too much JSON")
        try:
            return parse_document(body)
        except ValueError as error:
            evidence = f"{self._where}: the answer is no JSON ({error}); it begins {self._excerpt}"
            raise MissError(Reason.MALFORMED, evidence) from None

    @property
    def _excerpt(self) -> str:
        """How the page begins; read a little further, lest a secret be cut and its first part not be known for one."""
        text = self._page.beginning(_EXCERPT_BYTES + _MOST_BYTES_PER_CHARACTER * self._mask.longest)
        return f'"{excerpt(self._mask.over(text))}"'

    def _miss(self, evidence: str) -> MissError:
        return MissError(Reason.UNEXPECTED, f"{self._where}: {evidence}")
