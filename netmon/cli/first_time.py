"""Tells a netmon that has not run here yet from a store that is missing or broken."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy.engine import make_url

from netmon.app import control_path
from netmon.cli.words import marked
from netmon.config.settings import Configuration

NOT_YET = marked("netmon has not run here yet: start it with `netmon run`")


def has_never_run(settings: Configuration) -> bool:
    """Whether there is no trace of a netmon of *settings*: it has made no store, and does not listen."""
    return has_no_store(settings) and is_absent(control_path(settings))


def has_no_store(settings: Configuration) -> bool:
    """Whether the store is a file, and netmon has never made it."""
    url = make_url(settings.store.url)
    if url.get_backend_name() != "sqlite":
        return False
    file = Path(settings.state) / (url.database or "")
    return is_absent(file) and is_absent(file.with_name(f"{file.name}-wal"))


def is_absent(path: Path) -> bool:
    """Whether *path* is certainly not there; where this user may not look, nothing is certain."""
    try:
        os.stat(path)  # noqa: PTH116  Path.exists() takes some errors for absence
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
