"""Quantities as people write them: never a bare number."""

from __future__ import annotations

import pytest

from netmon.model.moments import DAY, HOUR, MINUTE, SECOND, Duration
from netmon.model.quantities import format_duration, parse_bit_rate, parse_bytes, parse_duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", 90 * SECOND),
        ("10 m", 10 * MINUTE),
        (" 10min ", 10 * MINUTE),
        ("1h", HOUR),
        ("30d", 30 * DAY),
        ("2w", 14 * DAY),
        ("500ms", SECOND // 2),
        ("1.5s", 3 * SECOND // 2),
        ("7us", 7),
        ("0s", 0),
    ],
)
def test_a_duration_is(text: str, expected: int) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("10", '"10" has no unit; write 90s, 10m or 1h', id="a bare number"),
        pytest.param("1.5", '"1.5" has no unit; write 90s, 10m or 1h', id="a bare fraction"),
        pytest.param("10 parsecs", '"10 parsecs" has the unknown unit "parsecs"; write 90s, 10m or 1h', id="no unit"),
        pytest.param("10S", '"10S" has the unknown unit "S"; write 90s, 10m or 1h', id="the wrong case"),
        pytest.param("soon", '"soon" is not a number with a unit; write 90s, 10m or 1h', id="no number"),
        pytest.param("-5s", '"-5s" is not a number with a unit; write 90s, 10m or 1h', id="a negative one"),
        pytest.param("1e3s", '"1e3s" is not a number with a unit; write 90s, 10m or 1h', id="an exponent"),
        pytest.param("٣s", '"٣s" is not a number with a unit; write 90s, 10m or 1h', id="other digits"),
        pytest.param("", '"" is not a number with a unit; write 90s, 10m or 1h', id="nothing"),
    ],
)
def test_no_duration_is(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        parse_duration(text)
    assert str(refused.value) == why


def test_bytes_and_bit_rates_have_their_own_units() -> None:
    assert parse_bytes("10 MiB") == 10 * 2**20
    assert parse_bytes("1.5 kB") == 1500
    assert parse_bit_rate("100 Mbps") == 100_000_000
    with pytest.raises(ValueError, match='unknown unit "Mbps"; write 512 KiB or 10 MiB'):
        parse_bytes("100 Mbps")
    with pytest.raises(ValueError, match="write 8 Mbps or 1 Gbps"):
        parse_bit_rate("100")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 ms"),
        (1_500, "1.5 ms"),
        (1_500_000, "1.5 s"),
        (59_900_000, "59.9 s"),
        (MINUTE, "1 m"),
        (150 * SECOND, "2 m 30 s"),
        (200 * MINUTE, "3 h 20 m"),
        (98 * HOUR, "4 d 2 h"),
        (DAY + MINUTE, "1 d"),
        (-90 * SECOND, "-1 m 30 s"),
    ],
)
def test_a_duration_is_shown_in_at_most_two_units(value: int, text: str) -> None:
    assert format_duration(Duration(value)) == text
