"""The ntp look: ask a server for its time, and compare it with this machine's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

from netmon.collectors.dialing import choose_permitted, find_addresses
from netmon.collectors.endpoint import Endpoint
from netmon.collectors.miss import MissError, failure
from netmon.collectors.names import Names
from netmon.collectors.ntp.exchange import Exchange, ask
from netmon.collectors.ntp.settings import NtpSettings
from netmon.collectors.permission import Address
from netmon.collectors.phases import Phase, Stopwatch
from netmon.model.looks import Failure, Labels, Outcome, Readings
from netmon.model.moments import Duration, in_seconds, seconds
from netmon.model.plan import CheckSpec
from netmon.model.quantities import format_duration
from netmon.model.states import Reason
from netmon.ports import Collector, Ground

OFFSET = "netmon_ntp_offset_seconds"
DELAY = "netmon_ntp_delay_seconds"
STRATUM = "netmon_ntp_stratum"
ROOT_DELAY = "netmon_ntp_root_delay_seconds"
DISPERSION = "netmon_ntp_root_dispersion_seconds"
LEAP = "netmon_ntp_leap_seconds"

_ONE_ROW: Sequence[Labels] = ((),)


class NtpQuestions:
    """Holds what all ntp checks share: the addresses of servers that go by a name, and the networks they may enter."""

    def __init__(self, ground: Ground) -> None:
        self._names = Names()
        self._networks = ground.networks

    def collector(self, check: CheckSpec, watched: tuple[str, ...]) -> Collector:
        """The collector of *check*; the time says nothing about interfaces."""
        settings = NtpSettings.model_validate(check.settings)
        return NtpCollector(self, Endpoint(check.address, settings.port), settings)

    async def address(self, endpoint: Endpoint) -> Address:
        """The first address of *endpoint* that may be contacted.

        Raises:
            MissError: there is none.
        """
        found = await find_addresses(endpoint.host, self._names)
        return choose_permitted(found, self._networks, where=str(endpoint))[0]


class NtpCollector:
    """Asks one server once for every look, by a socket of its own."""

    def __init__(self, questions: NtpQuestions, endpoint: Endpoint, settings: NtpSettings) -> None:
        self._questions = questions
        self._endpoint = endpoint
        self._settings = settings

    async def look(self, timeout: Duration) -> Outcome:
        """One question within *timeout* in all."""
        stopwatch = Stopwatch(timeout)
        try:
            exchange = await self._ask(stopwatch)
        except TimeoutError:
            return Outcome(took=timeout, failure=stopwatch.explain_timeout(str(self._endpoint)))
        except MissError as miss:
            return Outcome(took=stopwatch.took, failure=miss.failure)
        return Outcome(took=stopwatch.took, flaw=self._find_flaw(exchange), readings=(_read(exchange),))

    async def _ask(self, stopwatch: Stopwatch) -> Exchange:
        async with asyncio.timeout_at(stopwatch.deadline):
            address = await self._questions.address(self._endpoint)
        stopwatch.enter(Phase.PROCESSING)
        exchange = await ask(address, self._endpoint.port, stopwatch, where=str(self._endpoint))
        if (dismissal := exchange.answer.dismissal) is not None:
            raise MissError(Reason.UNEXPECTED, f"{self._endpoint}: {dismissal}")
        return exchange

    def _find_flaw(self, exchange: Exchange) -> Failure | None:
        flaws = [*self._too_far_off(exchange.offset_seconds), *self._too_far_away(exchange.answer.stratum)]
        return failure(Reason.UNEXPECTED, f"{self._endpoint}: {'; '.join(flaws)}") if flaws else None

    def _too_far_off(self, offset_seconds: float) -> Iterator[str]:
        most = self._settings.max_offset
        if abs(offset_seconds) > in_seconds(most):
            where = "ahead of" if offset_seconds > 0 else "behind"
            shown = format_duration(seconds(abs(offset_seconds)))
            yield f"its clock is {shown} {where} this machine's, at most {format_duration(most)} is wanted"

    def _too_far_away(self, stratum: int) -> Iterator[str]:
        if stratum > self._settings.max_stratum:
            yield f"it is at stratum {stratum}, at most {self._settings.max_stratum} is wanted"


def _read(exchange: Exchange) -> Readings:
    answer = exchange.answer
    columns = {
        OFFSET: (exchange.offset_seconds,),
        DELAY: (exchange.delay_seconds,),
        STRATUM: (answer.stratum,),
        ROOT_DELAY: (answer.root_delay_seconds,),
        DISPERSION: (answer.root_dispersion_seconds,),
        LEAP: (answer.leap,),
    }
    return Readings(_ONE_ROW, columns)


@asynccontextmanager
async def open_questions(ground: Ground) -> AsyncIterator[NtpQuestions]:
    """Questions for as long as the context is open; sockets live no longer than their look."""
    yield NtpQuestions(ground)
