"""Heartbeats as the plan has them: where each is reported to, by whom, and where reports are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from netmon.app.files import Files
from netmon.config.settings import Configuration
from netmon.engine.machine import Machine, Watching
from netmon.kernel.clock import Clock
from netmon.kernel.secrets import SecretPlaces
from netmon.model.ids import CheckId, bare_id
from netmon.model.plan import CheckSpec, Plan
from netmon.receivers.heartbeats.book import Book
from netmon.receivers.heartbeats.desk import Desk, Reply
from netmon.receivers.heartbeats.door import Door
from netmon.receivers.heartbeats.tokens import Reporter, Reporters

KIND = "heartbeat"


class Reports:
    """Takes the reports that the plan in force expects, for as long as it runs.

    Args:
        count: is told of each sort of answer, and how many more there were.
    """

    def __init__(self, files: Files, clock: Clock, count: Callable[[str, int], None]) -> None:
        self._files = files
        self._clock = clock
        self._count = count
        self.book = open_book(files.settings)

    async def begin(self, machine: Machine, plan: Plan) -> None:
        """Expect what *plan* says; each report has its check looked at by *machine*.

        Raises:
            SecretError, ValueError: a token is not to be had, or too weak.
        """
        self._machine = machine
        self._desk = Desk(self.book, self._clock, machine.look_now)
        await self._desk.expect(find_reporters(plan, self._files.places))

    async def take(self, watching: Watching) -> int:
        """Have *watching* watched, and from then on expect what its plan says; returns the plan's version.

        Raises:
            SecretError, ValueError, StoreError, RuntimeError: it cannot be; the plan before goes on.
        """
        reporters = find_reporters(watching.plan, self._files.places)
        version = await self._machine.take(watching)
        await self._desk.expect(reporters)
        return version

    async def run(self) -> None:
        """Listen until cancelled."""
        for reply in Reply:
            self._count(reply.name.lower(), 0)
        address = self._files.settings.heartbeats.address
        await Door(self._desk, self._clock, address=address, count=self._count_one).run()

    def _count_one(self, reply: Reply) -> None:
        self._count(reply.name.lower(), 1)


def open_book(settings: Configuration) -> Book:
    """The book of the netmon with *settings*, whether it runs or not."""
    return Book(Path(settings.state) / "heartbeats")


def find_reporters(plan: Plan, places: SecretPlaces) -> Reporters:
    """Who may report by *plan*.

    Raises:
        SecretError: a token is not where the plan says.
        ValueError: a token is too weak.
    """
    return Reporters(
        Reporter(check.id, (check.id, _name(check)), places.resolve(str(check.settings["token"])))
        for check in _checks(plan)
    )


def report_urls(plan: Plan, settings: Configuration) -> Mapping[CheckId, str]:
    """Where the job of each heartbeat check of *plan* reports, without its token."""
    return {check.id: f"{settings.heartbeats.public_url}/beat/{quote(name)}" for check, name in _named(plan)}


def _named(plan: Plan) -> list[tuple[CheckSpec, str]]:
    """Every heartbeat check with what its URL calls it: its name, or its id where others have that name too."""
    uses = Counter(map(_name, _checks(plan)))
    return [(check, _name(check) if uses[_name(check)] == 1 else check.id) for check in _checks(plan)]


def _checks(plan: Plan) -> list[CheckSpec]:
    return [check for check in plan.checks.values() if check.kind == KIND]


def _name(check: CheckSpec) -> str:
    """Its own name, or its subject's."""
    return check.name or bare_id(check.subject)
