"""Service discovery: the devices of the plan as Prometheus' ``http_sd`` wants them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from netmon.model.ids import EntityKind, bare_id, kind_of
from netmon.model.plan import Subject


def render_targets(subjects: Iterable[Subject]) -> bytes:
    """The JSON document of ``/sd``: one group for each device, its address as the target.

    The address stands as it is in the inventory, without a port: scrape configurations hand it on to an
    exporter by relabelling. A device's address is the one that its first check asks.
    """
    devices = (subject for subject in subjects if kind_of(subject.id) is EntityKind.DEVICE and subject.checks)
    groups = [{"targets": [device.checks[0].address], "labels": _labels(device)} for device in devices]
    return json.dumps(groups, ensure_ascii=False, separators=(",", ":")).encode()


def _labels(device: Subject) -> dict[str, str]:
    labels = {
        "device": bare_id(device.id),
        "role": device.role,
        "site": device.site or "",
        "department": device.department or "",
        "tier": str(device.tier),
        "lab": "true" if device.lab else "false",
    }
    titles = {f"title_{re.sub('[^a-z0-9]', '_', tag.lower())}": title for tag, title in device.title.items()}
    return {f"__meta_netmon_{name}": value for name, value in (labels | titles).items() if value}
