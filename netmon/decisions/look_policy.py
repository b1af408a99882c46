"""The look policy: what a look makes the poller ask next."""

from __future__ import annotations

from netmon.decisions.check import CheckBelief
from netmon.decisions.subject import REACHABILITY_KINDS
from netmon.model.looks import Look, Occasion
from netmon.model.moments import SECOND, Duration, Moment
from netmon.model.plan import CheckSpec, Rule, Subject

PROMPT_TIMEOUT = Duration(2 * SECOND)
"""How long a look that another check's doubt asked for may take."""

PROMPT_REST = SECOND
"""A check that was asked this shortly ago is not prompted again."""


def relooks(after: CheckBelief, look: Look, rule: Rule) -> tuple[Moment, ...]:
    """When to look again because of *look*, where *after* is the belief that it led to.

    Overlapping re-looks are all asked for by the opener, the first when its result is known (for a miss, its
    deadline); others one by one, each a while after the result before it.
    """
    if after.burst is None or after.burst.opener not in (look.at, look.opener):
        return ()
    if not rule.overlapping:
        return (Moment(look.known + rule.relook_gap),)
    if look.occasion is Occasion.BURST:
        return ()
    return tuple(Moment(look.known + k * rule.relook_gap) for k in range(rule.relooks))


def burst_ends(opener: Moment, rule: Rule) -> Moment:
    """When the last result of a burst is known at the latest; past that it was abandoned and the grid goes on."""
    if rule.overlapping:
        return Moment(opener + 2 * rule.timeout + max(0, rule.relooks - 1) * rule.relook_gap)
    return Moment(opener + rule.timeout + rule.relooks * (rule.relook_gap + rule.timeout))


def opens_doubt(before: CheckBelief, after: CheckBelief, look: Look) -> bool:
    """Whether *look* is a first miss: one that opened a burst."""
    return not look.verdict.is_answer and after.burst is not None and after.burst.opener == look.at != _opener(before)


def prompted(subject: Subject, check: CheckSpec) -> tuple[CheckSpec, ...]:
    """The other checks of a device that are asked once when its reachability *check* misses."""
    first = reachability_check(subject)
    if first is None or first.id != check.id:
        return ()
    return tuple(spec for spec in subject.checks if spec.id != check.id)


def reachability_check(subject: Subject) -> CheckSpec | None:
    """The check by which a device is reached first of all, whatever is believed of it."""
    for kind in REACHABILITY_KINDS:
        for spec in subject.checks:
            if spec.kind == kind:
                return spec
    return subject.checks[0] if subject.checks else None


def _opener(belief: CheckBelief) -> Moment | None:
    return belief.burst.opener if belief.burst else None
