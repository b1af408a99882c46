"""The spool on the disk: what it holds after a power cut, with damage, at its limit, and after a day."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from netmon.model.ids import CheckId, EntityId
from netmon.model.log import LifeBegan, Looked, PlanTaken, Run
from netmon.model.looks import Failure, Finding, Look, Occasion
from netmon.model.moments import MINUTE, SECOND, Duration, Moment
from netmon.model.news import Status, Transition
from netmon.model.plan_document import plan_of
from netmon.model.rollups import RolledPart, Series, figures_of
from netmon.model.states import Reason, State, Verdict
from netmon.ports import Batch, Checkpoint, Latest, Memory, PlanMark, SpooledPlan, SpoolRecord, StoreError
from netmon.store.spool import DiskSpool
from netmon.store.spool_codec import read, written
from netmon.store.spool_segments import FORM, Segment, framed, segments
from netmon.store.spool_tidying import TOGETHER
from tests.makers import START, check, subject

LIFE = LifeBegan(poller="centre", life=7, at=START)
MEMORY = Memory(
    statuses={EntityId("device:a"): Status(State.DOWN, START, Failure(Reason.TIMEOUT, "nothing \x00 \udc80 ế"))},
    last_looks={CheckId("check:device:a/icmp"): START},
    last_answers={},
    last_beat=START,
)
CHECKPOINT = Checkpoint(memory=MEMORY, life=LIFE, plan=PlanMark(hash="abc", version=3, kept_version=4))


NO_LOSS = figures_of([0.0] * 30)


def at(second: float) -> Moment:
    return Moment(START + int(second * SECOND))


def icmp(device: int) -> CheckId:
    return CheckId(f"check:device:d{device}/icmp")


def look(second: float, device: int = 0, verdict: Verdict = Verdict.ANSWERED) -> Look:
    return Look(check=icmp(device), at=at(second), took=Duration(1), verdict=verdict)


def news(second: float, state: State = State.DOWN, device: int = 0) -> Transition:
    return Transition(entity=EntityId(f"device:d{device}"), at=at(second), state=state)


def beat(second: float, *transitions: Transition, devices: int = 1, interval: int = 10) -> Batch:
    """What a quiet keeper draws up: every device has been looked at all the time."""
    count = int(second / interval) + 1
    width = Duration(interval * SECOND)
    return Batch(
        life=7,
        beat=at(second),
        transitions=[*transitions],
        runs=[
            Run(check=icmp(n), plan=3, first=at(0), count=count, interval=width, verdict=Verdict.ANSWERED)
            for n in range(devices)
        ],
        latest={icmp(n): Latest(look=look(second, n), values={"netmon_icmp_seconds": 0.0123}) for n in range(devices)},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def spool_in(folder: Path, **options: int) -> DiskSpool:
    return DiskSpool(folder, **{"limit": 2**30, **options})


async def everything(spool: DiskSpool) -> list[SpoolRecord]:
    reading, found = spool.reading(), []
    while records := await reading.more():
        found += records
    return found


async def filled(folder: Path, records: Sequence[SpoolRecord], **options: int) -> None:
    spool = spool_in(folder, **options)
    assert await spool.open() is None
    await spool.begin(CHECKPOINT)
    for record in records:
        await spool.append(record)
    spool.close()


async def test_records_of_every_sort_come_back_as_they_were(folder: Path) -> None:
    whole = Look(
        check=icmp(1), at=at(1), took=Duration(2), verdict=Verdict.MISSED, occasion=Occasion.BURST, opener=at(0),
        failure=Failure(Reason.MALFORMED, "\udcff\n"), findings=(Finding("Gi0/1", State.UP),),
    )  # fmt: skip
    part = RolledPart(
        series=Series(icmp(1), "netmon_icmp_loss_ratio", (("interface", "Gi0/1"),)), since=at(0), part=0,
        figures=figures_of([0.0, 1.5]),
    )  # fmt: skip
    batch = Batch(
        life=7, beat=at(2), looked=[Looked(look=whole, plan=3, sequence=1)], transitions=[news(1)],
        latest={icmp(1): Latest(look=whole, values={"a": 1, "b": 0.5}, facts={"sysName": "ế"})}, rolled=[part],
    )  # fmt: skip
    watched = plan_of("centre", [subject(EntityId("device:a"), check(EntityId("device:a")))])
    records = [LIFE, SpooledPlan(PlanTaken(at(0), 3, watched), {"config.yaml": "tên: thử"}), beat(1), batch]

    await filled(folder, records)

    spool = spool_in(folder)
    assert await spool.open() == CHECKPOINT
    assert await everything(spool) == records
    spool.close()


@pytest.mark.parametrize("cut", [1, 5, 40])
async def test_what_a_power_cut_left_of_the_last_record_is_cut_off_and_said(folder: Path, cut: int) -> None:
    await filled(folder, [beat(1), beat(2), beat(3)])
    (segment,) = segments(folder)
    segment.path.write_bytes(segment.path.read_bytes()[:-cut])

    with capture_logs() as events:
        spool = spool_in(folder)
        await spool.open()
    assert [event["event"] for event in events] == ["spool_tail_cut"]
    assert await everything(spool) == [beat(1), beat(2)]
    await spool.append(beat(4))
    assert await everything(spool) == [beat(1), beat(2), beat(4)]
    spool.close()


async def test_blocks_that_a_power_cut_left_empty_are_cut_off(folder: Path) -> None:
    await filled(folder, [beat(1)])
    (segment,) = segments(folder)
    segment.path.write_bytes(segment.path.read_bytes() + bytes(4096))
    spool = spool_in(folder)
    await spool.open()
    assert await everything(spool) == [beat(1)]
    spool.close()


@pytest.mark.parametrize("place", [2, 20, 60], ids=["in the form", "in the head of a frame", "in a record"])
async def test_a_damaged_middle_is_named_once_put_aside_and_what_is_whole_behind_it_is_read(
    folder: Path, place: int
) -> None:
    await filled(folder, [beat(1), beat(2), beat(3)])
    (segment,) = segments(folder)
    content = bytearray(segment.path.read_bytes())
    content[place] ^= 0xFF
    segment.path.write_bytes(content)

    with capture_logs() as events:
        spool = spool_in(folder)
        await spool.open()
        found = await everything(spool)
        assert await everything(spool) == found
    assert found[-2:] == [beat(2), beat(3)]
    assert [event["event"] for event in events] == ["spool_damaged"]
    assert events[0]["file"] == segment.path.name
    await spool.clear(CHECKPOINT)
    assert segment.path.with_suffix(".damaged").exists()
    spool.close()


async def test_a_newer_form_a_damaged_checkpoint_or_a_missing_one_is_refused(folder: Path) -> None:
    async def refused() -> str:
        spool = spool_in(folder)
        with pytest.raises(StoreError) as error:
            await spool.open()
        spool.close()
        return str(error.value)

    await filled(folder, [beat(1)])
    (segment,) = segments(folder)
    kept = segment.path.read_bytes()
    segment.path.write_bytes(kept.replace(FORM, b"netmon spool 9\n"))
    assert "Use the newer netmon that wrote it" in await refused()

    segment.path.write_bytes(FORM + framed(b'["batch",[1,2,3,4,5,6,7,8,9,10,11]]'))
    spool = spool_in(folder)
    await spool.open()
    with pytest.raises(StoreError, match="Use the netmon that wrote it"):
        await everything(spool)
    spool.close()

    segment.path.write_bytes(kept)
    checkpoint = folder / "checkpoint"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-3])
    assert "it is damaged" in await refused()
    checkpoint.unlink()
    assert "its checkpoint is missing" in await refused()


@pytest.mark.parametrize(
    "payload", [b"{}", b'["batch",[1]]', b'["batch",["1",2]]', b'["other",[]]', b'["life",["a",1.5,2]]']
)
def test_what_netmon_does_not_write_is_not_read(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(payload)


async def test_a_second_process_is_refused(folder: Path) -> None:
    first = spool_in(folder)
    await first.open()
    with pytest.raises(StoreError, match=r"the netmon with process id \d+ does already"):
        await spool_in(folder).open()
    first.close()


async def test_what_was_read_is_forgotten_segment_by_segment_and_the_rest_is_there_after_a_kill(folder: Path) -> None:
    records = [beat(n, devices=20) for n in range(1, 60)]
    await filled(folder, records, segment=1_000)
    spool = spool_in(folder)
    await spool.open()
    reading = spool.reading()
    done: list[SpoolRecord] = []
    while len(done) < 30:
        done += await reading.more()
    assert reading.has_passed
    await spool.forget(CHECKPOINT)
    spool.close()

    again = spool_in(folder)
    assert await again.open() == CHECKPOINT
    left = await everything(again)
    assert left == records[-len(left) :]
    assert 59 - len(done) <= len(left) < 59
    again.close()


# ---------------------------------------------------------------- what replaces each other


async def test_tidying_leaves_each_run_once_with_its_last_count_and_every_piece_of_news(folder: Path) -> None:
    records = [LIFE, *(beat(10 * n, *([news(n)] if n % 50 == 0 else []), devices=10) for n in range(1, 400))]
    await filled(folder, records, segment=1_500)
    spool = spool_in(folder)
    await spool.open()
    before = spool.size_bytes
    while len(segments(folder)) > 2 * TOGETHER:
        await spool.tidy()
    found = await everything(spool)
    spool.close()

    assert spool.size_bytes < before / 8
    assert found[0] == LIFE
    batches = [one for one in found if isinstance(one, Batch)]
    assert [one.beat for one in batches if one.transitions] == [at(10 * n) for n in range(50, 400, 50)]
    assert [one for batch in batches for one in batch.transitions] == [news(n) for n in range(50, 400, 50)]
    assert batches[-1].beat == at(3990)
    assert max(run.count for batch in batches for run in batch.runs) == 400
    latest = {check: one for batch in batches for check, one in batch.latest.items()}
    assert {one.look.at for one in latest.values()} == {at(3990)}
    assert spool.thinned_rows == 0


async def test_a_power_cut_in_the_midst_of_tidying_leaves_everything_once(folder: Path) -> None:
    records = [beat(n, devices=10) for n in range(1, 60)]
    await filled(folder, records, segment=1_000)
    copies = {one.path: one.path.read_bytes() for one in segments(folder)}
    spool = spool_in(folder)
    await spool.open()
    await spool.tidy()
    tidy = await everything(spool)
    spool.close()
    for path, content in copies.items():
        path.write_bytes(content)
    (folder / "000000000001-000000000064.draft").write_bytes(b"half")

    again = spool_in(folder)
    await again.open()
    assert await everything(again) == tidy
    assert [one.path.suffix for one in segments(folder)] == [".spool"] * len(segments(folder))
    again.close()


async def test_at_its_limit_the_spool_gives_up_detail_oldest_first_and_counts_it(folder: Path) -> None:
    spool = spool_in(folder, limit=40_000, segment=2_000)
    await spool.open()
    await spool.begin(CHECKPOINT)
    told = []
    for n in range(1, 400):
        some = [news(n)] if n % 10 == 0 else []
        told += some
        looked = [Looked(look=look(n + k / 50, k, Verdict.MISSED), plan=3, sequence=50 * n + k) for k in range(40)]
        await spool.append(Batch(life=7, beat=at(n), looked=looked, transitions=some))
        await spool.tidy()
        assert spool.size_bytes <= 45_000

    batches = [one for one in await everything(spool) if isinstance(one, Batch)]
    assert [one for batch in batches for one in batch.transitions] == told
    there = [one.sequence for batch in batches for one in batch.looked]
    assert there == sorted(there)
    assert there[-1] == 50 * 399 + 39
    assert there[0] > 50 * 100
    assert spool.thinned_rows == 399 * 40 - len(there)
    spool.close()


async def test_what_an_earlier_process_left_gives_up_detail_too_before_it_is_loaded(folder: Path) -> None:
    await filled(folder, [beat(n, news(n), devices=30) for n in range(60)], segment=2_000)
    spool = spool_in(folder, limit=10_000, segment=2_000)
    await spool.open()
    assert spool.size_bytes > 20_000
    reading = spool.reading(loads=False)
    while await reading.more():
        pass
    for _ in range(10):
        await spool.tidy()
    assert spool.size_bytes <= 10_000
    spool.close()


async def test_what_a_full_disk_kept_from_being_brought_together_gives_up_its_detail(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    await filled(folder, [beat(n, devices=30) for n in range(60)], segment=2_000)
    spool = spool_in(folder, limit=2_500, segment=2_000)
    await spool.open()
    with monkeypatch.context() as patched:
        patched.setattr("netmon.store.spool.bring_together", refuse)
        patched.setattr(spool, "_thin_out", lambda wanted: None)
        for _ in range(10):
            await spool.tidy()
    before = spool.size_bytes
    await spool.tidy()
    assert spool.size_bytes < before / 5
    spool.close()


async def test_a_segment_that_goes_while_another_record_comes_is_no_reason_to_refuse_that_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seen_a_moment_ago(folder: Path) -> list[Segment]:
        return [Segment(0, 0, folder / "gone.spool"), *segments(folder)]

    spool = spool_in(folder)
    await spool.open()
    await spool.begin(CHECKPOINT)
    with monkeypatch.context() as patched:
        patched.setattr("netmon.store.spool.segments", seen_a_moment_ago)
        await spool.append(beat(1))
    assert spool.size_bytes == segments(folder)[0].path.stat().st_size
    spool.close()


def _day(devices: int) -> Iterator[Batch]:
    """A day of so many devices that are looked at every 10 s, a transition of each in it, and their figures."""
    dice = random.Random(1)
    for second in range(60, 86_400, 60):
        down = [n for n in range(devices) if (n * 86_400 // devices) // 60 * 60 == second - 60]
        batch = beat(second, *(news(second, device=n) for n in down), devices=devices)
        since = Moment(batch.beat - batch.beat % (5 * MINUTE))
        times = (figures_of([dice.uniform(0.001, 0.03) for _ in range(second % 300 // 10 + 1)]) for _ in range(devices))
        rolled = [
            RolledPart(series=Series(icmp(n), family), since=since, part=0, figures=figures)
            for n, time in enumerate(times)
            for family, figures in (("netmon_icmp_round_trip_seconds", time), ("netmon_icmp_loss_ratio", NO_LOSS))
        ]
        looked = [Looked(look=look(second + k / 8, n), plan=3, sequence=k) for n in down for k in range(10)]
        yield replace(batch, looked=looked, rolled=rolled)


async def test_a_day_of_ten_thousand_devices_fits_into_the_default_limit(folder: Path) -> None:
    devices = 25
    spool = spool_in(folder, segment=4 * 2**20 * devices // 10_000)
    await spool.open()
    await spool.begin(CHECKPOINT)
    largest = 0
    for number, batch in enumerate(_day(devices)):
        await spool.append(batch)
        if number % 5 == 0:
            await spool.tidy()
        largest = max(largest, spool.size_bytes)
    spool.close()

    assert largest * 10_000 / devices < 2**30


def test_a_record_is_plain_text_inside() -> None:
    assert written(LifeBegan(poller="centre", life=7, at=Moment(5))) == b'["life",["centre",7,5]]'
