"""The application: builds every concrete object, introduces them to each other and runs them."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from netmon.app.asking import Asking, open_asking
from netmon.app.files import Files, control_path, lab_settings, locate_store, make_state_directory
from netmon.app.verbs import Playing, Reloading
from netmon.collectors import KINDS
from netmon.config.loading import Loaded
from netmon.engine.control import Answer, ControlSocket
from netmon.engine.machine import Machine, Watching
from netmon.export.doors import Readiness, build_doors
from netmon.export.exposition import Exposition
from netmon.export.health import Health
from netmon.export.server import listen, serve
from netmon.export.settings import ExportSettings
from netmon.kernel.clock import SystemClock
from netmon.lab.drawing import draw_layout
from netmon.lab.running import Lab, open_lab
from netmon.model.moments import SECOND, Duration, in_seconds
from netmon.snmp.descriptors import raise_descriptor_limit
from netmon.store.opening import open_store

DESCRIPTORS = 65_536
SPARE_DESCRIPTORS = 500
STORE_PATIENCE = Duration(30 * SECOND)
"""netmon is not ready when the store has taken nothing for so long."""


class ListenError(Exception):
    """The address of the doors cannot be had; *address* is the one that the settings say."""

    def __init__(self, address: str, error: OSError) -> None:
        super().__init__(f"cannot listen on {address}: {error.strerror or error}")
        self.address = address
        self.error = error


class StartError(Exception):
    """netmon could not start; the text says what, where, why and how to mend it."""


@dataclass(frozen=True, slots=True)
class FirstLooks:
    """How many checks of the plan wait for their first look, and how many there are."""

    left: int
    checks: int


class Application:
    """One running netmon."""

    def __init__(self, path: Path, loaded: Loaded) -> None:
        self._files = Files(path, loaded)
        self._events = structlog.get_logger("netmon.app")
        self._clock = SystemClock()
        settings = self._files.settings
        self._health = Health(self._clock, lab=settings.lab is not None)
        self._exposition = Exposition(KINDS, self._health.refuse)
        self._export = ExportSettings(listen=settings.listen)
        self._machine: Machine | None = None

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; SIGHUP reloads.

        Raises:
            StoreError, SecretError, ListenError, StartError, Mistakes: the store, a secret, an address or the lab
                could not be had.
        """
        settings = self._files.settings
        with _start_errors(f"cannot use the state directory {settings.state}", "give netmon's user the right to it"):
            make_state_directory(settings)
        if (descriptors := raise_descriptor_limit(DESCRIPTORS)) < len(self._files.plan.checks) + SPARE_DESCRIPTORS:
            self._events.warning("descriptors_short", allowed=descriptors, checks=len(self._files.plan.checks))
        database = locate_store(settings, self._files.places)
        async with AsyncExitStack() as stack:
            group = await stack.enter_async_context(asyncio.TaskGroup())
            listening = self._listen()
            store = await stack.enter_async_context(open_store(database))
            lab = await self._open_lab(stack, group)
            asking = await stack.enter_async_context(open_asking(self._files, self._clock, lab.echo if lab else None))
            self._machine = machine = Machine(
                clock=self._clock,
                store=store,
                exporter=self._exposition,
                vitals=self._health,
                looking=settings.looking,
            )
            first = self._watching(asking)  # a credential that leads to no secret is told before anything is asked
            reloading = Reloading(self._files, lambda: self._watching(asking), machine.take, self._health)
            verbs = {"about": self._tell_about, "reload": reloading.reload, **Playing(lab).verbs}
            control = ControlSocket(control_path(settings), verbs)
            with _start_errors("cannot open the control socket", "choose a shorter `state:`"):
                control.listen()
            doors = build_doors(self._exposition, self._health, self._readiness, self._export)
            work = [
                group.create_task(machine.run(lambda: self._watching(asking, first)), name="machine"),
                group.create_task(serve(doors, listening, self._export), name="doors"),
                group.create_task(control.run(), name="control"),
            ]
            self._events.info("netmon_started", listen=settings.listen, lab=lab is not None)
            await self._until_stopped(group, reloading)
            for task in work:
                task.cancel()
            await asyncio.wait(work)
        self._events.info("netmon_stopped")

    @property
    def first_looks(self) -> FirstLooks | None:
        """How far the first looks are; ``None`` before the first life has begun."""
        left = self._machine.first_looks_left if self._machine else None
        return None if left is None else FirstLooks(left, len(self._files.plan.checks))

    def _listen(self) -> socket.socket:
        try:
            return listen(self._export)
        except OSError as error:
            raise ListenError(self._export.listen, error) from error

    async def _open_lab(self, stack: AsyncExitStack, group: asyncio.TaskGroup) -> Lab | None:
        shapes = lab_settings(self._files.settings)
        if shapes is None:
            return None
        layout = draw_layout(self._files.loaded.inventory, self._files.places.resolve)
        folder = Path(self._files.settings.state) / "lab"
        with _start_errors("the lab cannot play", "stop the other netmon that plays it, or remove `lab:`"):
            return await stack.enter_async_context(
                open_lab(layout, shapes, clock=self._clock, folder=folder, group=group)
            )

    async def _until_stopped(self, group: asyncio.TaskGroup, reloading: Reloading) -> None:
        loop = asyncio.get_running_loop()
        stopped = asyncio.Event()

        def hang_up() -> None:
            if _terminal_is_gone():
                stopped.set()
            else:
                group.create_task(reloading.reload_on_signal(), name="reload")

        for stop in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(stop, stopped.set)
        loop.add_signal_handler(signal.SIGHUP, hang_up)
        await stopped.wait()

    def _watching(self, asking: Asking, known: Watching | None = None) -> Watching:
        """What is in force now; *known* where nothing has changed since."""
        if known is not None and known.plan is self._files.plan:
            return known
        return Watching(
            plan=self._files.plan,
            sources=self._files.loaded.sources,
            collectors=asking.collectors(self._files),
        )

    async def _tell_about(self, question: Mapping[str, Any]) -> Answer:
        """Who runs here, by which plan, and how it is doing."""
        looks = self.first_looks
        return {
            "pid": os.getpid(),
            "plan": self._files.plan.hash,
            "checks": len(self._files.plan.checks),
            "first_looks_left": looks.left if looks else None,
            "listen": self._export.listen,
            "drift_seconds": in_seconds(self._clock.drift()),
        }

    def _readiness(self) -> Readiness:
        causes = []
        kept = self._machine.last_kept if self._machine else None
        if kept is None:
            causes.append("the store has not taken anything yet")
        elif self._clock.now() - kept > STORE_PATIENCE:
            waited = in_seconds(Duration(self._clock.now() - kept))
            causes.append(f"the store has taken nothing for {waited:.0f} s; the log says why")
        looks = self.first_looks
        if looks is None:
            causes.append("no plan was taken yet")
        elif looks.left:
            causes.append(f"{looks.left} checks wait for their first look")
        return Readiness(tuple(causes))


def _terminal_is_gone() -> bool:
    """Whether SIGHUP came because the terminal that netmon was started in was closed."""
    try:
        os.tcgetpgrp(sys.stderr.fileno())
    except OSError as error:
        return error.errno == errno.EIO
    return False


@contextlib.contextmanager
def _start_errors(what: str, mend: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise StartError(f"{what}: {error}; {mend}") from error
