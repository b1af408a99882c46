"""Opens the session of one call."""

from __future__ import annotations

from pathlib import Path

from netmon.cli.screen import Screen
from netmon.cli.session import Session
from netmon.cli.words import Words
from netmon.kernel.clock import Clock, SystemClock


def open_session(config: Path, words: Words, *, clock: Clock | None) -> Session:
    """A session about *config* on standard output, by the system's clock where nobody brings another."""
    return Session(config=config, words=words, screen=Screen(), clock=clock or SystemClock())
