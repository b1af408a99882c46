"""Where the stores of the tests are: in SQLite files, or with ``--store=postgresql`` in a server of the tests' own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from netmon.store import StoreSettings
from netmon.store.tables import metadata
from tests.postgres import Server

_server: Server | None = None
_urls: dict[Path, str] = {}


def use(server: Server | None) -> None:
    """From now on stores are in *server*, or in files again."""
    global _server
    _server = server
    _urls.clear()


def url_in(folder: Path) -> str | None:
    """The database of whatever has its files in *folder*; ``None`` for the file that netmon makes by itself."""
    if _server is None:
        return None
    if folder not in _urls:
        _urls[folder] = _server.new_database_on_socket()
    return _urls[folder]


def settings_in(folder: Path) -> StoreSettings:
    """The settings of a store in *folder*."""
    return StoreSettings(url=url) if (url := url_in(folder)) else StoreSettings()


def configure(config: Path, folder: Path | None = None) -> None:
    """Let the configuration at *config* name the store of *folder* (by default its own), where it is no file."""
    if url := url_in(folder or config.parent):
        lines = config.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith("store:")]
        config.write_text("\n".join([*kept, f'store: {{url: "{url}"}}', ""]), encoding="utf-8")


def written(url: str, state: Path) -> list[bytes]:
    """All that the database at *url* holds, piece by piece: the bytes of its files, or every row of each table."""
    if url.startswith("sqlite"):
        return [file.read_bytes() for file in state.glob("netmon.db*")]
    tables = metadata.tables
    return [repr(ask(url, state, f'SELECT "{name}"::text FROM "{name}"')).encode() for name in tables]


def ask(url: str, state: Path, query: str, *values: int) -> list[tuple[Any, ...]]:
    """What the database at *url* answers without netmon; ``?`` stands for a value."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(f"file:{state / 'netmon.db'}?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()
    with psycopg.connect(url) as server:
        return server.execute(query.replace("?", "%s").encode(), values).fetchall()
