"""Backup and restore: everything comes back on either database, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, select

from netmon.model.ids import CheckId, EntityId
from netmon.model.log import Looked, Run
from netmon.model.looks import Failure, Look
from netmon.model.moments import SECOND, Duration, Moment, Span
from netmon.model.news import Transition
from netmon.model.plan_document import plan_of
from netmon.model.rollups import Figures, RolledPart, Series, Width, figures_of
from netmon.model.states import Reason, State, Verdict
from netmon.ports import Batch, Latest, StoreError
from netmon.store import SqlStore, StoreSettings, locate, open_store, read_store
from netmon.store.backup import (
    ArchiveError,
    Manifest,
    examine,
    open_archive,
    restore,
    state_of,
    unpacking,
    write_archive,
)
from netmon.store.database import Database
from netmon.store.schema import newest, revision_of, upgrade
from netmon.store.tables import metadata, transitions
from tests.makers import device
from tests.postgres import Server

Reach = Callable[[], Database]

CREATED = Moment(1_800_000_000 * SECOND)
ICMP = CheckId("check:device:syt-gw1/icmp")
RTT = Series(ICMP, "netmon_icmp_rtt_seconds")
FIGURES = figures_of([0.1, 3e-9])
TIMEOUT = Failure(Reason.TIMEOUT, 'Sở Y tế: "không" trả lời\n\t\\')


def nothing(_: str, __: int) -> None:
    """Nobody watches the progress."""


def at(second: float) -> Moment:
    return Moment(CREATED + round(second * SECOND))


def looked(second: float, sequence: int) -> Looked:
    look = Look(check=ICMP, at=at(second), took=SECOND, verdict=Verdict.MISSED, failure=TIMEOUT)
    return Looked(look=look, plan=1, sequence=sequence)


def run(first: float) -> Run:
    tenth = Duration(10 * SECOND)
    return Run(check=ICMP, plan=1, first=at(first), count=3, interval=tenth, verdict=Verdict.ANSWERED)


def batch(life: int, count: int = 3) -> Batch:
    """Something for every table, and over more than one partition."""
    missed = looked(5, 2)
    weeks = 7 * 86_400
    return Batch(
        life=life,
        beat=at(60),
        looked=[looked(0, 1), missed, looked(-3 * weeks, 3)],
        runs=[run(k * weeks) for k in range(count)],
        transitions=[
            Transition(entity=EntityId(f"device:gw-{k}"), at=at(k), state=State.DOWN, failure=TIMEOUT)
            for k in range(count)
        ],
        latest={ICMP: Latest(look=missed.look, values={"netmon_icmp_rtt_seconds": 0.1}, facts={"sysName": "Tủ mạng"})},
        rolled=[RolledPart(series=RTT, since=at(0), part=0, figures=FIGURES)],
    )


async def fill(store: SqlStore, count: int = 3) -> None:
    life = await store.begin_life("centre", at(0))
    await store.take_plan(plan_of("centre", [device("icmp")]), at(0), {"config.yaml": "# Cấu hình\n"})
    await store.keep(batch(life.life, count))


async def back_up(database: Database, path: Path) -> Manifest:
    async with read_store(database), state_of(database) as connection:
        return await write_archive(connection, path, CREATED, nothing)


async def fill_from(database: Database, path: Path, **options: Any) -> unpacking.Restored:
    try:
        with open_archive(path) as archive:
            archive.verify(nothing)
            return await restore(database, archive, tell=nothing, **options)
    finally:
        await database.close()


@asynccontextmanager
async def filled(reach: Reach) -> AsyncIterator[SqlStore]:
    async with open_store(reach()) as store:
        await fill(store)
        yield store


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Reach:
    """Another database that nobody has used, of either kind."""
    if request.param == "sqlite":
        settings = StoreSettings(url="sqlite:///elsewhere.db")
    else:
        server: Server = request.getfixturevalue("postgres")
        settings = StoreSettings(url=server.new_database())
    return lambda: locate(settings, state=tmp_path)


def archived(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


async def test_everything_comes_back_on_either_database(reach: Reach, elsewhere: Reach, tmp_path: Path) -> None:
    async with filled(reach):
        manifest = await back_up(reach(), tmp_path / "a.zip")
    assert {contents.table for contents in manifest.tables} == metadata.tables.keys()
    assert all(
        contents.rows for contents in manifest.tables if contents.table not in ("marks", "rollups_1h", "rollups_1d")
    )

    restored = await fill_from(elsewhere(), tmp_path / "a.zip")
    assert (restored.rows, restored.is_replacement) == (manifest.rows, False)
    again = await back_up(elsewhere(), tmp_path / "b.zip")
    assert again == manifest
    assert archived(tmp_path / "b.zip") == archived(tmp_path / "a.zip")


async def test_netmon_goes_on_in_what_was_restored(reach: Reach, elsewhere: Reach, tmp_path: Path) -> None:
    async with filled(reach):
        await back_up(reach(), tmp_path / "a.zip")
    await fill_from(elsewhere(), tmp_path / "a.zip")

    async with open_store(elsewhere()) as store:
        assert (await store.begin_life("centre", at(100))).life == 2
        again = await store.take_plan(plan_of("centre", [device("icmp")]), at(100), {})
        assert again.version == 1
        await store.keep(batch(2))
        await store.keep(Batch(life=1, beat=at(61), looked=[looked(-900 * 86_400, 9)]))
        assert len([row async for row in store.log()]) > 0
        async with store._snapshot() as connection:
            ids = [row.id for row in await connection.execute(select(transitions.c.id).order_by(transitions.c.id))]
    assert ids == [1, 2, 3, 4, 5, 6]


async def test_an_archive_holds_one_state_whatever_is_written_meanwhile(reach: Reach, tmp_path: Path) -> None:
    async with filled(reach) as store:
        path = tmp_path / "a.zip"
        async with read_store(other := reach()), state_of(other) as connection:
            before = await write_archive(connection, path, CREATED, nothing)
            await store.keep(Batch(life=1, beat=at(90), looked=[looked(80, 4)]))
            assert await write_archive(connection, path, CREATED, nothing) == before
        assert (await back_up(reach(), path)).rows == before.rows + 1


async def test_a_database_with_history_is_not_overwritten(reach: Reach, tmp_path: Path) -> None:
    async with filled(reach):
        before = await back_up(reach(), tmp_path / "a.zip")
    with pytest.raises(StoreError, match=r"holds history already.*--replace"):
        await fill_from(reach(), tmp_path / "a.zip")

    assert await back_up(reach(), tmp_path / "b.zip") == before


async def test_what_makes_way_is_kept_first(reach: Reach, tmp_path: Path) -> None:
    async with filled(reach) as store:
        wanted = await back_up(reach(), tmp_path / "a.zip")
        await store.keep(Batch(life=1, beat=at(90), looked=[looked(80, 4)]))
        more = await back_up(reach(), tmp_path / "more.zip")

    async def set_aside(connection: Any) -> None:
        await write_archive(connection, tmp_path / "aside.zip", CREATED, nothing)

    restored = await fill_from(reach(), tmp_path / "a.zip", set_aside=set_aside)
    assert restored.is_replacement
    assert await back_up(reach(), tmp_path / "b.zip") == wanted
    with open_archive(tmp_path / "aside.zip") as aside:
        assert aside.manifest == more


async def test_an_examination_changes_nothing(reach: Reach, tmp_path: Path) -> None:
    async with filled(reach):
        await back_up(reach(), tmp_path / "a.zip")
    target = reach()
    with open_archive(tmp_path / "a.zip") as archive:
        with pytest.raises(StoreError, match="holds history already"):
            await examine(target, archive, replaces=False)
        assert await examine(target, archive, replaces=True)
    await target.close()
    assert (await back_up(reach(), tmp_path / "b.zip")) == archive.manifest


async def test_netmon_begins_anew_where_nothing_could_be_restored(
    reach: Reach, elsewhere: Reach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with filled(reach):
        await back_up(reach(), tmp_path / "a.zip")

    async def break_off(*_: object) -> None:
        raise ArchiveError("the power went")

    monkeypatch.setattr(unpacking, "_compare", break_off)
    with pytest.raises(ArchiveError, match="the power went"):
        await fill_from(elsewhere(), tmp_path / "a.zip")
    with pytest.raises(StoreError, match=r"no such file|nothing was kept in it yet"):
        await back_up(elsewhere(), tmp_path / "b.zip")
    async with open_store(elsewhere()) as store:
        await fill(store)


async def test_nothing_is_restored_under_a_running_netmon(reach: Reach, tmp_path: Path) -> None:
    async with filled(reach) as store:
        await back_up(reach(), tmp_path / "a.zip")
        with pytest.raises(StoreError, match="Stop that one first"):
            await fill_from(reach(), tmp_path / "a.zip", set_aside=None)
        await store.keep(Batch(life=1, beat=at(90)))


async def test_what_breaks_off_leaves_the_database_as_it_was(
    reach: Reach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with filled(reach):
        before = await back_up(reach(), tmp_path / "a.zip")

    async def break_off(*_: object) -> None:
        raise ArchiveError("the power went")

    monkeypatch.setattr(unpacking, "_compare", break_off)

    async def set_aside(_: object) -> None:
        pass

    with pytest.raises(ArchiveError, match="the power went"):
        await fill_from(reach(), tmp_path / "a.zip", set_aside=set_aside)
    assert await back_up(reach(), tmp_path / "b.zip") == before


@pytest.mark.parametrize(
    ("revision", "rolled"), [("0001", []), ("0003", [FIGURES])], ids=["the first revision", "one with partitions"]
)
async def test_an_older_archive_is_brought_forward(
    reach: Reach, elsewhere: Reach, tmp_path: Path, revision: str, rolled: list[Figures]
) -> None:
    async with filled(reach) as store:
        await store.clear("transitions", at(2 * 364 * 86_400))
        await back_up(reach(), tmp_path / "new.zip")
        statuses = await store.statuses()
    _as_of(revision, tmp_path / "new.zip", tmp_path / "old.zip")
    restored = await fill_from(elsewhere(), tmp_path / "old.zip")

    assert restored.revision == revision
    async with open_store(elsewhere()) as brought:
        assert await brought.statuses() == statuses
        kept = await brought.rollups(ICMP, RTT.family, Width.FIVE_MINUTES, Span(at(-86_400), at(86_400)))
        assert [one.figures for one in kept] == rolled
        async with brought._snapshot() as connection:
            assert await connection.run_sync(revision_of) == newest()
        await fill(brought)


def _as_of(revision: str, path: Path, old: Path) -> None:
    """The same archive as a netmon of *revision* would have written it."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection, revision)
        known = {name: {one["name"] for one in inspect(connection).get_columns(name)} for name in metadata.tables
                 if inspect(connection).has_table(name)}  # fmt: skip
    engine.dispose()
    members = archived(path)
    document = json.loads(members.pop("manifest.json"))
    with zipfile.ZipFile(old, "w") as file:
        tables = [one for one in document["tables"] if one["table"] in known]
        for one in tables:
            places = [place for place, name in enumerate(one["columns"]) if name in known[one["table"]]]
            lines = [json.loads(line) for line in members[f"{one['table']}.jsonl"].splitlines()]
            rows = [[line[place] for place in places] for line in lines]
            text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
            file.writestr(f"{one['table']}.jsonl", text)
            one["columns"] = {name: kind for name, kind in one["columns"].items() if name in known[one["table"]]}
            one["sha256"] = hashlib.sha256(text.encode()).hexdigest()
        file.writestr("manifest.json", json.dumps({**document, "revision": revision, "tables": tables}))


