"""netmon lab: what to expect of a fault, and what is said where nothing can be broken."""

from __future__ import annotations

from netmon.app import load_files
from netmon.cli.expectations import waiting
from netmon.lab.faults import FaultKind
from netmon.model.quantities import format_duration
from tests.cli.house import HEALTH, House


def expected(house: House, target: str, fault: FaultKind) -> dict[str, str]:
    loaded = load_files(house.config)
    _, plan = loaded.complete
    return {what: format_duration(within) for what, within in waiting(plan, loaded.inventory, target, fault)}


def test_a_dead_device_is_felt_by_its_ping_within_the_promise(house: House) -> None:
    assert expected(house, "device:syt-gw1", FaultKind.DEAD) == {"check:device:syt-gw1/icmp": "13.5 s"}


def test_garbage_is_felt_by_snmp_alone(house: House) -> None:
    assert list(expected(house, "device:syt-gw1", FaultKind.GARBAGE)) == ["check:device:syt-gw1/snmp"]


def test_a_cut_link_is_felt_by_the_gateway_behind_it_and_by_both_ends(house: House) -> None:
    assert expected(house, "link:syt-tslcd", FaultKind.CUT) == {
        "check:device:syt-gw1/icmp (syt-gw1)": "13.5 s",
        "check:device:syt-gw1/snmp": "1 m",
        "check:device:core1/snmp": "1 m",
    }


def test_a_heartbeat_feels_nothing_of_a_fault(house: House) -> None:
    beat = "syt-web1, checks: {heartbeat: {token: env:TOKEN, period: 1d}}, role"
    house.write("inventory/sites/so-y-te.yaml", HEALTH.replace("syt-web1, role", beat))

    assert list(expected(house, "device:syt-web1", FaultKind.DEAD)) == ["check:device:syt-web1/icmp"]


def test_without_a_running_netmon_nothing_can_be_broken(house: House) -> None:
    house.keep()
    for command in (["break", "syt-gw1", "dead"], ["mend", "all"], ["list"]):
        answer = house.ask("lab", *command)
        assert answer.exit_code == 3
        assert "start it with `netmon run`" in answer.stderr


def test_an_unknown_fault_and_a_bare_option_are_usage(house: House) -> None:
    unknown = house.ask("lab", "break", "syt-gw1", "ded")
    assert unknown.exit_code == 2
    assert 'FAULT: "ded" is not one of dead, cut,' in unknown.stderr
    assert ": did you mean dead?\n" in unknown.stderr
    answer = house.ask("lab", "break", "syt-gw1", "lossy", "--option", "loss")
    assert answer.exit_code == 2
    assert '"loss" is no option; write NAME=VALUE' in answer.stderr
