"""Service discovery."""

from __future__ import annotations

import json
from collections.abc import Callable

from netmon.export.exposition import Exposition
from netmon.model.plan import Subject


def test_every_device_is_a_target_with_what_the_inventory_says_of_it(
    exposition: Exposition, subject: Callable[..., Subject]
) -> None:
    exposition.show_plan(
        [
            subject("device:syt-gw1", "icmp", "snmp", site="so-y-te", department="so-y-te", tier=2, lab=True),
            subject("device:bare", title={"vi": "Máy chủ", "zh-Hans": "服务器"}),
            subject("service:portal", "http"),
            subject("poller:centre", "icmp"),
        ]
    )

    assert json.loads(exposition.targets) == [
        {
            "targets": ["127.20.0.1"],
            "labels": {
                "__meta_netmon_device": "syt-gw1",
                "__meta_netmon_role": "router",
                "__meta_netmon_site": "so-y-te",
                "__meta_netmon_department": "so-y-te",
                "__meta_netmon_tier": "2",
                "__meta_netmon_lab": "true",
                "__meta_netmon_title_vi": "Sở Y tế",
            },
        }
    ]


def test_without_a_plan_there_are_no_targets(exposition: Exposition) -> None:
    assert json.loads(exposition.targets) == []
