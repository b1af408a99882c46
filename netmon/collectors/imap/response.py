"""What an IMAP server says (RFC 9051): lines of its own accord, and the one that ends the answer to a command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from netmon.collectors.conversation import Conversation
from netmon.collectors.miss import MissError
from netmon.model.states import Reason

_STATUS = re.compile(r"(OK|NO|BAD|BYE|PREAUTH)\b ?(.*)", re.ASCII | re.DOTALL | re.IGNORECASE)
_CODE = re.compile(r"\[([A-Z-]+)[^\]]*\]", re.ASCII | re.IGNORECASE)
_MOST_LINES = 1_000


class Status(StrEnum):
    """How an answer ends, or a connection begins."""

    OK = "OK"
    NO = "NO"
    BAD = "BAD"
    BYE = "BYE"
    PREAUTH = "PREAUTH"


@dataclass(frozen=True, slots=True)
class Response:
    """The end of an answer, and the lines before it without their asterisks.

    Attributes:
        code: what stands in brackets, in upper case, without its words (``AUTHENTICATIONFAILED``); or empty.
    """

    status: Status
    text: str
    code: str = ""
    lines: Sequence[str] = ()

    @property
    def shown(self) -> str:
        """In one line."""
        return f"{self.status} {self.text}"


async def hear_greeting(talk: Conversation) -> Response:
    """With what the server begins.

    Raises:
        MissError: with nothing, or with something else.
    """
    line = await talk.hear("the greeting")
    greeting = _read_status(line.removeprefix("* ")) if line.startswith("* ") else None
    if greeting is None:
        raise talk.miss(Reason.MALFORMED, f"the greeting is no IMAP: {talk.quote(line)}")
    return greeting


class Commands:
    """Gives commands over *talk*, each with a tag of its own."""

    def __init__(self, talk: Conversation) -> None:
        self._talk = talk
        self._count = 0

    async def give(self, *parts: str, awaited: str = "") -> Response:
        """The answer to a command; where it has several *parts*, each waits until the server wants it.

        Args:
            awaited: what it is called in evidence, where that is not the command itself.

        Raises:
            MissError: none comes, or it is none.
        """
        self._count += 1
        tag = f"n{self._count}"
        awaited = awaited or f"the answer to {parts[0]}"
        await self._talk.say(f"{tag} {parts[0]}")
        rest = list(parts[1:])
        lines: list[str] = []
        for _ in range(_MOST_LINES):
            line = await self._talk.hear(awaited)
            mark, _, text = line.partition(" ")
            if mark == tag and (response := _read_status(text)) is not None:
                return Response(response.status, response.text, response.code, lines)
            if mark == "*":
                self._check_presence(text)
                lines.append(text)
            elif mark == "+" and rest:
                await self._talk.say(rest.pop(0))
            else:
                raise self._talk.miss(Reason.MALFORMED, f"{awaited} is no IMAP: {self._talk.quote(line)}")
        raise self._talk.miss(Reason.TOO_LARGE, f"{awaited} has more than {_MOST_LINES} lines")

    def _check_presence(self, text: str) -> None:
        said = _read_status(text)
        if said is not None and said.status is Status.BYE:
            raise refusal(self._talk, "the server ends the conversation", said)


def refusal(talk: Conversation, subject: str, response: Response, reason: Reason = Reason.UNEXPECTED) -> MissError:
    """What it means that *response* was the answer to *subject*."""
    return talk.miss(reason, f"{subject}: {talk.quote(response.shown)}")


def _read_status(text: str) -> Response | None:
    match = _STATUS.fullmatch(text)
    if match is None:
        return None
    code = _CODE.match(match[2])
    return Response(Status(match[1].upper()), match[2], code[1].upper() if code else "")
