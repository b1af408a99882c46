"""The imap look: a conversation with a mail store that leaves its mailboxes as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from netmon.collectors.endpoint import Endpoint
from netmon.collectors.imap.dialogue import ImapDialogue
from netmon.collectors.imap.settings import PORTS, ImapSettings
from netmon.collectors.mail_look import Families, MailCollector, MailDesk
from netmon.model.plan import CheckSpec
from netmon.ports import Collector, Ground

FAMILIES = Families(
    duration="netmon_imap_duration_seconds",
    greeting="netmon_imap_greeting_seconds",
    expiry="netmon_imap_certificate_expiry_timestamp_seconds",
)


class ImapQuestions:
    """Holds what all imap checks share."""

    def __init__(self, ground: Ground) -> None:
        self._desk = MailDesk(ground, FAMILIES)

    def collector(self, check: CheckSpec, watched: tuple[str, ...]) -> Collector:
        """The collector of *check*; mail says nothing about interfaces."""
        settings = ImapSettings.model_validate(check.settings)
        endpoint = Endpoint(check.address, settings.port or PORTS[settings.security])
        return MailCollector(self._desk, endpoint, settings, ImapDialogue(settings))

    def fingerprint(self, check: CheckSpec) -> str:
        """A text that changes with the password of *check*, and tells nothing of it.

        Raises:
            SecretError: it is not to be had, or cannot be sent.
        """
        return self._desk.fingerprint(ImapSettings.model_validate(check.settings))


@asynccontextmanager
async def open_questions(ground: Ground) -> AsyncIterator[ImapQuestions]:
    """Questions for as long as the context is open; connections live no longer than their look."""
    yield ImapQuestions(ground)
