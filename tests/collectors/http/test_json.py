"""JSON answers: what may be expected of them, what they may not do, and the numbers in them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from netmon.collectors.http.pointer import ABSENT, find
from netmon.collectors.http.settings import HttpSettings
from netmon.model.states import Reason
from tests.collectors.http.conftest import Look, Open, answer

HEALTH = {"status": "UP", "queue": 12, "ok": True, "load": 0.5, "a/b": {"m~n": [10, {"x": None}]}, "none": None}
BODY = json.dumps(HEALTH).encode()


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", HEALTH),
        ("/status", "UP"),
        ("/a~1b/m~0n/0", 10),
        ("/a~1b/m~0n/1/x", None),
        ("/a~1b/m~0n/01", ABSENT),
        ("/a~1b/m~0n/-", ABSENT),
        ("/a~1b/m~0n/2", ABSENT),
        ("/status/0", ABSENT),
        ("/none/x", ABSENT),
        ("/", ABSENT),
    ],
)
def test_a_pointer_leads_where_rfc_6901_says(pointer: str, found: Any) -> None:
    assert find(HEALTH, pointer) == found


@pytest.mark.parametrize(
    ("expected", "fault"),
    [
        ({"/status": "UP"}, None),
        ({"/status": {"matches": "^U"}, "/queue": {"above": 11, "below": 13}}, None),
        ({"/load": 0.5, "/ok": True, "/queue": 12.0}, None),
        ({"/none": {"exists": True}, "/gone": {"exists": False}}, None),
        ({"/status": "DOWN"}, '/status is "UP", expected "DOWN"'),
        ({"/status": {"matches": "^D"}}, '/status is "UP", which does not match "^D"'),
        ({"/queue": {"matches": "12"}}, '/queue is 12, which does not match "12"'),
        ({"/queue": {"below": 12}}, "/queue is 12, expected a number below 12"),
        ({"/queue": {"above": 12}}, "/queue is 12, expected a number above 12"),
        ({"/status": {"above": 1}}, '/status is "UP", expected a number above 1'),
        ({"/ok": 1}, "/ok is true, expected 1"),
        ({"/ok": {"above": 0}}, "/ok is true, expected a number above 0"),
        ({"/gone": 1}, "/gone nothing stands there"),
        ({"/queue": {"exists": False}}, "/queue 12 stands there, and nothing should"),
        ({"/a~1b": "x"}, '/a~1b is an object with 1 names, expected "x"'),
        ({"/a~1b/m~0n": "x"}, '/a~1b/m~0n is a list of 2, expected "x"'),
    ],
)
async def test_values_are_compared_and_the_pointer_is_named(
    expected: dict[str, Any], fault: str | None, site: Open, look: Look
) -> None:
    web = await site(answer(BODY))

    outcome = await look(f"http://127.0.0.1:{web.port}/health", expect={"json": expected})

    if fault is None:
        assert outcome.failure is None
    else:
        assert outcome.failure is not None
        assert outcome.failure.reason is Reason.UNEXPECTED
        assert outcome.failure.evidence == f"http://127.0.0.1:{web.port}/health: {fault}"


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        pytest.param(b"<html>", "Expecting value in line 1, column 1", id="no JSON"),
        pytest.param(b'{"a": 1', "in line 1", id="cut off"),
        pytest.param(b'{"a": NaN}', "NaN is no JSON", id="NaN"),
        pytest.param(b'{"a": 1, "a": 2}', "a name stands twice", id="a name twice"),
        pytest.param(b'{"a": "\xff"}', "it is not UTF-8", id="not UTF-8"),
        pytest.param(b"[" * 50_000, "it is nested too deeply", id="too deep"),
        pytest.param(b"9" * 10_000, "Exceeds the limit", id="an endless number"),
    ],
)
async def test_what_is_no_strict_json_is_malformed(body: bytes, cause: str, site: Open, look: Look) -> None:
    web = await site(answer(body))

    outcome = await look(f"http://127.0.0.1:{web.port}/", expect={"json": {"/a": 1}})

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.MALFORMED
    assert cause in outcome.failure.evidence


async def test_too_much_json_is_not_read(site: Open, look: Look) -> None:
    web = await site(answer(b" " * (2**19 + 1)))
    outcome = await look(f"http://127.0.0.1:{web.port}/", expect={"json": {"/a": 1}})
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("body", [b"[" + b"[]," * 60_000 + b"0]", b"[" + b"1," * 60_000 + b"0]"])
async def test_more_values_than_can_be_read_at_once_are_not_read(body: bytes, site: Open, look: Look) -> None:
    web = await site(answer(body))
    outcome = await look(f"http://127.0.0.1:{web.port}/", expect={"json": {"/a": 1}})
    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.TOO_LARGE
    assert "more than 60000 values" in outcome.failure.evidence


async def test_a_number_beyond_all_floats_is_no_number(site: Open, look: Look) -> None:
    web = await site(answer(b'{"a": ' + b"9" * 400 + b"}"))

    outcome = await look(f"http://127.0.0.1:{web.port}/", expect={"json": {"/a": {"above": 1}}})
    exported = await look(f"http://127.0.0.1:{web.port}/", values={"a": "/a"})

    assert outcome.failure is not None
    assert "expected a number above 1" in outcome.failure.evidence
    assert exported.readings[-1].columns == {"netmon_http_value": (None,)}


async def test_half_a_letter_matches_nothing_and_breaks_nothing(site: Open, look: Look) -> None:
    web = await site(answer(b'{"a": "\\ud800", "b": "\\ud83d\\ude00"}'))

    outcome = await look(f"http://127.0.0.1:{web.port}/", expect={"json": {"/b": "\U0001f600", "/a": {"matches": "x"}}})

    assert outcome.failure is not None
    assert '/a is "\ufffd", which does not match "x"' in outcome.failure.evidence


async def test_a_long_value_with_control_characters_stays_one_short_line(site: Open, look: Look) -> None:
    web = await site(answer(json.dumps({"a": "\x1b[31m\n" + "x" * 5_000}).encode()))

    outcome = await look(f"http://127.0.0.1:{web.port}/", expect={"json": {"/a": "b"}})

    assert outcome.failure is not None
    assert outcome.failure.evidence.isprintable()
    assert len(outcome.failure.evidence) < 200


async def test_numbers_of_the_answer_become_readings(site: Open, look: Look) -> None:
    web = await site(answer(BODY))

    values = {"queue": "/queue", "load": "/load", "status": "/status", "ok": "/ok", "gone": "/gone"}
    outcome = await look(f"http://127.0.0.1:{web.port}/", values=values)

    *_, numbers = outcome.readings
    assert [dict(labels)["name"] for labels in numbers.labels] == list(values)
    assert numbers.columns == {"netmon_http_value": (12.0, 0.5, None, None, None)}


@pytest.mark.parametrize(
    ("expected", "cause"),
    [
        ({"status": "ok"}, "no JSON pointer"),
        ({"/a~2": "ok"}, "no JSON pointer"),
        ({"/a": {}}, "nothing is expected"),
        ({"/a": {"matches": "("}}, "no regular expression"),
        ({"/a": {"matches": r"(a)\1"}}, "no regular expression"),
        ({"/a": {"abov": 1}}, "Extra inputs"),
    ],
)
def test_a_mistake_in_what_is_expected_is_explained(expected: Any, cause: str) -> None:
    with pytest.raises(ValidationError, match=cause):
        HttpSettings.model_validate({"url": "http://h/", "expect": {"json": expected}})
