"""The nouns: identities, moments and spans, looks and runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.model.ids import (
    EntityKind,
    bare_id,
    check_id,
    entity_id,
    interface_id,
    is_id,
    kind_of,
)  # fmt: skip
from netmon.model.log import Run
from netmon.model.moments import (
    DAY,
    SECOND,
    Duration,
    Moment,
    Span,
    from_datetime,
    from_rfc3339,
    in_seconds,
    later,
    rfc3339,
    seconds,
    to_datetime,
)  # fmt: skip
from netmon.model.states import Verdict
from tests.makers import CORE, ICMP, PORTAL, SNMP, device, miss, moment, plan


@pytest.mark.parametrize("text", ["a", "syt-gw1", "0", "www.soyte.example.vn", "a" * 63])
def test_an_id_may_be(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["", "-a", ".a", "A", "á", "a b", "a/b", "a:b", "a" * 64, "a\n", "٣"])
def test_an_id_may_not_be(text: str) -> None:
    assert not is_id(text)


def test_identities_read_as_kind_and_id() -> None:
    assert entity_id(EntityKind.SITE, "so-y-te") == "site:so-y-te"
    assert interface_id("syt-gw1", "GigabitEthernet0/0") == "interface:syt-gw1/GigabitEthernet0/0"
    assert check_id(CORE, "icmp") == "check:device:core-1/icmp"
    assert check_id(PORTAL, "http", "login") == "check:service:portal/http/login"


def test_an_identity_tells_its_kind_and_what_follows() -> None:
    assert kind_of("check:device:core-1/icmp") is EntityKind.CHECK
    assert bare_id("interface:core-1/Gi0/0") == "core-1/Gi0/0"


@pytest.mark.parametrize("text", ["", "core-1", "planet:earth", ":x"])
def test_what_is_of_no_kind_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a valid EntityKind"):
        kind_of(text)


# ---------------------------------------------------------------- moments

HANOI = timezone(timedelta(hours=7))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(datetime(2026, 11, 21, 20, 46, tzinfo=UTC), "2026-11-21T20:46:00Z", id="whole seconds"),
        pytest.param(datetime(2026, 11, 21, 20, 46, 0, 500_000, UTC), "2026-11-21T20:46:00.5Z", id="half a second"),
        pytest.param(datetime(2026, 11, 21, 20, 46, 0, 1, UTC), "2026-11-21T20:46:00.000001Z", id="a microsecond"),
        pytest.param(datetime(2026, 11, 22, 3, 46, tzinfo=HANOI), "2026-11-21T20:46:00Z", id="an hour in Hanoi"),
        pytest.param(datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC), "1969-12-31T23:59:59.999999Z", id="before 1970"),
    ],
)
def test_a_moment_is_written_in_utc_with_the_decimals_that_it_needs(value: datetime, text: str) -> None:
    at = from_datetime(value)

    assert rfc3339(at) == text
    assert from_rfc3339(text) == at
    assert to_datetime(at) == value


@given(st.integers(-(10**16), 10**17).map(Moment))
def test_every_moment_survives_its_text(at: Moment) -> None:
    assert from_rfc3339(rfc3339(at)) == from_datetime(to_datetime(at)) == at


@pytest.mark.parametrize("text", ["2026-11-21T20:46:00", "2026-11-21", "yesterday", ""])
def test_a_text_without_a_zone_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r"has no time zone|Invalid isoformat"):
        from_rfc3339(text)


def test_seconds_are_rounded_to_the_microsecond() -> None:
    assert seconds(0.0000015) == 2
    assert in_seconds(Duration(1_500_000)) == 1.5
    assert later(Moment(5), SECOND) == 1_000_005


def test_a_span_covers_its_beginning_and_not_its_end() -> None:
    span = Span(Moment(10), Moment(20))

    assert [span.covers(Moment(at)) for at in (9, 10, 19, 20)] == [False, True, True, False]
    assert span.length == 10
    assert not Span(Moment(10), Moment(10)).covers(Moment(10))


def test_a_span_cannot_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        Span(Moment(10), Moment(9))


# ---------------------------------------------------------------- looks, runs, plans


def test_the_result_of_a_look_is_known_when_it_has_taken_its_time() -> None:
    assert miss(3, took=1).known == moment(4)


def test_the_last_look_of_a_run_stands_count_minus_one_intervals_after_the_first() -> None:
    run = Run(check=ICMP, plan=1, first=Moment(100), count=4, interval=Duration(10), verdict=Verdict.ANSWERED)

    assert run.last == 130


def test_only_a_miss_is_no_answer() -> None:
    assert [verdict for verdict in Verdict if not verdict.is_answer] == [Verdict.MISSED]


def test_a_plan_knows_every_check_by_its_identity() -> None:
    assert list(plan(device("icmp", "snmp")).checks) == [ICMP, SNMP]


def test_a_day_has_as_many_microseconds() -> None:
    assert DAY == 86_400_000_000
