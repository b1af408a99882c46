"""What is said, in both languages."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po

from netmon.cli.words import CATALOGUES, Language, Words, language_of
from netmon.model.moments import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Duration
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
    assert vietnamese.some(1200, "{n} device", "{n} devices") == "1.200 thiết bị"


@pytest.mark.parametrize(
    ("value", "english", "vietnamese"),
    [
        (7 * MINUTE, "7 m", "7 phút"),
        (2 * MINUTE + 30 * SECOND, "2 m 30 s", "2 phút 30 giây"),
        (13 * SECOND + 500 * MILLISECOND, "13.5 s", "13,5 giây"),
        (3 * HOUR + 20 * MINUTE, "3 h 20 m", "3 giờ 20 phút"),
        (4 * DAY + 2 * HOUR, "4 d 2 h", "4 ngày 2 giờ"),
        (1_250, "1.25 ms", "1,25 ms"),
    ],
)
def test_durations_have_the_units_of_the_language(value: int, english: str, vietnamese: str) -> None:
    assert Words(Language.EN).duration(Duration(value)) == english
    assert Words(Language.VI).duration(Duration(value)) == vietnamese


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
