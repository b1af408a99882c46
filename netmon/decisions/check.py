"""The belief about one check: a fold over its own looks. One lost packet wakes nobody; no downtime is hidden.

A look that goes against what is settled opens a *burst* of re-looks. A burst that is all misses means
``down``, dated to the first of them; enough answers mean ``up``, dated to the first of those; anything
between changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from netmon.decisions.window import EMPTY, Window
from netmon.model.looks import Failure, Look, Occasion
from netmon.model.moments import Moment
from netmon.model.news import Status
from netmon.model.plan import Rule
from netmon.model.states import Reason, State, Verdict

STALE_INTERVALS = 3


@dataclass(frozen=True, slots=True)
class Burst:
    """Looks in quick succession: the opener and its re-looks, as far as their results are known."""

    opener: Moment
    misses: int = 0
    answers: int = 0
    first_answer: Moment | None = None
    first_failure: Failure | None = None

    def add(self, look: Look) -> Burst:
        """The burst with one more result."""
        if not look.verdict.is_answer:
            return replace(self, misses=self.misses + 1, first_failure=self.first_failure or look.failure)
        first = look.at if self.first_answer is None else min(self.first_answer, look.at)
        return replace(self, answers=self.answers + 1, first_answer=first)

    def is_decided(self, rule: Rule) -> bool:
        """Whether the last result is known."""
        return self.misses + self.answers > rule.relooks


@dataclass(frozen=True, slots=True)
class Canaries:
    """The last look at each canary: when it was asked, and whether it was missed."""

    last_looks: tuple[tuple[Moment, bool], ...] = ()

    def are_silent_since(self, opener: Moment) -> bool:
        """Whether each was asked since *opener* and missed: then the poller is cut off and can blame no one."""
        return bool(self.last_looks) and all(missed and at >= opener for at, missed in self.last_looks)


TRUSTED = Canaries()
"""No canaries: the poller does not doubt itself."""


@dataclass(frozen=True, slots=True)
class CheckBelief:
    """What is believed of a check, and what it takes to believe otherwise.

    Attributes:
        status: ``None`` before the first look ever.
        last_look: when it was last asked.
        last_answer: when the last look that was answered was asked.
        flaw: what was wrong with the last answer.
        is_lossy: too many of the looks in the window were missed or slow.
    """

    status: Status | None = None
    last_look: Moment | None = None
    last_answer: Moment | None = None
    burst: Burst | None = None
    window: Window = EMPTY
    flaw: Failure | None = None
    is_lossy: bool = False

    @property
    def state(self) -> State | None:
        """The state alone."""
        return self.status.state if self.status else None

    @property
    def is_unsettled(self) -> bool:
        """Whether nothing is believed that a single answer could not settle."""
        return self.status is None or self.status.state is State.UNKNOWN

    def stale_at(self, rule: Rule) -> Moment | None:
        """When it becomes unknown for want of looks; ``None`` if it was never looked at or is unknown already."""
        if self.last_look is None or self.is_unsettled:
            return None
        return Moment(self.last_look + STALE_INTERVALS * rule.interval)


def remembered(status: Status | None, last_look: Moment | None, last_answer: Moment | None) -> CheckBelief:
    """The belief that a life begins with: bursts and windows are void, the last status holds until it is stale."""
    failure = status.failure if status and status.state is State.DEGRADED else None
    is_lossy = failure is not None and failure.reason is Reason.LOSSY
    return CheckBelief(
        status=status,
        last_look=last_look,
        last_answer=last_answer,
        flaw=None if is_lossy else failure,
        is_lossy=is_lossy,
    )


def fold_look(belief: CheckBelief, look: Look, rule: Rule, canaries: Canaries = TRUSTED) -> CheckBelief:
    """The belief after one more *look*; *canaries* as they stand now.

    Looks come in the order in which they were known. A look of a burst that is void counts as a fact about
    the target, not towards any burst; a look on the grid ends a burst that was never completed.
    """
    noted = _note(belief, look)
    gathered = _gather(noted, look)
    decided = _decide(gathered, rule, canaries)
    if decided.is_unsettled and look.verdict.is_answer:
        decided = _settle_answering(decided, look.at)
    return _grade(decided, look)


def grow_stale(belief: CheckBelief, now: Moment, rule: Rule) -> CheckBelief:
    """The belief at *now* when no further look came: ``unknown`` from three intervals after the last one."""
    stale_at = belief.stale_at(rule)
    if stale_at is None or now < stale_at:
        return belief
    return _settle(belief, State.UNKNOWN, stale_at, Failure(Reason.STALE, f"no look for {STALE_INTERVALS} intervals"))


def _note(belief: CheckBelief, look: Look) -> CheckBelief:
    """What any look changes: when the target was asked and answered, and the window of the grid."""
    answered = look.verdict.is_answer
    last_look = _latest(belief.last_look, look.at)
    window = belief.window
    if look.occasion is Occasion.GRID:
        window = window.add(bad=not answered or look.verdict is Verdict.SLOW)
    flaw = belief.flaw
    if answered:
        flaw = look.failure if look.verdict is Verdict.DEGRADED else None
    # spelled out: `replace` takes longer than all the rest of a plain look
    return CheckBelief(
        status=belief.status,
        last_look=last_look,
        last_answer=_latest(belief.last_answer, look.at) if answered else belief.last_answer,
        burst=belief.burst,
        window=window,
        flaw=flaw,
        is_lossy=belief.is_lossy,
    )


def _latest(known: Moment | None, at: Moment) -> Moment:
    return at if known is None else max(known, at)


def _gather(belief: CheckBelief, look: Look) -> CheckBelief:
    """Count the look towards its burst, or let it open one."""
    burst = belief.burst
    if look.occasion is Occasion.BURST:
        if burst is None or look.opener != burst.opener:
            return belief
        return replace(belief, burst=burst.add(look))
    if burst is not None and look.occasion is Occasion.PROMPT:
        return belief
    if look.verdict.is_answer is (belief.state is State.DOWN):
        return replace(belief, burst=Burst(look.at).add(look))
    return belief if burst is None else replace(belief, burst=None)


def _decide(belief: CheckBelief, rule: Rule, canaries: Canaries) -> CheckBelief:
    """Draw the conclusion of a burst whose last result is known."""
    burst = belief.burst
    if burst is None or not burst.is_decided(rule):
        return belief
    closed = replace(belief, burst=None)
    if burst.misses >= rule.misses_for_down:
        if canaries.are_silent_since(burst.opener):
            isolated = Failure(Reason.POLLER_ISOLATED, "the poller could not reach its canaries either")
            return _settle(closed, State.UNKNOWN, burst.opener, isolated)
        return _settle(closed, State.DOWN, burst.opener, burst.first_failure)
    if burst.answers >= rule.answers_for_up and burst.first_answer is not None and belief.state is State.DOWN:
        return _settle_answering(closed, burst.first_answer)
    return closed


def _grade(belief: CheckBelief, look: Look) -> CheckBelief:
    """Tell ``up`` from ``degraded``: by the last answer, or by the window of the grid."""
    if belief.status is None or belief.state not in (State.UP, State.DEGRADED):
        return belief
    if look.occasion is Occasion.GRID and belief.burst is None:
        is_lossy = belief.window.is_lossy(belief.is_lossy)
        if is_lossy is not belief.is_lossy:
            belief = replace(belief, is_lossy=is_lossy)
    wanted = State.DEGRADED if belief.flaw or belief.is_lossy else State.UP
    if wanted is belief.state:
        return belief
    failure = belief.flaw
    if wanted is State.DEGRADED and failure is None:
        window = belief.window
        failure = Failure(Reason.LOSSY, f"{window.bad} of the last {window.length} looks were missed or slow")
    return replace(belief, status=_status(belief.status, wanted, look.at, failure))


def _settle(belief: CheckBelief, state: State, at: Moment, failure: Failure | None) -> CheckBelief:
    """The belief once it is ``down`` or ``unknown``: whatever was in doubt before is settled by it."""
    status = belief.status if belief.state is state else _status(belief.status, state, at, failure)
    return replace(belief, status=status, burst=None, window=EMPTY, flaw=None, is_lossy=False)


def _settle_answering(belief: CheckBelief, at: Moment) -> CheckBelief:
    """The belief once the target answers again; the window begins anew, a burst goes on to its end."""
    state = State.DEGRADED if belief.flaw else State.UP
    return replace(belief, status=_status(belief.status, state, at, belief.flaw), window=EMPTY, is_lossy=False)


def _status(before: Status | None, state: State, at: Moment, failure: Failure | None) -> Status:
    """A new status, never dated before the one that it follows."""
    return Status(state, at if before is None else max(at, before.since), failure)
