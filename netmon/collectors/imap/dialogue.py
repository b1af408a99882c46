"""What is said to an IMAP server (RFC 9051): up to opening a mailbox to look at, which changes nothing in it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from netmon.collectors.conversation import Conversation, Proof
from netmon.collectors.imap.response import Commands, Response, Status, hear_greeting, refusal
from netmon.collectors.imap.settings import ImapSettings
from netmon.collectors.mail import Login
from netmon.collectors.mail_look import Terms
from netmon.model.looks import Number
from netmon.model.states import Reason

MESSAGES = "netmon_imap_mailbox_messages"

_EXISTS = re.compile(r"(\d{1,10}) EXISTS", re.ASCII | re.IGNORECASE)
_CAPABILITY = "CAPABILITY"
_NOT_NOW = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN"})
"""Codes of RFC 5530 by which a server says that it is to blame, and not whoever logs in."""


class ImapDialogue:
    """Says what *settings* want."""

    def __init__(self, settings: ImapSettings) -> None:
        self._settings = settings

    async def greet(self, talk: Conversation) -> None:
        """Hear the greeting."""
        greeting = await hear_greeting(talk)
        if greeting.status is not Status.OK:
            raise refusal(talk, "the server does not serve us", greeting)
        wanted = self._settings.expect
        if wanted is not None and wanted not in greeting.text:
            raise talk.miss(Reason.UNEXPECTED, f'the greeting does not say "{wanted}": {talk.quote(greeting.text)}')

    async def converse(self, talk: Conversation, terms: Terms) -> Mapping[str, Number]:
        """Say everything else."""
        commands = Commands(talk)
        capabilities = await _ask_capabilities(talk, commands)
        if terms.proof is not None:
            await _change_to_tls(talk, commands, terms.proof, capabilities)
            capabilities = await _ask_capabilities(talk, commands)
        if terms.login is None:
            return {}
        await _log_in(talk, commands, terms.login, capabilities)
        return {MESSAGES: await self._count_messages(talk, commands)}

    async def part(self, talk: Conversation) -> None:
        """Say goodbye, and hear it."""
        await Commands(talk).give("LOGOUT")

    async def _count_messages(self, talk: Conversation, commands: Commands) -> int:
        """How many messages the mailbox holds, by EXAMINE: SELECT would take from them that they are new."""
        mailbox = self._settings.mailbox or "INBOX"
        answer = await commands.give(f'EXAMINE "{mailbox}"')
        if answer.status is not Status.OK:
            raise refusal(talk, f'the mailbox "{mailbox}" cannot be opened', answer)
        counts = [match[1] for line in answer.lines if (match := _EXISTS.fullmatch(line)) is not None]
        if not counts:
            raise talk.miss(Reason.MALFORMED, f'the server does not say how many messages "{mailbox}" holds')
        return int(counts[-1])


async def _ask_capabilities(talk: Conversation, commands: Commands) -> frozenset[str]:
    answer = await commands.give(_CAPABILITY)
    words = [line.upper().split() for line in answer.lines]
    found = [line[1:] for line in words if line[:1] == [_CAPABILITY]]
    if answer.status is not Status.OK or not found:
        raise refusal(talk, "the server does not say what it can do", answer)
    return frozenset(found[-1])


async def _change_to_tls(talk: Conversation, commands: Commands, proof: Proof, capabilities: frozenset[str]) -> None:
    if "STARTTLS" not in capabilities:
        raise talk.miss(Reason.UNEXPECTED, "the server does not offer STARTTLS")
    answer = await commands.give("STARTTLS")
    if answer.status is not Status.OK:
        raise refusal(talk, "STARTTLS was refused", answer)
    await talk.secure(proof)


async def _log_in(talk: Conversation, commands: Commands, login: Login, capabilities: frozenset[str]) -> None:
    """Log in by the mechanism PLAIN, or else by LOGIN; both take any letter."""
    if "AUTH=PLAIN" in capabilities:
        answer = await commands.give("AUTHENTICATE PLAIN", login.initial_response)
    elif "LOGINDISABLED" not in capabilities:
        user, password = login.user, login.password
        parts = (f"LOGIN {_announce(user)}", f"{user} {_announce(password)}", password)
        answer = await commands.give(*parts, awaited="the answer to LOGIN")
    else:
        raise talk.miss(Reason.UNEXPECTED, "to log in the server offers neither PLAIN nor LOGIN")
    if answer.status is not Status.OK:
        raise refusal(talk, f'"{login.user}" cannot log in', answer, _blame(answer))


def _blame(answer: Response) -> Reason:
    return Reason.UNEXPECTED if answer.code in _NOT_NOW else Reason.UNAUTHORIZED


def _announce(text: str) -> str:
    """How a literal is announced: its length in bytes."""
    return f"{{{len(text.encode())}}}"
