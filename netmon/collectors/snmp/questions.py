"""What the collectors of this kind share: one session for each agent and credential, and the way to the agents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from netmon.collectors.names import NameNotResolvedError, Names
from netmon.collectors.permission import Address, find_refusal, parse_literal
from netmon.collectors.snmp.credentials import Credentials
from netmon.collectors.snmp.probe import SnmpCollector
from netmon.collectors.snmp.settings import SnmpSettings
from netmon.model.plan import CheckSpec
from netmon.model.states import Reason
from netmon.ports import Collector, Ground
from netmon.snmp.failures import NoAnswer
from netmon.snmp.session import SnmpSession
from netmon.snmp.sockets import Sockets
from netmon.snmp.wire import Target

_Key = tuple[Target, str, str | None]


class SnmpQuestions:
    """Gives collectors their sessions, which live as long as a collector uses them."""

    def __init__(self, ground: Ground, names: Names) -> None:
        self._credentials = Credentials(ground)
        self._names = names
        self._networks = ground.networks
        self._sockets = Sockets(self._locate)
        self._sessions: WeakValueDictionary[_Key, SnmpSession] = WeakValueDictionary()

    def collector(self, check: CheckSpec, watched: tuple[str, ...]) -> Collector:
        """The collector of *check*, with its credential as it is now; looks with an older one may finish."""
        settings = SnmpSettings.model_validate(dict(check.settings))
        credential = self._credentials.resolve(settings.credential).credential
        key = (Target(check.address, settings.port), settings.credential, settings.context)
        session = self._sessions.get(key)
        if session is None or session.credential is not credential:
            if session is not None:
                session.retire()
            session = SnmpSession(key[0], credential, sockets=self._sockets, context=settings.context)
            self._sessions[key] = session
        return SnmpCollector(session, settings, watched)

    def fingerprint(self, check: CheckSpec) -> str:
        """A text that changes with the secrets of *check*, and tells nothing of them.

        Raises:
            SecretError, ValueError: its credential leads to no secret, or to one that cannot be used.
        """
        return self._credentials.resolve(SnmpSettings.model_validate(dict(check.settings)).credential).fingerprint

    def close(self) -> None:
        """Give every socket back; nothing is asked any more."""
        self._sockets.close()

    async def _locate(self, host: str) -> Address:
        """The first address of *host* that may be asked.

        Raises:
            NoAnswer: there is none.
        """
        try:
            found = (host,) if parse_literal(host) is not None else await self._names.addresses(host)
        except NameNotResolvedError as error:
            raise NoAnswer(Reason.NAME_NOT_RESOLVED, str(error)) from error
        refusal = NoAnswer(Reason.NAME_NOT_RESOLVED, f"{host}: no address")
        for address in (parsed for one in found if (parsed := parse_literal(one)) is not None):
            cause = find_refusal(address, self._networks, asked_first=None)
            if cause is None:
                return address
            refusal = NoAnswer(Reason.FORBIDDEN, f"{host} leads to {address}: {cause}")
        raise refusal


@asynccontextmanager
async def open_questions(ground: Ground) -> AsyncIterator[SnmpQuestions]:
    """Questions for as long as the context is open."""
    questions = SnmpQuestions(ground, Names())
    try:
        yield questions
    finally:
        questions.close()
