"""The icmp look: one echo, and the round trip or the reason why there is none."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from netmon.collectors.icmp.flight import Ending, Flight
from netmon.collectors.icmp.lab_transport import LabEchoTransport
from netmon.collectors.icmp.packets import IPV4, IPV6, Family
from netmon.collectors.icmp.settings import IcmpSettings
from netmon.collectors.icmp.transport import Aim, EchoTransport
from netmon.collectors.icmp.wire import IcmpTransport
from netmon.collectors.names import NameNotResolvedError, Names
from netmon.collectors.permission import Address, find_refusal, parse_literal
from netmon.model.looks import Failure, Labels, Outcome, Readings
from netmon.model.moments import Duration, in_seconds, seconds
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
        return IcmpCollector(self, check.address, settings.size)

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


class IcmpCollector:
    """Asks one target for an echo; every miss, whatever its reason, is known at its deadline."""

    def __init__(self, questions: IcmpQuestions, target: str, size: int) -> None:
        self._questions = questions
        self._target = target
        self._size = size
        self._literal = parse_literal(target)
        self._aim: Aim | None = None

    async def look(self, timeout: Duration) -> Outcome:
        """One echo within *timeout*, of which the resolver takes its part where the target is a name."""
        if self._literal is not None:
            if self._aim is None:
                self._aim = self._questions.aim(self._literal)
            return await self._ask(self._aim, Duration(0), timeout)
        loop = asyncio.get_running_loop()
        began = loop.time()
        found = await self._resolve(timeout)
        if isinstance(found, Failure):
            await asyncio.sleep(began + in_seconds(timeout) - loop.time())
            return Outcome(took=timeout, failure=found)
        spent = min(seconds(loop.time() - began), timeout)
        return await self._ask(self._questions.aim(found), spent, timeout)

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

    async def _ask(self, aim: Aim, spent: Duration, timeout: Duration) -> Outcome:
        flight = self._questions.flight
        ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

        def end(ending: Ending) -> None:
            if not ended.done():  # it is, while a cancelled look has not yet come to forget its echo
                ended.set_result(ending)

        left = in_seconds(Duration(timeout - spent))
        echo = flight.launch(aim, size=self._size, timeout_seconds=left, on_end=end)
        try:
            answer = await ended
        finally:
            flight.forget(echo)
        if isinstance(answer, float):
            took = Duration(spent + seconds(answer))
            return Outcome(took=took, readings=(Readings(_ONE_ROW, {RTT: (answer,)}),))
        silence = Failure(Reason.TIMEOUT, f"{self._target}: no echo reply within {format_duration(timeout)}")
        return Outcome(took=timeout, failure=answer or silence)


@asynccontextmanager
async def open_questions(ground: Ground) -> AsyncIterator[IcmpQuestions]:
    """Questions for as long as the context is open."""
    flight = Flight()
    try:
        yield IcmpQuestions(flight, Names(), ground)
    finally:
        flight.close()