def rewritten(
    path: Path, other: Path, change: Callable[[dict[str, Any]], object], keep: set[str] | None = None
) -> None:
    """*path* with another manifest, in *other*."""
    members = archived(path)
    document = json.loads(members.pop("manifest.json"))
    change(document)
    with zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            if keep is None or name in keep:
                file.writestr(name, content)
        file.writestr("manifest.json", json.dumps(document))


@pytest.fixture
async def good(tmp_path: Path) -> Path:
    """A good archive."""
    database = locate(StoreSettings(url="sqlite:///good.db"), state=tmp_path)
    async with open_store(database) as store:
        await fill(store)
        await back_up(database, tmp_path / "good.zip")
    return tmp_path / "good.zip"


def spoil(good: Path, how: str) -> None:
    content = good.read_bytes()
    match how:
        case "cut off":
            good.write_bytes(content[: len(content) // 2])
        case "empty":
            good.write_bytes(b"")
        case "no archive":
            good.write_text("SQLite format 3")
        case "a bit that flipped":
            middle = content.index(b"looks.jsonl") + 60
            good.write_bytes(content[:middle] + bytes([content[middle] ^ 0x10]) + content[middle + 1 :])
        case "a newer form":
            rewritten(good, good, lambda told: told.update(form=2))
        case "a newer revision":
            rewritten(good, good, lambda told: told.update(revision="9999"))
        case "a row too few":
            rewritten(good, good, lambda told: told["tables"][0].update(rows=told["tables"][0]["rows"] + 1))
        case "another digest":
            rewritten(good, good, lambda told: told["tables"][0].update(sha256="0" * 64))
        case "a member too many":
            with zipfile.ZipFile(good, "a") as file:
                file.writestr("../../etc/passwd", "root")
        case "a member too few":
            rewritten(good, good, lambda told: None, keep={"lives.jsonl"})
        case "a name with SQL in it":
            rewritten(good, good, lambda told: told["tables"][0].update(table='lives"; DROP TABLE lives; --'))
        case "no manifest":
            with zipfile.ZipFile(good, "w") as file:
                file.writestr("lives.jsonl", "")
        case "text where a number belongs":
            rewritten(good, good, lambda told: told["tables"][0]["columns"].update(check_id="whole"))


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("cut off", "cut off, or no archive at all"),
        ("empty", "cut off, or no archive at all"),
        ("no archive", "cut off, or no archive at all"),
        ("a bit that flipped", "damaged|not what was written|cannot be read|a row that is none"),
        ("a newer form", "form 2, and this netmon reads form 1"),
        ("a newer revision", "revision 9999, which only a newer netmon knows"),
        ("a row too few", "its digest or its number of rows differs"),
        ("another digest", "its digest or its number of rows differs"),
        ("a member too many", "not what its manifest says"),
        ("a member too few", "not what its manifest says"),
        ("a name with SQL in it", "an impossible name"),
        ("no manifest", "no backup of netmon"),
        ("text where a number belongs", "a row that is none"),
    ],
)
async def test_a_damaged_archive_is_refused_and_nothing_changes(good: Path, how: str, told: str) -> None:
    spoil(good, how)
    target = locate(StoreSettings(url="sqlite:///target.db"), state=good.parent)
    with pytest.raises(ArchiveError, match=told) as refused:
        await fill_from(target, good)

    assert str(good) in str(refused.value)
    assert "Nothing was changed" in str(refused.value)
    assert not (good.parent / "target.db").exists()


