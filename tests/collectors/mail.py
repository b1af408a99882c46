"""Mail servers on loopback that answer each command as a test tells them, with TLS where they agree to it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netmon.collectors import imap, smtp
from netmon.kernel.clock import SystemClock
from netmon.model.looks import Failure, Outcome
from netmon.model.moments import MILLISECOND, SECOND, Duration
from netmon.ports import CollectorKind, Ground
from tests.collectors.makers import check, ground

PLENTY = Duration(20 * SECOND)
SHORT = Duration(150 * MILLISECOND)

Answers = Mapping[str, str]
"""What is said to commands that begin with a text; ``{tag}`` stands for the tag of an IMAP command."""


@dataclass
class MailServer:
    """Greets, and says *answers*, but *secured* once it has changed to TLS; without *tls* it falls silent instead.

    Attributes:
        is_silent: set when it has heard what it will not answer.
    """

    greeting: str
    answers: Answers
    secured: Answers = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    tagged: bool = False
    heard: list[str] = field(default_factory=list)
    is_silent: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers = self.answers
        writer.write(self.greeting.encode())
        while line := await reader.readline():
            said = line.decode().removesuffix("\r\n")
            self.heard.append(said)
            tag, _, command = said.partition(" ") if self.tagged else ("", "", said)
            answer = next((answer for begin, answer in answers.items() if command.startswith(begin)), "")
            writer.write(answer.replace("{tag}", tag).encode())
            if command == "STARTTLS" and self.tls is None:
                await reader.read(1)  # of the handshake
                self.is_silent.set()
                return
            if not answer:
                self.is_silent.set()
            if command == "STARTTLS" and self.tls is not None:
                await writer.start_tls(self.tls)
                answers = self.secured


def smtp_server(greeting: str = "220 mail.example.vn ESMTP\r\n", **rest: Any) -> MailServer:
    return MailServer(greeting, **rest)


def imap_server(greeting: str = "* OK mail.example.vn ready\r\n", **rest: Any) -> MailServer:
    return MailServer(greeting, tagged=True, **rest)


async def look(
    kind: CollectorKind, port: int, timeout: Duration = PLENTY, *, on: Ground | None = None, **settings: Any
) -> Outcome:
    """One look at a server on 127.0.0.1, without TLS unless the settings say otherwise."""
    written = {"port": port, "security": "none", **settings}
    async with kind.open(on or ground(clock=SystemClock())) as questions:
        return await questions.collector(check(kind.name, "127.0.0.1", written), ()).look(timeout)


def failure_of(outcome: Outcome) -> Failure:
    assert outcome.failure is not None
    assert outcome.readings == ()
    return outcome.failure


def scalars(outcome: Outcome) -> Mapping[str, float]:
    assert outcome.failure is None, outcome.failure
    (readings,) = outcome.readings
    return {name: value for name, (value,) in readings.columns.items() if value is not None}


SMTP, IMAP = smtp.KIND, imap.KIND
