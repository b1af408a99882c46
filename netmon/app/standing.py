"""How the running netmon stands: what it tells of itself on the control socket and at ``/readyz``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netmon.app.files import Files
from netmon.engine.control import Answer
from netmon.engine.machine import Machine
from netmon.export.doors import Readiness
from netmon.kernel.clock import SystemClock
from netmon.model.moments import SECOND, Duration, in_seconds, rfc3339
from netmon.ports import Backlog

STORE_PATIENCE = Duration(30 * SECOND)
"""netmon is not ready when the store has taken nothing for so long."""


@dataclass(frozen=True, slots=True)
class FirstLooks:
    """How many checks of the plan wait for their first look, and how many there are."""

    left: int
    checks: int


class Standing:
    """What is known of the machine that runs now; *machine* is ``None`` before the first one does."""

    def __init__(self, files: Files, clock: SystemClock) -> None:
        self._files = files
        self._clock = clock
        self.machine: Machine | None = None

    @property
    def first_looks(self) -> FirstLooks | None:
        """How far the first looks are; ``None`` before the first life has begun."""
        left = self.machine.first_looks_left if self.machine else None
        return None if left is None else FirstLooks(left, len(self._files.plan.checks))

    async def tell_about(self, question: Mapping[str, Any]) -> Answer:
        """Who runs here, by which plan, and how it is doing."""
        looks = self.first_looks
        return {
            "pid": os.getpid(),
            "plan": self._files.plan.hash,
            "checks": len(self._files.plan.checks),
            "first_looks_left": looks.left if looks else None,
            "listen": self._files.settings.listen,
            "drift_seconds": in_seconds(self._clock.drift()),
            "backlog": self._tell_backlog(),
        }

    def readiness(self) -> Readiness:
        """Whether it does its work, and what keeps it from that."""
        causes = self._store_troubles()
        looks = self.first_looks
        if looks is None:
            causes.append("no plan was taken yet")
        elif looks.left:
            causes.append(f"{looks.left} checks wait for their first look")
        return Readiness(tuple(causes))

    def _store_troubles(self) -> list[str]:
        kept, backlog = self.machine.last_kept if self.machine else None, self._backlog
        now = self._clock.now()
        if kept is None and backlog.since is None:
            return ["the store has not taken anything yet"]
        if kept is not None and now - kept <= STORE_PATIENCE:
            return []
        waited = in_seconds(Duration(now - (kept or backlog.since or now)))
        causes = [f"the store has taken nothing for {waited:.0f} s; the log says why"]
        if backlog.since is not None:
            size = f"{backlog.size_bytes / 2**20:.1f} MiB"
            causes.append(f"{size} with {backlog.transitions} transitions wait for it in the spool")
        return causes

    def _tell_backlog(self) -> Answer | None:
        """What waits for the store, since when; ``None`` while it takes everything."""
        backlog = self._backlog
        if backlog.since is None:
            return None
        return {
            "since": rfc3339(backlog.since),
            "size_bytes": backlog.size_bytes,
            "transitions": backlog.transitions,
        }

    @property
    def _backlog(self) -> Backlog:
        return self.machine.backlog if self.machine else Backlog()
