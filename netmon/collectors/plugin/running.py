"""Runs a program by its argument list: bounded in what it says, and gone with all its children when the look ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_CHUNK = 64 * 2**10
_MOST_COMPLAINT = 4 * 2**10
_LINGER_SECONDS = 0.5
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


Process = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: *code* is negative where a signal ended it, *complaint* is its standard error."""

    code: int
    output: bytes
    complaint: bytes
    said_too_much: bool


async def run(
    command: Sequence[str], *, secrets: Mapping[str, str], given: str | None, limit: int, undead: list[Process]
) -> Ended:
    """Run *command* until it ends.

    It gets its own session, so that ending it ends its children; an environment that holds nothing of netmon's but
    *secrets*; and *given* as its input. Whoever cancels this ends it.

    Args:
        limit: how many bytes of output are heard; a program that says more is ended.
        undead: gets the process where it outlives its end, as one does that waits for a disk inside the system.

    Raises:
        OSError: it cannot be started.
    """
    running = _Running(_start(command, secrets, given), limit, undead)
    try:
        await running.done.wait()
    finally:
        await running.end()
    return running.ended


def _start(command: Sequence[str], secrets: Mapping[str, str], given: str | None) -> Process:
    """Start without a wait in between: whoever is cancelled there would not know what to end."""
    with open(os.memfd_create("input"), "w+b", buffering=0) as content:  # noqa: PTH123  memory without a path
        content.write((given or "").encode())
        content.seek(0)
        return subprocess.Popen(  # noqa: S603  a list of arguments, without a shell
            command,
            stdin=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**_ENVIRONMENT, **secrets},
            cwd="/",
            start_new_session=True,
        )


class _Running:
    """A process that is heard until it ends.

    Attributes:
        done: it has ended, or has said too much.
    """

    def __init__(self, process: Process, limit: int, undead: list[Process]) -> None:
        assert process.stdout is not None  # noqa: S101  as it was started
        assert process.stderr is not None  # noqa: S101
        self.done = asyncio.Event()
        self._exited = asyncio.Event()
        self._silent = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._process = process
        self._limit = limit
        self._undead = undead
        self._heard = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
        self._open = set(self._heard)
        self._output, self._complaint = self._heard
        try:
            self._exit = os.pidfd_open(process.pid)
        except OSError:
            _end_group(process.pid)
            raise
        self._loop.add_reader(self._exit, self._note_exit)
        for pipe in self._heard:
            os.set_blocking(pipe, False)
            self._loop.add_reader(pipe, self._hear, pipe)

    @property
    def ended(self) -> Ended:
        """How it ended."""
        code = self._process.returncode
        output = self._heard[self._output]
        return Ended(
            code=-signal.SIGKILL if code is None else code,
            output=bytes(output[: self._limit]),
            complaint=bytes(self._heard[self._complaint]),
            said_too_much=len(output) > self._limit,
        )

    async def end(self) -> None:
        """End what is left of it, hear its last words, and let go of it."""
        _end_group(self._process.pid)  # nobody has waited for it yet, so the number is still its own
        try:
            await _wait_briefly(self._silent)
            await _wait_briefly(self._exited)
        finally:
            self._let_go()

    def _note_exit(self) -> None:
        self._loop.remove_reader(self._exit)
        self._exited.set()
        self.done.set()

    def _hear(self, pipe: int) -> None:
        try:
            data = os.read(pipe, _CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._loop.remove_reader(pipe)
            self._open.discard(pipe)
            if not self._open:
                self._silent.set()
        most = self._limit + 1 if pipe == self._output else _MOST_COMPLAINT
        heard = self._heard[pipe]
        heard += data[: most - len(heard)]
        if len(self._heard[self._output]) > self._limit:
            self.done.set()

    def _let_go(self) -> None:
        for number in (self._exit, *self._open):
            self._loop.remove_reader(number)
        os.close(self._exit)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        if self._process.poll() is None:
            self._undead.append(self._process)


def _end_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # all gone; or gone over to another user
        os.killpg(leader, signal.SIGKILL)


async def _wait_briefly(event: asyncio.Event) -> None:
    """Wait until *event*, but not for a child that left its group and keeps the pipe, nor for a process that hangs."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_SECONDS):
            await event.wait()
