"""The tcp look: connect, say something where that is wanted, and read until the expected text has come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from netmon.collectors.dialing import Dialer, Stream, hang_up
from netmon.collectors.endpoint import Endpoint
from netmon.collectors.miss import MissError, excerpt, failure, shorten
from netmon.collectors.phases import Phase, Stopwatch
from netmon.collectors.tcp.settings import TcpSettings
from netmon.model.looks import Failure, Labels, Outcome, Readings
from netmon.model.moments import Duration
from netmon.model.plan import CheckSpec
from netmon.model.quantities import format_duration
from netmon.model.states import Reason
from netmon.ports import Collector, Ground

CONNECT = "netmon_tcp_connect_seconds"
ANSWER = "netmon_tcp_answer_seconds"

_ONE_ROW: Sequence[Labels] = ((),)
_LONGEST_WANTED = 60
_CHUNK = 4_096


class TcpQuestions:
    """Holds what all tcp checks share: the way to their targets."""

    def __init__(self, ground: Ground) -> None:
        self._dialer = Dialer(ground.networks)

    def collector(self, check: CheckSpec, watched: tuple[str, ...]) -> Collector:
        """The collector of *check*; a connection says nothing about interfaces."""
        return TcpCollector(self._dialer, check.address, TcpSettings.model_validate(check.settings))


class TcpCollector:
    """Opens a connection of its own for every look, and closes it again."""

    def __init__(self, dialer: Dialer, host: str, settings: TcpSettings) -> None:
        self._dialer = dialer
        self._endpoint = Endpoint(host, settings.port)
        self._settings = settings

    async def look(self, timeout: Duration) -> Outcome:
        """One connection, with what is said over it, within *timeout* in all."""
        stopwatch = Stopwatch(timeout)
        heard = bytearray()
        try:
            async with asyncio.timeout_at(stopwatch.deadline):
                await self._visit(stopwatch, heard)
        except TimeoutError:
            return Outcome(took=timeout, failure=self._explain_timeout(stopwatch, heard, timeout))
        except MissError as miss:
            return Outcome(took=stopwatch.took, failure=miss.failure)
        columns = {CONNECT: (stopwatch.seconds[Phase.CONNECT],)}
        if self._settings.expect is not None:
            columns[ANSWER] = (stopwatch.seconds[Phase.PROCESSING],)
        return Outcome(took=stopwatch.took, readings=(Readings(_ONE_ROW, columns),))

    async def _visit(self, stopwatch: Stopwatch, heard: bytearray) -> None:
        opened, _ = await self._dialer.dial(self._endpoint, stopwatch)
        stopwatch.enter(Phase.PROCESSING)
        stream = await asyncio.open_connection(sock=opened)
        try:
            await self._talk(stream, heard)
        except OSError as error:
            evidence = f"{self._endpoint}: the connection broke ({error.strerror or error})"
            raise MissError(Reason.CUT_OFF, evidence) from error
        finally:
            hang_up(stream[1])
        stopwatch.enter(Phase.TRANSFER)  # adds up the processing

    async def _talk(self, stream: Stream, heard: bytearray) -> None:
        reader, writer = stream
        if self._settings.send is not None:
            writer.write(self._settings.send.encode())
            await writer.drain()
        if self._settings.expect is None:
            return
        wanted, limit = self._settings.expect.encode(), self._settings.limit
        searched = 0
        while heard.find(wanted, max(0, searched - len(wanted))) < 0:
            searched = len(heard)
            if searched >= limit:
                raise MissError(Reason.UNEXPECTED, f"{self._endpoint}: {limit} bytes {self._without_wanted(heard)}")
            part = await reader.read(min(_CHUNK, limit - searched))
            if not part and not heard:
                raise MissError(Reason.CUT_OFF, f"{self._endpoint}: closed before it said anything")
            if not part:
                raise MissError(Reason.UNEXPECTED, f"{self._endpoint}: closed {self._without_wanted(heard)}")
            heard += part

    def _without_wanted(self, heard: bytearray) -> str:
        wanted = shorten(self._settings.expect or "", _LONGEST_WANTED)
        return f'without "{wanted}"; it said "{excerpt(heard.decode("utf-8", "replace"))}"'

    def _explain_timeout(self, stopwatch: Stopwatch, heard: bytearray, timeout: Duration) -> Failure:
        if not heard:
            return stopwatch.explain_timeout(str(self._endpoint))
        evidence = f"{self._endpoint}: {format_duration(timeout)} {self._without_wanted(heard)}"
        return failure(Reason.UNEXPECTED, evidence)


@asynccontextmanager
async def open_questions(ground: Ground) -> AsyncIterator[TcpQuestions]:
    """Questions for as long as the context is open; connections live no longer than their look."""
    yield TcpQuestions(ground)
