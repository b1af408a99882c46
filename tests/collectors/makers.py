"""Small makers that the tests of all checks share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netmon.kernel.clock import Clock, FakeClock
from netmon.model.ids import CheckId, EntityId
from netmon.model.moments import SECOND, Duration
from netmon.model.plan import CheckSpec, Rule
from netmon.ports import Ground

RULE = Rule(interval=Duration(60 * SECOND), timeout=Duration(10 * SECOND))


def check(kind: str, address: str, settings: Mapping[str, Any] | None = None) -> CheckSpec:
    """A check of a device at *address*."""
    return CheckSpec(
        id=CheckId(f"check:device:d/{kind}"),
        subject=EntityId("device:d"),
        kind=kind,
        name=None,
        address=address,
        rule=RULE,
        settings=settings or {},
    )


def ground(*, clock: Clock | None = None, secrets: Mapping[str, str] | None = None, **rest: Any) -> Ground:
    """What a kind stands on, with a clock that stands still and the given secrets by reference."""
    known = secrets or {}
    return Ground(clock=clock or FakeClock(), secret=known.__getitem__, credential=lambda _: {}, **rest)
