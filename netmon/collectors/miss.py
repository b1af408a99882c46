"""How a look ends early: an exception within one check alone, which carries the failure of the target."""

from __future__ import annotations

from netmon.model.looks import Failure
from netmon.model.states import Reason

_LONGEST_EVIDENCE = 300
_LONGEST_EXCERPT = 120


class MissError(Exception):
    """The target did not answer as it should; never leaves the check."""

    def __init__(self, reason: Reason, evidence: str) -> None:
        super().__init__(evidence)
        self.failure = failure(reason, evidence)


def failure(reason: Reason, evidence: str) -> Failure:
    """A failure whose *evidence* is one printable line of bounded length, whatever a server put into it."""
    return Failure(reason, shorten(printable(evidence), _LONGEST_EVIDENCE))


def printable(text: str) -> str:
    """*text* with everything that could move a cursor, or hide something, written as an escape."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def shorten(text: str, length: int) -> str:
    """At most *length* characters of *text*."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def excerpt(text: str) -> str:
    """The beginning of *text* as evidence may show it: one line, printable, short."""
    return printable(shorten(" ".join(text[: 8 * _LONGEST_EXCERPT].split()), _LONGEST_EXCERPT))
