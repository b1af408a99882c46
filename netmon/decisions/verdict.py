"""The verdict: what one look says by itself."""

from __future__ import annotations

from netmon.model.looks import Failure, Outcome
from netmon.model.plan import Rule
from netmon.model.states import Verdict


def weigh(outcome: Outcome, rule: Rule) -> tuple[Verdict, Failure | None]:
    """What *outcome* says under *rule*, and why where it is not a plain answer."""
    if outcome.failure is not None:
        return Verdict.MISSED, outcome.failure
    if outcome.flaw is not None:
        return Verdict.DEGRADED, outcome.flaw
    if rule.slow is not None and outcome.took > rule.slow:
        return Verdict.SLOW, None
    return Verdict.ANSWERED, None
