"""The roller: which looks count, where, and when their figures are kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from netmon.collectors import KINDS
from netmon.engine.rollups import FEW, GRACE, MOST_SERIES, Roller, Scope
from netmon.model.ids import CheckId
from netmon.model.looks import Failure, Look, Number, Occasion, Readings
from netmon.model.moments import MINUTE, Moment, seconds
from netmon.model.rollups import Rolled, RolledPart, Series, merged
from netmon.model.states import Reason, Verdict
from netmon.ports import Batch
from tests.makers import CORE, ICMP, SNMP, START, check, moment

RTT = "netmon_icmp_rtt_seconds"
LOSS = "netmon_icmp_loss_ratio"
RECEIVED = "netmon_interface_receive_bytes_per_second"
USED = "netmon_interface_receive_utilisation_ratio"
UPLINK = (("interface", "Gi0/0"),)
LAN = (("interface", "Gi0/1"),)
FIVE = 300.0


class Story:
    """A roller that is told of looks; moments are seconds after `START`, which is on a 5-minute boundary."""

    def __init__(self, scope: Scope = Scope.WATCHED) -> None:
        self.roller = Roller({kind.name: kind.rolled for kind in KINDS}, scope)
        self.kept: dict[tuple[Series, float, int], RolledPart] = {}

    def pings(self, at: float, rtt: float | None, *, occasion: Occasion = Occasion.GRID, known: float = 0) -> None:
        """A look of an icmp check; ``None`` is a miss."""
        failure = Failure(Reason.TIMEOUT, "nothing in 1 s") if rtt is None else None
        readings = () if rtt is None else (Readings(((),), {RTT: (rtt,)}),)
        self._look(ICMP, at, failure, readings, occasion=occasion, known=known)

    def polls(
        self, at: float, *tables: tuple[Sequence[Any], dict[str, Sequence[Number | None]]], asked: float | None = None
    ) -> None:
        """A look of an snmp check that brought back *tables*."""
        readings = tuple(Readings(labels, columns) for labels, columns in tables)
        self._look(SNMP, at, None, readings, asked=asked)

    def counts(self, at: float, *received: int | None, speed: float = 1000.0, asked: float | None = None) -> None:
        """A poll in which the uplink, and the LAN after it, have received so many bytes."""
        labels = (UPLINK, LAN)[: len(received)]
        columns: dict[str, Sequence[Number | None]] = {
            "netmon_interface_receive_bytes_total": received,
            "netmon_interface_speed_bytes_per_second": (speed,) * len(received),
        }
        self.polls(at, (labels, columns), asked=asked)

    def beats(self, at: float) -> list[RolledPart]:
        batch = Batch(life=1, beat=moment(at))
        self.roller.fill(batch)
        for part in batch.rolled:
            known = self.kept.get((part.series, part.since, part.part))
            assert known is None or known.figures.count < part.figures.count, "kept again only with more in it"
            self.kept[part.series, part.since, part.part] = part
        return batch.rolled

    def ends(self, at: float) -> None:
        self.roller.end()
        self.beats(at)

    def figures(self, family: str, labels: Any = ()) -> list[tuple[float, int, float, float, float]]:
        """What was kept of *family*: begin, count, lowest, mean, highest."""
        by_begin: dict[float, list[RolledPart]] = {}
        for (series, since, _), part in sorted(self.kept.items(), key=lambda item: item[0][1]):
            if (series.family, series.labels) == (family, labels):
                by_begin.setdefault((since - START) / 1e6, []).append(part)
        merged_parts = {begin: merged([part.figures for part in parts]) for begin, parts in by_begin.items()}
        return [(begin, it.count, it.lowest, it.mean, it.highest) for begin, it in merged_parts.items()]

    def _look(
        self, of: CheckId, at: float, failure: Failure | None, readings: Sequence[Readings], *,
        occasion: Occasion = Occasion.GRID, known: float = 0, asked: float | None = None,
    ) -> None:  # fmt: skip
        look = Look(
            check=of,
            at=moment(at),
            took=seconds(max(0.0, known - at)),
            verdict=Verdict.ANSWERED if failure is None else Verdict.MISSED,
            occasion=occasion,
            failure=failure,
        )
        spec = check(CORE, of.rpartition("/")[2])
        asked_at = moment(at if asked is None else asked)
        self.roller.add(spec, look, readings, watched=("Gi0/0",), asked_at=asked_at)


def test_the_start_of_stories_is_a_boundary() -> None:
    assert START % (5 * MINUTE) == 0


def test_misses_are_in_the_loss_and_answers_in_the_round_trip_time() -> None:
    story = Story()
    for at, rtt in ((0, 0.25), (10, None), (20, 0.75), (30, 0.5)):
        story.pings(at, rtt)
    story.ends(40)

    assert story.figures(RTT) == [(0, 3, 0.25, 0.5, 0.75)]
    assert story.figures(LOSS) == [(0, 4, 0.0, 0.25, 1.0)]


def test_relooks_and_prompted_looks_do_not_weigh_trouble_double() -> None:
    story = Story()
    story.pings(0, None)
    for at in (1.0, 1.5, 2.0):
        story.pings(at, None, occasion=Occasion.BURST)
    story.pings(2.5, 0.001, occasion=Occasion.PROMPT)
    story.pings(10, 0.001)
    story.ends(40)

    assert story.figures(LOSS) == [(0, 2, 0.0, 0.5, 1.0)]


def test_a_look_counts_where_its_slot_lies_whenever_its_result_comes() -> None:
    story = Story()
    story.pings(FIVE - 0.5, 0.001, known=FIVE + 0.4)
    story.pings(FIVE, 0.002, known=FIVE + 0.1)
    story.ends(FIVE + 1)

    assert story.figures(RTT) == [(0, 1, 0.001, 0.001, 0.001), (FIVE, 1, 0.002, 0.002, 0.002)]


def test_figures_are_kept_within_a_minute_and_again_as_they_grow() -> None:
    story = Story()
    story.pings(0, 0.001)
    assert story.beats(58) == []
    assert len(story.beats(60)) == 2
    assert story.beats(62) == []
    story.pings(70, 0.003, known=70)
    story.beats(130)

    assert story.figures(RTT) == [(0, 2, 0.001, 0.002, 0.003)]


def test_many_figures_go_with_several_batches_and_all_of_them_at_the_end() -> None:
    story = Story(Scope.ALL)
    disks = tuple((("storage", f"disk-{number}"),) for number in range(3 * FEW))
    full = {"netmon_storage_size_bytes": (2,) * len(disks), "netmon_storage_used_bytes": (1,) * len(disks)}
    story.polls(0, (disks, full))

    assert [len(story.beats(at)) for at in (60, 62)] == [FEW, FEW]
    story.polls(63, (disks, full))
    story.ends(64)
    assert {part.figures.count for part in story.kept.values()} == {2}


def test_a_result_that_comes_after_the_grace_is_a_part_of_its_own() -> None:
    story = Story()
    story.pings(0, 0.001)
    story.beats(FIVE + GRACE / 1e6 + 1)
    story.pings(10, 0.005, known=FIVE + GRACE / 1e6 + 2)
    story.ends(FIVE + GRACE / 1e6 + 3)

    assert sorted(part.part for part in story.kept.values()) == [0, 0, 1, 2]
    assert story.figures(RTT) == [(0, 2, 0.001, 0.003, 0.005)]


def test_traffic_is_what_was_counted_between_two_polls_by_when_they_were_really_asked() -> None:
    story = Story()
    story.counts(0, 10_000, asked=1)
    story.counts(60, 40_000, asked=61)
    story.counts(120, 52_000, asked=141)  # late: the counter had 80 s
    story.ends(150)

    assert story.figures(RECEIVED, UPLINK) == [(0, 2, 150.0, 325.0, 500.0)]
    assert story.figures(USED, UPLINK) == [(0, 2, 0.15, 0.325, 0.5)]


@pytest.mark.parametrize(
    ("counts", "rates"),
    [
        ((9_000, 100, 6_100), [100.0]),
        ((9_000, None, 21_000), [100.0]),
        ((9_000, 9_000, 9_000), [0.0, 0.0]),
    ],
    ids=["it began anew", "it was not told once", "nothing passed"],
)
def test_a_counter_is_never_a_spike(counts: Sequence[int | None], rates: list[float]) -> None:
    story = Story()
    for k, count in enumerate(counts):
        story.counts(60 * k, count)
    story.ends(250)

    ((_, count, lowest, _, highest),) = story.figures(RECEIVED, UPLINK)
    assert (count, lowest, highest) == (len(rates), min(rates), max(rates))


def test_nobody_says_how_fast_a_counter_was_that_was_not_seen_for_long() -> None:
    story = Story()
    story.counts(0, 1_000)
    story.counts(240, 100_000)
    story.ends(250)

    assert story.figures(RECEIVED, UPLINK) == []


def test_only_watched_interfaces_are_rolled_up_unless_all_are_wanted() -> None:
    for scope, is_there in ((Scope.WATCHED, False), (Scope.ALL, True)):
        story = Story(scope)
        story.counts(0, 0, 0)
        story.counts(60, 600, 6_000)
        story.ends(100)

        assert story.figures(RECEIVED, UPLINK) == [(0, 1, 10.0, 10.0, 10.0)]
        assert bool(story.figures(RECEIVED, LAN)) is is_there


def test_an_interface_without_a_speed_has_no_utilisation() -> None:
    story = Story()
    story.counts(0, 0, speed=0)
    story.counts(60, 600, speed=0)
    story.ends(100)

    assert story.figures(USED, UPLINK) == []
    assert story.figures(RECEIVED, UPLINK) != []


def test_processors_are_one_series_memory_is_what_programs_use_and_each_disk_is_its_own() -> None:
    story = Story()
    story.polls(
        0,
        (((("processor", "1"),), (("processor", "2"),)), {"netmon_processor_load_ratio": (0.2, 0.6)}),
        (
            ((),),
            {
                "netmon_memory_size_bytes": (1000,),
                "netmon_memory_free_bytes": (300,),
                "netmon_memory_cached_bytes": (200,),
            },
        ),
        (
            ((("storage", "/"),), (("storage", "/srv"),)),
            {"netmon_storage_size_bytes": (100, None), "netmon_storage_used_bytes": (25, 5)},
        ),
    )
    story.ends(10)

    assert story.figures("netmon_processor_load_ratio") == [(0, 1, 0.4, 0.4, 0.4)]
    assert story.figures("netmon_memory_used_ratio") == [(0, 1, 0.5, 0.5, 0.5)]
    assert story.figures("netmon_storage_used_ratio", (("storage", "/"),)) == [(0, 1, 0.25, 0.25, 0.25)]
    assert story.figures("netmon_storage_used_ratio", (("storage", "/srv"),)) == []


def test_a_counter_of_a_check_that_left_the_plan_is_forgotten() -> None:
    story = Story()
    story.counts(0, 1_000)
    story.roller.keep_only([ICMP])
    story.counts(60, 2_000)
    story.ends(70)

    assert story.figures(RECEIVED, UPLINK) == []


def test_a_device_that_invents_names_fills_nothing_without_end() -> None:
    story = Story(Scope.ALL)
    with capture_logs() as events:
        for look in range(0, MOST_SERIES + 2_000, 1_000):
            names = tuple((("storage", f"disk-{number}"),) for number in range(look, look + 1_000))
            columns = {"netmon_storage_size_bytes": (100,) * 1_000, "netmon_storage_used_bytes": (1,) * 1_000}
            story.polls(look / 1_000, (names, columns))
        story.ends(20)

    assert len(story.kept) == MOST_SERIES
    assert [event["event"] for event in events] == ["series_limit_reached"]


def test_what_is_no_number_is_no_sample() -> None:
    story = Story()
    story.pings(0, float("nan"))
    story.pings(10, float("inf"))
    story.ends(20)

    assert story.figures(RTT) == []


def test_every_declared_series_is_made_of_metrics_of_its_kind() -> None:
    def metrics(rolled: Rolled) -> set[str]:
        return {metric for metric in (rolled.of, *rolled.less, rolled.over) if metric}

    assert {kind.name for kind in KINDS if kind.rolled} >= {"icmp", "snmp", "http"}
    for kind in KINDS:
        for rolled in kind.rolled:
            assert metrics(rolled) <= set(kind.metrics), rolled.family
            assert rolled.help.endswith(".")
    families = [rolled.family for kind in KINDS for rolled in kind.rolled]
    assert len(families) == len(set(families))


def test_every_series_is_on_its_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rollups.md").read_text(encoding="utf-8")

    assert [rolled.family for kind in KINDS for rolled in kind.rolled if f"`{rolled.family}`" not in page] == []


def test_the_moment_of_a_part_is_a_boundary_of_utc() -> None:
    story = Story()
    story.pings(FIVE + 299.9, 0.001)
    story.ends(FIVE + 300)

    assert {part.since for part in story.kept.values()} == {Moment(START + 5 * MINUTE)}
