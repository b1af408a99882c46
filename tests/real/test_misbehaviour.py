"""Targets misbehave in every way at once: each is named and bounded, and delays nobody else."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from netmon.model.ids import CheckId, EntityId
from netmon.model.looks import Failure
from netmon.model.moments import SECOND
from netmon.model.states import Reason, State, Verdict
from tests.real.conftest import Note
from tests.real.rogues import AGENTS, WEB
from tests.real.troubled import (
    COUNTED,
    HEALTHY,
    INTERVAL_SECONDS,
    LAB_FAULTS,
    TIMEOUT_SECONDS,
    Scrape,
    Troubled,
    p99_bound,
    watch_trouble,
)

pytestmark = [pytest.mark.real, pytest.mark.alone]

LONGEST_EVIDENCE = 512
MEMORY = 64 * 2**20
"""How much memory all the trouble may cost; one body that was read whole would cost 10 GB."""

LATE_SECONDS = 0.25
RECEIVED = "netmon_interface_receive_bytes_total"
SENT = "netmon_interface_transmit_bytes_total"
SPEED = "netmon_interface_speed_bytes_per_second"
INFO = "netmon_interface_info"

AGENTS_SAID = {
    "garbage": (Reason.MALFORMED, "what came is no answer"),
    "endless": (Reason.PARTIAL, "more than 2000 rows"),
    "non-increasing": (Reason.LOOPING, "does not go forward"),
    "wrong-id": (Reason.TIMEOUT, "datagrams that answer something else"),
    "late": (Reason.TIMEOUT, "no answer to a question sent 2 times"),
    "dead": (Reason.TIMEOUT, "no answer to a question sent 2 times"),
    "refuse": (Reason.REFUSED, "port closed"),
    "flood": (Reason.MALFORMED, "what came is no answer"),
    "monster": (Reason.MALFORMED, "claims 4294967295 octets"),
    "elsewhere": (Reason.TIMEOUT, "no answer to a question sent 2 times"),
}
WEB_SAID = {
    "ten-gigabytes": (Reason.TOO_LARGE, "longer than 5242880 bytes"),
    "bomb": (Reason.TOO_LARGE, "longer than 5242880 bytes"),
    "slow-head": (Reason.TIMEOUT, "no answer within 2 s"),
    "slow-body": (Reason.TIMEOUT, "not finished within 2 s"),
    "endless-head": (Reason.TOO_LARGE, "more than 32768 bytes of headers"),
    "endless-promises": (Reason.MALFORMED, "interim answers only"),
    "silence": (Reason.TIMEOUT, "no answer within 2 s"),
    "to-metadata": (Reason.FORBIDDEN, "leads to 169.254.169.254: it lies outside the allowed networks"),
    "to-a-file": (Reason.FORBIDDEN, 'the scheme is "file"'),
    "to-itself": (Reason.UNEXPECTED, "more than 3 redirects"),
    "no-http": (Reason.MALFORMED, "the answer is no HTTP"),
    "forgery": (Reason.UNEXPECTED, "status 500"),
    "hangs-up": (Reason.CUT_OFF, "closed before the answer was complete"),
    "no-tls": (Reason.MALFORMED, "no TLS was agreed"),
    "expired-certificate": (Reason.CERTIFICATE_INVALID, "certificate"),
}


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Troubled:
    folder: Path = tmp_path_factory.mktemp("troubled")
    return watch_trouble(folder)


def said_of(troubled: Troubled, check: str) -> Failure:
    """Why the last look at *check* was no plain answer; its look must have kept its deadline."""
    look = troubled.latest[CheckId(check)].look
    longest = max(look.took, troubled.longest_took.get(check, 0))
    assert longest <= (TIMEOUT_SECONDS + 1) * SECOND
    assert look.failure is not None
    return look.failure


def is_plain(evidence: str) -> bool:
    """Whether *evidence* is one short line without anything that could move a cursor or hide."""
    return 0 < len(evidence) <= LONGEST_EVIDENCE and not any(
        unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") for letter in evidence
    )


@pytest.mark.parametrize("name", AGENTS_SAID)
def test_an_agent_that_misbehaves_is_named(troubled: Troubled, name: str) -> None:
    reason, evidence = AGENTS_SAID[name]

    failure = said_of(troubled, f"check:device:{name}/snmp")

    assert failure.reason is reason
    assert evidence in failure.evidence
    assert is_plain(failure.evidence)
    wanted = State.DOWN if name in (*AGENTS, "dead", "late") else State.DEGRADED
    assert troubled.statuses[EntityId(f"device:{name}")].state is wanted


@pytest.mark.parametrize("name", WEB_SAID)
def test_a_web_server_that_misbehaves_is_named(troubled: Troubled, name: str) -> None:
    reason, evidence = WEB_SAID[name]

    failure = said_of(troubled, f"check:service:{name}/http")

    assert failure.reason is reason
    assert evidence in failure.evidence
    assert is_plain(failure.evidence)
    assert troubled.statuses[EntityId(f"service:{name}")].state is State.DOWN


def test_every_misbehaviour_is_told_of_here() -> None:
    assert WEB_SAID.keys() == WEB.keys()
    assert AGENTS_SAID.keys() | {"double", *COUNTED} == LAB_FAULTS.keys() | AGENTS.keys()


def test_double_replies_are_an_answer(troubled: Troubled) -> None:
    assert troubled.latest[CheckId("check:device:double/snmp")].look.verdict is Verdict.ANSWERED
    assert troubled.statuses[EntityId("device:double")].state is State.UP


def test_memory_stays_bounded(troubled: Troubled, note: Note) -> None:
    note(f"memory: {troubled.resident / 2**20:.0f} MiB in calm, at most {troubled.peak / 2**20:.0f} MiB in trouble")

    assert troubled.peak - troubled.resident < MEMORY


def test_nothing_that_targets_do_is_a_bug_of_netmon(troubled: Troubled) -> None:
    said = {event["event"] for event in troubled.events}

    assert not said & {"collector_crashed", "store_refused_batch", "clock_jumped"}
    assert 'netmon_collector_crashes_total{kind="' not in "".join(
        line for line in troubled.scrapes[-1].text.splitlines() if not line.endswith(" 0.0")
    )


def test_the_others_are_looked_at_as_before(troubled: Troubled, note: Note) -> None:
    """Bounded counts on a shared machine; how large the lags are is measured by `benchmarks.isolation`."""
    calm, trouble = troubled.calm, troubled.trouble
    note(f"lag p99 of icmp looks: at most {p99_bound(calm)} s in calm, {p99_bound(trouble)} s in trouble")
    looks = trouble[float("inf")]
    wanted = troubled.trouble_seconds // INTERVAL_SECONDS - 1

    assert looks - trouble[LATE_SECONDS] <= 0.02 * looks
    for number in range(HEALTHY):
        for kind in ("icmp", "snmp"):
            assert troubled.slots[f"check:device:well-{number}/{kind}"] >= wanted


def test_the_others_stay_up(troubled: Troubled) -> None:
    healthy = {f"device:well-{number}" for number in range(HEALTHY)}

    assert {troubled.statuses[EntityId(device)].state for device in healthy} == {State.UP}
    told = [event for event in troubled.events if f"device:{event.get('device')}" in healthy]
    assert [event["event"] for event in told] == ["device_became_up"] * HEALTHY


@pytest.mark.parametrize("device", COUNTED)
def test_a_wrap_or_a_restart_makes_no_spike(troubled: Troubled, device: str) -> None:
    assert find_spikes(troubled.scrapes, device) == []


def find_spikes(scrapes: Sequence[Scrape], device: str) -> list[str]:
    """Steps of a counter, as Prometheus takes them, that the interface cannot have carried.

    A number may have been read an interval and a deadline before it was shown, and a step down is a reset.
    """
    spikes = []
    for family in (RECEIVED, SENT):
        for name in ("eth0", "eth1", "eth2"):
            shown = [(scrape.at, scrape.numbers.get((family, device, name))) for scrape in scrapes]
            known = [(at, value) for at, value in shown if value is not None]
            assert len(known) >= len(scrapes) // 2
            for (before_at, before), (at, value) in pairwise(known):
                step = value - before if value >= before else value
                most = scrapes[0].numbers[SPEED, device, name] * (at - before_at + INTERVAL_SECONDS + TIMEOUT_SECONDS)
                if step > most:
                    spikes.append(f"{family} of {name}: from {before:g} to {value:g} in {at - before_at:.1f} s")
    return spikes


def test_after_a_reshuffle_every_interface_keeps_its_own_numbers(troubled: Troubled) -> None:
    calm, last = troubled.scrapes[0], troubled.scrapes[-1]
    names = ("eth0", "eth1", "eth2")
    indexes = [[index_in(scrape.infos[INFO, "reshuffle", name]) for name in names] for scrape in (calm, last)]

    assert indexes[0] != indexes[1]
    for name in names:
        speeds = {scrape.numbers.get((SPEED, "reshuffle", name)) for scrape in troubled.scrapes} - {None}
        assert len(speeds) == 1
        assert address_in(calm.infos[INFO, "reshuffle", name]) == address_in(last.infos[INFO, "reshuffle", name])
        assert traffic(troubled, name, after=True) == pytest.approx(traffic(troubled, name, after=False), rel=0.5)


def index_in(labels: str) -> str:
    return labels.partition('index="')[2].partition('"')[0]


def address_in(labels: str) -> str:
    return labels.partition('mac="')[2].partition('"')[0]


def traffic(troubled: Troubled, name: str, *, after: bool) -> float:
    """Bytes a second that *name* of the reshuffled device received, before or after it restarted."""
    key = (RECEIVED, "reshuffle", name)
    shown = [(scrape.at, value) for scrape in troubled.scrapes if (value := scrape.numbers.get(key)) is not None]
    fall = next(place for place, ((_, before), (_, now)) in enumerate(pairwise(shown), start=1) if now < before)
    part = shown[fall:] if after else shown[:fall]
    changes = [part[place] for place in range(1, len(part)) if part[place][1] != part[place - 1][1]]
    (first_at, first), (last_at, last) = changes[0], changes[-1]
    return (last - first) / (last_at - first_at)
