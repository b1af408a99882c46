"""The databases that the contract is tried on: a SQLite file, and a PostgreSQL server of the tests' own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netmon.store import StoreSettings, locate
from netmon.store.database import Database
from tests.postgres import Server, missing_server, serving


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    if missing := missing_server():
        pytest.skip(missing)
    with serving() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def settings(request: pytest.FixtureRequest) -> StoreSettings:
    """Where a database of this test alone lies."""
    if request.param == "sqlite":
        return StoreSettings(busy_timeout="200ms")
    return StoreSettings(url=request.getfixturevalue("postgres").new_database(), busy_timeout="200ms")


@pytest.fixture
def reach(settings: StoreSettings, tmp_path: Path) -> Callable[[], Database]:
    """Reach the database as one process does; twice is as two processes do."""
    return lambda: locate(settings, state=tmp_path)
