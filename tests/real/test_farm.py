"""netmon on real agents: a thousand devices of fifty interfaces, firewalls that drop, agents that die, wrong keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from netmon.model.ids import EntityId, EntityKind, kind_of
from netmon.model.moments import Moment
from netmon.model.states import Reason, State
from tests import stores
from tests.real import farm as ground
from tests.real.conftest import Note, needs
from tests.real.farm import Farm
from tests.real.running import CLOCK, Kept, Netmon, running, seconds_between

pytestmark = [pytest.mark.real, pytest.mark.alone, needs("ip", "nft", "ping", "curl", "snmpd", "snmpget")]

IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
COUNTERS = {
    "netmon_interface_receive_bytes_total": "1.3.6.1.2.1.31.1.1.1.6",
    "netmon_interface_transmit_bytes_total": "1.3.6.1.2.1.31.1.1.1.10",
    "netmon_interface_receive_unicast_packets_total": "1.3.6.1.2.1.31.1.1.1.7",
    "netmon_interface_transmit_unicast_packets_total": "1.3.6.1.2.1.31.1.1.1.11",
    "netmon_interface_transmit_discards_total": "1.3.6.1.2.1.2.2.1.19",
    "netmon_interface_receive_errors_total": "1.3.6.1.2.1.2.2.1.14",
}
PORTS = ("lo", "eth0", "eth47", "br0")
COMPARED = (0, 1, 2, 5, 498, 995)
"""Devices of both agents, asked by both versions."""

DROPPED = tuple(map(ground.name, ground.DROPPED))
SILENCED = (*DROPPED, ground.MUTED, *ground.LONE)

SETTLED_SECONDS = 75
ROUND_SECONDS = 70
OUTAGE_SECONDS = 30

Readings = dict[str, int]


@dataclass(frozen=True)
class Watched:
    """A netmon that has seen every device, with what the agents and the kernel said at that moment."""

    netmon: Netmon
    farm: Farm
    settled_after: float
    since: Moment
    processor_seconds: float
    readings: Readings


@dataclass(frozen=True)
class Outage:
    """What became of the devices that fell silent, all at once, and were mended as soon as each was told of.

    Attributes:
        shown: the state of each, as Prometheus would have read it while they were silent.
        series: what was shown of their measurements then.
    """

    netmon: Netmon
    broken: Moment
    mended: Moment
    shown: dict[str, str | None]
    series: list[str]

    def story(self, entity: str) -> list[Kept]:
        """What was told of *entity* since then, in order."""
        return [kept for kept in self.netmon.news(self.broken) if kept.entity == entity]

    def seconds_to_know(self, devices: Iterable[str]) -> list[float]:
        """How long it took until netmon knew that they were not up."""
        return [seconds_between(self.broken, self.story(f"device:{device}")[0].recorded) for device in devices]

    def seconds_to_recover(self, devices: Iterable[str]) -> list[float]:
        """How long it took until netmon knew that they were up again."""
        return [seconds_between(self.mended, self.story(f"device:{device}")[-1].recorded) for device in devices]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("farm")
    config = ground.write_configuration(tmp_path_factory.mktemp("netmon"))
    with ground.open_farm(folder) as farm:
        began = CLOCK.now()
        with running(farm.place, config, **ground.SECRETS) as netmon:
            netmon.until("every check was answered", lambda: all_answer(netmon), within=SETTLED_SECONDS)
            settled = seconds_between(began, CLOCK.now())
            readings = {series: value for number in COMPARED for series, value in read_all(farm, number).items()}
            yield Watched(netmon, farm, settled, CLOCK.now(), netmon.processor_seconds, readings)


@pytest.fixture(scope="module")
def outage(watched: Watched) -> Outage:
    netmon, farm = watched.netmon, watched.farm
    broken = CLOCK.now()
    with ExitStack() as faults:
        faults.enter_context(farm.without([ground.address(number) for number in ground.DROPPED]))
        faults.enter_context(farm.without([ground.MUTED_ADDRESS], only_snmp=True))
        faults.enter_context(farm.without_agent(ground.LONE_PORT))
        for device in SILENCED:
            state = State.DOWN if device in DROPPED else State.DEGRADED
            netmon.wait_for(f"device:{device}", state, since=broken, within=OUTAGE_SECONDS)
        samples = netmon.samples('device="')
    mended = CLOCK.now()
    for device in SILENCED:
        netmon.wait_for(f"device:{device}", State.UP, since=mended, within=OUTAGE_SECONDS)
    shown = {device: shown_state(samples, device) for device in SILENCED}
    about = [series for series in samples if any(f'device="{device}"' in series for device in SILENCED)]
    return Outage(netmon, broken, mended, shown, [series for series in about if "_state{" not in series])


def all_answer(netmon: Netmon) -> bool:
    """Whether every check but the stranger's is up."""
    checks = {check for check in netmon.plan.checks if check != f"check:device:{ground.STRANGER}/snmp"}
    return checks <= {entity for entity, status in netmon.statuses().items() if status.state is State.UP}


