"""The plugin look: run a plug-in, and take its exit code for the answer and its performance data for the numbers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from netmon.collectors.dialing import choose_permitted, find_addresses
from netmon.collectors.labels import SteadyRows
from netmon.collectors.mask import Mask
from netmon.collectors.miss import MissError, excerpt, failure
from netmon.collectors.names import Names
from netmon.collectors.phases import Phase, Stopwatch
from netmon.collectors.plugin.performance import COUNT, SHARE, SIZE, TIME, VALUE, Measure, understand
from netmon.collectors.plugin.running import Ended, Process, run
from netmon.collectors.plugin.settings import ADDRESS, PluginSettings
from netmon.kernel.secrets import SecretError
from netmon.model.looks import CannotTellError, Labels, Outcome, Readings
from netmon.model.moments import Duration
from netmon.model.plan import CheckSpec
from netmon.model.states import Reason
from netmon.ports import Collector, Ground

DURATION = "netmon_plugin_duration_seconds"

_FINE, _WARNING, _CRITICAL = 0, 1, 2
_MOST_AT_ONCE = 32
_ONE_ROW: Sequence[Labels] = ((),)


class PluginQuestions:
    """Holds what all plugin checks share: how many may run at once, where they may stand, whom they may ask."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.names = Names()
        self.permits = asyncio.Semaphore(_MOST_AT_ONCE)

    def collector(self, check: CheckSpec, watched: tuple[str, ...]) -> Collector:
        """The collector of *check*; a plug-in says nothing about interfaces."""
        return PluginCollector(self, check.address, PluginSettings.model_validate(check.settings))


class PluginCollector:
    """Runs one plug-in for every look, but for those in which a run before still hangs: they would add up."""

    def __init__(self, questions: PluginQuestions, address: str, settings: PluginSettings) -> None:
        self._questions = questions
        self._ground = questions.ground
        self._address = settings.host or address
        self._settings = settings
        self._undead: list[Process] = []
        self._rows = {family: SteadyRows() for family in (VALUE, TIME, SIZE, SHARE, COUNT)}

    async def look(self, timeout: Duration) -> Outcome:
        """One run within *timeout* in all.

        Raises:
            CannotTellError: it is not there, cannot be run, or says itself that it does not know.
            SecretError: a secret is not to be had.
        """
        settings = self._settings
        program = find_program(settings.program, self._ground.plugins)
        secrets = {name: self._secret(reference) for name, reference in settings.secrets.items()}
        given = None if settings.input is None else self._secret(settings.input)
        mask = Mask([*secrets.values(), *([given] if given else [])])
        stopwatch = Stopwatch(timeout)
        self._undead[:] = [one for one in self._undead if one.poll() is None]
        if self._undead:
            evidence = f"{settings.program}: process {self._undead[0].pid} of a look before hangs and cannot be ended"
            return Outcome(took=stopwatch.took, failure=failure(Reason.TIMEOUT, evidence))
        try:
            async with asyncio.timeout_at(stopwatch.deadline):
                arguments = await self._fill_arguments()
                stopwatch.enter(Phase.CONNECT)  # its turn has to come first
                async with self._questions.permits:
                    stopwatch.enter(Phase.PROCESSING)
                    stopwatch.unanswered = "not done"
                    command = [str(program), *arguments]
                    ended = await run(command, secrets=secrets, given=given, limit=settings.limit, undead=self._undead)
        except TimeoutError:
            if stopwatch.phase is Phase.CONNECT:
                raise CannotTellError(f"{settings.program}: {_MOST_AT_ONCE} others were still running") from None
            return Outcome(took=timeout, failure=stopwatch.explain_timeout(settings.program))
        except MissError as miss:
            return Outcome(took=stopwatch.took, failure=miss.failure)
        except OSError as error:
            raise CannotTellError(f"{settings.program}: cannot be run ({error.strerror or error})") from error
        return self._tell(ended, stopwatch, mask)

    def _secret(self, reference: str) -> str:
        """The secret, asked anew each time, for passwords are changed."""
        secret = self._ground.secret(reference)
        if "\0" in secret:
            raise SecretError("a secret that holds a null character cannot be passed to a plug-in")
        return secret

    async def _fill_arguments(self) -> Sequence[str]:
        """The arguments with the first address of the target that may be contacted.

        Raises:
            MissError: there is none.
        """
        arguments = self._settings.arguments
        if not any(ADDRESS in one for one in arguments):
            return arguments
        found = await find_addresses(self._address, self._questions.names)
        address = choose_permitted(found, self._ground.networks, where=self._address)[0]
        return [one.replace(ADDRESS, str(address)) for one in arguments]

    def _tell(self, ended: Ended, stopwatch: Stopwatch, mask: Mask) -> Outcome:
        name = self._settings.program
        if ended.said_too_much:
            evidence = f"{name}: said more than {self._settings.limit} bytes"
            return Outcome(took=stopwatch.took, failure=failure(Reason.TOO_LARGE, evidence))
        output = mask.over(ended.output.decode("utf-8", "replace"))
        said = understand(output)
        complaint = mask.over(ended.complaint.decode("utf-8", "replace"))
        evidence = f"{name}: {excerpt(said.headline or complaint) or 'said nothing'}"
        if ended.code not in (_FINE, _WARNING, _CRITICAL):
            raise CannotTellError(f"{evidence} ({_describe(ended.code)})")
        return Outcome(
            took=stopwatch.took,
            failure=failure(Reason.UNEXPECTED, evidence) if ended.code == _CRITICAL else None,
            flaw=failure(Reason.OVER_LIMIT, evidence) if ended.code == _WARNING else None,
            readings=(
                Readings(_ONE_ROW, {DURATION: (stopwatch.elapsed_seconds,)}),
                *(self._table(family, said.measures) for family in _families(said.measures)),
            ),
        )

    def _table(self, family: str, measures: Iterable[Measure]) -> Readings:
        own = [one for one in measures if one.family == family]
        return Readings(self._rows[family].keep(map(_row, own)), {family: [one.value for one in own]})


def find_program(name: str, directories: Iterable[Path]) -> Path:
    """The plug-in *name* in the first of *directories* that has it.

    Raises:
        CannotTellError: none has one that this user may run.
    """
    places = [directory / name for directory in directories]
    for place in places:
        if place.is_file() and os.access(place, os.X_OK):
            return place
    looked = ", ".join(str(place.parent) for place in places) or "no directory, for plugins: in config.yaml names none"
    raise CannotTellError(f"{name}: no such program that netmon's user may run (looked in {looked})")


def _families(measures: Iterable[Measure]) -> Iterable[str]:
    return dict.fromkeys(one.family for one in measures)


def _row(measure: Measure) -> Labels:
    named = (("measure", measure.name),)
    return (*named, ("unit", measure.unit)) if measure.unit else named


def _describe(code: int) -> str:
    match code:
        case 3:
            return "exit code 3: it does not know"
        case _ if code < 0:
            return f"ended by signal {-code}"
    return f"exit code {code}, which means nothing"


@asynccontextmanager
async def open_questions(ground: Ground) -> AsyncIterator[PluginQuestions]:
    """Questions for as long as the context is open; a plug-in lives no longer than its look."""
    yield PluginQuestions(ground)
