"""Runs: questions to one agent of which the next leaves as soon as the answer to the last was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from netmon.snmp.ber import Value
from netmon.snmp.pdu import Request


class Question(Protocol):
    """What is asked for a number of values, and reads them from the answer: all of them, or the first."""

    @property
    def request(self) -> Request:
        """What is asked."""

    def decode(self, payload: bytes) -> list[Value | None]:
        """The values in *payload*."""

    def __len__(self) -> int: ...


@dataclass(slots=True)
class Run:
    """Questions that are asked one after the other, and the values of those that were answered.

    Attributes:
        question: the one that is open.
        following: those after it; the first that is not answered in full is the last.
        until: when all of them must be answered, a moment of the loop's clock.
        patience_seconds: how long an answer to one of them is waited for.
        answered: how many were answered in full.
    """

    question: Question
    following: Iterator[Question]
    values: list[Value | None]
    until: float
    patience_seconds: float
    answered: int = 0

    def take(self, values: list[Value | None]) -> Question | None:
        """Keep what the open question brought; the next one."""
        self.values += values
        if len(values) < len(self.question):
            return None
        self.answered += 1
        following = next(self.following, None)
        if following is not None:
            self.question = following
        return following

    def deadline(self, now: float) -> float:
        """When the question that is asked *now* must be answered."""
        return min(self.until, now + self.patience_seconds)
