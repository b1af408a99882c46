"""What a job's reports come to: in time, overdue, failed, hanging, too long, too small, or nothing known yet."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from netmon.collectors.heartbeat import KIND
from netmon.collectors.heartbeat.settings import HeartbeatSettings
from netmon.collectors.heartbeat.weighing import find_failure, find_flaw
from netmon.kernel.clock import FakeClock
from netmon.model.heartbeats import Heartbeat, Signal, Vigil
from netmon.model.looks import Failure, Outcome
from netmon.model.moments import HOUR, MINUTE, SECOND, Duration, Moment
from netmon.model.states import Reason
from tests.collectors.makers import check, ground

BEGIN = Moment(1_800_000_000 * SECOND)
SETTINGS = HeartbeatSettings.model_validate(
    {"token": "env:T", "period": "24h", "grace": "2h", "max_duration": "3h", "min_size": "1 GiB"}
)
GIB = 2**30


def hours(number: float) -> Moment:
    return Moment(BEGIN + round(number * HOUR))


def beat(signal: Signal, at: float, **rest: Any) -> Heartbeat:
    return Heartbeat(at=hours(at), signal=signal, **rest)


def vigil(*beats: Heartbeat) -> Vigil:
    heard = Vigil(since=BEGIN)
    for each in beats:
        heard = heard.heard(each)
    return heard


OK, FAIL, START = Signal.OK, Signal.FAIL, Signal.START


@pytest.mark.parametrize(
    ("said", "at", "reason"),
    [
        pytest.param(vigil(), 25.9, Reason.AWAITED, id="nothing was ever reported, and nothing is overdue"),
        pytest.param(vigil(), 26.1, Reason.OVERDUE, id="the first report is overdue"),
        pytest.param(vigil(beat(OK, 1)), 26.9, None, id="reported in time"),
        pytest.param(vigil(beat(OK, 1)), 27, None, id="at the very end of the grace"),
        pytest.param(vigil(beat(OK, 1)), 27.1, Reason.OVERDUE, id="overdue"),
        pytest.param(vigil(beat(OK, 1), beat(FAIL, 2)), 3, Reason.FAILED, id="failed since"),
        pytest.param(vigil(beat(FAIL, 2), beat(OK, 3)), 4, None, id="failed, then well"),
        pytest.param(vigil(beat(OK, 1), beat(START, 2)), 4.9, None, id="running"),
        pytest.param(vigil(beat(OK, 1), beat(START, 2)), 5.1, Reason.OVERDUE, id="hanging, though the last was well"),
        pytest.param(vigil(beat(FAIL, 1), beat(START, 2)), 3, Reason.FAILED, id="tried again, not done yet"),
        pytest.param(vigil(beat(OK, 1)), 0.95, None, id="the clock was corrected a little"),
        pytest.param(vigil(beat(OK, 50)), 1, Reason.AWAITED, id="it came while the clock was wrong"),
        pytest.param(vigil(beat(START, 1)), 2, Reason.AWAITED, id="the first run is under way"),
        pytest.param(vigil(beat(START, 1)), 4.1, Reason.OVERDUE, id="the first run hangs"),
    ],
)
def test_every_case_has_its_reason(said: Vigil, at: float, reason: Reason | None) -> None:
    found = find_failure(said, SETTINGS, hours(at))
    assert (found.reason if found else None) is reason


def test_evidence_tells_when_and_what_the_job_said_on_one_printable_line() -> None:
    failed = vigil(beat(FAIL, 2, code=12, message="tape\x1b[31m full\n" + "x" * 500))
    found = find_failure(failed, SETTINGS, hours(3))
    assert found is not None
    assert found.evidence.startswith('the job reported at 2027-01-15T10:00:00Z that it failed with exit code 12: "tape')
    assert found.evidence.isprintable()
    assert len(found.evidence) <= 300

    late = find_failure(vigil(beat(OK, 0)), SETTINGS, hours(27.5))
    assert late == Failure(Reason.OVERDUE, "the last good report came at 2027-01-15T08:00:00Z; overdue for 1 h 30 m")


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (beat(OK, 5, took=Duration(3 * HOUR), size_bytes=GIB), None),
        (beat(OK, 5, took=Duration(3 * HOUR + 1), size_bytes=GIB), "took 3 h, expected at most 3 h"),
        (beat(OK, 5, size_bytes=GIB - 1), "made 1,073,741,823 bytes, expected at least 1,073,741,824"),
        (beat(OK, 5), "did not tell its size, expected at least 1,073,741,824"),
    ],
)
def test_a_run_that_was_too_long_or_too_small_is_a_flaw(last: Heartbeat, said: str | None) -> None:
    flaw = find_flaw(last, SETTINGS)
    assert flaw == (Failure(Reason.UNEXPECTED, f"the run that ended at 2027-01-15T13:00:00Z {said}") if said else None)


def test_a_run_lasted_since_its_start_unless_it_says_otherwise() -> None:
    told = vigil(beat(START, 1), beat(OK, 3, took=MINUTE)).succeeded
    untold = vigil(beat(START, 1), beat(OK, 3)).succeeded
    without_start = vigil(beat(OK, 3)).succeeded
    assert [each.took for each in (told, untold, without_start) if each] == [MINUTE, 2 * HOUR, None]


async def look(said: Vigil | None, at: float) -> Outcome:
    on = ground(clock=FakeClock(hours(at)), vigil=lambda _: said)
    async with KIND.open(on) as questions:
        return await questions.collector(check("heartbeat", "", SETTINGS.model_dump(mode="json")), ()).look(SECOND)


async def test_an_answer_brings_age_duration_and_size() -> None:
    outcome = await look(vigil(beat(OK, 1, took=MINUTE, size_bytes=2 * GIB)), 2)
    assert (outcome.failure, outcome.flaw) == (None, None)
    assert outcome.readings[0].columns == {
        "netmon_heartbeat_age_seconds": (3_600.0,),
        "netmon_heartbeat_run_duration_seconds": (60.0,),
        "netmon_heartbeat_run_size_bytes": (2 * GIB,),
    }


async def test_an_old_good_report_hides_no_failure() -> None:
    outcome = await look(vigil(beat(OK, 1), beat(FAIL, 2)), 3)
    assert outcome.failure is not None
    assert outcome.readings == ()


async def test_without_a_page_in_the_book_nothing_is_known() -> None:
    outcome = await look(None, 2)
    assert outcome.failure == Failure(Reason.AWAITED, "netmon has not listened for this job yet")


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ({"period": "1d"}, "Field required"),
        ({"token": "abc", "period": "1d"}, "a secret stands elsewhere"),
        ({"token": "env:T", "period": "30s"}, "at least 1 m"),
        ({"token": "env:T", "period": "1d", "max_duration": "0s"}, "above 0"),
        ({"token": "env:T", "period": "1d", "min_size": 5}, "has no unit"),
    ],
)
def test_a_mistake_in_the_settings_is_explained(settings: dict[str, Any], cause: str) -> None:
    with pytest.raises(ValidationError, match=cause):
        HeartbeatSettings.model_validate(settings)


def test_settings_survive_the_plan() -> None:
    assert HeartbeatSettings.model_validate(SETTINGS.model_dump(mode="json")) == SETTINGS
