"""What a model does not allow is told in plain words, at the place where it was written."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from pydantic import Field, HttpUrl, StrictBool, model_validator

from netmon.kernel.problems import Mistakes, Problem, in_order, nearest, quote, render
from netmon.kernel.settings import BytesText, DurationText, SecretReference, Settings
from netmon.kernel.validation import check, validate
from netmon.kernel.yaml_loader import parse_yaml

WHOLE = "must be a whole number"


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Inner(Settings):
    size: int = 1
    limit: BytesText = 1


class Outer(Settings):
    name: Annotated[str, Field(min_length=2, max_length=4, pattern="^[a-z]+$")] = "ab"
    ratio: Annotated[float, Field(gt=0, lt=1)] = 0.5
    flag: StrictBool = True
    colour: Colour = Colour.RED
    number: Literal[1, 2] = 1
    status: int | list[int] = 200
    inner: Inner = Inner()
    by_name: Mapping[str, Inner] = Field(default={})
    many: Annotated[tuple[Inner, ...], Field(max_length=2)] = ()
    wait: DurationText | None = None
    key: SecretReference | None = None
    url: HttpUrl | None = None


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("nane: ab", "1:1  nane", 'unknown key "nane" - did you mean "name"?'),
        ("inner: {qqq: 1}", "1:9  inner.qqq", 'unknown key "qqq" - allowed are limit, size'),
        ("name: a", "1:7  name", '"name" must have at least 2 characters'),
        ("name: abcde", "1:7  name", '"name" must have at most 4 characters'),
        ("name: A2", "1:7  name", '"name" does not have the form ^[a-z]+$'),
        ("name: [a]", "1:7  name", '"name" must be text, not a list'),
        ("name: 12", "1:7  name", '"name" must be text; put it into quotes'),
        ("ratio: 1", "1:8  ratio", '"ratio" must be less than 1'),
        ("ratio: much", "1:8  ratio", '"ratio" must be a number, not text'),
        ("flag: off", "1:7  flag", '"flag" must be true or false, not text'),
        ("colour: gren", "1:9  colour", '"gren" is not one of green, red - did you mean "green"?'),
        ("number: 3", "1:9  number", '"3" is not one of 1, 2'),
        ("inner: {size: a}", "1:15  inner.size", '"size" must be a whole number, not text'),
        ("status: a", "1:9  status", f'"status" {WHOLE}, not text, or "status" must be a list, not text'),
        ("inner:\n  sice: 1", "2:3  inner.sice", 'unknown key "sice" - did you mean "size"?'),
        ("inner:", "1:7  inner", '"inner" must be a mapping of keys to values, not empty'),
        ("by_name: {x: {sice: 1}}", "1:15  by_name.x.sice", 'unknown key "sice" - did you mean "size"?'),
        ("many: [{}, {limit: 3}]", "1:20  many.1.limit", '"3" has no unit; write 512 KiB or 10 MiB'),
        ("many: [{}, {}, {}]", "1:7  many", '"many" must have at most 2 items'),
        ("wait: true", "1:7  wait", '"true" is not a quantity'),
        ("key: s3cret", "1:6  key", "a secret stands elsewhere: write env:NAME, file:PATH or credential:NAME"),
        ("url: 'x y'", "1:6  url", '"url" is not a URL'),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_told_in_plain_words(text: str, where: str, what: str) -> None:
    with pytest.raises(Mistakes) as caught:
        validate(Outer, parse_yaml(text, "a.yaml").root)

    assert [problem.render() for problem in caught.value.problems] == [f"a.yaml:{where}\n    {what}"]
    assert "s3cret" not in str(caught.value)


class Span(Settings):
    begins: int
    ends: int = 9
    inner: Inner = Inner()

    @model_validator(mode="after")
    def _lasts(self) -> Span:
        if self.ends <= self.begins:
            raise ValueError("ends must be later than begins")
        return self


class Spans(Settings):
    name: str
    main: Span | None = None
    many: tuple[Span, ...] = ()
    by_name: Mapping[str, Span] = Field(default={})


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("main: {begins: 5, ends: 2}", ["1:7"]),
        ("main: {begins: 5, ends: 2, inner: {size: a}}", ["1:7"]),
        ("main: {begins: 5, ends: 2, endz: 2}", ["1:7"]),
        ("main: {begins: 5, ends: two}", []),
        ("main: {ends: 2}", []),
        ("many: [{begins: 1}, {begins: 12, x: 1}, {begins: 14}]", ["1:21", "1:41"]),
        ("by_name: {x: {begins: 12, ends: 1, y: 1}}", ["1:14"]),
    ],
)
def test_a_rule_between_values_is_asked_of_those_that_are_right(text: str, broken: list[str]) -> None:
    checked = check(Spans, parse_yaml(text, "a.yaml").root)

    assert [f"{each.line}:{each.column}" for each in sorted(checked.contradictory)] == broken
    assert [each.path for each in checked.missing if each.path == "name"] == ["name"]
    assert {each.cause for each in checked.contradictory} <= {"ends must be later than begins"}


def test_what_is_right_can_be_had_beside_what_is_wrong() -> None:
    checked = check(Outer, parse_yaml("name: ab\nratio: 7\ninner: {size: 3, limit: x}\nnumbr: 1", "a.yaml").root)

    assert (checked.whole, checked.right("name"), checked.right("ratio")) == (None, "ab", None)
    assert (checked.right("inner", "size"), checked.right("inner", "limit")) == (3, None)
    assert [key for key in ("name", "ratio", "inner", "numbr") if checked.is_sound(key)] == ["name"]


def test_all_mistakes_are_told_in_the_order_of_the_file() -> None:
    with pytest.raises(Mistakes) as caught:
        validate(Outer, parse_yaml("ratio: 7\nname: a\nflag: 1", "a.yaml").root)

    assert [problem.line for problem in caught.value.problems] == [1, 2, 3]


def test_problems_are_counted_and_each_told_once() -> None:
    first, second = Problem("b.yaml", 1, 1, "x", "is wrong"), Problem("a.yaml", 0, 0, "", "is missing", "write it")

    assert in_order([first, second, first]) == (second, first)
    assert render([first, second, first]) == (
        "a.yaml\n    is missing - write it\nb.yaml:1:1  x\n    is wrong\n2 problems"
    )
    assert render([]) == ""
    assert second.as_json() == {
        "file": "a.yaml",
        "line": 0,
        "column": 0,
        "path": "",
        "cause": "is missing",
        "hint": "write it",
    }


def test_quoted_text_is_bounded_and_harmless() -> None:
    assert quote("x" * 100) == f'"{"x" * 57}..."'
    assert quote("a\x1b[31m\u202eb") == '"a\\u001b[31m\\u202eb"'
    assert quote(True) == '"true"'


def test_the_nearest_spelling_is_found_among_very_many() -> None:
    assert nearest("syt-gw1x", (f"syt-gw{n}" for n in range(100))) == 'did you mean "syt-gw1"?'
    assert nearest("d7777x", (f"d{n}" for n in range(10_000))).startswith("did you mean")
    assert nearest("zzz", ["abc"]) == ""
