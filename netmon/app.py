"""The application: builds every concrete object, introduces them to each other and runs them; nobody else does."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from netmon.collectors import KINDS
from netmon.config.difference import PlanDifference, difference
from netmon.config.loading import Loaded, load
from netmon.config.settings import Configuration
from netmon.engine.control import Answer, ControlError, ControlSocket
from netmon.engine.machine import Machine, Watching
from netmon.export.doors import Readiness, build_doors
from netmon.export.exposition import Exposition
from netmon.export.health import Health
from netmon.export.server import listen, serve
from netmon.export.settings import ExportSettings
from netmon.kernel.clock import Clock, SystemClock
from netmon.kernel.problems import Mistakes
from netmon.kernel.secrets import SecretError, SecretPlaces
from netmon.lab.drawing import draw_layout
from netmon.lab.faults import Fault, LabError
from netmon.lab.running import Lab, open_lab
from netmon.lab.settings import LabSettings, read_lab_settings
from netmon.model.ids import CheckId
from netmon.model.moments import SECOND, Duration, in_seconds, rfc3339
from netmon.model.plan import CheckSpec, Subject
from netmon.ports import Collector, Ground, Questions
from netmon.snmp.descriptors import raise_descriptor_limit
from netmon.store.opening import locate, open_store, read_store
from netmon.store.reading import StoreReader

DESCRIPTORS = 65_536
SOCKET = "netmon.sock"
STORE_PATIENCE = Duration(30 * SECOND)
"""netmon is not ready when the store has taken nothing for so long."""


def load_files(path: Path) -> Loaded:
    """What the configuration at *path* and its inventory say, with every mistake in them."""
    return load(path, KINDS)


def control_path(settings: Configuration) -> Path:
    """Where the running netmon of *settings* listens for the commands that change it."""
    return Path(settings.state) / SOCKET


def make_state_directory(settings: Configuration) -> None:
    """Have a directory for the database and the control socket that only netmon's user and group may enter."""
    Path(settings.state).mkdir(mode=0o750, parents=True, exist_ok=True)


@asynccontextmanager
async def open_reader(path: Path, settings: Configuration) -> AsyncIterator[StoreReader]:
    """The store of the configuration at *path*, to read from, whether netmon runs or not.

    Raises:
        StoreError: there is none yet, or it cannot be read.
        SecretError: its password is not where the settings say.
    """
    database = locate(settings.store, state=Path(settings.state), password=_password(settings, _places(path)))
    async with read_store(database) as reader:
        yield reader


class Files:
    """The files that are in force: the configuration at *path*, its inventory, and where its secrets are."""

    def __init__(self, path: Path, loaded: Loaded) -> None:
        self.path = path
        self.places = _places(path)
        self.settings, self.plan = loaded.complete
        self.loaded = loaded

    def credential(self, name: str) -> Mapping[str, object]:
        """The plain values of the credential *name*; raises KeyError where there is none."""
        return self.loaded.inventory.credential_values(name)

    def adopt(self, loaded: Loaded) -> None:
        """Go by *loaded* from now on; what only a restart can change stays as it is."""
        _, self.plan = loaded.complete
        self.loaded = loaded


class Asking:
    """Every kind of check, ready to ask; a check keeps its collector as long as nothing about it changes."""

    def __init__(self, questions: Mapping[str, Questions]) -> None:
        self._questions = questions
        self._made: dict[CheckId, tuple[CheckSpec, tuple[str, ...], object, Collector]] = {}

    def collectors(self, files: Files) -> dict[CheckId, Collector]:
        """A collector for each check of the plan that is in force.

        Raises:
            SecretError, ValueError: a credential leads to no secret, or to one that cannot be used.
        """
        made = {}
        for subject in files.plan.subjects.values():
            for spec in subject.checks:
                made[spec.id] = self._made_for(spec, subject, files)
        self._made = made
        return {check: one[-1] for check, one in made.items()}

    def collector(self, spec: CheckSpec, subject: Subject) -> Collector:
        """A collector for one check, for as long as its caller wants it."""
        return self._questions[spec.kind].collector(spec, subject.watched)

    def _made_for(
        self, spec: CheckSpec, subject: Subject, files: Files
    ) -> tuple[CheckSpec, tuple[str, ...], object, Collector]:
        credential = spec.settings.get("credential")
        secret = files.credential(credential) if isinstance(credential, str) else None
        known = self._made.get(spec.id)
        if known is not None and known[:3] == (spec, subject.watched, secret):
            return known
        return spec, subject.watched, secret, self.collector(spec, subject)


