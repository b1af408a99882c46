"""The desk: the order of judging is the order of the log, and what stands in a run may stand at its slot."""

from __future__ import annotations

from collections.abc import Sequence

from netmon.decisions.fold import replay
from netmon.engine.desk import Asked, Desk, Judged
from netmon.kernel.clock import FakeClock
from netmon.model.ids import CheckId
from netmon.model.looks import Failure, Look, Occasion, Outcome, Readings
from netmon.model.moments import Duration, Moment, seconds
from netmon.model.news import Transition
from netmon.model.plan import Plan, Subject
from netmon.model.states import Reason, State, Verdict
from tests.makers import (
    CANARY,
    CENTRE,
    CORE,
    ICMP,
    SILENT,
    SNMP,
    check,
    device,
    moment,
    of,
    plan,
    subject,
)  # fmt: skip
from tests.scenario.memory_store import MemoryStore

UP, DEGRADED, DOWN, UNKNOWN = State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN
ANSWER = Outcome(took=Duration(0))
MISS = Outcome(took=seconds(1), failure=SILENT)
REFUSAL = Outcome(took=Duration(0), failure=Failure(Reason.REFUSED, "port closed"))


class Office:
    """A desk and the store that keeps what it draws up."""

    def __init__(self, *subjects: Subject) -> None:
        self.plan: Plan = plan(*subjects)
        self.store = MemoryStore(FakeClock(moment(-30)))
        self.desk: Desk

    async def opens(self) -> Office:
        life = await self.store.begin_life("centre", moment(-30))
        self.desk = Desk(await self.store.memory("centre"), life)
        self.desk.take_plan(await self.store.take_plan(self.plan, self.desk.next_moment, {}))
        return self

    def judges(
        self, of: CheckId, at: float, known: float, outcome: Outcome = ANSWER, *, burst: float | None = None
    ) -> Judged | None:
        asked = Asked(
            spec=self.plan.checks[of],
            due=moment(at),
            at=moment(at),
            timeout=self.plan.checks[of].rule.timeout,
            occasion=Occasion.GRID if burst is None else Occasion.BURST,
            opener=None if burst is None else moment(burst),
        )
        return self.desk.judge(asked, outcome, moment(known))

    async def closes(self, at: float) -> list[Transition]:
        """Keep everything, and see that a replay tells the same."""
        await self.store.keep(self.desk.draw_up(moment(at)))
        kept = self.store.transitions
        assert sorted(replay(self.store.events()), key=_place) == sorted(kept, key=_place)
        return kept

    @property
    def rows(self) -> list[tuple[CheckId, Moment]]:
        return sorted((looked.look.check, looked.look.at) for looked in self.store.looks.values())


def _place(one: Transition) -> tuple[str, Moment]:
    return one.entity, one.at


def slots(office: Office, of: CheckId) -> list[tuple[Moment, int]]:
    return [(run.first, run.count) for run in office.store.runs.values() if run.check == of]


async def test_looks_that_agree_and_change_nothing_are_one_run() -> None:
    office = await Office(device("icmp")).opens()
    for k in range(6):
        office.judges(ICMP, 10 * k, 10 * k + 0.01)
    await office.closes(60)

    assert office.rows == [(ICMP, moment(0))]  # the first one made it up
    assert slots(office, ICMP) == [(moment(10), 5)]


async def test_a_run_that_was_kept_goes_on_and_is_kept_again() -> None:
    office = await Office(device("icmp")).opens()
    for k in range(4):
        office.judges(ICMP, 10 * k, 10 * k + 0.01)
        await office.closes(10 * k + 1)

    assert slots(office, ICMP) == [(moment(10), 3)]


async def test_a_skipped_slot_begins_another_run() -> None:
    office = await Office(device("icmp")).opens()
    for k in (0, 1, 2, 4, 5):
        office.judges(ICMP, 10 * k, 10 * k + 0.01)
    await office.closes(60)

    assert slots(office, ICMP) == [(moment(10), 2), (moment(40), 2)]


async def test_every_look_of_a_doubt_is_a_row_of_its_own() -> None:
    office = await Office(device("icmp")).opens()
    for at in (0, 10):
        office.judges(ICMP, at, at + 0.01)
    office.judges(ICMP, 20, 21, MISS)
    office.judges(ICMP, 21, 21.01, burst=20)
    await office.closes(25)

    assert office.rows == [(ICMP, moment(at)) for at in (0, 20, 21)]
    assert slots(office, ICMP) == [(moment(10), 1)]


async def test_a_silent_device_is_one_run_of_misses() -> None:
    office = await Office(device("icmp")).opens()
    office.judges(ICMP, 0, 1, MISS)
    for k, at in enumerate((1.0, 1.5, 2.0, 2.5)):
        office.judges(ICMP, at, 2 + k / 2, MISS, burst=0)
    for at in (10, 20, 30):
        office.judges(ICMP, at, at + 1, MISS)

    assert of(await office.closes(40), CORE) == [(DOWN, 0, Reason.TIMEOUT)]
    assert slots(office, ICMP) == [(moment(10), 3)]


async def test_an_answer_that_was_overtaken_by_news_of_its_device_is_no_run() -> None:
    office = await Office(device("icmp", "snmp")).opens()
    office.judges(ICMP, -10, -9.99)
    office.judges(SNMP, -9, -8.99)
    office.judges(ICMP, 0, 1, MISS)
    for k, at in enumerate((1.0, 1.5, 2.0, 2.5)):
        office.judges(ICMP, at, 2 + k / 2, MISS, burst=0)

    # it comes back, and is up before the slow answer of its agent to a question asked before that is known
    office.judges(ICMP, 10, 10.01)
    for at in (10.01, 10.51, 11.01, 11.51):
        office.judges(ICMP, at, at + 0.01, burst=10)
    office.judges(SNMP, 11, 13)

    assert of(await office.closes(15), CORE) == [(UP, -10, None), (DOWN, 0, Reason.TIMEOUT), (UP, 10, None)]
    assert (SNMP, moment(11)) in office.rows


