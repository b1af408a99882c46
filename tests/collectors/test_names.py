"""Host names: asked once at a time, kept for a while, and never in the way of others."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from netmon.collectors.names import NameNotResolvedError, Names
from netmon.kernel.clock import FakeClock
from netmon.model.moments import DAY, HOUR, MINUTE, SECOND, Duration

PLENTY = Duration(20 * SECOND)


class Resolver:
    """Says one of *answers* after the other, unless it hangs."""

    def __init__(self, *answers: Exception | tuple[str, ...]) -> None:
        self._answers = iter(answers)
        self._gate = threading.Event()
        self._gate.set()
        self._lock = threading.Lock()
        self._at_once = 0
        self.asked = self.most_at_once = 0

    def __call__(self, name: str) -> tuple[str, ...]:
        with self._lock:
            self.asked += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            answer = next(self._answers)
        assert self._gate.wait(20)
        with self._lock:
            self._at_once -= 1
        if isinstance(answer, Exception):
            raise answer
        return answer

    @contextlib.contextmanager
    def hanging(self) -> Iterator[None]:
        self._gate.clear()
        try:
            yield
        finally:
            self._gate.set()


async def test_an_answer_is_kept() -> None:
    asked: list[str] = []

    def ask(name: str) -> tuple[str, ...]:
        asked.append(name)
        return ("192.0.2.1", "2001:db8::1")

    names = Names(ask)
    for _ in range(3):
        assert await names.addresses("portal.example.vn") == ("192.0.2.1", "2001:db8::1")
    assert asked == ["portal.example.vn"]


async def test_looks_that_wait_for_one_name_share_one_question() -> None:
    gate, asked = threading.Event(), []

    def ask(name: str) -> tuple[str, ...]:
        asked.append(name)
        assert gate.wait(5)
        return ("192.0.2.1",)

    names = Names(ask)
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(names.addresses("portal.example.vn")) for _ in range(10)]
        await asyncio.sleep(0)
        gate.set()
    assert {one.result() for one in waiting} == {("192.0.2.1",)}
    assert asked == ["portal.example.vn"]


async def test_one_who_stops_waiting_does_not_stop_the_others() -> None:
    gate = threading.Event()

    def ask(name: str) -> tuple[str, ...]:
        assert gate.wait(5)
        return ("192.0.2.1",)

    names = Names(ask)
    async with asyncio.TaskGroup() as group:
        patient = group.create_task(names.addresses("portal.example.vn"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await names.addresses("portal.example.vn")
        gate.set()
    assert patient.result() == ("192.0.2.1",)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(socket.gaierror(socket.EAI_NONAME, "Name or service not known"), id="no such name"),
        pytest.param(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), id="no resolver"),
        pytest.param(UnicodeError("label too long"), id="no name at all"),
    ],
)
async def test_what_is_not_found_is_asked_again_after_ten_seconds(error: Exception) -> None:
    clock, resolver = FakeClock(), Resolver(error, ("192.0.2.1",))
    names = Names(resolver, clock=clock)

    for _ in range(3):
        with pytest.raises(NameNotResolvedError, match=r"^portal\.example\.vn: "):
            await names.addresses("portal.example.vn")
    assert resolver.asked == 1

    await clock.advance(Duration(10 * SECOND))
    assert await names.addresses("portal.example.vn") == ("192.0.2.1",)


async def test_an_answer_that_has_expired_is_asked_for_anew() -> None:
    clock, resolver = FakeClock(), Resolver(("192.0.2.1",), ("192.0.2.2",))
    names = Names(resolver, clock=clock, patience=PLENTY)
    await names.addresses("portal.example.vn")

    await clock.advance(MINUTE)

    assert await names.addresses("portal.example.vn") == ("192.0.2.2",)


async def test_while_the_resolver_hangs_what_was_known_goes_on_being_served() -> None:
    clock, resolver = FakeClock(), Resolver(("192.0.2.1",), ("192.0.2.2",))
    names = Names(resolver, clock=clock, patience=Duration(0))
    await names.addresses("portal.example.vn")
    await clock.advance(MINUTE)

    with resolver.hanging():
        for _ in range(3):
            assert await names.addresses("portal.example.vn") == ("192.0.2.1",)

    assert resolver.asked <= 2


async def test_while_the_resolver_is_out_of_order_what_was_known_is_served_for_a_day() -> None:
    clock = FakeClock()
    broken = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    names = Names(Resolver(("192.0.2.1",), broken, broken, broken), clock=clock, patience=PLENTY)
    await names.addresses("portal.example.vn")

    await clock.advance(HOUR)
    assert await names.addresses("portal.example.vn") == ("192.0.2.1",)
    assert await names.addresses("portal.example.vn") == ("192.0.2.1",)

    await clock.advance(DAY)
    with pytest.raises(NameNotResolvedError, match="Temporary failure"):
        await names.addresses("portal.example.vn")


async def test_a_name_that_was_abolished_is_not_served_from_memory() -> None:
    clock = FakeClock()
    gone = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    names = Names(Resolver(("192.0.2.1",), gone), clock=clock, patience=PLENTY)
    await names.addresses("portal.example.vn")

    await clock.advance(MINUTE)

    for _ in range(2):
        with pytest.raises(NameNotResolvedError, match="not known"):
            await names.addresses("portal.example.vn")


async def test_names_that_hang_leave_room_for_others_up_to_a_limit_and_none_is_forgotten() -> None:
    resolver = Resolver(*[("192.0.2.1",)] * 5)
    names = Names(resolver, most_asked_at_once=2)
    async with asyncio.TaskGroup() as group:
        with resolver.hanging():
            waiting = [group.create_task(names.addresses(f"{number}.example.vn")) for number in range(5)]
            assert await asyncio.to_thread(lambda: "the loop's own threads are free") is not None
            assert resolver.asked <= 2
    assert [one.result() for one in waiting] == [("192.0.2.1",)] * 5
    assert resolver.most_at_once <= 2


async def test_of_very_many_addresses_the_first_few_are_kept() -> None:
    names = Names(lambda name: tuple(f"192.0.2.{number}" for number in range(256)))
    assert len(await names.addresses("portal.example.vn")) == 32


def test_a_resolver_that_hangs_does_not_keep_the_process_from_ending() -> None:
    program = """
import asyncio, threading
from netmon.collectors.names import Names

async def main():
    async with asyncio.timeout(0.01):
        await Names(lambda name: threading.Event().wait()).addresses("portal.example.vn")

try:
    asyncio.run(main())
except TimeoutError:
    print("ended")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "ended\n"
