"""What waits in the spool of a running netmon: why the store knows less than netmon does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from netmon.app import control_path
from netmon.cli.times import LocalTime
from netmon.cli.words import Words
from netmon.config.settings import Configuration
from netmon.engine.control import ControlError, ask
from netmon.model.moments import Moment, from_rfc3339, rfc3339
from netmon.ports import Backlog


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a running netmon has kept and the store has not, since *since*."""

    since: Moment
    backlog: Backlog

    def told(self, words: Words, local: LocalTime) -> str:
        """It in words."""
        return words.say(
            "netmon runs without its store: what it has seen since {at} waits in its spool ({size} MiB)",
            at=local.show_whole(self.since),
            size=words.number(f"{self.backlog.size_bytes / 2**20:.1f}"),
        )

    def document(self) -> dict[str, object]:
        """It for programs."""
        return {
            "since": rfc3339(self.since),
            "size_bytes": self.backlog.size_bytes,
            "transitions": self.backlog.transitions,
        }


def waiting_in_spool(settings: Configuration) -> Waiting | None:
    """What waits, if a netmon runs here and says so."""
    try:
        told = asyncio.run(ask(control_path(settings), "about")).get("backlog")
    except ControlError:
        return None
    if told is None:
        return None
    since = from_rfc3339(told["since"])
    return Waiting(since, Backlog(since=since, size_bytes=told["size_bytes"], transitions=told["transitions"]))
