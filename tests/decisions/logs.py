"""Random logs that could have been kept: looks, beats, plans and lives in order, with bursts that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from netmon.decisions.fold import Beliefs
from netmon.model.ids import CheckId, EntityId
from netmon.model.log import Beat, Event, LifeBegan, Looked, PlanTaken
from netmon.model.looks import Finding, Look, Occasion
from netmon.model.moments import Duration, Moment, seconds
from netmon.model.news import Transition
from netmon.model.plan import ICMP_RULE, Plan
from netmon.model.states import State, Verdict
from tests.makers import (
    CANARY,
    FLAWED,
    ICMP,
    OTHER_CANARY,
    PORTAL,
    SILENT,
    SNMP,
    START,
    canaries,
    check,
    device,
    plan,
    subject,
)  # fmt: skip

EDGE = EntityId("device:edge-1")
HASTY = replace(ICMP_RULE, interval=seconds(2), relooks=1, misses_for_down=2, answers_for_up=2, overlapping=False)

WHOLE = plan(
    canaries(),
    device("icmp", "snmp", watched=("Gi0/1",)),
    subject(EDGE, check(EDGE), check(EDGE, "http", required=False)),
    subject(PORTAL, check(PORTAL, "http", rule=HASTY), check(PORTAL, "tls")),
)
PLANS = (
    WHOLE,
    plan(canaries(), device("icmp"), version="b"),
    plan(
        subject(EntityId("poller:centre"), check(EntityId("poller:centre"), name="provider")),
        device("icmp", "snmp", "http"),
        subject(PORTAL, replace(check(PORTAL, "http", rule=HASTY), address="192.0.2.9")),
        version="c",
    ),
)
BUSY = (ICMP, SNMP, CANARY, OTHER_CANARY)
"""The checks whose looks meet: one device and the canaries that may excuse it."""


@dataclass(frozen=True)
class Step:
    """One thing that happens *after* so many microseconds."""

    after: int
    what: str
    which: int
    verdict: Verdict
    took: int
    says: State


STEPS = st.builds(
    Step,
    after=st.sampled_from([1, 1, 1000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 30_000_000, 200_000_000]),
    what=st.sampled_from(["grid"] * 8 + ["burst"] * 14 + ["prompt"] * 3 + ["beat"] * 4 + ["plan", "life"]),
    which=st.integers(0, 99),
    verdict=st.sampled_from([Verdict.MISSED] * 5 + [Verdict.ANSWERED] * 3 + [Verdict.SLOW, Verdict.DEGRADED]),
    took=st.sampled_from([0, 1, 1000, 1_000_000, 9_000_000]),
    says=st.sampled_from([State.UP, State.DOWN, State.UNKNOWN]),
)


def log_of(steps: Sequence[Step]) -> list[Event]:
    """The log in which *steps* happen; a life ends with a beat, and begins with a plan."""
    events: list[Event] = []
    beliefs = Beliefs()
    now, taken, life = START, WHOLE, 0

    def happens(event: Event) -> None:
        events.append(event)
        beliefs.fold(event)

    def life_begins() -> None:
        nonlocal life
        life += 1
        happens(LifeBegan(poller="centre", life=life, at=now))
        happens(PlanTaken(Moment(now + 1), life, taken))

    life_begins()
    for number, step in enumerate(steps):
        now = Moment(now + 2 + step.after)
        match step.what:
            case "beat":
                happens(Beat(now))
            case "plan":
                taken = PLANS[step.which % len(PLANS)]
                happens(PlanTaken(now, number, taken))
            case "life":
                happens(Beat(Moment(now - 1)))
                life_begins()
            case _:
                look = _look(step, now, taken, beliefs)
                happens(Looked(look=look, plan=0, sequence=number))
    happens(Beat(now))
    return events


def _look(step: Step, now: Moment, taken: Plan, beliefs: Beliefs) -> Look:
    checks = [*taken.checks, *BUSY * 3]
    check_asked = checks[step.which % len(checks)]
    opener = None
    if step.what == "burst":
        check_asked, opener = _doubtful(step, taken, beliefs) or (check_asked, None)
    failure = {Verdict.MISSED: SILENT, Verdict.DEGRADED: FLAWED}.get(step.verdict)
    return Look(
        check=check_asked,
        at=Moment(now - step.took),
        took=Duration(step.took),
        verdict=step.verdict,
        occasion=Occasion.GRID if opener is None and step.what == "burst" else Occasion(step.what),
        opener=opener,
        failure=failure,
        findings=() if step.verdict is Verdict.MISSED else (Finding("Gi0/1", step.says),),
    )


def _doubtful(step: Step, taken: Plan, beliefs: Beliefs) -> tuple[CheckId, Moment] | None:
    """A check with an open burst, and the opener of it."""
    doubtful = [
        (check_id, believed.burst.opener)
        for check_id in taken.checks
        if (believed := beliefs.check(check_id)) is not None and believed.burst is not None
    ]
    return doubtful[step.which % len(doubtful)] if doubtful else None


def by_entity(news: Iterable[Transition]) -> dict[EntityId, list[Transition]]:
    """*news* of each entity, in order."""
    sorted_news: dict[EntityId, list[Transition]] = {}
    for one in news:
        sorted_news.setdefault(one.entity, []).append(one)
    return sorted_news
