"""Turns: places wait for one another, not for each other's crowds."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from netmon.receivers.heartbeats.turns import Turns


@pytest.fixture
def turns() -> Iterator[Turns]:
    one = Turns()
    yield one
    one.end()


def come(turns: Turns, address: str, number: int) -> list[socket.socket]:
    """So many visitors from *address*."""
    visitors = [socket.socket() for _ in range(number)]
    for each in visitors:
        turns.come(each, address)
    return visitors


def is_sent_away(visitor: socket.socket) -> bool:
    return visitor.fileno() < 0


def test_places_take_turns_and_each_lets_its_own_go_in_order(turns: Turns) -> None:
    crowd = come(turns, "10.0.0.1", 3)
    (other,) = come(turns, "10.0.0.2", 1)
    assert [turns.call() for _ in range(5)] == [crowd[0], other, crowd[1], crowd[2], None]
    assert turns.is_empty


def test_who_stays_inside_holds_up_only_others_from_the_same_place(turns: Turns) -> None:
    crowd = come(turns, "10.0.0.1", 6)
    inside = [turns.call() for _ in range(6)]
    assert inside == [*crowd[:4], None, None]
    (other,) = come(turns, "10.0.0.2", 1)
    assert turns.call() is other

    turns.leave(crowd[0])
    assert is_sent_away(crowd[0])
    assert [turns.call(), turns.call()] == [crowd[4], None]


def test_a_full_room_sends_away_the_newest_from_where_most_are(turns: Turns) -> None:
    crowd = come(turns, "10.0.0.1", 256)
    (other,) = come(turns, "10.0.0.2", 1)
    assert [is_sent_away(each) for each in (crowd[0], crowd[-1], other)] == [False, True, False]
    come(turns, "10.0.0.1", 1)
    assert not is_sent_away(other)


def test_no_more_are_inside_than_can_be_served_wherever_they_come_from(turns: Turns) -> None:
    for number in range(70):
        come(turns, f"10.0.0.{number}", 1)
    assert sum(turns.call() is not None for _ in range(70)) == 64


@pytest.mark.parametrize(
    ("one", "another", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::1", "::2", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_a_network_of_ipv6_is_one_place(one: str, another: str, same: bool, turns: Turns) -> None:
    first = come(turns, one, 2)
    (other,) = come(turns, another, 1)
    assert [turns.call(), turns.call()] == [first[0], first[1] if same else other]


def test_at_the_end_everybody_is_shown_out(turns: Turns) -> None:
    visitors = come(turns, "10.0.0.1", 3)
    turns.call()
    turns.end()
    assert all(map(is_sent_away, visitors))
    assert turns.is_empty
