"""The icmp look: one echo, and the round trip or the reason why there is none."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from netmon.collectors.icmp.flight import Ending, Flight
from netmon.collectors.icmp.lab_transport import LabEchoTransport
from netmon.collectors.icmp.packets import IPV4, IPV6, Family
from netmon.collectors.icmp.settings import IcmpSettings
from netmon.collectors.icmp.transport import Aim, EchoTransport
from netmon.collectors.icmp.wire import IcmpTransport
from netmon.collectors.names import NameNotResolvedError, Names
from netmon.collectors.permission import Address, find_refusal, parse_literal
from netmon.model.looks import Failure, Labels, Outcome, Readings
from netmon.model.moments import SECOND, Duration, in_seconds, seconds
from netmon.model.plan import CheckSpec
from netmon.model.quantities import format_duration
from netmon.model.states import Reason
from netmon.ports import Collector, Ground

RTT = "netmon_icmp_rtt_seconds"
LAB_NETWORK = ipaddress.IPv4Network("127.20.0.0/16")

_ONE_ROW: Sequence[Labels] = ((),)


class IcmpQuestions:
    """Holds what all icmp checks share: the flight, one socket for each family, the names.

    A socket is opened when it is first needed, so a poller that only looks at the lab needs no privilege, and
    one that was refused tries again at the next look.
    """

    def __init__(self, flight: Flight, names: Names, ground: Ground) -> None:
        self.flight = flight
        self.names = names
        self.networks = ground.networks
        self._lab_echo = ground.lab_echo if ground.lab else None
        self._lab: EchoTransport | None = None
        self._real: dict[str, EchoTransport] = {}

    def collector(self, check: CheckSpec, watched: tuple[str, ...]) -> Collector:
        """The collector of *check*; an echo says nothing about interfaces."""
        settings = IcmpSettings.model_validate(check.settings)
        literal = parse_literal(check.address)
        if literal is None:
            return NamedCollector(self, check.address, settings.size)
        return LiteralCollector(self, literal, check.address, size=settings.size)

    def aim(self, address: Address) -> Aim:
        """How echoes get to *address*.

        Raises:
            EchoRefusedError: this process may not send any; the message says what to do.
        """
        family = IPV4 if address.version == 4 else IPV6
        zone = getattr(address, "scope_id", None)
        source = socket.inet_ntop(family.family, address.packed)
        transport = self._lab_transport(address) or self._real.get(family.name) or self._open(family)
        return Aim(f"{source}%{zone}" if zone else source, source, transport)

    def _lab_transport(self, address: Address) -> EchoTransport | None:
        if self._lab_echo is None or address not in LAB_NETWORK:
            return None
        if self._lab is None:
            self._lab = self._carried(LabEchoTransport(self._lab_echo))
        return self._lab

    def _open(self, family: Family) -> EchoTransport:
        opened = self._real[family.name] = self._carried(IcmpTransport(family))
        return opened

    def _carried(self, transport: EchoTransport) -> EchoTransport:
        self.flight.carry(transport)
        return transport


class LiteralCollector:
    """Asks a literal address for an echo; every miss, whatever its reason, is known at its deadline."""

    def __init__(self, questions: IcmpQuestions, literal: Address, target: str, *, size: int) -> None:
        self._questions = questions
        self._literal = literal
        self._target = target
        self._size = size
        self._aim: Aim | None = None

    async def look(self, timeout: Duration) -> Outcome:
        """One echo within *timeout*."""
        return await _look(self._questions.flight, self._aimed(), self._target, size=self._size, timeout=timeout)

    def begin(self, timeout: Duration, end: Callable[[Outcome], None]) -> None:
        """The same without waiting: *end* is called with the outcome."""
        end_echo = partial(_end, end, self._target, timeout, Duration(0))
        aim = self._aim or self._aimed()
        self._questions.flight.launch(aim, size=self._size, timeout_seconds=in_seconds(timeout), on_end=end_echo)

    def _aimed(self) -> Aim:
        if self._aim is None:
            self._aim = self._questions.aim(self._literal)
        return self._aim


class NamedCollector:
    """Asks a host name for an echo; the resolver takes its part of the time."""

    def __init__(self, questions: IcmpQuestions, target: str, size: int) -> None:
        self._questions = questions
        self._target = target
        self._size = size

    async def look(self, timeout: Duration) -> Outcome:
        """One echo, to be answered within *timeout* from the question to the resolver on."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        found = await self._resolve(timeout)
        if isinstance(found, Failure):
            await asyncio.sleep(began + in_seconds(timeout) - loop.time())
            return Outcome(took=timeout, failure=found)
        spent = min(seconds(loop.time() - began), timeout)
        flight, aim = self._questions.flight, self._questions.aim(found)
        return await _look(flight, aim, self._target, size=self._size, timeout=timeout, spent=spent)

    async def _resolve(self, timeout: Duration) -> Address | Failure:
        """The first address of the target that may be contacted."""
        try:
            async with asyncio.timeout(in_seconds(timeout)):
                names = await self._questions.names.addresses(self._target)
        except TimeoutError:
            evidence = f"{self._target}: the resolver said nothing within {format_duration(timeout)}"
            return Failure(Reason.NAME_NOT_RESOLVED, evidence)
        except NameNotResolvedError as error:
            return Failure(Reason.NAME_NOT_RESOLVED, str(error))
        refusal = f"{self._target} has no address"
        for address in (parsed for name in names if (parsed := parse_literal(name)) is not None):
            cause = find_refusal(address, self._questions.networks, asked_first=None)
            if cause is None:
                return address
            refusal = f"{self._target} leads to {address}: {cause}"
        return Failure(Reason.FORBIDDEN, refusal)


async def _look(
    flight: Flight, aim: Aim, target: str, *, size: int, timeout: Duration, spent: Duration = Duration(0)
) -> Outcome:
    """One echo to *target*, of whose time-out so much is *spent* already."""
    known: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def end(outcome: Outcome) -> None:
        if not known.done():  # it is, while a cancelled look has not yet come to forget its echo
            known.set_result(outcome)

    left = in_seconds(Duration(timeout - spent))
    on_end = partial(_end, end, target, timeout, spent)
    echo = flight.launch(aim, size=size, timeout_seconds=left, on_end=on_end)
    try:
        return await known
    finally:
        flight.forget(echo)


def _end(end: Callable[[Outcome], None], target: str, timeout: Duration, spent: Duration, ending: Ending) -> None:
    """Tell *end* what the *ending* of an echo means."""
    if isinstance(ending, float):
        took = Duration(spent + round(ending * SECOND))
        end(Outcome(took=took, readings=(Readings(_ONE_ROW, {RTT: (ending,)}),)))
        return
    silence = Failure(Reason.TIMEOUT, f"{target}: no echo reply within {format_duration(timeout)}")
    end(Outcome(took=timeout, failure=ending or silence))


@asynccontextmanager
async def open_questions(ground: Ground) -> AsyncIterator[IcmpQuestions]:
    """Questions for as long as the context is open."""
    flight = Flight()
    try:
        yield IcmpQuestions(flight, Names(), ground)
    finally:
        flight.close()
