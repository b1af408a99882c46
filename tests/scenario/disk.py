"""The disk of a story: what is to be done on it is done at once, refused, or never done because netmon was killed."""

from __future__ import annotations

import errno
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from typing_extensions import override

from tests.scenario.memory_store import Killed


class Disk(Executor):
    """Does in the thread that asks what netmon would do in another."""

    def __init__(self) -> None:
        self.is_killed = False
        self.is_full = False

    @override
    def submit(self, work: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        if self.is_killed:
            raise Killed
        done: Future[Any] = Future()
        try:
            if self.is_full:
                raise OSError(errno.ENOSPC, "No space left on device")
            done.set_result(work(*arguments, **options))
        except Exception as error:  # noqa: BLE001  whatever it is, whoever waits for it is told
            done.set_exception(error)
        return done
