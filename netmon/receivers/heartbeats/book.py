"""The book: one small file for each check, replaced whole, so that a report that was acknowledged is never lost."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from netmon.model.heartbeats import Heartbeat, Signal, Vigil
from netmon.model.ids import CheckId
from netmon.model.moments import DAY, Duration, Moment

KEPT_UNEXPECTED = Duration(30 * DAY)
"""How long a file stays whose check is gone: a check that comes back after a mistake in the files finds it."""

_LARGEST_FILE = 16 * 2**10


class Book:
    """What jobs have reported, in the files of *folder*; also for those who only read them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._vigils: dict[CheckId, Vigil | None] = {}
        self._events = structlog.get_logger("netmon.heartbeats")

    def vigil(self, check: CheckId) -> Vigil | None:
        """What is remembered for *check*; a file that cannot be read counts as none, and that is said."""
        if check not in self._vigils:
            self._vigils[check] = self._read(check)
        return self._vigils[check]

    def write(self, check: CheckId, vigil: Vigil) -> None:
        """Keep *vigil* so that a power cut cannot undo it; blocks while the disk works.

        Raises:
            OSError: the disk does not take it.
        """
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        path = self._path(check)
        draft = path.with_suffix(".new")
        content = json.dumps({"check": check, **asdict(vigil)}, ensure_ascii=False).encode()
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        self._sync_folder()

    def note(self, check: CheckId, vigil: Vigil) -> None:
        """From now on *vigil* is what is remembered for *check*."""
        self._vigils[check] = vigil

    def tidy(self, expected: Iterable[CheckId], now: Moment) -> None:
        """Let go of files that nobody has expected anything of for a long time; blocks.

        Raises:
            OSError: the folder cannot be read or changed.
        """
        kept = {self._path(check).name for check in expected}
        for path in self._folder.glob("*.json"):
            age = now - path.stat().st_mtime_ns // 1_000
            if path.name not in kept and age > KEPT_UNEXPECTED:
                path.unlink()

    def _path(self, check: CheckId) -> Path:
        return self._folder / f"{hashlib.sha256(check.encode()).hexdigest()[:32]}.json"

    def _read(self, check: CheckId) -> Vigil | None:
        path = self._path(check)
        try:
            with path.open("rb") as file:
                content = json.loads(file.read(_LARGEST_FILE))
            return _vigil(content)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._events.error("heartbeats_unreadable", check=check, file=str(path), error=str(error))
            return None

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _vigil(content: Mapping[str, Any]) -> Vigil:
    started = content["started"]
    return Vigil(
        since=Moment(int(content["since"])),
        started=None if started is None else Moment(int(started)),
        ended=_heartbeat(content["ended"]),
        succeeded=_heartbeat(content["succeeded"]),
    )


def _heartbeat(content: Mapping[str, Any] | None) -> Heartbeat | None:
    if content is None:
        return None
    took, size, code = content["took"], content["size_bytes"], content["code"]
    return Heartbeat(
        at=Moment(int(content["at"])),
        signal=Signal(content["signal"]),
        took=None if took is None else Duration(int(took)),
        size_bytes=None if size is None else int(size),
        code=None if code is None else int(code),
        message=str(content["message"]),
    )
