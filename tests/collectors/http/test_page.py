"""Reading a page: whatever it is made of, in small pieces that make no difference to what it says."""

from __future__ import annotations

import asyncio
import unicodedata

import pytest

from netmon.collectors.http.page import Page
from tests.collectors.http.conftest import Look, Open, answer

PIECE = 8 * 2**10
HTML = "text/html; charset=utf-8"

LATE_MARKS = "\u0315" * 300_000 + "\u0316" * 300_000
"""Sorted into canonical order by an algorithm that is quadratic, these keep a processor busy for minutes."""


async def test_marks_without_end_are_read_as_quickly_as_other_text() -> None:
    assert await Page(bytearray(f"{LATE_MARKS} Sở Y tế".encode()), HTML).says("Sở Y tế")


async def test_marks_that_are_hidden_in_entities_or_other_letters_are_no_slower() -> None:
    assert await Page(bytearray(b"&#789;" * 100_000 + b"&#790;" * 100_000 + b" S&#7903; Y"), HTML).says("Sở Y")
    assert await Page(bytearray(("\u0f73" * 300_000 + " Sở Y").encode()), HTML).says("Sở Y")


async def test_a_status_that_is_not_expected_needs_the_beginning_of_the_page_alone(site: Open, look: Look) -> None:
    web = await site(answer(LATE_MARKS.encode(), status="500 Internal Server Error"))
    outcome = await look(f"http://127.0.0.1:{web.port}/")
    assert outcome.failure is not None
    assert len(outcome.failure.evidence) <= 300


async def test_others_have_their_turn_while_a_page_is_read() -> None:
    body = bytearray(b"&amp; " * (20 * PIECE))
    turns, done = 0, asyncio.Event()

    async def take_turns() -> None:
        nonlocal turns
        while not done.is_set():
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(take_turns())
        assert not await Page(body, HTML).says("Sở Y tế")
        done.set()

    assert turns >= len(body) // PIECE


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("Sở Y tế", id="composed"),
        pytest.param(unicodedata.normalize("NFD", "Sở Y tế"), id="decomposed"),
        pytest.param("S&#7903; Y t&#x1EBF;", id="entities"),
        pytest.param("So&#795;&#777; Y tế", id="marks as entities"),
    ],
)
@pytest.mark.parametrize("filling", ["a", "ữ", "&"], ids=["letters", "Vietnamese letters", "beginnings of entities"])
async def test_where_the_pieces_meet_makes_no_difference(written: str, filling: str) -> None:
    size = len(filling.encode())
    for before in range(PIECE - len(written.encode()) - 2, PIECE + 2):
        page = Page(bytearray(f"{filling * (before // size)} {written}. {filling * 100}".encode()), HTML)
        assert await page.says("Sở Y tế"), before
        assert not await page.says("So Y te"), before
        assert not await page.says("Sơ"), before


async def test_words_of_one_letter_and_at_either_end_are_found() -> None:
    page = Page(bytearray("ởxin chàoế".encode()), HTML)
    assert [await page.says(wanted) for wanted in ("ở", "ế", "x", "ởx", "oế", "o", "e")] == [True] * 6 + [False]


async def test_an_entity_with_a_number_without_end_is_no_letter_and_no_crash() -> None:
    page = Page(bytearray(b"&#" + b"1" * 100_000 + b"; &#x" + b"f" * 5_000 + b"; S&#7903;"), HTML)
    assert await page.says("Sở")


async def test_entities_are_letters_on_html_pages_alone() -> None:
    assert not await Page(bytearray(b"S&#7903;"), "text/plain").says("Sở")


async def test_a_content_type_of_blanks_is_read_at_once() -> None:
    kind = "text/html; charset=" + " " * 60_000 + '"'
    assert await Page(bytearray("Sở Y tế".encode()), kind).says("Sở Y tế")


@pytest.mark.parametrize(
    ("declared", "charset"),
    [
        ("UTF-8", "utf-8"),
        ('"utf8"', "utf-8"),
        (" windows-1258 ", "cp1258"),
        ("ISO-8859-1", "iso-8859-1"),
        ("'Shift_JIS'", "shift_jis"),
        ("utf-16le", "utf-16-le"),
        ("latin1", "iso-8859-1"),
        ("unicode_escape", "utf-8"),
        ("idna", "utf-8"),
        ("..", "utf-8"),
    ],
)
def test_a_charset_goes_by_any_of_its_names(declared: str, charset: str) -> None:
    text = "日本" if charset == "shift_jis" else "xin ch\u00e0o"
    page = Page(bytearray(text.encode(charset)), f"text/plain; charset={declared}")
    assert page.beginning(1_000) == text


def test_a_page_without_a_byte_begins_with_nothing() -> None:
    assert Page(bytearray(), HTML).beginning(1_000) == ""
