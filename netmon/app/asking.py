"""Asking: every kind of check with what it stands on, and a collector for each check of the plan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from netmon.app.files import Files
from netmon.collectors import KINDS
from netmon.kernel.clock import Clock
from netmon.model.ids import CheckId
from netmon.model.plan import CheckSpec, Subject
from netmon.ports import Collector, Ground, Questions, SecretQuestions


class Asking:
    """Every kind of check, ready to ask; a check keeps its collector as long as nothing about it changes."""

    def __init__(self, questions: Mapping[str, Questions]) -> None:
        self._questions = questions
        self._made: dict[CheckId, tuple[CheckSpec, tuple[str, ...], str, Collector]] = {}

    def collectors(self, files: Files) -> dict[CheckId, Collector]:
        """A collector for each check of the plan that is in force.

        Raises:
            SecretError, ValueError: a credential leads to no secret, or to one that cannot be used.
        """
        made = {}
        for subject in files.plan.subjects.values():
            for spec in subject.checks:
                made[spec.id] = self._made_for(spec, subject)
        self._made = made
        return {check: one[-1] for check, one in made.items()}

    def collector(self, spec: CheckSpec, subject: Subject) -> Collector:
        """A collector for one check, for as long as its caller wants it."""
        return self._questions[spec.kind].collector(spec, subject.watched)

    def _made_for(self, spec: CheckSpec, subject: Subject) -> tuple[CheckSpec, tuple[str, ...], str, Collector]:
        questions = self._questions[spec.kind]
        secrets = questions.fingerprint(spec) if isinstance(questions, SecretQuestions) else ""
        known = self._made.get(spec.id)
        if known is not None and known[:3] == (spec, subject.watched, secrets):
            return known
        return spec, subject.watched, secrets, self.collector(spec, subject)


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
        directory=files.places.directory,
    )
    async with AsyncExitStack() as stack:
        yield Asking({kind.name: await stack.enter_async_context(kind.open(ground)) for kind in KINDS})
