"""What the collectors of this kind share: one session for each agent and credential, closed when nobody asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from netmon.collectors.snmp.probe import SnmpCollector
from netmon.collectors.snmp.settings import SnmpSettings
from netmon.model.plan import CheckSpec
from netmon.ports import Collector, Ground, Questions
from netmon.snmp.credential import Credential, CredentialSettings, resolve
from netmon.snmp.session import SnmpSession
from netmon.snmp.wire import Target

_IDLE_SECONDS = 3_600.0

_Key = tuple[Target, str, str | None]


class SnmpQuestions:
    """Gives collectors their sessions; a session that was not used for an hour gives its descriptor back."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._credentials: dict[str, tuple[CredentialSettings, Credential]] = {}
        self._sessions: dict[_Key, SnmpSession] = {}

    def collector(self, check: CheckSpec, watched: tuple[str, ...]) -> Collector:
        settings = SnmpSettings.model_validate(dict(check.settings))
        credential = self._credential(settings.credential)
        self._drop_idle()
        key = (Target(check.address, settings.port), settings.credential, settings.context)
        session = self._sessions.get(key)
        if session is None or session.credential is not credential:
            if session is not None:
                session.close()
            session = self._sessions[key] = SnmpSession(key[0], credential, settings.context)
        return SnmpCollector(session, settings, watched)

    def close(self) -> None:
        """Close every session."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def _credential(self, name: str) -> Credential:
        """The credential *name*, resolved; anew only where its settings changed, since stretching keys takes time."""
        settings = CredentialSettings.model_validate(dict(self._ground.credential(name)))
        kept = self._credentials.get(name)
        if kept is None or kept[0] != settings:
            kept = self._credentials[name] = settings, resolve(settings, self._ground.secret)
        return kept[1]

    def _drop_idle(self) -> None:
        now = asyncio.get_running_loop().time()
        for key, session in list(self._sessions.items()):
            if session.used and now - session.used > _IDLE_SECONDS:
                session.close()
                del self._sessions[key]


@asynccontextmanager
async def open_questions(ground: Ground) -> AsyncIterator[Questions]:
    """Questions for as long as the context is open."""
    questions = SnmpQuestions(ground)
    try:
        yield questions
    finally:
        questions.close()
