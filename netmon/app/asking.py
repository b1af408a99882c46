"""Asking: every kind of check with what it stands on, and a collector for each check of the plan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from netmon.app.files import Files
from netmon.app.heartbeats import open_book
from netmon.collectors import KINDS
from netmon.kernel.clock import Clock
from netmon.kernel.memory import building_to_stay
from netmon.model.ids import CheckId
from netmon.model.plan import CheckSpec, Subject
from netmon.ports import Collector, Ground, Questions, SecretQuestions
from netmon.receivers.heartbeats.book import Book


class Asking:
    """Every kind of check, ready to ask; a check keeps its collector as long as nothing about it changes."""

    def __init__(self, questions: Mapping[str, Questions]) -> None:
        self._questions = questions
        self._secret = {kind: one for kind, one in questions.items() if isinstance(one, SecretQuestions)}
        self._made: dict[CheckId, tuple[CheckSpec, tuple[str, ...], str, Collector]] = {}

    def collectors(self, files: Files) -> dict[CheckId, Collector]:
        """A collector for each check of the plan that is in force.

        Raises:
            SecretError, ValueError: a credential leads to no secret, or to one that cannot be used.
        """
        with building_to_stay():
            made = {
                spec.id: self._made_for(spec, subject)
                for subject in files.plan.subjects.values()
                for spec in subject.checks
            }
        self._made = made
        return {check: one[-1] for check, one in made.items()}

    def collector(self, spec: CheckSpec, subject: Subject) -> Collector:
        """A collector for one check, for as long as its caller wants it."""
        return self._questions[spec.kind].collector(spec, subject.watched)

    def _made_for(self, spec: CheckSpec, subject: Subject) -> tuple[CheckSpec, tuple[str, ...], str, Collector]:
        secret = self._secret.get(spec.kind)
        secrets = secret.fingerprint(spec) if secret is not None else ""
        known = self._made.get(spec.id)
        if known is not None and known[:3] == (spec, subject.watched, secrets):
            return known
        return spec, subject.watched, secrets, self.collector(spec, subject)


@asynccontextmanager
async def open_asking(
    files: Files, clock: Clock, lab_echo: tuple[str, int] | None, book: Book | None = None
) -> AsyncIterator[Asking]:
    """Every kind of check, ready to ask for as long as the context is open; *book* is that which netmon writes."""
    ground = Ground(
        clock=clock,
        secret=files.places.resolve,
        credential=files.credential,
        lab=lab_echo is not None,
        lab_echo=lab_echo,
        networks=tuple(files.settings.networks),
        directory=files.places.directory,
        vigil=(book or open_book(files.settings)).vigil,
        plugins=tuple(map(Path, files.settings.plugins)),
    )
    async with AsyncExitStack() as stack:
        yield Asking({kind.name: await stack.enter_async_context(kind.open(ground)) for kind in KINDS})
