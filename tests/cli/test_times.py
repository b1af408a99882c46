"""Moments as people of the organisation write and read them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from netmon.cli.times import LocalTime
from netmon.model.moments import from_rfc3339
from tests.cli.house import NOON

LOCAL = LocalTime(ZoneInfo("Asia/Ho_Chi_Minh"), NOON)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("2026-11-20", "2026-11-19T17:00:00Z", id="a day begins at local midnight"),
        pytest.param("2026-11-20 14:30", "2026-11-20T07:30:00Z", id="a naive time is local"),
        pytest.param("9:30", "2026-11-21T02:30:00Z", id="a time of day is today's"),
        pytest.param("09:30:15", "2026-11-21T02:30:15Z", id="seconds may be said"),
        pytest.param("2h", "2026-11-21T03:00:00Z", id="a duration is how long ago"),
        pytest.param("7d", "2026-11-14T05:00:00Z", id="a week ago"),
        pytest.param("2026-11-20T14:30:00Z", "2026-11-20T14:30:00Z", id="RFC 3339 is taken by its offset"),
    ],
)
def test_a_moment_is_read(written: str, meant: str) -> None:
    assert LOCAL.read(written) == from_rfc3339(meant)


@pytest.mark.parametrize("written", ["", "yesterday", "25:00", "2026-13-01", "5 fortnights", "99999999999d", "12"])
def test_what_is_no_moment_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=f'^"{written}"$'):
        LOCAL.read(written)


def test_another_day_is_shown_with_its_date() -> None:
    assert LOCAL.show(NOON) == "12:00:00"
    assert LOCAL.show(from_rfc3339("2026-11-20T17:00:01Z")) == "00:00:01"
    assert LOCAL.show(from_rfc3339("2026-11-20T16:59:59Z")) == "2026-11-20 23:59:59"
    assert LOCAL.show_whole(NOON) == "2026-11-21 12:00:00 (+07)"
