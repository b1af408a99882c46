"""The verbs: what the control socket may ask of a running netmon."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import structlog

from netmon.app.files import Files, load_files
from netmon.config.difference import difference
from netmon.config.loading import Loaded
from netmon.engine.control import Answer, ControlError, Verb
from netmon.engine.housekeeping import Housekeeping
from netmon.engine.machine import Watching
from netmon.kernel.problems import Mistakes
from netmon.kernel.secrets import SecretError
from netmon.lab.faults import Fault, LabError
from netmon.lab.running import Lab
from netmon.model.moments import rfc3339
from netmon.ports import Holding, StoreError, Vitals

SHORTEST_HASH = 8


class Reloading:
    """Takes the files as they are now; on a mistake in them the running plan is kept, and that is said.

    Args:
        watching: what the files that are in force say is to be watched.
        take: has it watched, and gives the version of its plan.
    """

    def __init__(
        self,
        files: Files,
        watching: Callable[[], Watching],
        take: Callable[[Watching], Awaitable[int]],
        vitals: Vitals,
    ) -> None:
        self._files = files
        self._watching = watching
        self._take_plan = take
        self._vitals = vitals
        self._events = structlog.get_logger("netmon.reload")
        self._turn = asyncio.Lock()

    async def reload(self, question: Mapping[str, Any]) -> Answer:
        """Take the files, if they make the plan that ``expect`` names (the beginning of its hash) or none is named."""
        # shielded: files whose plan the machine has taken are in force, even where whoever asked has gone
        return await asyncio.shield(self._reload(question.get("expect")))

    async def reload_on_signal(self) -> None:
        """Reload because of SIGHUP: whatever comes of it is in the log, and stops nobody."""
        try:
            await self.reload({})
        except ControlError:
            pass  # it was logged where it arose
        except Exception:  # noqa: BLE001  a bug here must not end the watching
            self._events.exception("reload_crashed", kept=self._files.plan.hash[:12])

    async def _reload(self, expected: object) -> Answer:
        async with self._turn:
            try:
                loaded = await asyncio.to_thread(load_files, self._files.path)
                return await self._take(loaded, expected)
            except Mistakes as mistakes:
                self._refuse("the files have mistakes")
                return {"problems": [problem.as_json() for problem in mistakes.problems], "plan": self._files.plan.hash}
            except (SecretError, StoreError, OSError, ValueError, RuntimeError) as error:
                self._refuse(str(error))
                raise ControlError(f"{error}; the running plan is kept") from error

    async def _take(self, loaded: Loaded, expected: object) -> Answer:
        _, plan = loaded.complete
        if plan.poller != self._files.plan.poller:
            raise ValueError(f"`poller` is {plan.poller} now, and was {self._files.plan.poller}: that takes a restart")
        if isinstance(expected, str) and not (len(expected) >= SHORTEST_HASH and plan.hash.startswith(expected)):
            raise ValueError(f"the files now make plan {plan.hash[:12]}, not {expected}: look at `netmon plan` again")
        changes, waiting = difference(self._files.plan, plan), self._files.waiting_for_restart(loaded)
        with self._files.considered(loaded):
            watching = self._watching()
        version = await self._take_plan(watching)
        self._files.adopt(loaded)
        self._events.info("plan_taken", version=version, hash=plan.hash[:12], for_restart=list(waiting) or None)
        return {
            "version": version,
            "plan": plan.hash,
            "difference": dataclasses.asdict(changes),
            "for_restart": list(waiting),
        }

    def _refuse(self, why: str) -> None:
        self._vitals.reload_refused()
        self._events.error("reload_refused", why=why, kept=self._files.plan.hash[:12])


class Tidying:
    """Has the store tidied up, and tells what it holds."""

    def __init__(self, housekeeping: Housekeeping) -> None:
        self._housekeeping = housekeeping

    @property
    def verbs(self) -> Mapping[str, Verb]:
        """What may be asked, by name."""
        return {"housekeeping": self._tidy}

    async def _tidy(self, question: Mapping[str, Any]) -> Answer:
        """What the tables hold and what is too old; unless it is a ``dry_run``, a round begins."""
        try:
            found = await self._housekeeping.survey()
        except StoreError as error:
            raise ControlError(str(error)) from error
        was_at_work = self._housekeeping.is_at_work
        if question.get("dry_run") is not True:
            self._housekeeping.ask_for()
        return {"tables": [_holding_json(holding) for holding in found], "was_at_work": was_at_work}


class Playing:
    """Breaks and mends things in the lab, where there is one."""

    def __init__(self, lab: Lab | None) -> None:
        self._lab = lab
        self._events = structlog.get_logger("netmon.lab")

    @property
    def verbs(self) -> Mapping[str, Verb]:
        """What may be asked, by name."""
        return {"lab.break": self._break, "lab.mend": self._mend, "lab.list": self._list}

    async def _break(self, question: Mapping[str, Any]) -> Answer:
        target, fault = _text(question, "target"), _text(question, "fault")
        options = {str(name): str(value) for name, value in dict(question.get("options") or {}).items()}
        with _lab_errors():
            broken = await self._played.break_(target, fault, options)
        self._events.warning("lab_broken", target=target, fault=fault)
        return {"broken": _fault_json(broken)}

    async def _mend(self, question: Mapping[str, Any]) -> Answer:
        target = _text(question, "target")
        with _lab_errors():
            mended = await self._played.mend(target)
        self._events.info("lab_mended", target=target)
        return {"mended": [_fault_json(fault) for fault in mended]}

    async def _list(self, question: Mapping[str, Any]) -> Answer:
        return {"faults": [_fault_json(fault) for fault in self._played.list()]}

    @property
    def _played(self) -> Lab:
        if self._lab is None:
            raise ControlError("this netmon watches in earnest: there is no lab (no `lab:` in config.yaml)")
        return self._lab


def _holding_json(holding: Holding) -> dict[str, Any]:
    moments = {"oldest": holding.oldest, "keep_since": holding.keep_since}
    return dataclasses.asdict(holding) | {name: None if at is None else rfc3339(at) for name, at in moments.items()}


def _text(question: Mapping[str, Any], key: str) -> str:
    if not isinstance(value := question.get(key), str):
        raise ControlError(f"`{key}` is missing, or is no text")
    return value


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
