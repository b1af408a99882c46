"""A conversation with one agent: questions in turn, their remedies, and what is asked again in parts."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from netmon.model.states import Reason
from netmon.snmp.ber import Malformed, Value
from netmon.snmp.credential import Credential
from netmon.snmp.failures import NoAnswer
from netmon.snmp.pdu import ErrorStatus, Get, Kind, Request, Response, fresh_request_id
from netmon.snmp.run import Question, Run
from netmon.snmp.security import MessageVersion, Remedy
from netmon.snmp.sockets import Sockets
from netmon.snmp.stretch import Stretch
from netmon.snmp.wire import Oddities, Target, Wire, is_address

T = TypeVar("T")

_MOST_REMEDIES = 3
_MOST_NAMES = 66
_MOST_IN_A_RUN = 32
_MOST_REPETITIONS = 25
_STRETCH_PATIENCE_SECONDS = 2.5
_NOT_ALLOWED = frozenset({ErrorStatus.NO_ACCESS, ErrorStatus.AUTHORIZATION_ERROR})


@dataclass(frozen=True, slots=True)
class Answers:
    """The values of several questions, as far as they were answered, and what cut them off."""

    values: list[Value | None]
    cut: NoAnswer | None = None


class SnmpSession:
    """Asks one agent with one credential; opens a socket when it needs one, and another after that was closed.

    Attributes:
        most_names: how many names one GET may hold; smaller once the agent found an answer too big.
        repetitions: how many instances one GETBULK asks for; smaller once that was too many.
        takes_stretches: whether it may be asked for answers larger than a packet of Ethernet; whoever finds that
            those are lost where small ones arrive says so here.
    """

    def __init__(self, target: Target, credential: Credential, *, sockets: Sockets, context: str | None = None) -> None:
        self.target = target
        self.credential = credential
        self.most_names = _MOST_NAMES
        self.repetitions = _MOST_REPETITIONS
        self.takes_stretches = True
        self._security = credential.security(context)
        self._wire = Wire(target, self._security, sockets)
        self._lock = asyncio.Lock()
        self._in_line = 0
        self._is_retired = False

    @property
    def version(self) -> MessageVersion:
        """The version of SNMP that it speaks."""
        return self._security.version

    @property
    def oddities(self) -> Oddities:
        """What came besides answers."""
        return self._wire.oddities

    async def get(self, question: Get, until: float) -> list[Value | None]:
        """The values of *question* in its order; ``None`` for an instance that the agent does not have.

        *until* is a moment of the loop's clock.

        Raises:
            NoAnswer: there was none by then, or none that could be used.
        """
        response, values = await self.ask(question.request, question.decode, until)
        if values is not None:
            return values
        return await self._get_in_parts(question, response, until)

    async def get_each(self, questions: Sequence[Get], until: float) -> Answers:
        """The values of all *questions*, one question after the other, for less than `get` would cost."""
        values: list[Value | None] = []
        place = 0
        try:
            while place < len(questions):
                values += await self.get(questions[place], until)
                place += 1
                place += await self._run_through(questions[place : place + _MOST_IN_A_RUN], values, until)
        except NoAnswer as failure:
            return Answers(values, failure)
        return Answers(values)

    async def get_stretches(self, stretches: Sequence[Stretch], until: float) -> Answers:
        """The values of the rows of *stretches*, up to the first that does not come as it was learned.

        The rest is the business of `get_each`, and half of the time is left for it.
        """
        values: list[Value | None] = []
        if not self.takes_stretches or self.version is MessageVersion.V1:
            return Answers(values)
        patience = min(_STRETCH_PATIENCE_SECONDS, (until - asyncio.get_running_loop().time()) / 2)
        try:
            for first in range(0, len(stretches), _MOST_IN_A_RUN):
                batch = stretches[first : first + _MOST_IN_A_RUN]
                if await self._run_through(batch, values, until, patience) < len(batch):
                    break
        except NoAnswer as failure:
            return Answers(values, failure)
        return Answers(values)

    async def ask(self, request: Request, read: Callable[[bytes], T], until: float) -> tuple[Response, T | None]:
        """The response to *request* and what *read* makes of its varbinds, unless it carries an error status.

        Raises:
            NoAnswer: there was none by *until*, or none that could be used.
        """
        await self._take_turn(until)
        try:
            await self._wire.open(until)
            return await self._converse(request, read, until)
        except NoAnswer as failure:
            self._begin_anew_after(failure)
            raise
        finally:
            self._end_turn()

    def close(self) -> None:
        """Give the socket back; the next question opens another."""
        self._wire.close()

    def retire(self) -> None:
        """Keep no socket but for an open question: another session has taken the place of this one."""
        self._is_retired = True
        if not self._lock.locked():
            self.close()

    async def _run_through(
        self,
        questions: Sequence[Question],
        values: list[Value | None],
        until: float,
        patience_seconds: float = math.inf,
    ) -> int:
        """Ask *questions* without waking anybody in between; how many were answered before one wanted more.

        The next question leaves as soon as the answer to the last was read, and the answers are added to *values*.
        """
        if not questions:
            return 0
        following = iter(questions)
        run = Run(next(following), following, values, until, patience_seconds)
        await self._take_turn(until)
        try:
            if self._wire.is_open and self._security.greeting(0) is None:
                await self._wire.go_through(run)
        except NoAnswer as failure:
            self._begin_anew_after(failure)
            raise
        finally:
            self._end_turn()
        return run.answered

    def _begin_anew_after(self, failure: NoAnswer) -> None:
        """An agent that is silent may have been replaced, and a name may lead elsewhere by now."""
        if failure.failure.reason is Reason.TIMEOUT:
            self._security.forget()
        if not is_address(self.target.host):
            self.close()

    async def _take_turn(self, until: float) -> None:
        if not self._lock.locked() and not self._in_line:  # one that is free is not ours while others stand in line
            await self._lock.acquire()
            return
        self._in_line += 1
        try:
            async with asyncio.timeout_at(until):
                await self._lock.acquire()
        except TimeoutError:
            raise NoAnswer(Reason.TIMEOUT, f"{self.target.where}: other questions took all the time") from None
        finally:
            self._in_line -= 1

    def _end_turn(self) -> None:
        if self._is_retired:
            self.close()
        self._lock.release()

    async def _converse(self, request: Request, read: Callable[[bytes], T], until: float) -> tuple[Response, T | None]:
        for _ in range(_MOST_REMEDIES):
            number = fresh_request_id()
            greeting = self._security.greeting(number)
            if greeting is not None:
                await self._wire.exchange(greeting, number, _read_nothing, until)
                number = fresh_request_id()
            datagram = self._security.seal(request.encode(number), number, asyncio.get_running_loop().time())
            response, value = await self._wire.exchange(datagram, number, read, until)
            if response.kind == Kind.RESPONSE:
                return response, value
            if self._remedy(response) is Remedy.DISCOVER:
                self._security.forget()
        raise NoAnswer(
            Reason.UNAUTHORIZED, f"{self.target.where}: it does not agree with us about its engine or its time"
        )

    def _remedy(self, report: Response) -> Remedy:
        try:
            return self._security.remedy(report)
        except NoAnswer as refusal:
            raise NoAnswer(refusal.failure.reason, f"{self.target.where}: {refusal.failure.evidence}") from None
        except Malformed as error:
            raise NoAnswer(Reason.MALFORMED, f"{self.target.where}: a report that cannot be read: {error}") from None

    async def _get_in_parts(self, question: Get, response: Response, until: float) -> list[Value | None]:
        """Ask again for what the agent can give: halves where all is too big, all but the name that it rejects."""
        if response.status == ErrorStatus.TOO_BIG:
            if len(question) < 2:
                return [None] * len(question)
            self.most_names = max(1, min(self.most_names, len(question) // 2))
            first, second = question.halves()
            return await self.get(first, until) + await self.get(second, until)
        if response.status in _NOT_ALLOWED:
            raise NoAnswer(Reason.UNAUTHORIZED, f"{self.target.where}: it does not let us read this")
        if not 1 <= response.error_index <= len(question):
            raise NoAnswer(Reason.UNEXPECTED, f"{self.target.where}: error status {response.status} without a name")
        position = response.error_index - 1
        rest = question.without(position)
        values = await self.get(rest, until) if len(rest) else []
        values.insert(position, None)
        return values


def _read_nothing(payload: bytes) -> None:
    return None
