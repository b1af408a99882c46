"""The dns look: ask every server at the same time, and compare what each says with what is expected."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import dns.rcode

from netmon.collectors.dialing import choose_permitted, find_addresses
from netmon.collectors.dns.exchange import ask
from netmon.collectors.dns.message import Reply, make_question
from netmon.collectors.dns.records import parse_name, parse_record, read_content
from netmon.collectors.dns.servers import RESOLV_CONF, system_servers
from netmon.collectors.dns.settings import DnsSettings
from netmon.collectors.endpoint import Endpoint
from netmon.collectors.miss import MissError, failure, shorten
from netmon.collectors.names import Names
from netmon.collectors.permission import Address, parse_literal
from netmon.collectors.phases import Phase, Stopwatch
from netmon.model.ids import EntityKind, kind_of
from netmon.model.looks import Failure, Labels, Outcome, Readings
from netmon.model.moments import Duration
from netmon.model.plan import CheckSpec
from netmon.model.states import Reason
from netmon.ports import Collector, Ground

UP = "netmon_dns_server_up"
DURATION = "netmon_dns_answer_seconds"
ANSWERS = "netmon_dns_answers"
AUTHENTICATED = "netmon_dns_authenticated"

_LONGEST_SHOWN = 80
_AT_ONCE = 4
_PHRASES = {
    dns.rcode.NXDOMAIN: "there is no such name",
    dns.rcode.SERVFAIL: "the server failed, or what it heard did not pass DNSSEC",
    dns.rcode.REFUSED: "the server does not answer us",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What one server said, how long it took, and what is wrong with it."""

    seconds: float | None = None
    answers: int | None = None
    authenticated: int | None = None
    failure: Failure | None = None


class DnsQuestions:
    """Holds what all dns checks share: the addresses of servers that go by a name, and the networks they may enter."""

    def __init__(self, ground: Ground, resolv_conf: Path = RESOLV_CONF) -> None:
        self._names = Names()
        self._networks = ground.networks
        self._resolv_conf = resolv_conf

    def collector(self, check: CheckSpec, watched: tuple[str, ...]) -> Collector:
        """The collector of *check*; an answer says nothing about interfaces."""
        settings = DnsSettings.model_validate(check.settings)
        device = check.address if kind_of(check.subject) is EntityKind.DEVICE else None
        return DnsCollector(self, settings, settings.servers or ((device,) if device else ()))

    async def addresses(self, server: str) -> list[Address]:
        """The addresses of *server* that may be contacted.

        Raises:
            MissError: there is none.
        """
        return choose_permitted(await find_addresses(server, self._names), self._networks, where=server)

    def system_servers(self) -> list[Address]:
        """The servers of this machine; everything on it asks them, whatever netmon's networks say."""
        return system_servers(self._resolv_conf)


class DnsCollector:
    """Asks each of *servers*, or those of this machine where there are none, by a socket of its own."""

    def __init__(self, questions: DnsQuestions, settings: DnsSettings, servers: tuple[str, ...]) -> None:
        self._questions = questions
        self._settings = settings
        self._servers = servers
        self._name = parse_name(settings.query)
        self._expected = frozenset(parse_record(settings.record, text) for text in settings.expect)
        self._shown: Sequence[str] = ()
        self._rows: Sequence[Labels] = ()

    async def look(self, timeout: Duration) -> Outcome:
        """One question to each server within *timeout* in all."""
        stopwatch = Stopwatch(timeout)
        servers = self._servers or tuple(map(str, self._questions.system_servers()))
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._ask(server, Stopwatch(timeout))) for server in servers]
        said = [task.result() for task in asked]
        took = stopwatch.took
        failures = [one.failure for one in said if one.failure is not None]
        if len(failures) == len(said):
            return Outcome(took=took, failure=_join(failures, failures[0].reason, ""))
        flaw = _join(failures, Reason.PARTIAL, f"{len(failures)} of {len(said)} servers: ") if failures else None
        return Outcome(took=took, flaw=flaw, readings=(self._read(servers, said),))

    async def _ask(self, server: str, stopwatch: Stopwatch) -> Said:
        endpoint = Endpoint(server, self._settings.port)
        where = f"{endpoint}: {self._settings.query} {self._settings.record}"
        question = make_question(self._name, self._settings.record)
        try:
            address = await self._find(server, stopwatch)
            stopwatch.enter(Phase.PROCESSING)
            reply = await ask(question, address, self._settings.port, stopwatch)
            stopwatch.enter(Phase.TRANSFER)  # adds up the processing
            async with asyncio.timeout_at(stopwatch.deadline):
                answers = await self._read_answers(where, reply)
        except TimeoutError:
            return Said(failure=stopwatch.explain_timeout(str(endpoint)))
        except MissError as miss:
            return Said(failure=miss.failure)
        return Said(
            stopwatch.seconds[Phase.PROCESSING],
            len(answers),
            int(reply.is_authenticated),
            self._judge(where, reply, answers),
        )

    async def _find(self, server: str, stopwatch: Stopwatch) -> Address:
        """The address of *server*; a server of this machine's own is not held against the networks."""
        if not self._servers and (own := parse_literal(server)) is not None:
            return own
        async with asyncio.timeout_at(stopwatch.deadline):
            return (await self._questions.addresses(server))[0]

    async def _read_answers(self, where: str, reply: Reply) -> frozenset[str]:
        answers = set()
        for number, place in enumerate(reply.records, start=1):
            try:
                answers.add(read_content(self._settings.record, reply.wire, place))
            except ValueError as error:
                raise MissError(Reason.MALFORMED, f"{where}: {error}") from error
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)  # long names take a millisecond each
        return frozenset(answers)

    def _judge(self, where: str, reply: Reply, answers: frozenset[str]) -> Failure | None:
        if reply.rcode != dns.rcode.NOERROR:
            phrase = _PHRASES.get(reply.rcode, "the server reports an error")
            return failure(Reason.UNEXPECTED, f"{where}: {phrase} ({dns.rcode.to_text(reply.rcode)})")
        if not answers:
            return failure(Reason.UNEXPECTED, f"{where}: the name has no such record")
        if self._expected and answers != self._expected:
            return failure(Reason.UNEXPECTED, f"{where}: {_show(answers)}, expected {_show(self._expected)}")
        if self._settings.dnssec and not reply.is_authenticated:
            return failure(Reason.UNEXPECTED, f"{where}: the answer was not validated by DNSSEC (no AD flag)")
        return None

    def _read(self, servers: Sequence[str], said: Sequence[Said]) -> Readings:
        if servers != self._shown:
            self._shown, self._rows = servers, tuple((("server", server),) for server in servers)
        return Readings(
            self._rows,
            {
                UP: [int(one.failure is None) for one in said],
                DURATION: [one.seconds for one in said],
                ANSWERS: [one.answers for one in said],
                AUTHENTICATED: [one.authenticated for one in said],
            },
        )


def _join(failures: Sequence[Failure], reason: Reason, before: str) -> Failure:
    return failure(reason, before + "; ".join(one.evidence for one in failures))


def _show(answers: frozenset[str]) -> str:
    return shorten(", ".join(sorted(answers)), _LONGEST_SHOWN)


@asynccontextmanager
async def open_questions(ground: Ground) -> AsyncIterator[DnsQuestions]:
    """Questions for as long as the context is open; sockets live no longer than their look."""
    yield DnsQuestions(ground)
