"""What is shown of states and numbers, and when it vanishes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netmon.export.exposition import Exposition
from netmon.export.misfits import Misfit, MisfitError
from netmon.export.syntax import Syntax, label
from netmon.model.ids import EntityId
from netmon.model.looks import Labels, Number, Readings
from netmon.model.plan import CheckSpec, Subject
from netmon.model.states import State

MakeCheck = Callable[..., CheckSpec]
MakeSubject = Callable[..., Subject]
Lines = Callable[[Exposition, str], list[str]]
Read = Callable[[Exposition], dict[tuple[str, frozenset[tuple[str, str]]], float]]

GW1 = EntityId("device:gw1")
PORTS: tuple[Labels, ...] = ((("interface", "Gi0/0"),), (("interface", "Gi0/1"),))
IN = "netmon_interface_receive_bytes_total"
SPEED = "netmon_interface_speed_bytes"
RTT = "netmon_icmp_rtt_seconds"


def scalar(name: str, value: Number | None) -> Readings:
    return Readings(((),), {name: (value,)})


# ---------------------------------------------------------------- states


def test_what_was_never_looked_at_is_unknown_and_not_said_to_be_up(
    exposition: Exposition, subject: MakeSubject, lines: Lines
) -> None:
    exposition.show_plan([subject(GW1, "icmp")])

    assert lines(exposition, "netmon_device_state") == [
        'netmon_device_state{device="gw1",state="up"} 0',
        'netmon_device_state{device="gw1",state="degraded"} 0',
        'netmon_device_state{device="gw1",state="down"} 0',
        'netmon_device_state{device="gw1",state="unreachable"} 0',
        'netmon_device_state{device="gw1",state="unknown"} 1',
    ]
    assert lines(exposition, "netmon_device_up") == []


@pytest.mark.parametrize(
    ("state", "up"),
    [
        (State.UP, ["1"]),
        (State.DEGRADED, ["1"]),
        (State.DOWN, ["0"]),
        (State.UNREACHABLE, ["0"]),
        (State.UNKNOWN, []),
    ],
)
def test_device_up_says_what_the_state_means(
    exposition: Exposition, subject: MakeSubject, lines: Lines, state: State, up: list[str]
) -> None:
    exposition.show_plan([subject(GW1, "icmp")])
    exposition.show_state(GW1, State.UP)

    exposition.show_state(GW1, state)

    assert lines(exposition, "netmon_device_up") == [f'netmon_device_up{{device="gw1"}} {value}' for value in up]
    assert f'netmon_device_state{{device="gw1",state="{state}"}} 1' in lines(exposition, "netmon_device_state")
    assert sum(line.endswith(" 1") for line in lines(exposition, "netmon_device_state")) == 1


def test_every_kind_of_entity_has_its_own_state_series(
    exposition: Exposition, subject: MakeSubject, lines: Lines
) -> None:
    exposition.show_plan(
        [
            subject(GW1, "icmp", watched=("Gi0/0",)),
            subject("service:portal", "http"),
            subject("poller:centre", "icmp", role="poller"),
        ]
    )

    unknown = [line for line in lines(exposition, "netmon_") if "_state{" in line and line.endswith(" 1")]

    assert sorted(unknown) == [
        'netmon_check_state{device="gw1",check="check:device:gw1/icmp",state="unknown"} 1',
        'netmon_check_state{poller="centre",check="check:poller:centre/icmp",state="unknown"} 1',
        'netmon_check_state{service="portal",check="check:service:portal/http",state="unknown"} 1',
        'netmon_device_state{device="gw1",state="unknown"} 1',
        'netmon_interface_state{device="gw1",interface="Gi0/0",state="unknown"} 1',
        'netmon_poller_state{poller="centre",state="unknown"} 1',
        'netmon_service_state{service="portal",state="unknown"} 1',
    ]


def test_an_interface_keeps_the_slashes_of_its_name(exposition: Exposition, subject: MakeSubject, lines: Lines) -> None:
    exposition.show_plan([subject(GW1, "snmp", watched=("GigabitEthernet0/0",))])

    exposition.show_state(EntityId("interface:gw1/GigabitEthernet0/0"), State.DOWN)

    assert 'netmon_interface_state{device="gw1",interface="GigabitEthernet0/0",state="down"} 1' in lines(
        exposition, "netmon_interface_state"
    )


def test_the_inventory_is_shown_beside_and_the_lab_is_marked(
    exposition: Exposition, subject: MakeSubject, lines: Lines
) -> None:
    exposition.show_plan(
        [
            subject(GW1, "icmp", site="yte", department="yte", tier=2, lab=True, title={"vi": "Sở"}),
            subject("service:portal", "http", role="portal", title={}),
        ]
    )

    assert lines(exposition, "netmon_device_info") == [
        'netmon_device_info{device="gw1",role="router",site="yte",department="yte",tier="2",lab="true",title="Sở"} 1'
    ]
    assert lines(exposition, "netmon_service_info") == [
        'netmon_service_info{service="portal",role="portal",tier="3",lab="false"} 1'
    ]


# ---------------------------------------------------------------- plans


def test_who_leaves_the_plan_leaves_nothing_behind(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck, text: Callable[..., str]
) -> None:
    stays, goes = subject("device:gw2", "icmp"), subject(GW1, "icmp", "snmp", watched=("Gi0/0",))
    exposition.show_plan([goes, stays])
    exposition.show_state(GW1, State.UP)
    exposition.show_readings(check(GW1, "icmp"), [scalar(RTT, 0.01)], {})
    exposition.show_readings(check(GW1, "snmp"), [Readings(PORTS, {IN: (1, 2)})], {"sys_name": "gw1"})

    exposition.show_plan([stays])

    assert "gw1" not in text(exposition)
    assert "gw2" in text(exposition)


def test_who_stays_in_the_plan_keeps_state_and_numbers(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck, lines: Lines
) -> None:
    exposition.show_plan([subject(GW1, "icmp")])
    exposition.show_state(GW1, State.DEGRADED)
    exposition.show_readings(check(GW1, "icmp"), [scalar(RTT, 0.01)], {})

    exposition.show_plan([subject(GW1, "icmp", "snmp", tier=1)])

    assert 'netmon_device_state{device="gw1",state="degraded"} 1' in lines(exposition, "netmon_device_state")
    assert lines(exposition, RTT) == ['netmon_icmp_rtt_seconds{device="gw1",check="check:device:gw1/icmp"} 0.01']
    assert 'tier="1"' in lines(exposition, "netmon_device_info")[0]


def test_who_comes_back_is_unknown_again(exposition: Exposition, subject: MakeSubject, lines: Lines) -> None:
    exposition.show_plan([subject(GW1, "icmp")])
    exposition.show_state(GW1, State.UP)
    exposition.show_plan([])

    exposition.show_plan([subject(GW1, "icmp")])

    assert 'netmon_device_state{device="gw1",state="unknown"} 1' in lines(exposition, "netmon_device_state")


def test_news_of_what_is_not_in_the_plan_is_left_out(
    exposition: Exposition, check: MakeCheck, text: Callable[..., str]
) -> None:
    exposition.show_plan([])

    exposition.show_state(GW1, State.UP)
    exposition.show_readings(check(GW1, "icmp"), [scalar(RTT, 0.01)], {})

    assert text(exposition) == ""


# ---------------------------------------------------------------- numbers


def test_a_family_about_the_device_does_not_name_its_check(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck, lines: Lines
) -> None:
    exposition.show_plan([subject(GW1, "snmp")])

    exposition.show_readings(check(GW1, "snmp"), [Readings(PORTS, {IN: (2**64, None), SPEED: (1.5, 0)})], {})

    assert lines(exposition, "netmon_interface") == [
        'netmon_interface_receive_bytes_total{device="gw1",interface="Gi0/0"} 18446744073709551616',
        'netmon_interface_speed_bytes{device="gw1",interface="Gi0/0"} 1.5',
        'netmon_interface_speed_bytes{device="gw1",interface="Gi0/1"} 0',
    ]


def test_two_checks_of_one_kind_are_told_apart(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck, read: Read
) -> None:
    one, other = check(GW1, "snmp"), check(GW1, "snmp", "fan-tray")
    gw1 = subject(GW1)
    exposition.show_plan([Subject(id=GW1, title=gw1.title, role="router", checks=(one, other))])

    for each in (one, other):
        exposition.show_readings(each, [Readings(PORTS, {IN: (1, 2)})], {})

    names = [dict(labels) for name, labels in read(exposition) if name == IN]
    assert sorted(name.get("check", "") for name in names) == ["", ""] + ["check:device:gw1/snmp/fan-tray"] * 2


def test_canaries_and_services_always_name_their_check(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck, lines: Lines
) -> None:
    exposition.show_plan([subject("poller:centre", "icmp"), subject("service:portal", "http")])

    exposition.show_readings(check("poller:centre", "icmp"), [scalar(RTT, 0.25)], {})
    exposition.show_readings(check("service:portal", "http"), [scalar("netmon_http_duration_seconds", 2)], {})

    assert lines(exposition, RTT) == [f'{RTT}{{poller="centre",check="check:poller:centre/icmp"}} 0.25']
    assert lines(exposition, "netmon_http") == [
        'netmon_http_duration_seconds{service="portal",check="check:service:portal/http"} 2'
    ]


def test_numbers_vanish_at_once_when_they_are_hidden_and_the_state_stays(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck, lines: Lines
) -> None:
    exposition.show_plan([subject(GW1, "snmp")])
    exposition.show_state(GW1, State.UP)
    exposition.show_readings(check(GW1, "snmp"), [Readings(PORTS, {IN: (1, 2)})], {"sys_name": "gw1"})

    exposition.hide_readings(check(GW1, "snmp").id)

    assert lines(exposition, "netmon_interface") == []
    assert lines(exposition, "netmon_snmp_info") == []
    assert lines(exposition, "netmon_device_up") == ['netmon_device_up{device="gw1"} 1']


@pytest.mark.parametrize("state", [State.DOWN, State.UNKNOWN])
def test_a_check_that_is_down_or_unknown_shows_no_numbers(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck, lines: Lines, state: State
) -> None:
    exposition.show_plan([subject(GW1, "icmp")])
    exposition.show_readings(check(GW1, "icmp"), [scalar(RTT, 0.01)], {})

    exposition.show_state(EntityId(check(GW1, "icmp").id), state)

    assert lines(exposition, RTT) == []


def test_a_scrape_under_way_keeps_the_numbers_it_began_with(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck
) -> None:
    exposition.show_plan([subject(GW1, "snmp")])
    exposition.show_readings(check(GW1, "snmp"), [Readings(PORTS, {IN: (1, 2), SPEED: (3, 4)})], {})
    taken = exposition.fragments(Syntax.TEXT)

    exposition.hide_readings(check(GW1, "snmp").id)

    body = b"".join(fragment.plain for fragment in taken).decode()
    assert [line[-1] for line in body.splitlines() if line.startswith("netmon_interface_")][:4] == ["1", "2", "3", "4"]


def test_what_an_answer_no_longer_holds_vanishes_with_its_head(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck, text: Callable[..., str]
) -> None:
    snmp = check(GW1, "snmp")
    exposition.show_plan([subject(GW1, "snmp")])
    exposition.show_readings(snmp, [Readings(PORTS, {IN: (1, 2), SPEED: (3, 4)})], {})

    exposition.show_readings(snmp, [Readings(PORTS[:1], {IN: (5,), SPEED: (None,)})], {})

    assert SPEED not in text(exposition)
    assert "Gi0/1" not in text(exposition)


def test_a_family_in_two_tables_is_shown_whole(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck, lines: Lines
) -> None:
    exposition.show_plan([subject(GW1, "snmp")])

    exposition.show_readings(check(GW1, "snmp"), [Readings(PORTS[:1], {IN: (1,)}), Readings(PORTS[1:], {IN: (2,)})], {})

    assert [line[-1] for line in lines(exposition, IN)] == ["1", "2"]


def test_facts_are_shown_once_told_until_they_are_told_anew(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck, lines: Lines
) -> None:
    snmp = check(GW1, "snmp")
    exposition.show_plan([subject(GW1, "snmp")])
    exposition.show_readings(snmp, [], {"sys_name": 'core "1"', "location": ""})
    exposition.show_readings(snmp, [Readings(PORTS, {IN: (1, 2)})], {})

    assert lines(exposition, "netmon_snmp_info") == [
        r'netmon_snmp_info{device="gw1",check="check:device:gw1/snmp",sys_name="core \"1\""} 1'
    ]

    exposition.show_readings(snmp, [], {"location": "Phan Rang"})

    assert lines(exposition, "netmon_snmp_info") == [
        'netmon_snmp_info{device="gw1",check="check:device:gw1/snmp",location="Phan Rang"} 1'
    ]


def test_labels_are_written_once_while_the_rows_stay_the_same(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck, lines: Lines
) -> None:
    rows = list(PORTS)
    exposition.show_plan([subject(GW1, "snmp")])
    exposition.show_readings(check(GW1, "snmp"), [Readings(rows, {IN: (1, 2)})], {})

    rows[0] = (("interface", "nobody looks here again"),)
    exposition.show_readings(check(GW1, "snmp"), [Readings(rows, {IN: (3, 4)})], {})

    assert lines(exposition, IN) == [
        'netmon_interface_receive_bytes_total{device="gw1",interface="Gi0/0"} 3',
        'netmon_interface_receive_bytes_total{device="gw1",interface="Gi0/1"} 4',
    ]


def test_numbers_that_did_not_change_stay_and_those_that_did_are_replaced(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck, lines: Lines
) -> None:
    exposition.show_plan([subject(GW1, "snmp")])
    for received in (1, 1, 2, 2):
        table = Readings(PORTS, {IN: (received, received + 1), SPEED: (100, 100)})
        exposition.show_readings(check(GW1, "snmp"), [table], {})

        assert [line.rpartition(" ")[2] for line in lines(exposition, IN)] == [str(received), str(received + 1)]
        assert [line.rpartition(" ")[2] for line in lines(exposition, SPEED)] == ["100", "100"]


def test_the_same_numbers_come_back_after_they_were_hidden_or_missing(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck, lines: Lines
) -> None:
    table = Readings(PORTS, {IN: (1, 2)})
    exposition.show_plan([subject(GW1, "snmp")])
    exposition.show_readings(check(GW1, "snmp"), [table], {})
    shown = lines(exposition, IN)

    exposition.hide_readings(check(GW1, "snmp").id)
    exposition.show_readings(check(GW1, "snmp"), [table], {})
    assert lines(exposition, IN) == shown

    exposition.show_readings(check(GW1, "snmp"), [], {})
    assert lines(exposition, IN) == []
    exposition.show_readings(check(GW1, "snmp"), [table], {})
    assert lines(exposition, IN) == shown


def test_other_rows_are_written_anew(
    exposition: Exposition, subject: MakeSubject, check: MakeCheck, lines: Lines
) -> None:
    exposition.show_plan([subject(GW1, "snmp")])
    for number in range(50):
        rows: list[Labels] = [(("interface", f"Gi0/{number}"),)]
        exposition.show_readings(check(GW1, "snmp"), [Readings(rows, {IN: (number,)})], {})

    assert lines(exposition, IN) == ['netmon_interface_receive_bytes_total{device="gw1",interface="Gi0/49"} 49']


# ---------------------------------------------------------------- misfits


@pytest.mark.parametrize(
    ("readings", "facts", "why"),
    [
        pytest.param([scalar("netmon_nobody_knows", 1)], {}, Misfit.UNDECLARED, id="a family that nobody declared"),
        pytest.param([scalar(RTT, 1)], {}, Misfit.UNDECLARED, id="a family of another kind"),
        pytest.param([], {"colour": "red"}, Misfit.UNDECLARED, id="a fact that nobody declared"),
        pytest.param([Readings(PORTS, {IN: (1,)})], {}, Misfit.SHAPE, id="a column that is too short"),
        pytest.param([scalar(SPEED, "fast")], {}, Misfit.NUMBER, id="a text for a number"),  # type: ignore[arg-type]
        pytest.param([scalar(IN, -1)], {}, Misfit.NUMBER, id="a counter below nought"),
        pytest.param([scalar(IN, math.nan)], {}, Misfit.NUMBER, id="a counter that is not a number"),
        pytest.param([scalar(SPEED, True)], {}, Misfit.NUMBER, id="a truth value for a number"),
        pytest.param([Readings(((("device", "x"),),), {IN: (1,)})], {}, Misfit.LABEL, id="a label of the exporter's"),
        pytest.param([Readings(((("if-name", "x"),),), {IN: (1,)})], {}, Misfit.LABEL, id="a label name with a hyphen"),
        pytest.param(
            [Readings(((("__name__", "x"),),), {IN: (1,)})], {}, Misfit.LABEL, id="a label name of Prometheus'"
        ),
        pytest.param([Readings(PORTS[:1] * 2, {IN: (1, 2)})], {}, Misfit.DUPLICATE, id="two rows with the same labels"),
    ],
)
def test_what_was_not_declared_is_refused_and_spoils_nothing_else(
    make_exposition: Callable[..., Exposition],
    subject: MakeSubject,
    check: MakeCheck,
    read: Read,
    readings: list[Readings],
    facts: dict[str, str],
    why: Misfit,
) -> None:
    refused: list[MisfitError] = []
    exposition = make_exposition(refused.append)
    exposition.show_plan([subject(GW1, "snmp")])

    exposition.show_readings(check(GW1, "snmp"), [*readings, scalar("netmon_device_uptime_seconds", 7)], facts)

    assert [misfit.why for misfit in refused] == [why]
    assert read(exposition)["netmon_device_uptime_seconds", frozenset({("device", "gw1")})] == 7


def test_facts_of_a_kind_that_declares_none_are_refused(
    make_exposition: Callable[..., Exposition], subject: MakeSubject, check: MakeCheck, text: Callable[..., str]
) -> None:
    refused: list[MisfitError] = []
    exposition = make_exposition(refused.append)
    exposition.show_plan([subject(GW1, "icmp")])

    exposition.show_readings(check(GW1, "icmp"), [], {"colour": "red"})

    assert [str(misfit) for misfit in refused] == ["fact colour is not declared by kind icmp"]
    assert "red" not in text(exposition)


def test_of_two_rows_with_the_same_labels_the_first_is_shown(
    make_exposition: Callable[..., Exposition], subject: MakeSubject, check: MakeCheck, lines: Lines
) -> None:
    exposition = make_exposition(lambda _: None)
    exposition.show_plan([subject(GW1, "snmp")])
    twins: tuple[Labels, ...] = ((("interface", "x" * 128 + "1"),), (("interface", "x" * 128 + "2"),))

    exposition.show_readings(check(GW1, "snmp"), [Readings(twins, {IN: (1, 2), SPEED: (None, 3)})], {})

    assert lines(exposition, IN) == [f'{IN}{{device="gw1",interface="{"x" * 128}"}} 1']
    assert lines(exposition, SPEED) == []


# ---------------------------------------------------------------- whatever comes

counts = st.none() | st.integers(0, 2**64)
numbers = st.none() | st.integers(-(2**63), 2**64) | st.floats()
label_names = st.from_regex(r"\A(?!__)[a-zA-Z_][a-zA-Z0-9_]{0,8}\Z").filter(
    lambda name: name not in {"device", "service", "poller", "check"}
)
tables = st.lists(
    st.tuples(st.dictionaries(label_names, st.text(max_size=150), max_size=3), counts, numbers), max_size=8
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables)
def test_any_labels_and_numbers_read_back_as_they_were_given(
    make_exposition: Callable[..., Exposition],
    subject: MakeSubject,
    check: MakeCheck,
    read: Read,
    table: list[tuple[dict[str, str], int | None, float | None]],
) -> None:
    exposition = make_exposition(lambda _: None)
    exposition.show_plan([subject(GW1, "snmp")])
    labels: list[Labels] = [tuple(row.items()) for row, _, _ in table]
    columns = {IN: [count for _, count, _ in table], SPEED: [value for _, _, value in table]}

    exposition.show_readings(check(GW1, "snmp"), [Readings(labels, columns)], {})

    shown: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    seen = set()
    for row, count, value in table:
        names = frozenset([("device", "gw1"), *((name, told) for name, text in row.items() if (told := as_read(text)))])
        if names in seen:  # of two rows with the same labels the first is shown
            continue
        seen.add(names)
        shown |= {(name, names): float(each) for name, each in ((IN, count), (SPEED, value)) if each is not None}
    read_back = {key: number for key, number in read(exposition).items() if key[0] in columns}
    assert {key: repr(float(number)) for key, number in read_back.items()} == {
        key: repr(number) for key, number in shown.items()
    }


def as_read(text: str) -> str:
    """What Prometheus reads of the label value *text*."""
    written = label("n", text)[3:-1]
    return re.sub(r"\\(.)", lambda escape: {"n": "\n"}.get(escape[1], escape[1]), written)
