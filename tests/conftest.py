"""What is chosen for a whole run of the tests: which database the stores are in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import stores
from tests.postgres import missing_server, serving


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="the database that stores are in, where a test does not name one itself (default: sqlite)",
    )


@pytest.fixture(scope="session", autouse=True)
def _where_stores_are(pytestconfig: pytest.Config) -> Iterator[None]:
    if pytestconfig.getoption("--store") == "sqlite":
        yield
        return
    if missing := missing_server():
        pytest.exit(missing, returncode=4)
    with serving() as server:
        stores.use(server)
        yield
        stores.use(None)


@pytest.fixture
def only_in_a_file(pytestconfig: pytest.Config) -> None:
    """For tests of what befalls files alone."""
    if pytestconfig.getoption("--store") != "sqlite":
        pytest.skip("it is about the file of SQLite, and this run is on PostgreSQL")