def shown_state(samples: Mapping[str, float], device: str) -> str | None:
    """The state of *device* that Prometheus would read in *samples*."""
    own = {name: value for name, value in samples.items() if name.startswith(f'netmon_device_state{{device="{device}"')}
    return next((series.split('state="')[1].split('"')[0] for series, value in own.items() if value == 1), None)


def read_all(farm: Farm, number: int) -> Readings:
    """What net-snmp's client reads of a device's counters, by the series in which netmon shows them."""
    where = f"{ground.address(number)}:{ground.port(number)}"
    names = [text.strip('"') for text in farm.read(where, *(f"{IF_NAME}.{index}" for index in range(1, 51)))]
    wanted = [(metric, name, f"{oid}.{names.index(name) + 1}") for metric, oid in COUNTERS.items() for name in PORTS]
    values = farm.read(where, *(oid for _, _, oid in wanted))
    return {
        f'{metric}{{device="{ground.name(number)}",interface="{name}"}}': int(value)
        for (metric, name, _), value in zip(wanted, values, strict=True)
    }


def test_a_thousand_devices_are_up_about_a_minute_after_the_start(watched: Watched, note: Note) -> None:
    states = Counter(
        status.state for entity, status in watched.netmon.statuses().items() if kind_of(entity) is EntityKind.DEVICE
    )

    assert states == {State.UP: ground.COUNT + len(ground.LONE) + 1, State.DEGRADED: 1}
    assert watched.netmon.is_ready()
    note(f"farm: {ground.COUNT:,} devices, every check up {watched.settled_after:.0f} s after the start")


def test_every_device_shows_its_fifty_interfaces_whatever_the_version_of_snmp(watched: Watched) -> None:
    received = watched.netmon.samples("netmon_interface_receive_bytes_total{")
    shown = Counter(series.split('device="')[1].split('"')[0] for series in received)
    facts = watched.netmon.samples("netmon_snmp_info{", 'sys_name="agent-1162"')

    assert shown == dict.fromkeys((*map(ground.name, range(ground.COUNT)), *ground.LONE, ground.MUTED), 50)
    assert len(facts) == ground.COUNT / 2


@pytest.mark.usefixtures("outage")  # it happens in the same minute
def test_a_counter_lies_between_what_snmpget_says_before_and_after_the_poll(watched: Watched, note: Note) -> None:
    netmon, before = watched.netmon, watched.readings
    checks = {f"check:device:{ground.name(number)}/snmp" for number in range(ground.COUNT)}

    def all_polled() -> bool:
        return checks <= {check for check, latest in netmon.latest().items() if latest.look.at > watched.since}

    netmon.until("every device was polled again", all_polled, within=ROUND_SECONDS, glance=2.0)
    spent, passed = netmon.processor_seconds - watched.processor_seconds, seconds_between(watched.since, CLOCK.now())
    exported = netmon.samples("netmon_interface_", "_total{")
    after = {series: value for number in COMPARED for series, value in read_all(watched.farm, number).items()}

    assert set(before) <= set(exported)
    assert [series for series in before if not before[series] <= exported[series] <= after[series]] == []
    assert len(before) == len(COMPARED) * len(PORTS) * len(COUNTERS)
    moved = {series.split('interface="')[1].split('"')[0] for series in before if exported[series] > before[series]}
    assert moved >= {"lo", "br0"}
    note(
        f"farm: {spent * 60 / passed:.1f} processor seconds a minute for {ground.COUNT:,} devices with 50 interfaces "
        f"(icmp 10 s, snmp 60 s), {netmon.resident_bytes / 2**20:.0f} MiB resident"
    )


