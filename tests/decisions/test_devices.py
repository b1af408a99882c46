"""Devices: what their checks and their answers make together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netmon.decisions.fold import Beliefs
from netmon.decisions.subject import reachability
from netmon.model.ids import CheckId, EntityId, check_id
from netmon.model.log import Beat, PlanTaken
from netmon.model.looks import Failure, Finding, Occasion
from netmon.model.states import Reason, State
from tests.makers import (
    CORE,
    FLAWED,
    ICMP,
    SILENT,
    SNMP,
    answer,
    became,
    burst,
    chain,
    check,
    device,
    flawed,
    folded,
    miss,
    moment,
    of,
    plan,
    subject,
    told,
    watching,
)  # fmt: skip

UP, DEGRADED, DOWN, UNKNOWN = State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN
TCP = check_id(CORE, "tcp")
HTTP = check_id(CORE, "http")
STALE = Failure(Reason.STALE, "no look for 3 intervals")
BLOCKED = Failure(Reason.ICMP_BLOCKED, "no echo, but snmp answers")


def answering(*kinds: str, watched: tuple[str, ...] = ()) -> Beliefs:
    """Beliefs about a device whose checks have all answered just before."""
    beliefs = watching(device(*kinds, watched=watched))
    told(beliefs, [answer(-9, check_id(CORE, kind)) for kind in kinds])
    return beliefs


def test_the_first_answer_makes_check_and_device_up() -> None:
    assert told(watching(device("icmp")), [answer(0)]) == [became(ICMP, UP, 0), became(CORE, UP, 0)]


def test_a_dead_device_is_down_since_the_first_miss_and_up_since_the_first_answer() -> None:
    beliefs = answering("icmp")

    news = told(beliefs, [*burst(0, "xxxxx"), miss(10), answer(20), *burst(30, ".....")])

    # the single answer at 20 opened a burst that nobody completed
    assert news == [
        became(ICMP, DOWN, 0, SILENT), became(CORE, DOWN, 0, SILENT), became(ICMP, UP, 30), became(CORE, UP, 30),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kinds", "unknown", "expected"),
    [
        pytest.param(("http", "tcp", "snmp", "icmp"), (), ICMP, id="icmp before all"),
        pytest.param(("http", "tcp", "snmp", "icmp"), (ICMP,), SNMP, id="then snmp"),
        pytest.param(("http", "tcp", "snmp", "icmp"), (ICMP, SNMP), TCP, id="then tcp"),
        pytest.param(("http", "tcp"), (TCP,), HTTP, id="then any"),
        pytest.param(("icmp", "snmp"), (ICMP, SNMP), None, id="all unknown: none"),
    ],
)
def test_a_device_is_reached_by(kinds: tuple[str, ...], unknown: tuple[CheckId, ...], expected: CheckId | None) -> None:
    whole = device(*kinds)
    beliefs = watching(whole)
    told(beliefs, [answer(0, spec.id) for spec in whole.checks if spec.id not in unknown])
    believed = beliefs.belief(CORE)
    assert believed is not None

    spec = reachability(whole, believed.checks)

    assert (spec.id if spec else None) == expected


def test_an_answer_before_the_decision_makes_a_silent_device_degraded_since_the_first_miss() -> None:
    news = told(answering("icmp", "snmp"), [miss(0), answer(1, SNMP), *burst(0, "xxxxx")[1:]])

    assert news == [became(ICMP, DOWN, 0, SILENT), became(CORE, DEGRADED, 0, BLOCKED)]


def test_an_answer_after_the_decision_makes_it_degraded_from_that_answer() -> None:
    news = told(answering("icmp", "snmp"), [*burst(0, "xxxxx"), answer(20, SNMP)])

    assert of(news, CORE) == [(DOWN, 0, Reason.TIMEOUT), (DEGRADED, 20, Reason.ICMP_BLOCKED)]


def test_an_answer_that_was_asked_before_the_first_miss_tells_nothing() -> None:
    news = told(answering("icmp", "snmp"), [answer(-0.5, SNMP, took=1), *burst(0, "xxxxx")])

    assert of(news, CORE) == [(DOWN, 0, Reason.TIMEOUT)]


def test_a_check_that_is_down_by_now_does_not_hold_a_silent_device_up() -> None:
    looks = [miss(0), answer(1, SNMP), *burst(0, "xxxxx")[1:], *chain(20, "xxx")]

    news = told(answering("icmp", "snmp"), looks)

    assert of(news, CORE) == [(DEGRADED, 0, Reason.ICMP_BLOCKED), (DOWN, 20, Reason.TIMEOUT)]


def test_a_device_reached_by_another_check_quotes_that_check() -> None:
    beliefs = watching(device("snmp", "http"))
    told(beliefs, [answer(-9, SNMP), answer(-9, HTTP)])

    news = told(beliefs, [miss(0, SNMP), answer(1, HTTP), *chain(0, "xxx")[1:]])

    assert news[1:] == [became(CORE, DEGRADED, 0, Failure(Reason.TIMEOUT, "snmp is down: nothing in 1 s"))]


def test_a_killed_agent_makes_the_device_degraded() -> None:
    news = told(answering("icmp", "snmp"), chain(0, "xxx"))

    quoted = Failure(Reason.TIMEOUT, "snmp is down: nothing in 1 s")
    assert news == [became(SNMP, DOWN, 0, SILENT), became(CORE, DEGRADED, 0, quoted)]


def test_a_degraded_check_makes_the_device_degraded_and_names_itself() -> None:
    named = subject(CORE, check(CORE), check(CORE, "http", name="login"))
    beliefs = watching(named)
    login = check_id(CORE, "http", "login")

    news = told(beliefs, [answer(0), flawed(1, login)])

    quoted = Failure(Reason.PARTIAL, "http login is degraded: one table is missing")
    assert news[-1] == became(CORE, DEGRADED, 1, quoted)


def test_a_check_that_is_not_required_degrades_nothing() -> None:
    beliefs = watching(subject(CORE, check(CORE), check(CORE, "snmp", required=False)))

    news = told(beliefs, [answer(0), answer(0, SNMP), *chain(1, "xxx")])

    assert of(news, SNMP) == [(UP, 0, None), (DOWN, 1, Reason.TIMEOUT)]
    assert of(news, CORE) == [(UP, 0, None)]


def test_the_check_that_a_device_is_reached_by_counts_even_if_it_is_not_required() -> None:
    beliefs = watching(subject(CORE, check(CORE, required=False)))

    assert told(beliefs, [answer(0), flawed(10)])[-1] == became(
        CORE, DEGRADED, 10, Failure(Reason.PARTIAL, "icmp is degraded: one table is missing")
    )


def test_another_check_that_is_unknown_changes_nothing() -> None:
    beliefs = answering("icmp", "snmp")
    news = told(beliefs, [answer(10.0 * k) for k in range(1, 40)])

    assert of(news, SNMP) == [(UNKNOWN, 171, Reason.STALE)]
    assert of(news, CORE) == []


def test_all_unknown_makes_the_device_unknown_since_the_last_of_them() -> None:
    news = folded(answering("icmp", "snmp"), [Beat(moment(500))])

    assert news == [
        became(ICMP, UNKNOWN, 21, STALE), became(SNMP, UNKNOWN, 171, STALE), became(CORE, UNKNOWN, 171, STALE),
    ]  # fmt: skip


def test_before_the_first_look_nothing_is_said() -> None:
    assert folded(watching(device("icmp", "snmp")), [Beat(moment(9999))]) == []


def test_a_first_burst_of_misses_is_down() -> None:
    assert of(told(watching(device("icmp")), burst(0, "xxxxx")), CORE) == [(DOWN, 0, Reason.TIMEOUT)]


def test_a_look_at_a_check_that_is_not_in_the_plan_says_nothing() -> None:
    assert told(answering("icmp"), burst(0, "xxxxx", SNMP)) == []


# ---------------------------------------------------------------- interfaces

PORT = EntityId("interface:core-1/Gi0/1")
OPER_DOWN = Failure(Reason.OPER_DOWN, "ifOperStatus is down")
ADMIN_DOWN = Failure(Reason.ADMIN_DOWN, "ifAdminStatus is down")


def port(state: State, failure: Failure | None = None) -> tuple[Finding, ...]:
    return (Finding("Gi0/1", state, failure), Finding("Gi0/2", UP))


def test_a_watched_interface_is_what_the_last_answer_says_dated_to_it() -> None:
    beliefs = answering("snmp", watched=("Gi0/1",))
    looks = [
        answer(0, SNMP, findings=port(UP)),
        answer(60, SNMP, findings=port(DOWN, OPER_DOWN)),
        answer(120, SNMP, findings=port(DOWN, OPER_DOWN)),
        answer(180, SNMP, findings=port(UP)),
    ]

    assert told(beliefs, looks) == [
        became(PORT, UP, 0), became(PORT, DOWN, 60, OPER_DOWN), became(PORT, UP, 180),
    ]  # fmt: skip


def test_an_interface_that_is_shut_down_on_purpose_is_down_and_says_why() -> None:
    beliefs = answering("snmp", watched=("Gi0/1",))

    assert told(beliefs, [answer(0, SNMP, findings=port(DOWN, ADMIN_DOWN))]) == [became(PORT, DOWN, 0, ADMIN_DOWN)]


def test_a_silent_agent_makes_its_interfaces_unknown_since_its_first_miss() -> None:
    beliefs = answering("icmp", "snmp", watched=("Gi0/1",))
    told(beliefs, [answer(0, SNMP, findings=port(UP))])

    news = told(beliefs, [*chain(60, "xxx"), miss(120, SNMP)])

    silent = Failure(Reason.STALE, "the device does not say: its snmp check is down")
    assert [one for one in news if one.entity == PORT] == [became(PORT, UNKNOWN, 60, silent)]


def test_an_interface_of_which_the_answer_says_nothing_stays_as_it_was() -> None:
    beliefs = answering("snmp", watched=("Gi0/1",))
    told(beliefs, [answer(0, SNMP, findings=port(UP))])

    assert told(beliefs, [answer(60, SNMP)]) == []


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param([answer(0, SNMP, findings=port(UNKNOWN))], id="the device does not know"),
        pytest.param(chain(0, "xxx"), id="the device does not answer"),
    ],
)
def test_an_interface_that_was_never_seen_is_not_unknown_either_while(looks: list[object]) -> None:
    beliefs = watching(device("snmp", watched=("Gi0/1",)))

    assert of(told(beliefs, looks), PORT) == []  # type: ignore[arg-type]


def test_other_checks_say_nothing_about_interfaces() -> None:
    beliefs = answering("icmp", "snmp", watched=("Gi0/1",))

    assert told(beliefs, [answer(0, ICMP, findings=port(DOWN))]) == []


# ---------------------------------------------------------------- plans that change


def test_an_interface_that_is_watched_no_more_and_then_again_keeps_its_history() -> None:
    beliefs = answering("snmp", watched=("Gi0/1",))
    told(beliefs, [answer(0, SNMP, findings=port(DOWN, OPER_DOWN))])
    folded(beliefs, [PlanTaken(moment(10), 2, plan(device("snmp"))), PlanTaken(moment(20), 3, plan(
        device("snmp", watched=("Gi0/1",))))])  # fmt: skip

    assert told(beliefs, [answer(60, SNMP, findings=port(DOWN, OPER_DOWN))]) == []
    assert told(beliefs, [answer(120, SNMP, findings=port(UP))]) == [became(PORT, UP, 120)]


def test_a_burst_goes_on_over_a_change_of_the_plan_that_does_not_touch_its_check() -> None:
    beliefs = answering("icmp", "snmp")
    looks = burst(0, "xxxxx")
    told(beliefs, looks[:2])
    folded(beliefs, [PlanTaken(moment(1.9), 2, plan(device("icmp")))])

    assert of(told(beliefs, looks[2:]), CORE) == [(DOWN, 0, Reason.TIMEOUT)]


def test_a_changed_definition_voids_the_burst_and_keeps_the_state() -> None:
    beliefs = answering("icmp")
    looks = burst(0, "xxxxx")
    told(beliefs, looks[:2])
    moved = replace(check(CORE), address="192.0.2.2")
    folded(beliefs, [PlanTaken(moment(1.9), 2, plan(subject(CORE, moved)))])

    assert told(beliefs, looks[2:]) == []
    assert dict(beliefs.states()) == {CORE: UP, EntityId(ICMP): UP}


def test_a_device_that_leaves_the_plan_is_believed_nothing_more() -> None:
    beliefs = answering("icmp")

    news = folded(beliefs, [PlanTaken(moment(0), 2, plan()), Beat(moment(500))])

    assert (news, dict(beliefs.states()), beliefs.belief(CORE), beliefs.check(ICMP)) == ([], {}, None, None)


def test_a_deadline_before_the_plan_fires_under_the_plan_before() -> None:
    assert of(folded(answering("icmp"), [PlanTaken(moment(21.000001), 2, plan())]), ICMP) == [
        (UNKNOWN, 21, Reason.STALE)
    ]


def test_a_deadline_at_the_moment_of_the_plan_does_not_fire_for_what_leaves() -> None:
    assert folded(answering("icmp"), [PlanTaken(moment(21), 2, plan())]) == []


def test_a_device_that_comes_back_soon_is_what_it_was() -> None:
    beliefs = answering("icmp")
    folded(beliefs, [PlanTaken(moment(0), 2, plan()), PlanTaken(moment(5), 3, plan(device("icmp")))])

    assert told(beliefs, [answer(10)]) == []


def test_a_device_that_comes_back_late_is_unknown_since_it_was_stale() -> None:
    beliefs = answering("icmp")
    folded(beliefs, [PlanTaken(moment(0), 2, plan()), PlanTaken(moment(500), 3, plan(device("icmp")))])

    news = told(beliefs, [answer(505)])

    assert of(news, CORE) == [(UNKNOWN, 21, Reason.STALE), (UP, 505, None)]


def test_what_belongs_to_a_subject_is_known_while_it_is_in_the_plan() -> None:
    beliefs = answering("icmp", watched=("Gi0/1",))

    owners = [beliefs.owner(entity) for entity in (CORE, EntityId(ICMP), PORT)]
    strangers = [beliefs.owner(EntityId(f"{kind}:other{rest}")) for kind, rest in (("device", ""), ("interface", "/x"))]

    assert (owners, strangers, beliefs.owner(EntityId(SNMP))) == ([CORE] * 3, [None, None], None)


def test_a_look_is_never_known_too_late_to_be_a_fact() -> None:
    beliefs = answering("icmp", "snmp")
    late = replace(answer(-5, SNMP, took=30), occasion=Occasion.PROMPT)

    assert of(told(beliefs, [late]), ICMP) == [(UNKNOWN, 21, Reason.STALE)]


def test_a_flaw_that_heals_makes_the_device_up_again() -> None:
    news = told(answering("icmp"), [flawed(0), answer(10)])

    assert news == [
        became(ICMP, DEGRADED, 0, FLAWED),
        became(CORE, DEGRADED, 0, Failure(Reason.PARTIAL, "icmp is degraded: one table is missing")),
        became(ICMP, UP, 10), became(CORE, UP, 10),
    ]  # fmt: skip
