"""The control socket: one line in, one line out, for the owner alone."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from netmon.engine.control import Answer, ControlError, ControlSocket, ask


async def double(question: Mapping[str, Any]) -> Answer:
    return {"doubled": question["number"] * 2}


async def refuse(_: Mapping[str, Any]) -> Answer:
    raise ControlError("there is nothing to reload")


@pytest.fixture
async def path(tmp_path: Path) -> AsyncIterator[Path]:
    where = tmp_path / "netmon.sock"
    async with serving(where):
        yield where


async def stumble(question: Mapping[str, Any]) -> Answer:
    raise KeyError("a bug")


@asynccontextmanager
async def serving(where: Path) -> AsyncIterator[None]:
    control = ControlSocket(where, {"double": double, "refuse": refuse, "stumble": stumble})
    control.listen()
    server = asyncio.create_task(control.run())
    yield
    server.cancel()
    await asyncio.wait([server])


async def say(path: Path, line: bytes) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(line)
    writer.write_eof()
    said: dict[str, Any] = json.loads(await reader.readline())
    writer.close()
    return said


async def test_a_verb_is_answered(path: Path) -> None:
    assert await ask(path, "double", number=21) == {"doubled": 42}


async def test_only_the_owner_may_open_it(path: Path) -> None:
    assert _mode(path) == 0o600


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_whoever_is_refused_is_told_why(path: Path) -> None:
    with pytest.raises(ControlError, match="there is nothing to reload"):
        await ask(path, "refuse")


@pytest.mark.parametrize("line", [b"reload\n", b"[]\n", b"{}\n", b'{"verb": "explode"}\n', b'{"verb": {}}\n', b"\n"])
async def test_what_is_no_question_is_told_what_one_is(path: Path, line: bytes) -> None:
    assert (await say(path, line))["error"].endswith("with a verb of: double, refuse, stumble")


async def test_where_nobody_serves_the_way_out_is_told(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="start it with `netmon run`"):
        await ask(tmp_path / "netmon.sock", "double", number=1)


async def test_a_socket_that_was_left_behind_does_not_hinder(tmp_path: Path) -> None:
    where = tmp_path / "netmon.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(where))
    left.close()
    with pytest.raises(ControlError, match="start it with"):
        await ask(where, "double", number=1)

    async with serving(where):
        assert await ask(where, "double", number=1) == {"doubled": 2}
    assert not where.exists()


async def test_a_line_without_an_end_is_dropped_and_the_next_one_is_answered(path: Path) -> None:
    _, writer = await asyncio.open_unix_connection(str(path))
    try:
        writer.write(b"x" * (1 << 21))
        await writer.drain()
    except ConnectionError:
        pass
    writer.close()

    assert await ask(path, "double", number=2) == {"doubled": 4}


async def test_a_bug_in_a_verb_is_answered_and_stops_nobody(tmp_path: Path) -> None:
    where = tmp_path / "netmon.sock"
    async with serving(where):
        with capture_logs() as told, pytest.raises(ControlError, match="a bug of netmon; its log says where"):
            await ask(where, "stumble")

        assert [(event["event"], event["verb"]) for event in told] == [("control_verb_crashed", "stumble")]
        assert await ask(where, "double", number=2) == {"doubled": 4}


async def test_nobody_else_may_open_the_socket_from_its_first_moment(tmp_path: Path) -> None:
    where = tmp_path / "netmon.sock"
    before = os.umask(0)
    try:
        control = ControlSocket(where, {})
        control.listen()
    finally:
        os.umask(before)

    assert stat.S_IMODE(where.stat().st_mode) == 0o600
    control.close()
    assert not where.exists()
