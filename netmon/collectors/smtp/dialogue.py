"""What is said to an SMTP server (RFC 5321): everything up to a mail, and never a mail."""

from __future__ import annotations

from collections.abc import Mapping

from netmon.collectors.conversation import Conversation, Proof
from netmon.collectors.mail import Login, encode
from netmon.collectors.mail_look import Terms
from netmon.collectors.permission import parse_literal
from netmon.collectors.smtp.reply import Reply, ask, hear_reply, is_put_off, refusal
from netmon.collectors.smtp.settings import SmtpSettings
from netmon.model.looks import Number
from netmon.model.states import Reason

_READY = 220
_DONE = 250
_LOGGED_IN = 235
_GO_ON = 334
_WELCOME_RECIPIENT = (250, 251)

Extensions = Mapping[str, frozenset[str]]
"""What the server can do, each with its words, all in upper case."""


class SmtpDialogue:
    """Says what *settings* want."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    async def greet(self, talk: Conversation) -> None:
        """Hear the greeting."""
        greeting = await hear_reply(talk, "the greeting")
        if greeting.code != _READY:
            raise refusal(talk, "the server does not serve us", greeting)
        wanted = self._settings.expect
        if wanted is not None and wanted not in greeting.shown:
            raise talk.miss(Reason.UNEXPECTED, f'the greeting does not say "{wanted}": {talk.quote(greeting.shown)}')

    async def converse(self, talk: Conversation, terms: Terms) -> Mapping[str, Number]:
        """Say everything else."""
        extensions = await self._introduce(talk)
        if terms.proof is not None:
            await _change_to_tls(talk, terms.proof, extensions)
            extensions = await self._introduce(talk)
        if terms.login is not None:
            await _log_in(talk, terms.login, extensions)
        await self._offer_mail(talk)
        return {}

    async def part(self, talk: Conversation) -> None:
        """Say goodbye, and hear it."""
        await ask(talk, "QUIT", "the goodbye")

    async def _introduce(self, talk: Conversation) -> Extensions:
        name = self._settings.hello or address_literal(talk.own_address)
        answer = await ask(talk, f"EHLO {name}", "the answer to EHLO")
        if answer.code != _DONE:
            raise refusal(talk, "EHLO was refused", answer)
        return _read_extensions(answer)

    async def _offer_mail(self, talk: Conversation) -> None:
        sender, recipient = self._settings.sender, self._settings.recipient
        if sender is None and recipient is None:
            return
        answer = await ask(talk, f"MAIL FROM:<{sender or ''}>", "the answer to MAIL FROM")
        if answer.code != _DONE:
            raise refusal(talk, f"no mail is taken from <{sender or ''}>", answer)
        if recipient is not None:
            answer = await ask(talk, f"RCPT TO:<{recipient}>", "the answer to RCPT TO")
            if is_put_off(answer):
                talk.flaw = refusal(talk, f"mail for <{recipient}> is put off", answer).failure
            elif answer.code not in _WELCOME_RECIPIENT:
                raise refusal(talk, f"no mail is taken for <{recipient}>", answer)
        await ask(talk, "RSET", "the answer to RSET")


async def _change_to_tls(talk: Conversation, proof: Proof, extensions: Extensions) -> None:
    if "STARTTLS" not in extensions:
        raise talk.miss(Reason.UNEXPECTED, "the server does not offer STARTTLS")
    answer = await ask(talk, "STARTTLS", "the answer to STARTTLS")
    if answer.code != _READY:
        raise refusal(talk, "STARTTLS was refused", answer)
    await talk.secure(proof)


async def _log_in(talk: Conversation, login: Login, extensions: Extensions) -> None:
    """Log in by PLAIN, or else by LOGIN, as RFC 4954 has it."""
    mechanisms = extensions.get("AUTH", frozenset())
    awaited = "the answer to AUTH"
    if "PLAIN" in mechanisms:
        answer = await ask(talk, f"AUTH PLAIN {login.initial_response}", awaited)
    elif "LOGIN" in mechanisms:
        answer = await ask(talk, "AUTH LOGIN", awaited)
        for word in (login.user, login.password):
            if answer.code == _GO_ON:
                answer = await ask(talk, encode(word), awaited)
    else:
        offered = ", ".join(sorted(mechanisms)) or "nothing"
        raise talk.miss(
            Reason.UNEXPECTED, f"to log in the server offers neither PLAIN nor LOGIN, but {talk.quote(offered)}"
        )
    if answer.code != _LOGGED_IN:
        raise refusal(talk, f'"{login.user}" cannot log in', answer)


def _read_extensions(answer: Reply) -> Extensions:
    extensions: dict[str, frozenset[str]] = {}
    for line in answer.lines[1:]:
        name, *words = line.upper().split() or [""]
        name, _, word = name.partition("=")  # some old servers write AUTH=PLAIN
        extensions[name] = extensions.get(name, frozenset()) | {*words, *([word] if word else ())}
    return extensions


def address_literal(text: str) -> str:
    """The address *text* where a name should stand (RFC 5321, section 4.1.3)."""
    address = parse_literal(text.partition("%")[0])
    return f"[IPv6:{address}]" if address is not None and address.version == 6 else f"[{address}]"
