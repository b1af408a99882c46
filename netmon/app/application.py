"""The application: builds every concrete object, introduces them to each other and runs them."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from netmon.app.asking import Asking, open_asking
from netmon.app.files import Files, control_path, lab_settings, locate_store, make_state_directory, spool_path
from netmon.app.heartbeats import Reports
from netmon.app.standing import FirstLooks, Standing
from netmon.app.stepping import Stepping
from netmon.app.verbs import Playing, Reloading, Tidying
from netmon.collectors import KINDS
from netmon.config.loading import Loaded
from netmon.engine.control import ControlSocket
from netmon.engine.deriving import derive_in_turn
from netmon.engine.housekeeping import Housekeeping, Routine
from netmon.engine.ledger import Ledger
from netmon.engine.machine import Machine, Watching
from netmon.engine.rollups import Roller
from netmon.export.doors import build_doors
from netmon.export.exposition import Exposition
from netmon.export.health import Health
from netmon.export.server import listen, serve
from netmon.export.settings import ExportSettings
from netmon.kernel.clock import SystemClock
from netmon.lab.drawing import draw_layout
from netmon.lab.running import Lab, open_lab
from netmon.snmp.descriptors import raise_descriptor_limit
from netmon.store.opening import attach_store
from netmon.store.spool import DiskSpool
from netmon.store.store import SqlStore

DESCRIPTORS = 65_536
SPARE_DESCRIPTORS = 500


class ListenError(Exception):
    """The address of the doors cannot be had; *address* is the one that the settings say."""

    def __init__(self, address: str, error: OSError) -> None:
        super().__init__(f"cannot listen on {address}: {error.strerror or error}")
        self.address = address
        self.error = error


class StartError(Exception):
    """netmon could not start; the text says what, where, why and how to mend it."""


class Application:
    """One running netmon."""

    def __init__(self, path: Path, loaded: Loaded) -> None:
        self._files = Files(path, loaded)
        self._events = structlog.get_logger("netmon.app")
        self._clock = SystemClock()
        self._export = ExportSettings(listen=self._files.settings.listen)
        self._stop = asyncio.Event()
        self._stepping = Stepping(self._files, self._clock, self._stop)
        self._show_nothing_yet()

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; SIGHUP reloads. Whoever restores a backup is given the store meanwhile.

        Raises:
            StoreError, SecretError, ListenError, StartError, Mistakes: the store, a secret, an address or the lab
                could not be had.
        """
        await self._run_once()
        while await self._stepping.until_we_may_go_on():
            self._show_nothing_yet()
            await self._run_once()

    def _show_nothing_yet(self) -> None:
        """What is told of netmon and of what it watches begins here, as it does in a new process."""
        self._health = Health(self._clock, lab=self._files.settings.lab is not None)
        self._exposition = Exposition(KINDS, self._health.refuse)
        self._standing = Standing(self._files, self._clock)
        self._in_force: Watching | None = None

    async def _run_once(self) -> None:
        """Run until `_stop` is set."""
        settings = self._files.settings
        self._make_ready()
        database = locate_store(settings, self._files.places)
        async with AsyncExitStack() as stack:
            group = await stack.enter_async_context(asyncio.TaskGroup())
            listening = self._listen()
            store = await stack.enter_async_context(attach_store(database))
            ledger = await self._open_ledger(stack, store)
            lab = await self._open_lab(stack, group)
            reports = Reports(self._files, self._clock, self._health.heartbeats_answered)
            echo = lab.echo if lab else None
            asking = await stack.enter_async_context(open_asking(self._files, self._clock, echo, reports.book))
            self._standing.machine = machine = Machine(
                clock=self._clock,
                ledger=ledger,
                exporter=self._exposition,
                vitals=self._health,
                looking=settings.looking,
                new_roller=self._new_roller,
            )
            first = self._watching(asking)  # a credential that leads to no secret is told before anything is asked
            with _start_errors("cannot take heartbeats", "give that check another token"):
                await reports.begin(machine, first.plan)
            reloading = Reloading(self._files, lambda: self._watching(asking), reports.take, self._health)
            housekeeping = Housekeeping(
                clock=self._clock, store=store, turn=machine.turn, vitals=self._health, routine=self._routine
            )
            verbs = {
                "about": self._standing.tell_about,
                "reload": reloading.reload,
                "step_aside": self._stepping.step_aside,
                **Playing(lab).verbs,
                **Tidying(housekeeping).verbs,
            }
            control = ControlSocket(control_path(settings), verbs)
            with _start_errors("cannot open the control socket", "choose a shorter `state:`"):
                control.listen()
            doors = build_doors(self._exposition, self._health, self._standing.readiness, self._export)
            work = [
                group.create_task(machine.run(lambda: self._watching(asking)), name="machine"),
                group.create_task(serve(doors, listening, self._export), name="doors"),
                group.create_task(control.run(), name="control"),
                group.create_task(reports.run(), name="heartbeats"),
                group.create_task(derive_in_turn(self._clock, store, self._zone), name="rollups"),
                group.create_task(housekeeping.run(), name="housekeeping"),
            ]
            self._events.info("netmon_started", listen=settings.listen, lab=lab is not None)
            await self._until_stopped(group, reloading)
            for task in work:
                task.cancel()
            await asyncio.wait(work)
        self._events.info("netmon_stopped")

    def _make_ready(self) -> None:
        """See to what netmon needs of this machine: a directory of its own, and open files for every check."""
        settings, checks = self._files.settings, len(self._files.plan.checks)
        with _start_errors(f"cannot use the state directory {settings.state}", "give netmon's user the right to it"):
            make_state_directory(settings)
        if (descriptors := raise_descriptor_limit(DESCRIPTORS)) < checks + SPARE_DESCRIPTORS:
            self._events.warning("descriptors_short", allowed=descriptors, checks=checks)

    async def _open_ledger(self, stack: AsyncExitStack, store: SqlStore) -> Ledger:
        """The store with the spool before it, for as long as *stack* is open."""
        settings = self._files.settings
        spool = DiskSpool(spool_path(settings), limit=settings.spool.limit)
        stack.callback(spool.close)
        self._health.spool_may_take(settings.spool.limit)
        ledger = Ledger(clock=self._clock, store=store, spool=spool, vitals=self._health)
        await ledger.open()
        return ledger

    @property
    def first_looks(self) -> FirstLooks | None:
        """How far the first looks are; ``None`` before the first life has begun."""
        return self._standing.first_looks

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

        def hang_up() -> None:
            if _terminal_is_gone():
                self._stepping.end()
            elif not self._stop.is_set():
                group.create_task(reloading.reload_on_signal(), name="reload")

        for stop in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(stop, self._stepping.end)
        loop.add_signal_handler(signal.SIGHUP, hang_up)
        await self._stop.wait()

    def _watching(self, asking: Asking) -> Watching:
        """What is in force now; made once for each plan, so that a later life needs no secret that is gone since."""
        if self._in_force is None or self._in_force.plan is not self._files.plan:
            self._in_force = Watching(
                plan=self._files.plan,
                sources=self._files.loaded.sources,
                collectors=asking.collectors(self._files),
            )
        return self._in_force

    @property
    def _zone(self) -> ZoneInfo:
        organization = self._files.loaded.inventory.organization
        return ZoneInfo(organization.zone if organization else "UTC")

    @property
    def _routine(self) -> Routine:
        store = self._files.settings.store
        return Routine(store.housekeeping, self._zone, store.retention.by_name)

    def _new_roller(self) -> Roller:
        declared = {kind.name: kind.rolled for kind in KINDS}
        return Roller(declared, self._files.settings.rollups.interfaces)


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