async def test_there_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="No such file"), open_archive(tmp_path / "none.zip"):
        pass


async def test_a_file_is_replaced_only_by_a_whole_one(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = archived(good)
    database = locate(StoreSettings(url="sqlite:///good.db"), state=good.parent)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArchiveError, match=r"cannot write .*good.zip: No space left on device"):
        await back_up(database, good)
    await database.close()

    assert archived(good) == before
    assert [path.name for path in good.parent.glob(".*")] == []


async def test_two_backups_do_not_write_one_file(good: Path) -> None:
    database = locate(StoreSettings(url="sqlite:///good.db"), state=good.parent)
    async with read_store(database), state_of(database) as connection:

        def meanwhile(*_: object) -> None:
            command = [sys.executable, "-c", _LOCKED, str(good.with_name(f".{good.name}.partial"))]
            assert subprocess.run(command, check=False, timeout=60).returncode == 7

        await write_archive(connection, good, CREATED, meanwhile)


_LOCKED = """
import fcntl, sys
try:
    fcntl.flock(open(sys.argv[1], "r+b"), fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit(7)
"""


def test_an_archive_is_for_its_owner_alone(good: Path) -> None:
    assert good.stat().st_mode & 0o777 == 0o600
    assert not good.with_name(f".{good.name}.partial").exists()
