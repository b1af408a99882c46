"""A simulated device: counters that only grow, states that leave their mark, and what a restart does to both."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.lab.ber import oid_payload
from netmon.lab.interfaces import Interface, OperStatus
from netmon.lab.machine import Machine, first_life
from netmon.lab.mib import Mib
from netmon.lab.traffic import office_day
from netmon.lab.world import World
from netmon.model.moments import DAY, HOUR, SECOND, Duration, Moment, later

SYS_UP_TIME = "1.3.6.1.2.1.1.3.0"
IF_COLUMN = "1.3.6.1.2.1.2.2.1"
IF_X_COLUMN = "1.3.6.1.2.1.31.1.1.1"


@pytest.fixture
def gateway(world: World) -> Machine:
    return world.machines["office-gw"]


def read(mib: Mib, oid: str, at: Moment) -> int:
    """The number at *oid*."""
    variable = mib.at(oid_payload(tuple(map(int, oid.split(".")))))
    assert variable is not None
    return int.from_bytes(variable.read(at)[2:], "big")


@given(
    turn=st.floats(0, 1),
    since=st.integers(0, 30 * DAY),
    steps=st.lists(st.integers(1, 6 * HOUR), min_size=1, max_size=30),
)
def test_traffic_never_runs_backwards(turn: float, since: int, steps: list[int]) -> None:
    traffic = office_day(1e6, turn)
    at, passed = Moment(since), 0.0
    for step in steps:
        at = Moment(at + step)
        amount = traffic.amount(Moment(since), at)
        assert amount >= passed - 1e-3
        passed = amount


def test_the_office_is_busy_in_the_morning_and_quiet_at_night() -> None:
    traffic = office_day(1.0, 0.5)
    midnight = Moment(20_000 * DAY - 7 * HOUR)

    by_hour = [
        traffic.amount(later(midnight, Duration(h * HOUR)), later(midnight, Duration((h + 1) * HOUR)))
        for h in range(24)
    ]

    assert by_hour.index(max(by_hour)) in range(8, 13)
    assert max(by_hour) > 2.5 * min(by_hour)
    assert sum(by_hour) == pytest.approx(24 * 3_600, rel=1e-3)


def test_interfaces_are_those_of_the_role_and_those_that_links_end_at(gateway: Machine) -> None:
    assert [interface.port.name for interface in gateway.interfaces] == ["Gi0/0", "Gi0/1", "Dialer0"]
    assert gateway.interfaces[0].port.alias == "office-radio"
    assert gateway.interfaces[0].port.speed == 1_000_000_000
    assert gateway.interfaces[2].port.speed == 8_000_000


def test_32_bit_counters_are_the_lower_half_of_64_bit_counters(gateway: Machine, noon: Moment) -> None:
    at = later(noon, Duration(HOUR))

    assert read(gateway.mib, f"{IF_COLUMN}.10.1", at) == read(gateway.mib, f"{IF_X_COLUMN}.6.1", at) % 2**32


def test_a_line_never_carries_more_than_it_can(gateway: Machine, noon: Moment) -> None:
    before = read(gateway.mib, f"{IF_X_COLUMN}.6.1", noon)
    after = read(gateway.mib, f"{IF_X_COLUMN}.6.1", later(noon, DAY))

    assert 0 < after - before < 34_000_000 / 8 * 86_400


def test_counters_stand_still_while_an_interface_is_down_and_go_on_without_a_jump(
    gateway: Machine, noon: Moment
) -> None:
    port = f"{IF_X_COLUMN}.6.1"
    cut, mended = later(noon, SECOND), later(noon, HOUR)
    gateway.turn(frozenset({"Gi0/0"}), cut)
    at_cut = read(gateway.mib, port, cut)

    assert read(gateway.mib, port, mended) == at_cut
    assert read(gateway.mib, f"{IF_COLUMN}.8.1", mended) == OperStatus.DOWN
    gateway.turn(frozenset(), mended)
    assert read(gateway.mib, port, mended) == at_cut
    assert read(gateway.mib, port, later(mended, HOUR)) > at_cut
    assert read(gateway.mib, f"{IF_COLUMN}.9.1", later(mended, HOUR)) == read(gateway.mib, SYS_UP_TIME, mended)


def test_a_restart_begins_uptime_and_counters_anew(gateway: Machine, noon: Moment) -> None:
    up_again = later(noon, SECOND)
    gateway.start_again(up_again)

    assert read(gateway.mib, SYS_UP_TIME, later(up_again, Duration(3 * SECOND))) == 300
    assert read(gateway.mib, f"{IF_X_COLUMN}.6.1", up_again) == 0
    assert read(gateway.mib, f"{IF_X_COLUMN}.19.1", later(up_again, SECOND)) == 0


def test_a_restart_does_not_mend_a_cut(gateway: Machine, noon: Moment) -> None:
    gateway.turn(frozenset({"Gi0/0"}), noon)
    gateway.start_again(later(noon, SECOND))

    assert [interface.status for interface in gateway.interfaces] == [OperStatus.DOWN, OperStatus.UP, OperStatus.UP]


def test_a_reshuffle_gives_the_same_interfaces_other_numbers(gateway: Machine, noon: Moment) -> None:
    before = {interface.port.name: interface.index for interface in gateway.interfaces}
    gateway.start_again(later(noon, SECOND), reshuffled=True)
    after = {interface.port.name: interface.index for interface in gateway.interfaces}

    assert after.keys() == before.keys()
    assert after != before


def test_counters_near_their_wrap_wrap_in_time(gateway: Machine, noon: Moment) -> None:
    within = Duration(60 * SECOND)
    gateway.start_again(noon, wraps_within=within)
    wide, narrow = f"{IF_X_COLUMN}.6.1", f"{IF_COLUMN}.10.1"
    soon, over = later(noon, SECOND), later(noon, Duration(2 * within))

    assert read(gateway.mib, wide, soon) > 2**64 - 2**32
    assert read(gateway.mib, wide, over) < 2**32
    assert read(gateway.mib, narrow, over) == read(gateway.mib, wide, over)


def test_an_uptime_that_wraps_is_no_restart(gateway: Machine, noon: Moment) -> None:
    gateway.let_uptime_wrap(noon, Duration(10 * SECOND))
    octets = read(gateway.mib, f"{IF_X_COLUMN}.6.1", noon)

    assert read(gateway.mib, SYS_UP_TIME, noon) == 2**32 - 1_000
    assert read(gateway.mib, SYS_UP_TIME, later(noon, Duration(11 * SECOND))) == 100
    assert read(gateway.mib, f"{IF_X_COLUMN}.6.1", later(noon, Duration(11 * SECOND))) > octets


def test_a_restart_of_the_lab_restarts_no_device(noon: Moment) -> None:
    lives = {first_life("office-gw", later(noon, Duration(minutes * 60 * SECOND))).booted for minutes in range(60)}

    assert len(lives) == 1
    assert noon - 180 * DAY < lives.pop() <= noon


def test_an_idle_interface_counts_nothing(gateway: Machine, noon: Moment) -> None:
    idle = Interface(replace(gateway.interfaces[0].port, idle=OperStatus.DORMANT), 1, noon)

    assert idle.tallies(later(noon, HOUR))[0].octets == 0


def test_a_server_shows_processors_memory_and_volumes(world: World, noon: Moment) -> None:
    mib = world.machines["office-web"].mib

    loads = [read(mib, f"1.3.6.1.2.1.25.3.3.1.2.{196608 + number}", noon) for number in range(2)]
    total, free = (read(mib, f"1.3.6.1.4.1.2021.4.{leaf}.0", noon) for leaf in (5, 6))
    size, used = (read(mib, f"1.3.6.1.2.1.25.2.3.1.{column}.31", noon) for column in (5, 6))

    assert all(0 < load <= 100 for load in loads)
    assert total == 4 * 2**20
    assert 0 < free < total
    assert size == 40 * 2**30 // 4096
    assert 0 < used < size


def test_a_router_shows_no_host(gateway: Machine) -> None:
    following = gateway.mib.after(oid_payload((1, 3, 6, 1, 2, 1, 25)))

    assert following is not None
    assert following.oid[:7] != (1, 3, 6, 1, 2, 1, 25)
