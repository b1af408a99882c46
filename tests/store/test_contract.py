"""What every store answers, alike on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.model.ids import CheckId, EntityId
from netmon.model.log import Beat, LifeBegan, Looked, PlanTaken, Run
from netmon.model.looks import Failure, Finding, Look, Occasion
from netmon.model.moments import MILLISECOND, SECOND, Duration, Moment
from netmon.model.news import Status, Transition
from netmon.model.plan import ICMP_RULE, CheckSpec, Plan, Subject
from netmon.model.plan_document import plan_of
from netmon.model.states import Reason, State, Verdict
from netmon.ports import Batch, Interval, Latest, LoadedLife, Memory, StoreError
from netmon.store import Life, SqlStore, open_store, read_store
from netmon.store.database import Database
from netmon.store.insertion import Insertion, Row

Reach = Callable[[], Database]

ICMP = CheckId("check:device:syt-gw1/icmp")
HTTP = CheckId("check:service:syt-portal/http")
GATEWAY = EntityId("device:syt-gw1")
PORTAL = EntityId("service:syt-portal")
TIMEOUT = Failure(Reason.TIMEOUT, "Sở Y tế: nothing in 1 s")


def second(number: float) -> Moment:
    return Moment(1_800_000_000 * SECOND + round(number * SECOND))


def plan(name: str, poller: str = "centre") -> Plan:
    rule = replace(ICMP_RULE, slow=Duration(100 * MILLISECOND))
    check = CheckSpec(id=ICMP, subject=GATEWAY, kind="icmp", name=None, address="10.20.7.1", rule=rule)
    title = {"vi": "Cổng Sở Y tế", "en": name}
    return plan_of(poller, [Subject(id=GATEWAY, title=title, role="router", checks=(check,), department="so-y-te")])


def answer(at: float, sequence: int, check: CheckId = ICMP) -> Looked:
    look = Look(check=check, at=second(at), took=Duration(1_500), verdict=Verdict.ANSWERED)
    return Looked(look=look, plan=1, sequence=sequence)


def miss(at: float, sequence: int, check: CheckId = ICMP) -> Looked:
    look = Look(check=check, at=second(at), took=SECOND, verdict=Verdict.MISSED, failure=TIMEOUT)
    return Looked(look=look, plan=1, sequence=sequence)


def run(first: float, count: int, verdict: Verdict = Verdict.ANSWERED, check: CheckId = ICMP) -> Run:
    reason = Reason.TIMEOUT if verdict is Verdict.MISSED else None
    return Run(
        check=check,
        plan=1,
        first=second(first),
        count=count,
        interval=Duration(10 * SECOND),
        verdict=verdict,
        reason=reason,
    )


def down(at: float, entity: EntityId = GATEWAY) -> Transition:
    return Transition(entity=entity, at=second(at), state=State.DOWN, failure=TIMEOUT)


def up(at: float, entity: EntityId = GATEWAY) -> Transition:
    return Transition(entity=entity, at=second(at), state=State.UP)


@pytest.fixture
async def store(reach: Reach) -> AsyncIterator[SqlStore]:
    async with open_store(reach()) as opened:
        yield opened


async def everything(store: SqlStore) -> list[object]:
    return [event async for event in store.log()]


async def test_an_empty_store_remembers_nothing(store: SqlStore) -> None:
    assert await store.memory("centre") == Memory(statuses={}, last_looks={}, last_answers={}, last_beat=None)
    assert await store.statuses() == {}
    assert await store.latest() == {}
    assert await everything(store) == []


async def test_lives_are_numbered_one_after_the_other_across_restarts(reach: Reach) -> None:
    async with open_store(reach()) as first:
        assert await first.begin_life("centre", second(0)) == LifeBegan(poller="centre", life=1, at=second(0))
        await first.keep(Batch(life=1, beat=second(8)))
    async with open_store(reach()) as again:
        assert (await again.begin_life("centre", second(60))).life == 2
        assert (await again.begin_life("district", second(61))).life == 3
        assert await again.lives() == [
            Life(poller="centre", life=1, began=second(0), last_beat=second(8)),
            Life(poller="centre", life=2, began=second(60), last_beat=second(60)),
            Life(poller="district", life=3, began=second(61), last_beat=second(61)),
        ]


async def test_a_new_life_remembers_the_last_beat_of_the_life_before_even_when_asked_late(reach: Reach) -> None:
    async with open_store(reach()) as first:
        await first.begin_life("centre", second(0))
        await first.keep(Batch(life=1, beat=second(8)))
        assert (await first.memory("centre")).last_beat is None
    async with open_store(reach()) as again:
        assert (await again.memory("centre")).last_beat == second(8)
        await again.begin_life("centre", second(60))
        assert (await again.memory("centre")).last_beat == second(8)
        assert (await again.memory("district")).last_beat is None


async def test_a_life_that_began_without_the_store_is_added_once_and_goes_on_from_its_last_beat(
    store: SqlStore,
) -> None:
    await store.begin_life("centre", second(0))
    began = LifeBegan(poller="centre", life=1, at=second(10), remembers=False)

    assert await store.load_life(began) == LoadedLife(2, second(10))
    await store.keep(Batch(life=2, beat=second(18)))
    assert await store.load_life(began) == LoadedLife(2, second(18))
    assert await store.load_life(LifeBegan(poller="centre", life=1, at=second(0))) == LoadedLife(1, second(0))
    assert [event for event in await everything(store) if isinstance(event, LifeBegan)] == [
        LifeBegan(poller="centre", life=1, at=second(0)),
        LifeBegan(poller="centre", life=2, at=second(10), remembers=False),
    ]


async def test_a_life_that_remembered_nothing_is_the_beginning_of_what_is_remembered(reach: Reach) -> None:
    old, new = EntityId("device:old"), EntityId("device:new")
    async with open_store(reach()) as first:
        await first.begin_life("centre", second(0))
        news = [Transition(entity=old, at=second(3), state=State.UP)]
        await first.keep(Batch(life=1, beat=second(8), transitions=news))
        await first.load_life(LifeBegan(poller="centre", life=1, at=second(10), remembers=False))
        news = [Transition(entity=new, at=second(13), state=State.DOWN)]
        await first.keep(Batch(life=2, beat=second(18), transitions=news))
    async with open_store(reach()) as again:
        memory = await again.memory("centre")
        assert memory.statuses == {new: Status(State.DOWN, second(13))}
        assert set(await again.statuses()) == {old, new}


async def test_a_plan_that_is_loaded_again_is_taken_once(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    taken = [await store.take_plan(plan(name), second(at), {}) for at, name in enumerate(["a", "b", "a"])]
    again = [await store.take_plan(plan(name), second(at), {}) for at, name in enumerate(["a", "b", "a"])]
    assert again == taken
    assert [event for event in await everything(store) if isinstance(event, PlanTaken)] == taken


async def test_a_plan_keeps_its_version_until_another_is_taken(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    taken = [
        await store.take_plan(plan(name), second(at), {"inventory/organization.yaml": f"# {name}"})
        for at, name in enumerate(["a", "a", "b", "a"])
    ]
    assert [event.version for event in taken] == [1, 1, 2, 3]
    assert await store.plan_in_force("centre", second(1.5)) == PlanTaken(second(1), 1, plan("a"))
    assert await store.plan_in_force("centre", second(99)) == PlanTaken(second(3), 3, plan("a"))
    assert await store.plan_in_force("centre", second(-1)) is None
    assert await store.plan_in_force("district", second(99)) is None
    assert [event for event in await everything(store) if isinstance(event, PlanTaken)] == taken


async def test_each_poller_has_a_plan_of_its_own_in_force(store: SqlStore) -> None:
    await store.take_plan(plan("a"), second(0), {})
    assert (await store.take_plan(plan("b", "district"), second(1), {})).version == 2
    assert (await store.take_plan(plan("a"), second(2), {})).version == 1


async def test_what_was_kept_comes_back_as_it_was(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    findings = (
        Finding("GigabitEthernet0/0", State.UP),
        Finding("Dialer\x000\udcff", State.DOWN, Failure(Reason.OPER_DOWN, "ifOperStatus 2")),
    )
    look = Look(
        check=ICMP, at=second(3), took=Duration(7), verdict=Verdict.DEGRADED, occasion=Occasion.BURST,
        opener=second(2), failure=Failure(Reason.PARTIAL, "bảng bị cắt"), findings=findings,
    )  # fmt: skip
    slow = Run(
        check=HTTP, plan=4, first=second(5), count=1, interval=SECOND, verdict=Verdict.SLOW, findings=findings[:1]
    )
    await store.keep(Batch(life=1, beat=second(9), looked=[Looked(look=look, plan=4, sequence=1)], runs=[slow]))
    in_the_run = Look(check=HTTP, at=second(5), took=Duration(0), verdict=Verdict.SLOW, findings=findings[:1])
    assert await everything(store) == [
        LifeBegan(poller="centre", life=1, at=second(0)),
        Looked(look=look, plan=4, sequence=1),
        Looked(look=in_the_run, plan=4, sequence=0),
        Beat(second(9)),
    ]


async def test_evidence_that_no_database_takes_is_kept_with_marks_in_its_place(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    hostile = Failure(Reason.MALFORMED, "sysName \0 \udcff ' ) ; % ? Ninh Thuận")
    tame = Failure(Reason.MALFORMED, "sysName \ufffd ? ' ) ; % ? Ninh Thuận")
    look = Look(check=ICMP, at=second(1), took=SECOND, verdict=Verdict.MISSED, failure=hostile)
    news = Transition(entity=GATEWAY, at=second(1), state=State.DOWN, failure=hostile)
    looked = [Looked(look=look, plan=1, sequence=1)]
    await store.keep(Batch(life=1, beat=second(2), looked=looked, transitions=[news], latest={ICMP: Latest(look=look)}))
    assert (await store.statuses())[GATEWAY] == Status(State.DOWN, second(1), tame)
    assert (await store.latest())[ICMP].look.failure == tame


async def test_the_log_is_in_the_order_of_the_fold(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    await store.take_plan(plan("a"), second(0), {})
    looked = [miss(20, 2), answer(21, 3, HTTP), miss(20, 1, HTTP)]
    await store.keep(Batch(life=1, beat=second(30), looked=looked, runs=[run(0, 4), run(5, 3, check=HTTP)]))
    told = [
        (event.look.check, event.look.known - second(0), event.sequence) if isinstance(event, Looked) else type(event)
        for event in await everything(store)
    ]
    assert told == [
        LifeBegan, PlanTaken,
        (ICMP, 0, 0), (HTTP, 5 * SECOND, 0), (ICMP, 10 * SECOND, 0), (HTTP, 15 * SECOND, 0), (ICMP, 20 * SECOND, 0),
        (ICMP, 21 * SECOND, 2), (HTTP, 21 * SECOND, 1), (HTTP, 21 * SECOND + 1_500, 3),
        (HTTP, 25 * SECOND, 0), (ICMP, 30 * SECOND, 0),
        Beat,
    ]  # fmt: skip


async def test_ids_are_ordered_by_code_point_whatever_the_locale_of_the_database(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    names = ["check:a-b", "check:aB", "check:a.b", "check:Ab", "check:ab", "check:đ", "check:z"]
    looked = [answer(1, number, CheckId(name)) for number, name in enumerate(names)]
    await store.keep(Batch(life=1, beat=second(2), looked=looked))
    assert [event.look.check for event in await everything(store) if isinstance(event, Looked)] == sorted(names)


async def test_a_log_that_nobody_reads_to_its_end_lets_go(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    await store.keep(Batch(life=1, beat=second(9), runs=[run(0, 5_000)]))
    for _ in range(6):  # more often than there are connections to read with
        async with aclosing(store.log()) as log:
            assert await anext(log) == LifeBegan(poller="centre", life=1, at=second(0))


async def test_a_log_shows_one_state_of_everything_while_the_writer_goes_on(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    await store.keep(Batch(life=1, beat=second(10), runs=[run(0, 2)]))
    log = store.log()
    seen: list[object] = [await anext(log)]
    await store.keep(Batch(life=1, beat=second(30), looked=[answer(25, 1)], runs=[run(0, 4)]))
    seen += [event async for event in log]
    assert len([event for event in seen if isinstance(event, Looked)]) == 2
    assert seen[-1] == Beat(second(10))


async def test_keeping_the_same_batch_twice_adds_nothing(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    batch = Batch(
        life=1, beat=second(40), looked=[miss(20, 1), miss(21, 2)], runs=[run(0, 2)], transitions=[down(20), up(30)],
        latest={ICMP: Latest(look=miss(21, 2).look)},
    )  # fmt: skip
    await store.keep(batch)
    once = (await everything(store), await store.history(GATEWAY, second(0), second(99)), await store.memory("centre"))
    await store.keep(batch)
    twice = (await everything(store), await store.history(GATEWAY, second(0), second(99)), await store.memory("centre"))
    assert twice == once


async def test_a_batch_offered_again_with_more_news_and_a_later_beat_adds_only_the_new(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    await store.keep(Batch(life=1, beat=second(30), transitions=[down(20)]))
    await store.keep(Batch(life=1, beat=second(50), transitions=[down(20), up(40), down(40)]))
    assert await store.history(GATEWAY, second(0), second(99)) == [
        Interval(entity=GATEWAY, status=Status(State.DOWN, second(20), TIMEOUT), until=second(40)),
        Interval(entity=GATEWAY, status=Status(State.DOWN, second(40), TIMEOUT), until=None),
    ]


async def test_an_entity_may_come_back_to_a_state_at_the_very_moment_it_left_it(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    for beat, news in enumerate([down(20), up(20), down(20)]):
        await store.keep(Batch(life=1, beat=second(30 + beat), transitions=[news]))
    assert await store.statuses() == {GATEWAY: Status(State.DOWN, second(20), TIMEOUT)}


async def test_a_run_grows_and_never_shrinks(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    for count in (1, 3, 2):
        await store.keep(Batch(life=1, beat=second(count * 10), runs=[run(0, count)]))
    looks = [event.look.at for event in await everything(store) if isinstance(event, Looked)]
    assert looks == [second(0), second(10), second(20)]
    assert (await store.memory("centre")).last_looks == {ICMP: second(20)}


async def test_a_batch_of_an_unknown_life_is_refused_whole(store: SqlStore) -> None:
    with pytest.raises(StoreError, match="life 7 has not begun"):
        await store.keep(Batch(life=7, beat=second(1), looked=[answer(0, 1)]))
    assert await everything(store) == []


async def test_a_batch_with_a_row_that_does_not_fit_leaves_nothing_behind(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    too_late = Transition(entity=PORTAL, at=Moment(2**80), state=State.UP)
    with pytest.raises(StoreError, match=r"too large|out of range") as refused:
        await store.keep(Batch(life=1, beat=second(9), looked=[answer(1, 1)], transitions=[down(1), too_late]))
    assert refused.value.__cause__ is not None
    assert await everything(store) == [LifeBegan(poller="centre", life=1, at=second(0)), Beat(second(0))]
    assert await store.statuses() == {}


async def test_memory_holds_last_statuses_looks_and_answers_of_rows_and_runs_alike(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    await store.keep(Batch(life=1, beat=second(30), looked=[miss(25, 1)], runs=[run(0, 3)], transitions=[up(0)]))
    await store.keep(
        Batch(
            life=1,
            beat=second(60),
            looked=[answer(12, 2, HTTP)],
            transitions=[down(25), up(3, PORTAL)],
            runs=[run(30, 3, Verdict.MISSED), run(4, 2, Verdict.MISSED, HTTP)],
        )
    )
    memory = await store.memory("centre")
    assert memory.statuses == {
        GATEWAY: Status(State.DOWN, second(25), TIMEOUT),
        PORTAL: Status(State.UP, second(3)),
    }
    assert memory.last_looks == {ICMP: second(50), HTTP: second(14)}
    assert memory.last_answers == {ICMP: second(20), HTTP: second(12)}
    assert (await store.memory("district")).last_looks == {}


async def test_history_gives_the_intervals_that_touch_a_span(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    news = [up(0), down(100), up(200), down(200), up(300), down(50, PORTAL)]
    await store.keep(Batch(life=1, beat=second(400), transitions=news))
    first = Interval(entity=GATEWAY, status=Status(State.UP, second(0)), until=second(100))
    second_one = Interval(entity=GATEWAY, status=Status(State.DOWN, second(100), TIMEOUT), until=second(200))
    third = Interval(entity=GATEWAY, status=Status(State.DOWN, second(200), TIMEOUT), until=second(300))
    last = Interval(entity=GATEWAY, status=Status(State.UP, second(300)), until=None)
    assert await store.history(GATEWAY, second(-50), second(999)) == [first, second_one, third, last]
    assert await store.history(GATEWAY, second(100), second(300)) == [second_one, third]
    assert await store.history(GATEWAY, second(500), second(999)) == [last]
    assert await store.history(GATEWAY, second(-50), second(0)) == []


async def test_the_latest_look_is_the_one_asked_last_in_whatever_order_it_comes(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    newer = Latest(look=answer(20, 2).look, values={"rtt_seconds": 0.25, "octets": 2**64}, facts={"sysName": "Sở Y tế"})
    older = Latest(look=miss(10, 1).look)
    await store.keep(Batch(life=1, beat=second(21), latest={ICMP: newer}))
    await store.keep(Batch(life=1, beat=second(22), latest={ICMP: older, HTTP: Latest(look=answer(3, 3, HTTP).look)}))
    assert await store.latest() == {ICMP: newer, HTTP: Latest(look=answer(3, 3, HTTP).look)}


async def test_transitions_can_be_neither_changed_nor_removed(store: SqlStore, reach: Reach) -> None:
    await store.begin_life("centre", second(0))
    await store.keep(Batch(life=1, beat=second(9), transitions=[down(1)]))
    await store._database.close()
    database = reach()
    for statement in ("UPDATE transitions SET state = 'up'", "DELETE FROM transitions"):
        connection = await database.seize()
        with pytest.raises(DBAPIError, match="only ever added"):
            async with database.transaction(connection, durable=False):
                await connection.exec_driver_sql(statement)
    await database.close()


async def test_a_plan_whose_document_was_tampered_with_is_refused(store: SqlStore, reach: Reach) -> None:
    await store.take_plan(plan("a"), second(0), {})
    await store._database.close()
    database = reach()
    connection = await database.seize()
    async with database.transaction(connection, durable=False):
        await connection.exec_driver_sql("UPDATE plans SET document = replace(document, '10.20.7.1', '10.20.7.9')")
    await database.close()
    async with read_store(reach()) as reader:
        with pytest.raises(StoreError, match=r"cannot read version 1 of the plan: .*Use the netmon that wrote it"):
            await reader.plan_in_force("centre", second(9))


async def test_a_second_writer_is_refused_and_told_who_has_it(store: SqlStore, reach: Reach) -> None:
    with pytest.raises(StoreError, match=rf"process( id)? {os.getpid()}\b.*does already.*Stop that one first"):
        async with open_store(reach()):
            pass
    await store.begin_life("centre", second(0))


async def test_readers_read_while_the_writer_writes_and_after_it_is_gone(reach: Reach) -> None:
    async with open_store(reach()) as writer, read_store(reach()) as reader:
        await writer.begin_life("centre", second(0))
        await writer.keep(Batch(life=1, beat=second(9), transitions=[down(1)]))
        assert await reader.statuses() == {GATEWAY: Status(State.DOWN, second(1), TIMEOUT)}
    async with read_store(reach()) as reader:
        assert await reader.statuses() == {GATEWAY: Status(State.DOWN, second(1), TIMEOUT)}
        assert (await reader.memory("centre")).last_beat == second(9)


async def test_many_may_begin_to_read_at_once(store: SqlStore, reach: Reach) -> None:
    await store.begin_life("centre", second(0))
    async with read_store(reach()) as reader:
        assert await asyncio.gather(*(reader.statuses() for _ in range(12))) == [{}] * 12
    assert await asyncio.gather(*(store.statuses() for _ in range(12))) == [{}] * 12


async def test_a_reader_cannot_write(store: SqlStore, reach: Reach) -> None:
    database = reach()
    async with database.snapshot() as connection:
        with pytest.raises(DBAPIError, match=r"read-?only"):
            await connection.exec_driver_sql("DELETE FROM lives")
    await database.close()


async def test_batches_offered_at_once_are_kept_one_after_the_other(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(store.keep(Batch(life=1, beat=second(number), looked=[answer(number, number)])))
    assert len(await everything(store)) == 22


@pytest.mark.parametrize("step", ["BEGIN", "UPDATE lives", "INSERT INTO looks", "INSERT INTO transitions", "COMMIT"])
async def test_a_keep_that_is_cancelled_in_its_midst_leaves_a_store_that_takes_the_same_batch_at_once(
    store: SqlStore, step: str
) -> None:
    await store.begin_life("centre", second(0))
    batch = Batch(life=1, beat=second(9), looked=[answer(1, n) for n in range(2_000)], transitions=[down(1)])
    keeping = asyncio.get_running_loop().create_task(store.keep(batch))
    with cancelling(store, keeping, at=step):
        await asyncio.wait([keeping])
    assert keeping.cancelled()
    await store.keep(batch)  # the cancelled one is still held, as its owner may: with it whatever it had open
    assert len(await everything(store)) == 2_002
    assert len(await store.history(GATEWAY, second(0), second(9))) == 1
    assert keeping.done()


@contextmanager
def cancelling(store: SqlStore, task: asyncio.Task[None], *, at: str) -> Iterator[None]:
    """Cancel *task* at the statement that begins with *at*, while the database is at work on it."""
    assert store._connection is not None
    engine, add = store._connection.engine.sync_engine, store._database.add

    async def at_rows(connection: AsyncConnection, insertion: Insertion, rows: Sequence[Row]) -> None:
        if at == f"INSERT INTO {insertion.table}" and store._database.placeholder == "%s":
            task.cancel()  # COPY is none of the engine's statements
        await add(connection, insertion, rows)

    def at_statement(connection: object, cursor: object, statement: str, *_: object) -> None:
        if statement.strip().startswith(at) or (at == "BEGIN" and statement.startswith("SET LOCAL")):
            task.cancel()

    def at_commit(connection: object) -> None:
        if at == "COMMIT":
            task.cancel()

    event.listen(engine, "before_cursor_execute", at_statement)
    event.listen(engine, "commit", at_commit)
    store._database.add = at_rows  # type: ignore[method-assign]
    try:
        yield
    finally:
        store._database.add = add  # type: ignore[method-assign]
        event.remove(engine, "before_cursor_execute", at_statement)
        event.remove(engine, "commit", at_commit)


WORK: dict[str, Callable[[SqlStore], Awaitable[object]]] = {
    "keep": lambda store: store.keep(Batch(life=1, beat=second(9), transitions=[down(1)])),
    "begin_life": lambda store: store.begin_life("centre", second(60)),
    "take_plan": lambda store: store.take_plan(plan("a"), second(1), {}),
}


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
async def test_a_connection_that_died_is_told_once_and_replaced(
    store: SqlStore, work: Callable[[SqlStore], Awaitable[object]]
) -> None:
    await store.begin_life("centre", second(0))
    assert store._connection is not None
    await close_driver(store._connection)
    with pytest.raises(StoreError, match=r"cannot write to .*connection") as refused:
        await work(store)
    assert refused.value.__cause__ is not None
    await work(store)


async def test_a_connection_to_read_that_died_meanwhile_is_replaced_without_a_word(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    async with store._database.snapshot() as connection:
        await close_driver(connection)
    assert await store.memory("centre") == Memory(statuses={}, last_looks={}, last_answers={}, last_beat=None)


async def close_driver(connection: AsyncConnection) -> None:
    """Close what lies below *connection*, without its knowledge."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    await driver.close()


async def test_a_bug_is_not_taken_for_a_trouble_of_the_database(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    with pytest.raises(AttributeError):
        await store.keep(Batch(life=1, beat=second(1), transitions=[answer(1, 1)]))  # type: ignore[list-item]
    with pytest.raises(RuntimeError, match="changed size"):
        async with store._transaction(durable=True):
            raise RuntimeError("dictionary changed size during iteration")
    await store.keep(Batch(life=1, beat=second(2), transitions=[down(1)]))


async def test_a_cancelled_keep_leaves_a_store_that_goes_on(store: SqlStore) -> None:
    await store.begin_life("centre", second(0))
    batch = Batch(life=1, beat=second(9), looked=[answer(1, n) for n in range(500)], transitions=[down(1)])
    for turns in range(12):
        keeping = asyncio.get_running_loop().create_task(store.keep(batch))
        for _ in range(turns):
            await asyncio.sleep(0)
        keeping.cancel()
        await asyncio.wait([keeping])
    await store.keep(batch)
    assert len(await everything(store)) == 502
    assert len(await store.history(GATEWAY, second(0), second(9))) == 1
