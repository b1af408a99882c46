"""Where the store is, as people write it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from netmon.store import StoreSettings, locate


@pytest.mark.parametrize(
    ("url", "where"),
    [
        pytest.param(
            "sqlite:///netmon.db", "/var/lib/netmon/netmon.db", id="a relative file lies in the state directory"
        ),
        pytest.param("sqlite:////srv/netmon.db", "/srv/netmon.db", id="an absolute file stays where it is"),
        pytest.param("postgresql://netmon@db/log", "postgresql://netmon:***@db/log", id="no password is shown"),
    ],
)
def test_a_url_names_a_database(url: str, where: str) -> None:
    database = locate(StoreSettings(url=url), state=Path("/var/lib/netmon"), password="trăng sáng")
    assert database.where == where
    assert "trăng" not in repr(database)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        pytest.param("netmon.db", "is not a URL; write sqlite:///netmon.db", id="a bare path"),
        pytest.param("mysql://db/log", '"mysql" is not supported', id="another database"),
        pytest.param("sqlite://", "names no database", id="no file"),
        pytest.param("sqlite:///:memory:", "names no database", id="memory, which forgets"),
        pytest.param("postgresql://netmon:moon@db/log", "a password stands elsewhere", id="a password in it"),
    ],
)
def test_a_wrong_url_is_told_with_the_right_spelling(url: str, told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        StoreSettings(url=url)
    assert told in str(refused.value)
    assert "moon" not in str(refused.value)


def test_the_database_is_given_longer_than_the_lock_that_is_waited_for_in_it() -> None:
    with pytest.raises(ValidationError, match="`patience` must be longer than `busy_timeout`"):
        StoreSettings(patience="5s")
