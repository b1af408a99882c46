"""What an SMTP server replies: a code and lines of text (RFC 5321, section 4.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from netmon.collectors.conversation import Conversation
from netmon.collectors.miss import MissError
from netmon.model.states import Reason

_LINE = re.compile(r"([2-5]\d\d)(?:([ -])(.*))?", re.ASCII | re.DOTALL)
_GREYLISTED = re.compile(r"gr[ae]y-?list|\b4\.7\.1\b", re.ASCII | re.IGNORECASE)
_MOST_LINES = 200
_NOT_ACCEPTED = frozenset({530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class Reply:
    """A code, and the text of each line."""

    code: int
    lines: tuple[str, ...]

    @property
    def shown(self) -> str:
        """In one line."""
        return " ".join((str(self.code), *self.lines))


async def hear_reply(talk: Conversation, awaited: str) -> Reply:
    """The next reply; *awaited* says what it answers.

    Raises:
        MissError: none comes, or it is none.
    """
    code, lines = "", []
    for _ in range(_MOST_LINES):
        line = await talk.hear(awaited)
        match = _LINE.fullmatch(line)
        if match is None or code not in ("", match[1]):
            raise talk.miss(Reason.MALFORMED, f"{awaited} is no SMTP: {talk.quote(line)}")
        code = match[1]
        lines.append(match[3] or "")
        if match[2] != "-":
            return Reply(int(code), tuple(lines))
    raise talk.miss(Reason.TOO_LARGE, f"{awaited} has more than {_MOST_LINES} lines")


async def ask(talk: Conversation, line: str, awaited: str) -> Reply:
    """The reply to *line*; raises MissError like `hear_reply`."""
    await talk.say(line)
    return await hear_reply(talk, awaited)


def is_put_off(reply: Reply) -> bool:
    """Whether mail of strangers is made to wait (greylisting): whoever offers it again later gets rid of it."""
    return reply.code in (450, 451) and _GREYLISTED.search(reply.shown) is not None


def refusal(talk: Conversation, subject: str, reply: Reply) -> MissError:
    """What it means that *reply* was the answer to *subject*."""
    reason = Reason.UNAUTHORIZED if reply.code in _NOT_ACCEPTED else Reason.UNEXPECTED
    return talk.miss(reason, f"{subject}: {talk.quote(reply.shown)}")
