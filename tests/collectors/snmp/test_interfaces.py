"""Interfaces: their names, and what their states mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.collectors.snmp.columns import ADMIN_STATUS, OPER_STATUS
from netmon.collectors.snmp.interfaces import find_states, missing, name_rows
from netmon.model.looks import Readings
from netmon.model.states import Reason, State


def names_of(said: dict[tuple[int, ...], bytes]) -> list[str]:
    return [row.labels[0][1] for row in name_rows("interface", said)]


@pytest.mark.parametrize(
    ("said", "names"),
    [
        pytest.param([b"Gi0/1", b"Gi0/2"], ["Gi0/1", "Gi0/2"], id="as the device says"),
        pytest.param([b"eth", b"lo", b"eth"], ["eth#1", "lo", "eth#3"], id="equal names all carry their index"),
        pytest.param([b"eth\x00", b"eth"], ["eth#1", "eth#2"], id="equal once they are clean"),
        pytest.param([b"eth", b"eth", b"eth#1"], ["eth#1#1", "eth#2", "eth#1#3"], id="one that looks like another"),
        pytest.param([b"", b"lo"], ["#1", "lo"], id="no name at all"),
        pytest.param([b"x" * 300], ["x" * 112], id="a long name"),
    ],
)
def test_names_are_the_devices_own(said: list[bytes], names: list[str]) -> None:
    assert names_of({(index,): name for index, name in enumerate(said, start=1)}) == names


@given(st.lists(st.sampled_from([b"", b"a", b"a#1", b"a#2", b"b", b"a\n"]), max_size=6))
def test_names_are_bounded_and_distinct(said: list[bytes]) -> None:
    names = names_of({(index,): name for index, name in enumerate(said, start=1)})

    assert len(set(names)) == len(said)
    assert all(len(name.encode()) <= 128 for name in names)


@pytest.mark.parametrize(
    ("admin", "oper", "state", "reason"),
    [
        pytest.param(1, 1, State.UP, None, id="up"),
        pytest.param(1, 2, State.DOWN, Reason.OPER_DOWN, id="down"),
        pytest.param(2, 2, State.DOWN, Reason.ADMIN_DOWN, id="switched off"),
        pytest.param(2, 1, State.DOWN, Reason.ADMIN_DOWN, id="switched off and not yet down"),
        pytest.param(1, 3, State.DOWN, Reason.TESTING, id="in a test"),
        pytest.param(3, 2, State.DOWN, Reason.TESTING, id="in a test that an administrator began"),
        pytest.param(1, 4, State.UNKNOWN, Reason.UNEXPECTED, id="unknown"),
        pytest.param(1, 5, State.DOWN, Reason.DORMANT, id="dormant"),
        pytest.param(1, 6, State.DOWN, Reason.NOT_PRESENT, id="not present"),
        pytest.param(1, 7, State.DOWN, Reason.LOWER_LAYER_DOWN, id="lower layer down"),
        pytest.param(1, 99, State.UNKNOWN, Reason.UNEXPECTED, id="a number that means nothing"),
        pytest.param(None, 1, State.UP, None, id="no admin status"),
    ],
)
def test_a_status_is_a_state_with_its_reason(admin: int | None, oper: int, state: State, reason: Reason | None) -> None:
    labels = ((("interface", "Gi0/1"),),)

    (found,) = find_states(("Gi0/1",), [Readings(labels, {ADMIN_STATUS: [admin], OPER_STATUS: [oper]})])

    assert found.state is state
    assert (found.failure and found.failure.reason) == reason


def test_an_interface_that_was_not_answered_for_is_not_judged() -> None:
    labels = ((("interface", "Gi0/1"),),)

    assert find_states(("Gi0/1",), [Readings(labels, {ADMIN_STATUS: [None], OPER_STATUS: [None]})]) == ()


def test_only_what_the_device_does_not_have_is_missing() -> None:
    rows = name_rows("interface", {(1,): b"Gi0/1"})

    (gone,) = missing(("Gi0/1", "Gi0/9"), rows)

    assert (gone.interface, gone.state, gone.failure.reason) == ("Gi0/9", State.DOWN, Reason.NOT_PRESENT)