async def test_an_answer_that_makes_a_canary_trusted_again_is_no_run() -> None:
    poller = subject(CENTRE, check(CENTRE, name="provider"))
    office = await Office(poller, device("icmp")).opens()
    office.judges(ICMP, -10, -9.99)
    office.judges(CANARY, -8, -7.99)

    # one packet short of down: the canary stays up, but its last look was missed
    office.judges(CANARY, 2, 3, MISS)
    office.judges(CANARY, 3, 3.01, burst=2)
    office.judges(ICMP, 4, 5, MISS)
    for k, at in enumerate((3.5, 4.0, 4.5)):
        office.judges(CANARY, at, 5.1 + k / 2, MISS, burst=2)
    for k, at in enumerate((5.0, 5.5, 6.0)):
        office.judges(ICMP, at, 6.2 + k / 2, MISS, burst=4)
    # its next slot is before the end of the device's burst, its answer after
    office.judges(ICMP, 6.5, 12.5, REFUSAL, burst=4)
    office.judges(CANARY, 12, 12.6)

    assert of(await office.closes(15), CORE) == [(UP, -10, None), (UNKNOWN, 4, Reason.POLLER_ISOLATED)]


async def test_a_look_that_was_asked_before_the_plan_was_taken_is_no_run() -> None:
    office = await Office(device("icmp", "snmp")).opens()
    office.judges(ICMP, -10, -9.99)
    office.judges(SNMP, -9, -8.99)
    await office.closes(5)
    office.desk.take_plan(await office.store.take_plan(plan(device("icmp"), version="b"), office.desk.next_moment, {}))

    office.judges(ICMP, 0, 6)
    await office.closes(7)

    assert slots(office, ICMP) == []


async def test_a_look_that_outlived_a_deadline_of_its_device_is_no_run() -> None:
    office = await Office(device("icmp", "http")).opens()
    http = office.plan.subjects[CORE].checks[1].id
    office.judges(ICMP, -10, -9.99)
    office.judges(http, -9, -8.99)
    await office.closes(21)

    # asked before icmp was stale, known after a beat had found it so
    office.judges(http, 15, 22)
    await office.closes(25)

    assert (http, moment(15)) in office.rows


async def test_results_are_known_one_after_the_other() -> None:
    office = await Office(device("icmp", "snmp")).opens()

    judged = [office.judges(ICMP, 0, 1), office.judges(SNMP, 0, 1), office.judges(ICMP, 10, 1)]

    assert [one.look.known for one in judged if one] == [moment(1), moment(1.000001), moment(10)]


async def test_a_time_out_is_known_at_its_deadline_and_any_other_result_when_it_is_here() -> None:
    office = await Office(device("icmp")).opens()

    timed_out, refused = office.judges(ICMP, 0, 1.7, MISS), office.judges(ICMP, 10, 10.7, REFUSAL)

    assert [one.look.known for one in (timed_out, refused) if one] == [moment(1), moment(10.7)]


async def test_nothing_is_known_before_the_last_beat() -> None:
    office = await Office(device("icmp")).opens()
    await office.closes(5)

    judged = office.judges(ICMP, 0, 5, MISS)

    assert judged is not None
    assert judged.look.known == moment(5.000001)


async def test_a_check_that_has_left_the_plan_is_not_judged() -> None:
    office = await Office(device("icmp", "snmp")).opens()
    await office.closes(0)
    office.desk.take_plan(await office.store.take_plan(plan(device("icmp"), version="b"), office.desk.next_moment, {}))

    assert office.judges(SNMP, 0, 1) is None


async def test_the_latest_look_is_kept_with_its_numbers_that_stand_alone() -> None:
    office = await Office(device("icmp")).opens()
    readings: Sequence[Readings] = (
        Readings(labels=((),), columns={"netmon_icmp_rtt_seconds": (0.5,), "netmon_nothing": (None,)}),
        Readings(labels=((("interface", "Gi0/1"),),), columns={"netmon_interface_speed": (1,)}),
    )
    office.judges(ICMP, 0, 1, Outcome(took=Duration(0), readings=tuple(readings), facts={"sysName": "core"}))
    await office.closes(2)

    latest = (await office.store.latest())[ICMP]
    assert latest.values == {"netmon_icmp_rtt_seconds": 0.5}
    assert latest.facts == {"sysName": "core"}
    assert latest.look == Look(check=ICMP, at=moment(0), took=seconds(1), verdict=Verdict.ANSWERED)


async def test_what_is_drawn_up_is_everything_once() -> None:
    office = await Office(device("icmp", "snmp")).opens()
    office.judges(ICMP, 0, 0.01)
    office.judges(ICMP, 10, 10.01)
    office.judges(SNMP, 5, 11, REFUSAL)
    assert (office.desk.has_news, office.desk.rows_waiting) == (True, 2)

    batch = office.desk.draw_up(moment(12))
    assert (len(batch.looked), len(batch.runs), len(batch.latest)) == (2, 1, 2)
    assert [one.entity for one in batch.transitions] == [ICMP, CORE]

    again = office.desk.draw_up(moment(12))
    assert (again.looked, again.runs, again.latest, again.transitions) == ([], [], {}, [])
    assert (office.desk.has_news, office.desk.rows_waiting) == (False, 0)
