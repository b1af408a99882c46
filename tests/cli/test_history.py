"""netmon history: intervals with the time that nobody watched cut out of them."""

from __future__ import annotations

import pytest

from netmon.cli.intervals import Stretch, stretches, unwatched
from netmon.model.ids import EntityId
from netmon.model.moments import MINUTE, Moment, Span
from netmon.model.news import Status
from netmon.model.states import State
from netmon.ports import Interval
from netmon.store.reading import Life
from tests.cli.house import CENTRE, NOON, SILENCE, House, became


def at(minute: float) -> Moment:
    return Moment(round(minute * MINUTE))


def life(number: int, began: float, last_beat: float) -> Life:
    return Life(poller="centre", life=number, began=at(began), last_beat=at(last_beat))


def interval(state: State, since: float, until: float | None) -> Interval:
    return Interval(
        entity=EntityId("device:core1"),
        status=Status(state, at(since)),
        until=None if until is None else at(until),
    )


def brief(found: tuple[Stretch, ...]) -> list[tuple[float, float, State | None]]:
    return [(one.span.since / MINUTE, one.span.until / MINUTE, one.state) for one in found]


def test_a_gap_between_two_lives_belongs_to_nobody() -> None:
    gaps = unwatched([life(1, 0, 10), life(2, 13, 20)], Span(at(0), at(20)), is_running=True)

    found = stretches([interval(State.UP, 0, None)], gaps, Span(at(0), at(20)), at(20))

    assert brief(found) == [(0, 10, State.UP), (10, 13, None), (13, 20, State.UP)]
    assert found[-1].is_open


def test_time_before_the_first_life_and_after_the_last_is_unmonitored() -> None:
    gaps = unwatched([life(1, 5, 10)], Span(at(0), at(20)), is_running=False)

    found = stretches([interval(State.DOWN, 6, None)], gaps, Span(at(0), at(20)), at(20))

    assert brief(found) == [(0, 6, None), (6, 10, State.DOWN), (10, 20, None)]


def test_any_split_of_a_span_adds_up_to_the_whole() -> None:
    lives = [life(1, 0, 9), life(2, 11, 17)]
    intervals = [interval(State.UP, 1, 8), interval(State.DOWN, 8, 12), interval(State.UP, 12, None)]

    def lengths(since: float, until: float) -> dict[State | None, int]:
        span = Span(at(since), at(until))
        sums: dict[State | None, int] = {}
        for one in stretches(intervals, unwatched(lives, span, is_running=False), span, at(30)):
            sums[one.state] = sums.get(one.state, 0) + one.length
        return sums

    whole = lengths(0, 20)
    for middle in (0.5, 8, 8.5, 10, 11, 12, 18.25):
        halves = [lengths(0, middle), lengths(middle, 20)]
        assert {state: sum(half.get(state, 0) for half in halves) for state in whole} == whole


def test_people_read_states_with_times_of_their_own_zone(house: House) -> None:
    house.keep(became("device:core1", State.UP), became("device:core1", State.DOWN, minute=4, failure=SILENCE))

    said = house.ask("history", "core1", "--from", "12:00").stdout.splitlines()

    assert said == [
        "device:core1  2026-11-21 12:00:00 (+07) .. 2026-11-21 12:10:00 (+07)",
        "  up    12:00:00 .. 12:04:00  4 m",
        "  down  12:04:00 .. now  6 m",
        "        timeout: 127.9.7.1: no echo reply within 1 s",
        "in all: down 6 m (60.00 %), up 4 m (40.00 %)",
    ]


def test_vietnamese_has_its_own_units_and_commas(house: House) -> None:
    house.keep(became("device:core1", State.UP), became("device:core1", State.DOWN, minute=4, failure=SILENCE))

    said = house.ask("history", "core1", "--from", "12:00", "--lang", "vi").stdout.splitlines()

    assert said[1] == "  hoạt động  12:00:00 .. 12:04:00  4 phút"
    assert said[-1] == "tổng cộng: ngừng 6 phút (60,00 %), hoạt động 4 phút (40,00 %)"


@pytest.mark.parametrize("entity", ["device:lab1", "check:device:lab1/icmp", "interface:lab1/Gi0/1"])
def test_what_the_lab_plays_is_marked_in_text_and_in_json(house: House, entity: str) -> None:
    play(house)
    house.keep(became(entity, State.UP))

    said, document = house.ask("history", entity).stdout, house.ask_json("history", entity)

    assert said.startswith(f"{entity} (lab)  2026-11-14")
    assert document["lab"] is True


def test_what_has_left_the_plan_keeps_its_mark(house: House) -> None:
    play(house)
    house.keep(became("device:lab1", State.UP))
    house.write("inventory/sites/ttth.yaml", CENTRE)
    house.keep(began=Moment(NOON + 2 * MINUTE))

    assert house.ask_json("history", "device:lab1")["lab"] is True
    assert house.ask_json("history", "core1")["lab"] is False


def play(house: House) -> None:
    """Let the lab play a device beside the real ones."""
    house.write(
        "config.yaml", house.config.read_text(encoding="utf-8").replace("[", "[127.20.0.0/16, ") + "lab: lab.yaml\n"
    )
    house.write("lab.yaml", "seed: 1\n")
    played = (
        "  - {name: lab1, role: switch, address: 127.20.9.1, snmp: v2c, interfaces: [{name: Gi0/1, watch: true}]}\n"
    )
    house.write("inventory/sites/ttth.yaml", CENTRE + played)


def test_json_says_unmonitored_and_leaves_the_end_open(house: House) -> None:
    house.keep(became("device:core1", State.UP), beat=Moment(NOON + MINUTE))
    house.keep(began=Moment(NOON + 4 * MINUTE))

    document = house.ask_json("history", "device:core1", "--from", "12:00")

    assert [(one["state"], one["seconds"], one["until"]) for one in document["intervals"]] == [
        ("up", 60.0, "2026-11-21T05:01:00Z"),
        ("unmonitored", 180.0, "2026-11-21T05:04:00Z"),
        ("up", 360.0, None),
    ]


def test_the_last_seven_days_are_shown_where_nothing_is_said(house: House) -> None:
    house.keep(became("device:core1", State.UP))

    document = house.ask_json("history", "core1")

    assert (document["from"], document["to"]) == ("2026-11-14T05:10:00Z", "2026-11-21T05:10:00Z")


def test_an_unknown_entity_meets_its_nearest_neighbours(house: House) -> None:
    house.keep()

    answer = house.ask("history", "device:core2")

    assert answer.exit_code == 2
    assert "did you mean device:core1" in answer.stderr


def test_a_moment_that_is_none_is_told_with_what_to_write(house: House) -> None:
    house.keep()

    answer = house.ask("history", "core1", "--from", "yesterday")

    assert answer.exit_code == 2
    assert '"yesterday" is no moment; write 2026-11-20' in answer.stderr
    assert "--from must lie before --to" in house.ask("history", "core1", "--from", "13:00").stderr
