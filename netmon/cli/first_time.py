"""Tells a store that is still to be made from one that is missing or broken."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import make_url

from netmon.config.settings import Configuration


def is_first_time(settings: Configuration) -> bool:
    """Whether the store is a file, and netmon has never made it."""
    url = make_url(settings.store.url)
    if url.get_backend_name() != "sqlite":
        return False
    file = Path(settings.state) / (url.database or "")
    return not file.exists() and not file.with_name(f"{file.name}-wal").exists()
