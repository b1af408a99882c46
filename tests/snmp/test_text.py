"""Text from devices: whatever they send, what is kept is one harmless line."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.snmp.text import clean_address, clean_text


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        pytest.param("Sở Y tế".encode(), "Sở Y tế", id="Vietnamese"),
        pytest.param(unicodedata.normalize("NFD", "Sở Y tế").encode(), "Sở Y tế", id="taken apart"),
        pytest.param(b"caf\xe9", "café", id="Latin-1"),
        pytest.param(b"Gi0/1\x00\x00", "Gi0/1", id="padded with NULs"),
        pytest.param(b"a\r\nb\tc", "a b c", id="lines"),
        pytest.param(b"\x1b[31mred\x1b[0m", "[31mred [0m", id="an escape sequence"),
        pytest.param("left\u202eright".encode(), "left right", id="writing from right to left"),
        pytest.param(b"", "", id="nothing"),
    ],
)
def test_text_is_one_line_without_controls(octets: bytes, text: str) -> None:
    assert clean_text(octets) == text


def test_a_long_text_ends_at_a_whole_character() -> None:
    assert clean_text("ở".encode() * 1_000, 128) == "ở" * 42


@given(st.binary(max_size=2_000), st.integers(1, 300))
def test_no_text_is_longer_than_it_may_be(octets: bytes, limit: int) -> None:
    text = clean_text(octets, limit)

    assert len(text.encode()) <= limit
    assert all(unicodedata.category(character)[0] != "C" for character in text)


@pytest.mark.parametrize(
    ("octets", "text"), [(bytes(6), ""), (b"", ""), (b"\x00\x11\x22\xaa\xbb\xcc", "00:11:22:aa:bb:cc")]
)
def test_an_address_of_zeros_is_none(octets: bytes, text: str) -> None:
    assert clean_address(octets) == text