@asynccontextmanager
async def open_asking(files: Files, clock: Clock, lab_echo: tuple[str, int] | None) -> AsyncIterator[Asking]:
    """Every kind of check, ready to ask for as long as the context is open."""
    ground = Ground(
        clock=clock,
        secret=files.places.resolve,
        credential=files.credential,
        lab=lab_echo is not None,
        lab_echo=lab_echo,
        networks=tuple(files.settings.networks),
    )
    async with AsyncExitStack() as stack:
        yield Asking({kind.name: await stack.enter_async_context(kind.open(ground)) for kind in KINDS})


def lab_settings(settings: Configuration) -> LabSettings | None:
    """The lab's settings; ``None`` in earnest. Raises Mistakes."""
    return read_lab_settings(Path(settings.lab), Path(settings.lab).name) if settings.lab else None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Files as they are now, compared with the plan that is in force."""

    loaded: Loaded
    difference: PlanDifference


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
        self._lab: Lab | None = None
        self._turn = asyncio.Lock()
        self._machine: Machine
        self._asking: Asking

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; SIGHUP reloads.

        Raises:
            StoreError, SecretError, OSError: the store, a secret or an address could not be had.
        """
        settings = self._files.settings
        make_state_directory(settings)
        raise_descriptor_limit(DESCRIPTORS)
        database = locate(settings.store, state=Path(settings.state), password=_password(settings, self._files.places))
        async with AsyncExitStack() as stack:
            group = await stack.enter_async_context(asyncio.TaskGroup())
            listening = listen(self._export)
            store = await stack.enter_async_context(open_store(database))
            echo = await self._open_lab(stack, group)
            self._asking = await stack.enter_async_context(open_asking(self._files, self._clock, echo))
            self._machine = Machine(
                clock=self._clock,
                store=store,
                exporter=self._exposition,
                vitals=self._health,
                looking=settings.looking,
            )
            watching = self._watching()
            doors = build_doors(self._exposition, self._health, self._readiness, self._export)
            control = ControlSocket(control_path(settings), self._verbs())
            work = [
                group.create_task(self._machine.run(lambda: self._watching(watching)), name="machine"),
                group.create_task(serve(doors, listening, self._export), name="doors"),
                group.create_task(control.run(), name="control"),
            ]
            self._events.info("netmon_started", listen=settings.listen, lab=settings.lab is not None)
            await self._until_stopped(group)
            for task in work:
                task.cancel()
            await asyncio.wait(work)
        self._events.info("netmon_stopped")

    async def _open_lab(self, stack: AsyncExitStack, group: asyncio.TaskGroup) -> tuple[str, int] | None:
        shapes = lab_settings(self._files.settings)
        if shapes is None:
            return None
        layout = draw_layout(self._files.loaded.inventory, self._files.places.resolve)
        folder = Path(self._files.settings.state) / "lab"
        self._lab = await stack.enter_async_context(
            open_lab(layout, shapes, clock=self._clock, folder=folder, group=group)
        )
        return self._lab.echo

    async def _until_stopped(self, group: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        stopped = asyncio.Event()
        for stop in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(stop, stopped.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: group.create_task(self._reload_on_signal(), name="reload"))
        await stopped.wait()

    def _watching(self, known: Watching | None = None) -> Watching:
        """What is in force now; *known* where nothing has changed since."""
        if known is not None and known.plan is self._files.plan:
            return known
        return Watching(
            plan=self._files.plan,
            sources=self._files.loaded.sources,
            collectors=self._asking.collectors(self._files),
        )

    def _readiness(self) -> Readiness:
        causes = []
        kept = self._machine.last_kept
        if kept is None:
            causes.append("the store has not taken anything yet")
        elif self._clock.now() - kept > STORE_PATIENCE:
            waited = in_seconds(Duration(self._clock.now() - kept))
            causes.append(f"the store has taken nothing for {waited:.0f} s; the log says why")
        left = self._machine.first_looks_left
        if left is None:
            causes.append("no plan was taken yet")
        elif left:
            causes.append(f"{left} checks wait for their first look")
        return Readiness(tuple(causes))

    # ------------------------------------------------------------ what changes a running netmon

    def _verbs(self) -> Mapping[str, Any]:
        return {
            "reload": self._on_reload,
            "lab.break": self._on_break,
            "lab.mend": self._on_mend,
            "lab.list": self._on_list,
        }

    def _propose(self) -> Proposal:
        loaded = load_files(self._files.path)
        _, plan = loaded.complete
        return Proposal(loaded, difference(self._files.plan, plan))

    async def _on_reload(self, question: Mapping[str, Any]) -> Answer:
        """Take the files as they are now; on a mistake in them keep the running plan and say so."""
        async with self._turn:
            try:
                proposal = await asyncio.to_thread(self._propose)
                return await self._take(proposal, question.get("expect"))
            except Mistakes as mistakes:
                self._refuse("the files have mistakes")
                return {"problems": [problem.as_json() for problem in mistakes.problems], "plan": self._files.plan.hash}
            except (SecretError, ValueError) as error:
                self._refuse(str(error))
                raise ControlError(f"{error}; the running plan is kept") from error

    async def _take(self, proposal: Proposal, expected: object) -> Answer:
        _, plan = proposal.loaded.complete
        if isinstance(expected, str) and not (len(expected) >= 8 and plan.hash.startswith(expected)):
            self._refuse("the files are not those that were reviewed")
            raise ControlError(
                f"the files now make plan {plan.hash[:12]}, not {expected}: look at `netmon plan` again; "
                "the running plan is kept"
            )
        before = self._files.loaded
        self._files.adopt(proposal.loaded)
        try:
            version = await self._machine.take(self._watching())
        except BaseException:
            self._files.adopt(before)
            raise
        self._events.info("plan_taken", version=version, hash=plan.hash[:12])
        return {"version": version, "plan": plan.hash, "difference": dataclasses.asdict(proposal.difference)}

    def _refuse(self, why: str) -> None:
        self._health.reload_refused()
        self._events.error("reload_refused", why=why, kept=self._files.plan.hash[:12])

    async def _reload_on_signal(self) -> None:
        with contextlib.suppress(ControlError):  # it is in the log; nobody waits for the answer
            await self._on_reload({})

    async def _on_break(self, question: Mapping[str, Any]) -> Answer:
        options = {str(name): str(value) for name, value in dict(question.get("options") or {}).items()}
        with _lab_errors():
            fault = await self._played.break_(str(question["target"]), str(question["fault"]), options)
        self._events.warning("lab_broken", target=question["target"], fault=question["fault"])
        return {"broken": _fault_json(fault)}

    async def _on_mend(self, question: Mapping[str, Any]) -> Answer:
        with _lab_errors():
            mended = await self._played.mend(str(question["target"]))
        self._events.info("lab_mended", target=question["target"])
        return {"mended": [_fault_json(fault) for fault in mended]}

    async def _on_list(self, question: Mapping[str, Any]) -> Answer:
        return {"faults": [_fault_json(fault) for fault in self._played.list()]}

    @property
    def _played(self) -> Lab:
        if self._lab is None:
            raise ControlError("this netmon watches in earnest: there is no lab (no `lab:` in config.yaml)")
        return self._lab


@contextlib.contextmanager
def _lab_errors() -> Iterator[None]:
    try:
        yield
    except LabError as error:
        raise ControlError(str(error)) from error


def _fault_json(fault: Fault) -> dict[str, object]:
    until = fault.until
    return {
        "target": f"{fault.on.value}:{fault.target}",
        "fault": fault.kind.value,
        "since": rfc3339(fault.since),
        "until": rfc3339(until) if until is not None else None,
        "options": fault.options.model_dump(mode="json", exclude_unset=True),
    }


def _places(path: Path) -> SecretPlaces:
    return SecretPlaces(os.environ, path.absolute().parent)


def _password(settings: Configuration, places: SecretPlaces) -> str | None:
    return places.resolve(settings.store.password) if settings.store.password else None