def test_a_dropped_address_is_down_within_15_seconds_and_up_again_within_15(outage: Outage, note: Note) -> None:
    known, back = outage.seconds_to_know(DROPPED), outage.seconds_to_recover(DROPPED)
    downs = [outage.story(f"device:{device}")[0] for device in DROPPED]
    dated = [seconds_between(outage.broken, down.at) for down in downs]

    assert {(down.state, down.reason) for down in downs} == {(State.DOWN, Reason.TIMEOUT)}
    assert max(known) <= 15
    assert all(-0.5 <= date <= 10.5 for date in dated)
    assert max(back) <= 15
    assert {outage.shown[device] for device in DROPPED} == {"down"}
    assert not [
        series for series in outage.series if "_icmp_" in series and any(device in series for device in DROPPED)
    ]
    note(f"farm: dropped addresses down after {listed(known)}, dated {listed(dated)}; up again after {listed(back)}")


def test_on_its_way_back_a_device_may_answer_snmp_first_and_is_told_of_once(outage: Outage) -> None:
    for device in DROPPED:
        first, *between, last = outage.story(f"device:{device}")
        assert (first.state, last.state) == (State.DOWN, State.UP)
        assert [(kept.state, kept.reason) for kept in between] in ([], [(State.DEGRADED, Reason.ICMP_BLOCKED)])


def test_a_device_that_answers_echoes_but_not_snmp_is_degraded(outage: Outage, note: Note) -> None:
    degraded, up = outage.story(f"device:{ground.MUTED}")

    assert (degraded.state, degraded.reason, up.state) == (State.DEGRADED, Reason.TIMEOUT, State.UP)
    assert outage.story(f"check:device:{ground.MUTED}/icmp") == []
    assert outage.shown[ground.MUTED] == "degraded"
    measured = {series.partition("{")[0] for series in outage.series if f'"{ground.MUTED}"' in series}
    assert measured == {"netmon_device_up", "netmon_device_info", "netmon_icmp_rtt_seconds"}
    (known,), (back,) = outage.seconds_to_know([ground.MUTED]), outage.seconds_to_recover([ground.MUTED])
    assert known <= 5 + 10 + 2  # its interval, and three looks of 2 s with 2 s between them
    assert back <= 5 + 4 + 2
    note(f"farm: snmp dropped (5 s interval): degraded after {known:.1f} s, up again after {back:.1f} s")


def test_devices_whose_agent_dies_are_degraded_at_their_next_poll(outage: Outage, note: Note) -> None:
    stories = [outage.story(f"device:{lone}") for lone in ground.LONE]

    assert [[kept.state for kept in story] for story in stories] == [[State.DEGRADED, State.UP]] * len(ground.LONE)
    # a device that was being polled when its agent died is degraded for that half of an answer already
    assert {story[0].reason for story in stories} <= {Reason.REFUSED, Reason.PARTIAL}
    checks = [kept for lone in ground.LONE for kept in outage.story(f"check:device:{lone}/snmp")]
    assert [kept.reason for kept in checks if kept.state is State.DOWN] == [Reason.REFUSED] * len(ground.LONE)
    known, back = outage.seconds_to_know(ground.LONE), outage.seconds_to_recover(ground.LONE)
    assert max(known) <= 5 + 4 + 2  # its interval, and two re-looks with 2 s before each
    assert max(back) <= 5 + 4 + 2
    note(f"farm: agent killed (5 s interval): degraded after {listed(known)}, up again after {listed(back)}")


def test_a_wrong_key_is_told_as_such_and_no_key_is_told_anywhere(watched: Watched) -> None:
    netmon = watched.netmon
    status = netmon.statuses()[EntityId(f"check:device:{ground.STRANGER}/snmp")]

    assert status.failure is not None
    assert status.failure.reason is Reason.UNAUTHORIZED
    assert "authentication key" in status.failure.evidence
    kept = stores.written(netmon.settings.store.url, Path(netmon.settings.state))
    assert any(b"authentication key" in piece for piece in kept)
    told = [*kept, netmon.log.read_bytes(), *(netmon.page(path).encode() for path in ("/metrics", "/sd"))]
    assert [secret for secret in ground.SECRETS.values() for text in told if secret.encode() in text] == []


def listed(values: list[float]) -> str:
    return ", ".join(f"{value:.1f}" for value in values) + " s"
