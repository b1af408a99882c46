"""Host names: asked once at a time, kept for a while, and never in the way of others."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from netmon.collectors.names import NameNotResolvedError, Names


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
async def test_what_is_not_found_is_asked_again_next_time(error: Exception) -> None:
    answers: list[Exception | tuple[str, ...]] = [error, ("192.0.2.1",)]

    def ask(name: str) -> tuple[str, ...]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    names = Names(ask)
    with pytest.raises(NameNotResolvedError, match=r"^portal\.example\.vn: "):
        await names.addresses("portal.example.vn")
    assert await names.addresses("portal.example.vn") == ("192.0.2.1",)
