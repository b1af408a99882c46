"""YAML without its surprises: what is read, what is refused, and how that is told."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.kernel.documents import Document
from netmon.kernel.problems import render
from netmon.kernel.yaml_builder import LARGEST_DEPTH
from netmon.kernel.yaml_loader import parse_yaml, parse_yaml_bytes, read_yaml


def told(document: Document) -> str:
    return render(document.problems)


def refused(where: str, what: str) -> str:
    return f"a.yaml{where}\n    {what}\n1 problem"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: true", True, id="true is a boolean"),
        pytest.param("a: off", "off", id="off is text"),
        pytest.param("a: yes", "yes", id="yes is text"),
        pytest.param("a: True", "True", id="True is text"),
        pytest.param("a: 12", 12, id="digits are a whole number"),
        pytest.param("a: 010", "010", id="a leading zero is no octal number"),
        pytest.param("a: 0x1F", "0x1F", id="hexadecimal is text"),
        pytest.param("a: 1_000", "1_000", id="underscores are text"),
        pytest.param("a: 1:30", "1:30", id="a time of day is no sexagesimal number"),
        pytest.param("a: 99.5", 99.5, id="a decimal fraction is a number"),
        pytest.param("a: .inf", ".inf", id="infinity is text"),
        pytest.param("a: 1e3", "1e3", id="an exponent is text"),
        pytest.param("a: 2008-05-31", "2008-05-31", id="a date is text"),
        pytest.param("a: 2c", "2c", id="a version of SNMP is text"),
        pytest.param("a: '12'", "12", id="quotes make text"),
        pytest.param("a: ~", None, id="a tilde is nothing"),
        pytest.param("a:", None, id="nothing is nothing"),
        pytest.param("a: 123456789012345678901234567890", "123456789012345678901234567890", id="a huge number is text"),
        pytest.param("a: So\u031b\u0309 Y te\u0302\u0301", "Sở Y tế", id="text is normalised to NFC"),
    ],
)
def test_plain_words_mean_what_they_look_like(text: str, value: object) -> None:
    document = parse_yaml(text, "a.yaml")

    assert (document.data, document.problems) == ({"a": value}, ())


def test_keys_are_text_and_normalised() -> None:
    assert parse_yaml("1: a\ntrue: b\nte\u0302: c", "a.yaml").data == {"1": "a", "true": "b", "tê": "c"}


def test_an_alias_repeats_what_its_anchor_names_and_stands_in_its_own_place() -> None:
    document = parse_yaml("a: &x {b: [1, 2]}\nc: *x\n", "a.yaml")

    assert document.data == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}}
    assert document.root.at("c").where == "a.yaml:2:4"
    assert document.root.at("c", "b", 1).where == "a.yaml:1:15"


def test_an_empty_file_says_nothing() -> None:
    document = parse_yaml("# only a remark\n", "a.yaml")

    assert (document.data, document.problems, document.readable) == ({}, (), True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("a:\n\t- b", refused(":2:1", "a tab stands where only spaces may - indent with spaces"), id="tab"),
        pytest.param(
            "a: 1\nb: 2\na: 3", refused(":3:1  a", 'the key "a" stands here again; first in 1:1'), id="a key twice"
        ),
        pytest.param(
            "devices:\n  - name: sw1\n    tier: 1\n    tier: 2",
            refused(":4:5  devices.sw1.tier", 'the key "tier" stands here again; first in 3:5'),
            id="a key twice inside a list",
        ),
        pytest.param(
            "tê: 1\nte\u0302: 2",
            refused(":2:1  tê", 'the key "tê" stands here again; first in 1:1'),
            id="twice after NFC",
        ),
        pytest.param(
            "a: b: c",
            refused(
                ":1:5",
                'a ":" stands where no key can end - put a text that holds ": " into quotes, and check the indentation',
            ),
            id="two colons",
        ),
        pytest.param(
            "a: [1,\n  2\n",
            refused(":3:1", 'a "," or "]" is missing (a flow sequence begins in line 1, column 4)'),
            id="an open list",
        ),
        pytest.param("a: 'x", refused(":1:6", "a quoted text is not closed"), id="an open quote"),
        pytest.param("a: @x", refused(":1:4", "a text cannot begin with this character - put it into quotes"), id="@"),
        pytest.param(
            "a: !!python/object:os.system x",
            refused(":1:4", "tags such as !!str have no meaning here - leave the tag out"),
            id="a tag",
        ),
        pytest.param("a: *x", refused(":1:4", 'the alias "x" names no anchor'), id="an alias of nothing"),
        pytest.param(
            "a: &x [*x]",
            refused(":1:8", 'the alias "x" stands inside the anchor that it names'),
            id="an alias of itself",
        ),
        pytest.param(
            "? [a, b]\n: c",
            refused(":1:3", 'a key must be plain text - a text that begins with "{", "[" or "*" needs quotes'),
            id="a list as key",
        ),
        pytest.param(
            "a: &x {b: 1}\nc:\n  <<: *x",
            refused(":3:3", 'merge keys ("<<") are not read - write the keys out'),
            id="a merge key",
        ),
        pytest.param(
            "--- a\n--- b",
            refused(":2:1", "a second document begins here; one file holds one document"),
            id="two documents",
        ),
        pytest.param("a: b\x07", refused(":1:5", "the character U+0007 is not allowed here"), id="a control character"),
        pytest.param("a: \ud800", refused(":1:4", "the character U+D800 is not allowed here"), id="half a character"),
    ],
)
def test_a_mistake_is_told_at_its_place(text: str, problem: str) -> None:
    assert told(parse_yaml(text, "a.yaml")) == problem


def test_nothing_that_a_terminal_would_obey_is_told() -> None:
    document = parse_yaml('"\\e[31mred": 1\n"\\e[31mred": 2', "a.yaml")

    assert told(document) == refused(":2:1  \\u001b[31mred", 'the key "\\u001b[31mred" stands here again; first in 1:1')


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (
            b"\xef\xbb\xbfa: 1",
            refused("", "begins with a byte order mark - save it as UTF-8 without a byte order mark"),
        ),
        ("a: 1".encode("utf-16"), refused("", "is written in UTF-16 - save it as UTF-8 without a byte order mark")),
        ("a: Sở\nb: Sở ".encode() + b"\xff", refused(":2:7", "the byte 0xff is not UTF-8 - save the file as UTF-8")),
    ],
    ids=["byte order mark", "UTF-16", "a stray byte"],
)
def test_only_plain_utf_8_is_read(raw: bytes, problem: str) -> None:
    assert told(parse_yaml_bytes(raw, "a.yaml")) == problem


def test_deep_nesting_is_refused_before_it_is_built() -> None:
    document = parse_yaml("[" * 100_000, "a.yaml")

    assert told(document) == refused(f":1:{LARGEST_DEPTH + 1}", f"is nested deeper than {LARGEST_DEPTH} levels")


def test_aliases_do_not_hide_depth() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, LARGEST_DEPTH + 1))]

    document = parse_yaml("\n".join(lines), "a.yaml")

    assert [problem.cause for problem in document.problems] == [f"is nested deeper than {LARGEST_DEPTH} levels"]


def test_an_alias_bomb_is_refused_before_it_goes_off() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]

    document = parse_yaml("\n".join(lines), "a.yaml")

    assert [(problem.line, problem.cause) for problem in document.problems] == [
        (7, "holds more than 1,000,000 values, counting what aliases repeat")
    ]
    assert not document.readable


def test_a_hundred_megabytes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(100 * 2**20)

    assert told(read_yaml(path, "a.yaml")) == refused(
        "", "has 104,857,600 bytes; at most 8,388,608 are read - split it into several files"
    )


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert told(read_yaml(tmp_path / "pipe", "a.yaml")) == refused("", "is not a regular file")
    assert told(read_yaml(tmp_path, "a.yaml")) == refused("", "is not a regular file")
    assert told(read_yaml(tmp_path / "none", "a.yaml")) == refused("", "cannot be read: No such file or directory")


@given(st.text(alphabet=st.characters() | st.sampled_from("[]{}:,-&*!|>'\"%@`#?~ \n\t"), max_size=300))
def test_any_text_is_data_or_problems(text: str) -> None:
    document = parse_yaml(text, "a.yaml")

    assert document.readable or document.problems
    render(document.problems)


@given(st.binary(max_size=300))
def test_any_bytes_are_data_or_problems(raw: bytes) -> None:
    document = parse_yaml_bytes(raw, "a.yaml")

    assert document.readable or document.problems


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(exclude_categories=["C", "Z"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_what_json_says_is_read_as_it_was_said(value: object) -> None:
    text = unicodedata.normalize("NFC", json.dumps(value, ensure_ascii=False))

    document = parse_yaml(f"a: {text}", "a.yaml")

    assert (document.data, document.problems) == ({"a": json.loads(text)}, ())
