"""Label values, numbers and heads as Prometheus wants them."""

from __future__ import annotations

import math
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.export.families import Family
from netmon.export.syntax import LABEL_BYTES, Syntax, escape_help, identity_label, join_labels, label, number


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("GigabitEthernet0/0", "GigabitEthernet0/0", id="a plain name is itself"),
        pytest.param("Phan Rang - Tháp Chàm", "Phan Rang - Tháp Chàm", id="Vietnamese keeps its marks"),
        pytest.param('a"b\\c', r"a\"b\\c", id="quotes and backslashes are escaped"),
        pytest.param("Cisco\r\nIOS", r"Cisco\nIOS", id="a line feed is escaped and a carriage return dropped"),
        pytest.param("a\x00\x1b[31mb\x7f\x85", "a[31mb", id="control characters are dropped"),
        pytest.param("abc\u202etxt.exe\u2069", "abctxt.exe", id="nothing turns the writing direction"),
        pytest.param("a\ud800b", "ab", id="half a surrogate pair is dropped"),
        pytest.param("x" * 200, "x" * 128, id="a long one is cut at 128 bytes"),
        pytest.param("ế" * 60, "ế" * 42, id="no character is cut in two"),
        pytest.param('"' * 200, r"\"" * 128, id="the bytes are counted before they are escaped"),
    ],
)
def test_a_label_value_is_cleaned_cut_and_escaped(value: str, shown: str) -> None:
    assert label("name", value) == f'name="{shown}"'


def test_a_label_with_nothing_to_show_is_left_out() -> None:
    assert join_labels(("a", label("b", "\x00"), label("c", ""), label("d", "1"))) == 'a,d="1"'


def test_an_id_is_never_cut() -> None:
    check = f"check:service:{'a' * 63}/http/{'b' * 63}"

    assert identity_label("check", check) == f'check="{check}"'


@given(st.text(max_size=300))
def test_a_shown_value_is_the_longest_clean_beginning_that_fits(value: str) -> None:
    clean = "".join(each for each in value if is_showable(each))

    shown = re.sub(r"\\(.)", lambda escape: {"n": "\n"}.get(escape[1], escape[1]), label("n", value)[3:-1])

    assert clean.startswith(shown)
    assert len(shown.encode()) <= LABEL_BYTES
    assert shown == clean or len(clean[: len(shown) + 1].encode()) > LABEL_BYTES


def is_showable(character: str) -> bool:
    """By the tables of Unicode, where the code under test lists ranges."""
    turns = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    return character == "\n" or (
        unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}
        and unicodedata.bidirectional(character) not in turns
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param(2**64, "18446744073709551616", id="a full 64-bit counter stays exact"),
        pytest.param(-1, "-1", id="a negative whole number"),
        pytest.param(0.1, "0.1", id="the shortest decimal that reads back equal"),
        pytest.param(1e-7, "1e-07", id="a small number"),
        pytest.param(math.nan, "NaN", id="not a number"),
        pytest.param(math.inf, "+Inf", id="infinity"),
        pytest.param(-math.inf, "-Inf", id="the other infinity"),
    ],
)
def test_numbers_are_written_as_prometheus_writes_them(value: float, written: str) -> None:
    assert number(value) == written


def test_a_counter_loses_its_suffix_in_the_head_that_openmetrics_sees() -> None:
    family = Family("netmon_x_bytes_total", "Bytes.")

    assert family.head(Syntax.TEXT) == "# HELP netmon_x_bytes_total Bytes.\n# TYPE netmon_x_bytes_total counter\n"
    assert family.head(Syntax.OPENMETRICS) == "# HELP netmon_x_bytes Bytes.\n# TYPE netmon_x_bytes counter\n"


def test_help_escapes_quotes_for_openmetrics_alone() -> None:
    assert escape_help('a "b"\\\nc', Syntax.TEXT) == r'a "b"\\\nc'
    assert escape_help('a "b"\\\nc', Syntax.OPENMETRICS) == r"a \"b\"\\\nc"
