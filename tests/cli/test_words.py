"""What is said, in both languages."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po

from netmon.cli.words import CATALOGUES, Language, Words, language_of
from netmon.model.states import State
from tests.cli.texts import said


def catalogue() -> dict[tuple[str, ...], str]:
    with (CATALOGUES / "vi.po").open("rb") as file:
        return {
            (message.id,) if isinstance(message.id, str) else tuple(message.id): "".join(message.string)
            for message in read_po(file)
            if message.id
        }


def test_everything_that_is_said_has_a_vietnamese_text() -> None:
    singular = {texts[0] for texts, translated in catalogue().items() if translated}

    assert {texts[0] for texts in said()} - singular == set()


def test_the_catalogue_holds_nothing_that_is_said_no_longer() -> None:
    assert set(catalogue()) - set(said()) == set()


def test_translations_have_the_braces_of_their_originals() -> None:
    braces = re.compile(r"\{\w+\}")
    for texts, translated in catalogue().items():
        assert sorted(braces.findall(texts[0])) == sorted(braces.findall(translated)), texts[0]


def test_a_number_chooses_the_form() -> None:
    english, vietnamese = Words(Language.EN), Words(Language.VI)

    assert english.some(1, "{n} device", "{n} devices") == "1 device"
    assert english.some(1200, "{n} device", "{n} devices") == "1,200 devices"
    assert vietnamese.some(2, "{n} device", "{n} devices") == "2 thiết bị"


def test_states_have_words() -> None:
    assert [Words(Language.VI).state(state) for state in (State.DOWN, None)] == ["ngừng", "chưa kiểm tra"]


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "vi_VN.UTF-8"}, Language.VI),
        ({"LANG": "vi_VN.UTF-8", "LC_ALL": "C.UTF-8"}, Language.EN),
        ({"LANG": "de_DE.UTF-8"}, Language.EN),
        ({}, Language.EN),
    ],
)
def test_the_locale_chooses_the_language(environment: dict[str, str], language: Language) -> None:
    assert language_of(environment) is language
