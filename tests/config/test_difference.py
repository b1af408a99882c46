"""What a reload would change, by subject and check."""

from __future__ import annotations

from netmon.config.difference import Change, PlanDifference, difference
from netmon.model.moments import SECOND
from tests.config.conftest import LoadProvince


def test_a_plan_does_not_differ_from_itself(load_province: LoadProvince) -> None:
    _, plan = load_province().complete

    assert not difference(plan, plan)


def test_what_is_new_gone_and_changed_is_told_by_name(load_province: LoadProvince) -> None:
    _, old = load_province().complete
    _, new = load_province(
        ("name: core1", "name: core2"),
        ("b: core1/", "b: core2/"),
        ("title: {vi: Chuyển mạch, en: Switch}", "tier: 2, checks: {icmp: {interval: 20s, size: 100}}"),
    ).complete

    assert difference(old, new) == PlanDifference(
        new_subjects=("device:core2",),
        gone_subjects=("device:core1",),
        changed_subjects={
            "device:syt-gw1": (Change("parents", ("core1",), ("core2",)),),
            "device:syt-sw1": (Change("title", {"vi": "Chuyển mạch", "en": "Switch"}, {}), Change("tier", 3, 2)),
        },
        new_checks=("check:device:core2/icmp", "check:device:core2/snmp"),
        gone_checks=("check:device:core1/icmp", "check:device:core1/snmp"),
        changed_checks={
            "check:device:syt-sw1/icmp": (
                Change("rule.interval", 10 * SECOND, 20 * SECOND),
                Change("settings.size", 56, 100),
            )
        },
    )
