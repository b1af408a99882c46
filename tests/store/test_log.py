"""The log is merged and unrolled without ever holding more than the runs that are open at one moment."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from netmon.model.ids import CheckId
from netmon.model.log import Event, Looked, Run
from netmon.model.looks import Look
from netmon.model.moments import Duration, Moment
from netmon.model.states import Verdict
from netmon.ports import Batch
from netmon.store import StoreSettings, locate, open_store
from netmon.store.log import Entry, merged, take_slots, unrolled

_checks = st.sampled_from([CheckId(f"check:device:{name}/icmp") for name in ("a", "b", "c")])
_verdicts = st.sampled_from([Verdict.ANSWERED, Verdict.MISSED])
_runs = st.builds(
    Run,
    check=_checks,
    plan=st.just(1),
    first=st.integers(0, 50),
    count=st.integers(1, 9),
    interval=st.integers(1, 10),
    verdict=_verdicts,
)
_looks = st.builds(Look, check=_checks, at=st.integers(0, 90), took=st.integers(0, 9), verdict=_verdicts)


def slots(run: Run) -> list[tuple[Moment, CheckId]]:
    return [(Moment(run.first + number * run.interval), run.check) for number in range(run.count)]


async def _stream(keys: list[int], name: str) -> AsyncIterator[Entry]:
    for key in keys:
        look = Look(check=CheckId(name), at=Moment(key), took=Duration(0), verdict=Verdict.ANSWERED)
        yield (Moment(key), 2, name, "centre", 0), Looked(look=look, plan=1, sequence=0)


@given(streams=st.lists(st.lists(st.integers(0, 20)).map(sorted), max_size=5))
async def test_ordered_streams_become_one_ordered_stream(streams: list[list[int]]) -> None:
    events = [event async for event in merged([_stream(keys, str(n)) for n, keys in enumerate(streams)])]
    moments = [event.look.at for event in events if isinstance(event, Looked)]
    assert moments == sorted(key for keys in streams for key in keys)


def test_a_run_of_a_year_is_unrolled_one_slot_at_a_time() -> None:
    year = Run(
        check=CheckId("check:device:a/icmp"), plan=1, first=Moment(0), count=3_153_600, interval=Duration(10_000_000),
        verdict=Verdict.ANSWERED,
    )  # fmt: skip
    heap = [unrolled(year, "centre", 1)]
    entries = take_slots(heap, None)
    taken: list[Event] = [next(entries)[1] for _ in range(3)]
    assert [event.look.at for event in taken if isinstance(event, Looked)] == [0, 10_000_000, 20_000_000]
    assert len(heap) == 1


@settings(max_examples=25, deadline=None)
@given(
    runs=st.lists(_runs, max_size=12, unique_by=lambda run: (run.check, run.first)), looks=st.lists(_looks, max_size=12)
)
async def test_log_and_memory_agree_on_whatever_was_kept(runs: list[Run], looks: list[Look]) -> None:
    looked = [Looked(look=look, plan=1, sequence=number) for number, look in enumerate(looks, start=1)]
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(locate(StoreSettings(), state=Path(folder))) as store:
            await store.begin_life("centre", Moment(0))
            await store.keep(Batch(life=1, beat=Moment(200), looked=looked[::2], runs=runs[::2]))
            await store.keep(Batch(life=1, beat=Moment(201), looked=looked[1::2], runs=runs[1::2]))
            log = [event async for event in store.log() if isinstance(event, Looked)]
            memory = await store.memory("centre")
    expected = [(look.known, look.check, number) for number, look in enumerate(looks, start=1)]
    expected += [(at, check, 0) for run in runs for at, check in slots(run)]
    assert [(event.look.known, event.look.check, event.sequence) for event in log] == sorted(expected)
    last: dict[CheckId, Moment] = {}
    answered: dict[CheckId, Moment] = {}
    for event in log:
        look = event.look
        last[look.check] = max(look.at, last.get(look.check, look.at))
        if look.verdict.is_answer:
            answered[look.check] = max(look.at, answered.get(look.check, look.at))
    assert (memory.last_looks, memory.last_answers) == (last, answered)
