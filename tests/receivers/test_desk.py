"""The desk: reports are kept one after the other, and nobody is forgotten by a disk that is full or slow."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
import structlog

from netmon.kernel.clock import FakeClock
from netmon.model.heartbeats import Signal, Vigil
from netmon.model.ids import CheckId
from netmon.receivers.heartbeats.book import Book
from netmon.receivers.heartbeats.desk import Desk, Question, Reply
from netmon.receivers.heartbeats.tokens import Reporter, Reporters

CHECKS = [CheckId(f"check:device:sv{number}/heartbeat/nightly") for number in (1, 2)]
REPORTERS = Reporters([Reporter(check, (check,), "mat-khau-rat-dai-1234567") for check in CHECKS])


async def test_a_report_whose_job_hung_up_is_kept_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Book(tmp_path)
    looked_at: list[CheckId] = []
    desk = Desk(book, FakeClock(), looked_at.append)
    await desk.expect(REPORTERS)
    write, begun, goes_on = book.write, threading.Event(), threading.Event()

    def write_slowly(check: CheckId, vigil: Vigil) -> None:
        begun.set()
        assert goes_on.wait(20)
        write(check, vigil)

    monkeypatch.setattr(book, "write", write_slowly)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(desk.take(CHECKS[0], Question("/beat/nightly", "signal=fail"), b""))
        await asyncio.to_thread(begun.wait, 20)
        first.cancel()
        second = group.create_task(desk.take(CHECKS[0], Question("/beat/nightly", "signal=start"), b""))
        goes_on.set()

    assert second.result()[0] is Reply.KEPT
    kept = book.vigil(CHECKS[0])
    assert kept is not None
    assert kept.ended is not None
    assert (kept.ended.signal, kept.started) == (Signal.FAIL, FakeClock().now())
    assert Book(tmp_path).vigil(CHECKS[0]) == kept
    assert looked_at == [CHECKS[0], CHECKS[0]]


async def test_every_check_is_expected_though_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    book = Book(tmp_path)
    monkeypatch.setattr(book, "write", full)
    with structlog.testing.capture_logs() as events:
        await Desk(book, FakeClock(), lambda _: None).expect(REPORTERS)

    assert [event["event"] for event in events] == ["heartbeats_not_begun"]
    assert [book.vigil(check) for check in CHECKS] == [Vigil(since=FakeClock().now())] * 2
