"""The book of heartbeats: what was acknowledged is there after a restart, whatever else lies on the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import structlog

from netmon.model.heartbeats import Heartbeat, Signal, Vigil
from netmon.model.ids import CheckId
from netmon.model.moments import DAY, HOUR, SECOND, Duration, Moment
from netmon.receivers.heartbeats.book import Book

CHECK = CheckId("check:device:sv1/heartbeat/nightly")
NOW = Moment(1_800_000_000 * SECOND)
WHOLE = Vigil(
    since=NOW,
    started=Moment(NOW + 5),
    ended=Heartbeat(at=Moment(NOW + 2), signal=Signal.FAIL, code=-3, message="Sở Y tế \x1b"),
    succeeded=Heartbeat(at=NOW, signal=Signal.OK, took=Duration(HOUR), size_bytes=2**40),
)


@pytest.mark.parametrize("vigil", [WHOLE, Vigil(since=NOW)])
def test_what_was_written_is_read_by_the_next_life(vigil: Vigil, tmp_path: Path) -> None:
    Book(tmp_path / "heartbeats").write(CHECK, vigil)

    assert Book(tmp_path / "heartbeats").vigil(CHECK) == vigil
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "heartbeats").iterdir()] == [0o600]


def test_nothing_is_remembered_of_others(tmp_path: Path) -> None:
    assert Book(tmp_path / "none").vigil(CHECK) is None


@pytest.mark.parametrize("damaged", [b"", b"\x00\xff", b"[]", b'{"since": "x"}', b'{"since": 1, "started": null}'])
def test_a_damaged_page_counts_as_none_and_is_told(damaged: bytes, tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.write(CHECK, WHOLE)
    next(tmp_path.glob("*.json")).write_bytes(damaged)

    with structlog.testing.capture_logs() as events:
        assert Book(tmp_path).vigil(CHECK) is None

    assert [event["event"] for event in events] == ["heartbeats_unreadable"]


def test_pages_of_checks_that_are_long_gone_go_too(tmp_path: Path) -> None:
    book = Book(tmp_path)
    others = [CheckId(f"check:device:sv1/heartbeat/{name}") for name in ("old", "young")]
    for check in (CHECK, *others):
        book.write(check, WHOLE)
    pages = {check: book._path(check) for check in (CHECK, *others)}
    for check, age in ((CHECK, 400 * DAY), (others[0], 31 * DAY), (others[1], 29 * DAY)):
        os.utime(pages[check], ns=(0, (NOW - age) * 1_000))

    book.tidy([CHECK], NOW)

    assert [check for check, page in pages.items() if page.exists()] == [CHECK, others[1]]
