"""The door for heartbeats: kept before it says so, all strangers answered alike, and nobody holds it up."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from netmon.kernel.clock import FakeClock, SystemClock
from netmon.model.heartbeats import Signal
from netmon.model.ids import CheckId
from netmon.model.moments import SECOND, Duration
from netmon.receivers.heartbeats.book import Book
from netmon.receivers.heartbeats.desk import Desk, Reply
from netmon.receivers.heartbeats.door import Door
from netmon.receivers.heartbeats.tokens import Reporter, Reporters

CHECK = CheckId("check:device:sv1/heartbeat/nightly")
TOKEN = "mat-khau-rat-dai-1234567"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
REPORTERS = Reporters([Reporter(CHECK, (CHECK, "nightly"), TOKEN)])


class House:
    """A door with a desk behind it, and what was to be looked at because of it."""

    def __init__(self, folder: Path) -> None:
        self.looked_at: list[CheckId] = []
        self.book = Book(folder)
        self.desk = Desk(self.book, FakeClock(), self.looked_at.append)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = free.getsockname()[:2]
        self.replies: list[Reply] = []
        self.door = Door(self.desk, SystemClock(), address=self.address, count=self.replies.append)

    async def ask(self, method: str, path: str, **rest: Any) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
            return await client.request(method, f"http://127.0.0.1:{self.address[1]}{path}", **rest)

    async def opened(self) -> None:
        while True:
            try:
                _, writer = await asyncio.open_connection(*self.address)
            except ConnectionRefusedError:
                await asyncio.sleep(0)
            else:
                writer.transport.abort()
                return


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    one = House(tmp_path / "heartbeats")
    async with asyncio.TaskGroup() as group:
        running = group.create_task(one.door.run())
        await one.desk.expect(REPORTERS)
        await one.opened()
        yield one
        running.cancel()


async def test_a_report_is_on_the_disk_before_it_is_acknowledged(house: House, tmp_path: Path) -> None:
    answer = await house.ask("POST", "/beat/nightly?duration=90", headers=BEARER, content=b"xong")

    assert (answer.status_code, answer.text) == (200, "ok\n")
    kept = Book(tmp_path / "heartbeats").vigil(CHECK)
    assert kept is not None
    assert kept == house.book.vigil(CHECK)
    assert kept.succeeded is not None
    assert kept.succeeded.message == "xong"
    assert house.looked_at == [CHECK]


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/beat/nightly", BEARER),
        ("GET", f"/beat/nightly/{TOKEN}", {}),
        ("POST", f"/beat/{CHECK}/", BEARER),
        ("GET", "/beat/check%3Adevice%3Asv1%2Fheartbeat%2Fnightly?signal=start", BEARER),
    ],
)
async def test_a_job_may_say_who_it_is_in_several_ways(
    method: str, path: str, headers: dict[str, str], house: House
) -> None:
    assert (await house.ask(method, path, headers=headers)).status_code == 200
    assert house.looked_at == [CHECK]


async def test_all_strangers_are_answered_alike(house: House) -> None:
    answers = [
        await house.ask(method, path, headers=headers)
        for method, path, headers in (
            ("GET", "/", {}),
            ("GET", "/beat/nightly", {}),
            ("GET", "/beat/nightly", {"Authorization": "Bearer khong-phai-mat-khau-nay"}),
            ("POST", "/beat/nightly/khong-phai-mat-khau-nay?signal=what", {}),
            ("GET", "/beat/weekly", BEARER),
            ("PUT", "/beat/nightly", BEARER),
            ("GET", "/metrics", BEARER),
        )
    ]
    assert house.replies == [Reply.UNKNOWN] * len(answers)
    assert {(answer.status_code, answer.text, str(answer.headers)) for answer in answers} == {
        (404, "not found\n", str(answers[0].headers))
    }
    assert house.looked_at == []


async def test_what_is_not_understood_changes_nothing(house: House) -> None:
    before = house.book.vigil(CHECK)
    answer = await house.ask("GET", "/beat/nightly?signal=done", headers=BEARER)
    assert (answer.status_code, answer.text) == (400, "signal is start, ok or fail\n")
    assert house.book.vigil(CHECK) == before


async def test_a_body_without_end_is_not_read(house: House) -> None:
    answer = await house.ask("POST", "/beat/nightly", headers=BEARER, content=b"x" * 40_000)
    assert answer.status_code == 413
    assert house.looked_at == []


async def test_a_check_is_not_reported_for_without_end(house: House) -> None:
    statuses = [(await house.ask("GET", "/beat/nightly", headers=BEARER)).status_code for _ in range(12)]
    assert statuses == [200] * 10 + [429] * 2
    assert len(house.looked_at) == 10


async def test_a_disk_that_takes_nothing_is_not_called_ok(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(house.book, "write", full)
    with structlog.testing.capture_logs() as events:
        answer = await house.ask("GET", "/beat/nightly?signal=fail", headers=BEARER)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert [event["event"] for event in events] == ["heartbeat_not_kept"]
    vigil = house.book.vigil(CHECK)
    assert vigil is not None
    assert vigil.ended is None


async def test_who_says_nothing_or_nonsense_holds_up_nobody(house: House) -> None:
    silent = await asyncio.open_connection(*house.address)
    rude = await asyncio.open_connection(*house.address)
    rude[1].write(b"\x16\x03\x01\x02" * 100 + b"\r\n\r\n")
    huge = await asyncio.open_connection(*house.address)
    huge[1].write(b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000)

    assert (await house.ask("GET", "/beat/nightly", headers=BEARER)).status_code == 200
    assert await rude[0].read() == b""
    for _, writer in (silent, rude, huge):
        writer.transport.abort()


async def test_a_silent_crowd_from_one_address_holds_up_nobody_from_another(house: House) -> None:
    crowd = [await asyncio.open_connection(*house.address) for _ in range(70)]
    reader, writer = await asyncio.open_connection(*house.address, local_addr=("127.0.0.2", 0))
    writer.write(f"GET /beat/nightly/{TOKEN} HTTP/1.1\r\nHost: h\r\n\r\n".encode())

    assert (await reader.read()).startswith(b"HTTP/1.1 200")

    assert not any(silent.at_eof() for silent, _ in crowd)  # nobody had to be shown out first
    for _, each in (*crowd, (reader, writer)):
        each.transport.abort()


async def test_nobody_listens_any_more_when_the_last_check_is_gone(house: House) -> None:
    await house.desk.expect(Reporters())
    while True:
        try:
            _, writer = await asyncio.open_connection(*house.address)
        except ConnectionError:
            break
        writer.transport.abort()
    await house.desk.expect(REPORTERS)
    await house.opened()
    assert (await house.ask("GET", "/beat/nightly", headers=BEARER)).status_code == 200


async def test_curl_may_wait_for_leave_to_send(house: House) -> None:
    reader, writer = await asyncio.open_connection(*house.address)
    head = f"POST /beat/nightly HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {TOKEN}\r\n"
    writer.write(f"{head}Content-Length: 4\r\nExpect: 100-continue\r\n\r\n".encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
    writer.write(b"xong")
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.transport.abort()


async def test_a_start_and_an_end_make_a_run(house: House) -> None:
    await house.ask("GET", "/beat/nightly?signal=start", headers=BEARER)
    await house.ask("GET", "/beat/nightly?code=4", headers=BEARER)
    vigil = house.book.vigil(CHECK)
    assert vigil is not None
    assert vigil.started is None
    assert vigil.ended is not None
    assert (vigil.ended.signal, vigil.ended.code) == (Signal.FAIL, 4)
    assert vigil.ended.took is not None
    assert vigil.succeeded is None


async def test_nobody_listens_while_nothing_is_expected(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(house.door.run())
        await house.desk.expect(Reporters())
        with pytest.raises(httpx.ConnectError):
            await house.ask("GET", "/beat/nightly")
        running.cancel()


async def test_an_address_that_is_taken_is_told_once_and_asked_for_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    with socket.create_server(house.address), structlog.testing.capture_logs() as events:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(house.door.run())
            await house.desk.expect(REPORTERS)
            while not events:  # noqa: ASYNC110  the log is what is waited for
                await asyncio.sleep(0)
            running.cancel()
    assert [event["event"] for event in events] == ["heartbeats_not_heard"]


async def test_whoever_comes_faster_than_the_pace_waits(tmp_path: Path) -> None:
    """On a clock that stands still only the first is let in: a flood takes no time from anybody else."""
    clock, house = FakeClock(), House(tmp_path)
    door = Door(house.desk, clock, address=house.address, count=house.replies.append)
    question = f"GET /beat/nightly/{TOKEN} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(door.run())
        await house.desk.expect(REPORTERS)
        await clock.advance(Duration(0))
        visitors = [await asyncio.open_connection(*house.address) for _ in range(20)]
        for _, writer in visitors:
            writer.write(question)

        assert (await visitors[0][0].read()).startswith(b"HTTP/1.1 200")
        await clock.advance(Duration(0))
        assert house.looked_at == [CHECK]

        await clock.advance(Duration(SECOND // 50))
        assert (await visitors[1][0].read()).startswith(b"HTTP/1.1 200")
        assert house.looked_at == [CHECK, CHECK]
        running.cancel()
        for _, writer in visitors:
            writer.transport.abort()
