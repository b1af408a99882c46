"""Questions to time servers: good answers, clocks that are off or not set, and servers of every badness."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from netmon.collectors.ntp import KIND
from netmon.collectors.ntp.exchange import Exchange
from netmon.collectors.ntp.packet import read_answer, seconds_between, timestamp
from netmon.collectors.ntp.settings import NtpSettings
from netmon.kernel.clock import wall_nanoseconds
from netmon.model.looks import Failure, Outcome
from netmon.model.moments import MILLISECOND, SECOND, Duration
from netmon.model.states import Reason
from netmon.ports import Ground
from tests.collectors.deadlines import run_out
from tests.collectors.makers import check, ground
from tests.collectors.ntp.conftest import OpenServer, Say, Time, says

PLENTY = Duration(20 * SECOND)
SHORT = Duration(150 * MILLISECOND)
LAST_SECOND_OF_THE_ERA = (2**32 - 2_208_988_800) * 10**9 - 1
NONCE = b"at least"


async def look(
    port: int, timeout: Duration = PLENTY, *, host: str = "127.0.0.1", on: Ground | None = None, **settings: Any
) -> Outcome:
    async with KIND.open(on or ground()) as questions:
        return await questions.collector(check("ntp", host, {"port": port, **settings}), ()).look(timeout)


def failure_of(outcome: Outcome) -> Failure:
    assert outcome.failure is not None
    assert outcome.readings == ()
    return outcome.failure


def scalars(outcome: Outcome) -> Mapping[str, float]:
    assert outcome.failure is None
    (readings,) = outcome.readings
    return {name: value for name, (value,) in readings.columns.items() if value is not None}


def open_descriptors() -> set[str]:
    """The numbers of the open files of this process, but for the one that looks."""
    return {path.name for path in Path("/proc/self/fd").iterdir() if path.exists()}


async def test_a_good_answer_brings_the_offset_the_delay_and_what_the_server_says_of_itself(
    time_server: OpenServer,
) -> None:
    server = await time_server(says(Time(ahead_seconds=0.5, leap=1)))

    outcome = await look(server.port)

    numbers = scalars(outcome)
    assert set(numbers) == set(KIND.metrics)
    assert outcome.flaw is None
    delay = numbers["netmon_ntp_delay_seconds"]
    assert 0 <= delay <= outcome.took / SECOND
    assert abs(numbers["netmon_ntp_offset_seconds"] - 0.5) <= delay / 2 + 1e-6
    assert numbers["netmon_ntp_stratum"] == 2
    assert numbers["netmon_ntp_root_delay_seconds"] == 0.25
    assert numbers["netmon_ntp_root_dispersion_seconds"] == 0.5
    assert numbers["netmon_ntp_leap_seconds"] == 1


async def test_what_is_asked_tells_nothing_of_us_and_cannot_be_guessed(time_server: OpenServer) -> None:
    server = await time_server(says(Time()))
    await look(server.port)
    await look(server.port)
    one, other = server.asked
    assert one[:40] == other[:40] == b"\x23" + bytes(39)
    assert one[40:] != other[40:]


@pytest.mark.parametrize(
    ("ahead", "evidence"),
    [
        pytest.param(3_600.2, "its clock is 1 h ahead of this machine's, at most 1 s is wanted", id="an hour ahead"),
        pytest.param(-90.2, "its clock is 1 m 30 s behind this machine's, at most 1 s is wanted", id="behind"),
    ],
)
async def test_a_clock_that_is_off_is_a_flaw_and_how_far_can_be_set(
    ahead: float, evidence: str, time_server: OpenServer
) -> None:
    server = await time_server(says(Time(ahead_seconds=ahead)))

    outcome = await look(server.port)

    assert outcome.flaw == Failure(Reason.UNEXPECTED, f"127.0.0.1:{server.port}: {evidence}")
    assert scalars(outcome)["netmon_ntp_offset_seconds"] == pytest.approx(ahead, abs=0.1)
    assert (await look(server.port, max_offset="2h")).flaw is None


async def test_a_server_too_far_from_a_reference_clock_is_a_flaw(time_server: OpenServer) -> None:
    server = await time_server(says(Time(stratum=4, ahead_seconds=-7.02)))

    both = await look(server.port, max_stratum=3)

    assert both.flaw is not None
    assert both.flaw.evidence.endswith(" is wanted; it is at stratum 4, at most 3 is wanted")
    assert (await look(server.port, max_stratum=4, max_offset="8s")).flaw is None


@pytest.mark.parametrize(
    ("time", "evidence"),
    [
        pytest.param(Time(leap=3), "not set by any other (stratum 2)", id="a leap indicator that warns"),
        pytest.param(Time(stratum=16), "not set by any other (stratum 16)", id="stratum 16"),
        pytest.param(Time(stratum=0, leap=3, reference=b"INIT"), "not set by any other (stratum 0)", id="starting"),
        pytest.param(Time(stratum=0, leap=3, reference=b"\xff\x00\x00\x00"), "not set", id="a code that is none"),
        pytest.param(
            Time(stratum=0, leap=3, reference=b"RATE"), "the server is asked too often (kiss code RATE)", id="RATE"
        ),
        pytest.param(Time(stratum=0, reference=b"DENY"), "the server does not serve us (kiss code DENY)", id="DENY"),
        pytest.param(Time(stratum=0, reference=b"RSTR"), "the server does not serve us (kiss code RSTR)", id="RSTR"),
    ],
)
async def test_an_answer_without_a_time_is_a_miss(time: Time, evidence: str, time_server: OpenServer) -> None:
    failure = failure_of(await look((await time_server(says(time))).port))
    assert failure.reason is Reason.UNEXPECTED
    assert evidence in failure.evidence


def to_another_question(question: bytes) -> list[bytes]:
    return [Time().answer(bytes(48), wall_nanoseconds())]


NO_ANSWERS: list[tuple[Callable[[bytes], list[bytes]], str]] = [
    (lambda _: [b"x"], "1 bytes are too short"),
    (lambda question: [question], "mode 3 is not that of a server"),
    (lambda question: [Time(mode=5).answer(question, wall_nanoseconds())], "mode 5 is not that of a server"),
    (to_another_question, "it answers another one"),
]


@pytest.mark.parametrize(("say", "evidence"), NO_ANSWERS)
async def test_what_is_no_answer_is_named_when_no_answer_came_by_the_deadline(
    say: Say, evidence: str, time_server: OpenServer
) -> None:
    server = await time_server(say)
    failure = failure_of(await run_out(look(server.port), server.has_heard))
    assert failure == Failure(
        Reason.MALFORMED, f"127.0.0.1:{server.port}: what came is no answer to our question ({evidence})"
    )


async def test_the_true_answer_is_waited_for_among_forged_ones(time_server: OpenServer) -> None:
    def say(question: bytes) -> list[bytes]:
        forged = Time(ahead_seconds=9.0).answer(bytes(48), wall_nanoseconds())
        return [b"x", forged, forged, *says(Time())(question)]

    assert abs(scalars(await look((await time_server(say)).port))["netmon_ntp_offset_seconds"]) < 1


async def test_a_flood_is_not_read_to_its_end(time_server: OpenServer) -> None:
    server = await time_server(lambda _: [b"x"] * 150)
    assert failure_of(await look(server.port)).reason is Reason.MALFORMED


async def test_a_closed_port_is_refused_at_once(closed_port: int) -> None:
    assert failure_of(await look(closed_port)) == Failure(
        Reason.REFUSED, f"127.0.0.1:{closed_port}: the port is closed"
    )


async def test_a_silent_server_times_out(time_server: OpenServer) -> None:
    server = await time_server(lambda _: [])
    outcome = await look(server.port, SHORT)
    assert outcome.took == SHORT
    assert failure_of(outcome) == Failure(Reason.TIMEOUT, f"127.0.0.1:{server.port}: no answer within 150 ms")


async def test_a_cancelled_look_leaves_no_socket_open(time_server: OpenServer) -> None:
    server = await time_server(lambda _: [])
    before = open_descriptors()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        looking = group.create_task(look(server.port))
        await server.has_heard.wait()
        looking.cancel()
    assert open_descriptors() == before


async def test_an_address_outside_the_allowed_networks_is_not_contacted() -> None:
    elsewhere = ground(networks=(ipaddress.ip_network("10.0.0.0/8"),))
    assert failure_of(await look(1, on=elsewhere)).reason is Reason.FORBIDDEN


async def test_an_address_that_the_system_does_not_let_us_ask_is_told_from_a_silent_one() -> None:
    failure = failure_of(await look(123, host="255.255.255.255"))
    assert failure == Failure(Reason.FORBIDDEN, "255.255.255.255:123: no way to 255.255.255.255 (Permission denied)")


async def test_a_name_that_nobody_knows_is_its_own_reason() -> None:
    assert failure_of(await look(123, host="khong-co.invalid")).reason is Reason.NAME_NOT_RESOLVED


def exchange(there: float, at_work: float, back: float, ahead: float, left: int = 10**18) -> Exchange:
    """What comes of ways that take so long, to a server that is so far ahead."""
    time = Time(ahead_seconds=ahead, at_work_seconds=at_work)
    answer = read_answer(NONCE, time.answer(bytes(40) + NONCE, left + round(there * 1e9)))
    return Exchange(answer, timestamp(left), timestamp(left + round((there + at_work + back) * 1e9)))


def test_the_time_at_work_is_no_delay_and_ways_of_one_length_cancel_out() -> None:
    found = exchange(there=0.2, at_work=3.0, back=0.2, ahead=-5.0)
    assert found.offset_seconds == pytest.approx(-5.0)
    assert found.delay_seconds == pytest.approx(0.4)


def test_ways_that_differ_are_an_error_of_half_the_difference() -> None:
    assert exchange(there=0.4, at_work=0.0, back=0.0, ahead=0.0).offset_seconds == pytest.approx(0.2)


def test_a_coarse_clock_makes_no_negative_delay() -> None:
    found = exchange(there=0.001, at_work=0.0, back=0.0, ahead=0.0)
    coarse = Exchange(
        read_answer(NONCE, Time(at_work_seconds=0.016).answer(bytes(40) + NONCE, 10**18)), found.left, found.came
    )
    assert coarse.delay_seconds == 0


def test_in_2036_the_count_of_seconds_begins_anew_and_no_clock_is_off() -> None:
    assert timestamp(LAST_SECOND_OF_THE_ERA) > timestamp(LAST_SECOND_OF_THE_ERA + 2)
    assert seconds_between(timestamp(LAST_SECOND_OF_THE_ERA), timestamp(LAST_SECOND_OF_THE_ERA + 10**9)) == 1
    found = exchange(there=0.5, at_work=0.5, back=0.5, ahead=1.0, left=LAST_SECOND_OF_THE_ERA - 10**9)
    assert found.offset_seconds == pytest.approx(1.0)
    assert found.delay_seconds == pytest.approx(1.0)


@pytest.mark.parametrize(
    "settings", [{"max_offset": "0s"}, {"max_offset": "1"}, {"max_stratum": 0}, {"max_stratum": 16}]
)
def test_limits_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NtpSettings.model_validate(settings)
