"""How an exchange fails: with a member of the closed list and the evidence, raised to whoever asked."""

from __future__ import annotations

from netmon.model.looks import Failure
from netmon.model.states import Reason


class NoAnswer(Exception):  # noqa: N818  it is what happened to the question
    """The target did not answer as it should; *failure* says why. Nothing in it is secret."""

    def __init__(self, reason: Reason, evidence: str) -> None:
        super().__init__(f"{reason.value}: {evidence}")
        self.failure = Failure(reason, evidence)
