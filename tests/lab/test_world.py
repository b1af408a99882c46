"""The village: what falls silent with what, which interfaces go down, and what comes back when it is mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from netmon.lab.faults import FaultKind, LabError, TargetKind
from netmon.lab.interfaces import OperStatus
from netmon.lab.layout import End, LabLink, Layout
from netmon.lab.settings import FirstFault, LabSettings
from netmon.lab.world import World
from netmon.model.moments import MILLISECOND, SECOND, Duration, Moment, later

Silent = Callable[[Moment], set[str]]


def down(world: World, at: Moment) -> set[str]:
    world.conditions(at)
    return {
        f"{name}/{interface.port.name}"
        for name, machine in world.machines.items()
        for interface in machine.interfaces
        if interface.status is OperStatus.DOWN
    }


def test_a_whole_village_answers(world: World, silent: Silent, noon: Moment) -> None:
    assert silent(noon) == set()
    assert down(world, noon) == set()


def test_a_dead_device_is_silent_with_what_stands_behind_it_while_its_links_stay_up(
    world: World, silent: Silent, noon: Moment
) -> None:
    world.break_("office-sw", "dead", {}, noon)

    assert silent(noon) == {"office-sw", "office-web"}
    assert down(world, noon) == set()


def test_a_cut_link_takes_both_its_ends_down_and_silences_what_lies_behind(
    world: World, silent: Silent, noon: Moment
) -> None:
    world.break_("office-radio", "cut", {}, noon)

    assert silent(noon) == {"office-gw", "office-sw", "office-web"}
    assert down(world, noon) == {"office-gw/Gi0/0", "centre-core/Gi1/0/7"}


def test_a_pulled_plug_is_a_cut_link(world: World, silent: Silent, noon: Moment) -> None:
    world.break_("centre-core/Gi1/0/7", "cut", {}, noon)

    assert silent(noon) == {"office-gw", "office-sw", "office-web"}
    assert down(world, noon) == {"office-gw/Gi0/0", "centre-core/Gi1/0/7"}


def test_a_cut_backup_silences_nobody(world: World, silent: Silent, noon: Moment) -> None:
    world.break_("office-adsl", "cut", {}, noon)

    assert silent(noon) == set()
    assert down(world, noon) == {"office-gw/Dialer0"}


def test_a_second_line_of_its_own_keeps_an_office_reachable(
    layout: Layout, settings: LabSettings, noon: Moment
) -> None:
    second = LabLink(id="office-fibre", a=End("office-gw", "Gi0/1"), b=End("centre-core", "Gi1/0/8"))
    world = World(Layout(layout.devices, (*layout.links, second)), settings, noon)
    world.break_("office-radio", "cut", {}, noon)

    assert not world.device_manner("office-web", noon).silent
    world.break_("office-fibre", "cut", {}, noon)
    assert world.device_manner("office-web", noon).silent


def test_a_ring_of_links_has_somebody_to_begin_with(layout: Layout, settings: LabSettings, noon: Moment) -> None:
    back = LabLink(id="ring", a=End("centre-core", "Gi1/0/9"), b=End("office-gw", "Gi0/1"))
    world = World(Layout(layout.devices, (*layout.links, back)), settings, noon)

    assert not any(world.device_manner(name, noon).silent for name in world.machines)


def test_mending_brings_everything_back_and_says_what_was_wrong(world: World, silent: Silent, noon: Moment) -> None:
    cut = world.break_("office-radio", "cut", {}, noon)
    dead = world.break_("office-sw", "dead", {}, noon)
    mended = later(noon, SECOND)

    assert world.mend("office-radio", mended) == (cut,)
    assert silent(mended) == {"office-sw", "office-web"}
    assert world.mend("all", mended) == (dead,)
    assert (silent(mended), down(world, mended), world.wrong(mended)) == (set(), set(), ())


def test_an_interface_changes_its_state_when_the_link_does(world: World, noon: Moment) -> None:
    world.break_("office-radio", "flapping", {"period": "10s"}, noon)
    end = world.machines["office-gw"].interfaces[0]
    seen = []
    for seconds in (0, 6, 11, 40):
        world.conditions(later(noon, Duration(seconds * SECOND)))
        seen.append((end.status, (end.changed - noon) // SECOND))

    assert seen == [(OperStatus.DOWN, 0), (OperStatus.UP, 5), (OperStatus.DOWN, 10), (OperStatus.DOWN, 10)]


def test_a_radio_link_adds_to_every_round_trip_behind_it(world: World, noon: Moment) -> None:
    assert world.device_manner("centre-core", noon).delay == 0
    assert world.device_manner("office-web", noon).delay == 10 * MILLISECOND


def test_slowness_and_loss_add_up_along_the_way(world: World, noon: Moment) -> None:
    world.break_("office-radio", "slow", {"delay": "100ms"}, noon)
    world.break_("office-radio", "lossy", {"loss": "0.5"}, noon)
    world.break_("office-gw", "lossy", {"loss": "0.5"}, noon)
    manner = world.device_manner("office-web", noon)

    assert manner.delay == 110 * MILLISECOND
    assert manner.loss == pytest.approx(0.75)


def test_a_reboot_is_silent_for_a_while_and_then_young(world: World, silent: Silent, noon: Moment) -> None:
    world.break_("office-gw", "reboot", {"pause": "20s"}, noon)
    back = later(noon, Duration(20 * SECOND))

    assert "office-gw" in silent(later(noon, Duration(19 * SECOND)))
    assert silent(back) == set()
    assert world.machines["office-gw"].life.booted == back
    assert world.wrong(back) == ()


def test_a_reboot_that_is_mended_is_over_at_once(world: World, silent: Silent, noon: Moment) -> None:
    world.break_("office-gw", "reshuffle", {"pause": "20s"}, noon)
    numbers = [interface.port.name for interface in world.machines["office-gw"].interfaces]
    mended = later(noon, SECOND)
    world.mend("office-gw", mended)

    assert silent(mended) == set()
    assert world.machines["office-gw"].life.booted == mended
    assert [interface.port.name for interface in world.machines["office-gw"].interfaces] == numbers


def test_a_wrap_restarts_the_agent_and_a_wrapping_uptime_does_not(world: World, silent: Silent, noon: Moment) -> None:
    born = world.machines["office-sw"].life
    world.break_("office-gw", "wrap", {"within": "60s"}, noon)
    world.break_("office-sw", "uptime-wrap", {"within": "60s"}, noon)

    assert (silent(noon), world.machines["office-gw"].life.booted) == (set(), noon)
    assert world.machines["office-sw"].life == born
    assert world.wrong(later(noon, Duration(60 * SECOND))) == ()


def test_a_cut_during_a_reboot_does_not_make_counters_run_backwards(world: World, noon: Moment) -> None:
    world.break_("office-gw", "reboot", {"pause": "20s"}, noon)
    world.break_("office-gw/Gi0/0", "cut", {}, later(noon, SECOND))
    world.mend("office-gw/Gi0/0", later(noon, Duration(2 * SECOND)))

    received, sent = world.machines["office-gw"].interfaces[0].tallies(later(noon, Duration(20 * SECOND)))
    assert received.octets >= 0
    assert sent.octets >= 0


def test_a_service_is_as_silent_as_its_server(world: World, noon: Moment) -> None:
    address = "127.20.254.13"
    assert not world.service_manner("office-portal", address, noon).silent
    world.break_("office-web", "dead", {}, noon)

    assert world.service_manner("office-portal", address, noon).silent


def test_what_is_broken_from_the_start_is_broken(layout: Layout, settings: LabSettings, noon: Moment) -> None:
    first = FirstFault(target="office-sw", fault=FaultKind.SLOW, options={"delay": "2s"})
    world = World(layout, settings.model_copy(update={"faults": (first,)}), noon)

    assert [(fault.on, fault.target) for fault in world.wrong(noon)] == [(TargetKind.DEVICE, "office-sw")]


@pytest.mark.parametrize(
    ("target", "fault", "told"),
    [
        pytest.param("office-swi", "dead", 'the lab has no "office-swi" - did you mean "office-sw"?', id="misspelt"),
        pytest.param("zzz", "dead", 'the lab has no "zzz"', id="nothing like it"),
        pytest.param("office-sw", "deda", 'there is no fault "deda" - did you mean "dead"?', id="no such fault"),
        pytest.param(
            "office-sw", "cut", '"cut" is for interface or link, and device:office-sw is none', id="not for it"
        ),
        pytest.param("link:office-sw", "cut", 'the lab has no "link:office-sw"', id="no such link"),
    ],
)
def test_a_mistake_is_told_with_the_nearest_right_spelling(
    world: World, noon: Moment, target: str, fault: str, told: str
) -> None:
    with pytest.raises(LabError) as caught:
        world.break_(target, fault, {}, noon)

    assert str(caught.value).startswith(told)
    assert world.wrong(noon) == ()


def test_a_name_that_two_things_share_must_say_which(layout: Layout, settings: LabSettings, noon: Moment) -> None:
    endpoint = replace(layout.endpoints[0], service="office-web")
    world = World(Layout(layout.devices, layout.links, (endpoint,)), settings, noon)

    with pytest.raises(LabError, match="write device:office-web or service:office-web"):
        world.break_("office-web", "dead", {}, noon)
    assert world.break_("service:office-web", "dead", {}, noon).on is TargetKind.SERVICE
    assert [fault.target for fault in world.mend("office-web", noon)] == ["office-web"]
