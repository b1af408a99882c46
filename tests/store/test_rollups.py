"""Figures in the store: kept once however often they are offered, and hours and days that follow from them alone."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete

from netmon.model.ids import CheckId
from netmon.model.moments import DAY, HOUR, MINUTE, Moment, Span, from_rfc3339
from netmon.model.rollups import Figures, RolledPart, Rollup, Series, Width, figures_of
from netmon.model.sketches import ACCURACY, sketch_of
from netmon.ports import Batch
from netmon.store import SqlStore, open_store
from netmon.store.database import Database
from netmon.store.rollups import sketch_of_text, sketch_text
from netmon.store.store import SETTLED
from netmon.store.tables import rollups_5m

Reach = Callable[[], Database]

GATEWAY = CheckId("check:device:syt-gw1/icmp")
SWITCH = CheckId("check:device:syt-sw1/snmp")
RTT = Series(GATEWAY, "netmon_icmp_rtt_seconds")
UPLINK = Series(SWITCH, "netmon_interface_receive_bytes_per_second", (("interface", 'Gi0/1 "Sở Y tế"'),))
LAN = Series(SWITCH, "netmon_interface_receive_bytes_per_second", (("interface", "Gi0/2"),))
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
MIDNIGHT = from_rfc3339("2026-11-20T17:00:00Z")
NEXT = Moment(MIDNIGHT + DAY)
ALWAYS = Span(Moment(MIDNIGHT - 10 * DAY), Moment(MIDNIGHT + 10 * DAY))


def part(of: Series, minute: float, *samples: float, number: int = 0) -> RolledPart:
    since = Moment(MIDNIGHT + round(minute * MINUTE))
    return RolledPart(series=of, since=since, part=number, figures=figures_of(samples))


@pytest.fixture
async def store(reach: Reach) -> AsyncIterator[SqlStore]:
    async with open_store(reach()) as opened:
        await opened.begin_life("centre", MIDNIGHT)
        yield opened


async def keep(store: SqlStore, *parts: RolledPart, life: int = 1) -> None:
    await store.keep(Batch(life=life, beat=MIDNIGHT, rolled=list(parts)))


async def found(store: SqlStore, of: Series, width: Width, span: Span = ALWAYS) -> list[tuple[float, Figures]]:
    """What is there of *of*: minutes after midnight, and the figures."""
    rollups = await store.rollups(of.check, of.family, width, span)
    return [((one.since - MIDNIGHT) / MINUTE, one.figures) for one in rollups if one.series == of]


async def test_figures_come_back_as_they_were_kept(store: SqlStore) -> None:
    await keep(store, part(RTT, 0, 0.1, 0.2, 0.30000000000000004), part(RTT, 5, 1e-12, -4.0), part(UPLINK, 0, 1e11))

    first, second = part(RTT, 0, 0.1, 0.2, 0.30000000000000004), part(RTT, 5, 1e-12, -4.0)
    assert await store.rollups(RTT.check, RTT.family, Width.FIVE_MINUTES, ALWAYS) == [
        Rollup(RTT, first.since, first.figures),
        Rollup(RTT, second.since, second.figures),
    ]
    assert await found(store, UPLINK, Width.FIVE_MINUTES) == [(0, figures_of([1e11]))]


async def test_a_span_holds_what_begins_in_it(store: SqlStore) -> None:
    await keep(store, *(part(RTT, minute, 1.0) for minute in (0, 5, 10, 15)))
    span = Span(Moment(MIDNIGHT + MINUTE), Moment(MIDNIGHT + 15 * MINUTE))

    assert [minute for minute, _ in await found(store, RTT, Width.FIVE_MINUTES, span)] == [5, 10]
    assert await found(store, RTT, Width.FIVE_MINUTES, Span(MIDNIGHT, MIDNIGHT)) == []


async def test_what_is_offered_again_is_there_once_and_never_less_than_before(store: SqlStore) -> None:
    await keep(store, part(RTT, 0, 1.0, 2.0))
    await keep(store, part(RTT, 0, 1.0))
    await keep(store, part(RTT, 0, 1.0, 2.0), part(RTT, 0, 1.0, 2.0, 3.0))

    assert await found(store, RTT, Width.FIVE_MINUTES) == [(0, figures_of([1.0, 2.0, 3.0]))]


async def test_lives_and_late_results_add_up(store: SqlStore) -> None:
    await keep(store, part(RTT, 0, 1.0), part(RTT, 0, 9.0, number=1))
    second = await store.begin_life("centre", Moment(MIDNIGHT + MINUTE))
    await keep(store, part(RTT, 0, 2.0, 4.0), life=second.life)

    assert await found(store, RTT, Width.FIVE_MINUTES) == [(0, figures_of([1.0, 9.0, 2.0, 4.0]))]


async def test_a_batch_that_was_refused_leaves_no_figures(store: SqlStore) -> None:
    with pytest.raises(Exception, match="life 7 has not begun"):
        await keep(store, part(RTT, 0, 1.0), life=7)

    assert await store.series(RTT.family) == []


async def test_every_series_of_a_family_is_known(store: SqlStore) -> None:
    await keep(store, part(LAN, 0, 1.0), part(UPLINK, 0, 1.0), part(RTT, 0, 1.0))

    assert await store.series(UPLINK.family) == [UPLINK, LAN]


async def test_an_hour_and_a_day_have_the_figures_of_all_their_samples(store: SqlStore) -> None:
    rng = random.Random(7)
    samples: dict[float, list[float]] = {
        minute: [rng.lognormvariate(-5, 1) for _ in range(30)] for minute in range(0, 24 * 60, 5)
    }
    await keep(store, *(part(RTT, minute, *own) for minute, own in samples.items()))
    await keep(store, part(RTT, -5, 99.0), part(RTT, 24 * 60, 99.0))
    await store.derive_rollups(Moment(NEXT + SETTLED), HANOI)

    hours = dict(await found(store, RTT, Width.HOUR))
    assert sorted(hours) == [-60.0, *range(0, 24 * 60, 60)]
    in_hour = [sample for minute in range(60, 120, 5) for sample in samples[minute]]
    assert hours[60].count == 360
    assert abs(hours[60].p95 - sorted(in_hour)[341]) <= ACCURACY * sorted(in_hour)[341]

    everything = sorted(sample for own in samples.values() for sample in own)
    ((begin, day),) = [row for row in await found(store, RTT, Width.DAY) if row[0] == 0]
    assert (begin, day.count, day.lowest, day.highest) == (0, 8640, everything[0], everything[-1])
    assert day.mean == pytest.approx(sum(everything) / 8640, rel=1e-12)
    assert abs(day.p95 - everything[8207]) <= ACCURACY * everything[8207]
    assert day.sketch == sketch_of(everything)


async def test_nothing_is_derived_before_it_is_over(store: SqlStore) -> None:
    await keep(store, part(RTT, 0, 1.0))
    await store.derive_rollups(Moment(MIDNIGHT + HOUR + SETTLED - 1), HANOI)
    assert await found(store, RTT, Width.HOUR) == []

    await store.derive_rollups(Moment(MIDNIGHT + HOUR + SETTLED), HANOI)
    assert await found(store, RTT, Width.HOUR) == [(0, figures_of([1.0]))]
    assert await found(store, RTT, Width.DAY) == []


async def test_what_comes_days_later_is_in_its_hour_and_its_day(store: SqlStore) -> None:
    await keep(store, part(RTT, 0, 1.0))
    later = Moment(NEXT + 3 * DAY)
    await store.derive_rollups(later, HANOI)
    await keep(store, part(RTT, 5, 3.0, number=4))
    await store.derive_rollups(later, HANOI)

    assert await found(store, RTT, Width.HOUR) == [(0, figures_of([1.0, 3.0]))]
    assert await found(store, RTT, Width.DAY) == [(0, figures_of([1.0, 3.0]))]


async def test_hours_outlive_the_five_minutes_that_they_came_of(store: SqlStore, reach: Reach) -> None:
    await keep(store, part(RTT, 0, 1.0, 2.0, 3.0))
    await store.derive_rollups(NEXT, HANOI)
    async with store._transaction(durable=False) as connection:
        await connection.execute(delete(rollups_5m))
    await keep(store, part(RTT, 5, 9.0))
    await store.derive_rollups(NEXT, HANOI)

    assert await found(store, RTT, Width.HOUR) == [(0, figures_of([1.0, 2.0, 3.0]))]


async def test_many_series_are_derived_a_few_at_a_time(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netmon.store.deriving._ROWS_AT_ONCE", 24)
    series = [Series(CheckId(f"check:device:gw-{number}/icmp"), RTT.family) for number in range(7)]
    await keep(store, *(part(one, minute, float(n)) for n, one in enumerate(series) for minute in (0, 55)))
    await store.derive_rollups(Moment(NEXT + SETTLED), HANOI)

    for number, one in enumerate(series):
        for width in (Width.HOUR, Width.DAY):
            assert await found(store, one, width) == [(0, figures_of([float(number)] * 2))]


@pytest.mark.parametrize("samples", [[], [0.0], [1.0] * 3, [0.001, 0.001, 0.0011, 5.0, 1e12], [-1.0, 1e-300]], ids=str)
def test_a_sketch_survives_its_text(samples: list[float]) -> None:
    assert sketch_of_text(sketch_text(sketch_of(samples))) == sketch_of(samples)


def test_a_sketch_is_a_few_bytes() -> None:
    assert sketch_text(sketch_of([0.010] * 28 + [0.0101, 0.02])) == "-230:28 1 34"
