"""``netmon restore``: fills the store from a backup; a running netmon stands aside for that long."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from netmon.app import control_path, locate_store, make_state_directory, places_of, spool_path
from netmon.cli.everywhere import answering
from netmon.cli.exits import Exit, Stop
from netmon.cli.first_time import has_no_store
from netmon.cli.progress import bar
from netmon.cli.session import Session
from netmon.cli.times import LocalTime
from netmon.config.settings import Configuration
from netmon.engine.control import ControlError, ask
from netmon.model.moments import SECOND, Duration, Moment, from_rfc3339, to_datetime
from netmon.ports import StoreError
from netmon.store.backup import Archive, ArchiveError, Restored, examine, open_archive, write_archive
from netmon.store.backup import restore as fill
from netmon.store.database import Database, explained
from netmon.store.spool_segments import segments

_PATIENCE = Duration(60 * SECOND)
"""How long a running netmon may take to let go of its store."""

_GLANCE = Duration(SECOND // 4)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done with what is there, and whether anything is."""

    replaces: bool
    is_trial: bool


@dataclass(frozen=True, slots=True)
class Way:
    """Where what makes way goes, if anything may or does, and whether a running netmon stands aside for it."""

    set_aside: Path | None
    stands_aside: bool


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Where there is history already, keep it in a backup and replace it.")
@click.option("--dry-run", is_flag=True, help="Read all of FILE, say whether it could be restored, and change nothing.")
@answering()
@click.pass_obj
def restore(session: Session, file: Path, replace: bool, dry_run: bool, as_json: bool) -> None:
    """Fill the store that the configuration names from FILE, which `netmon backup` wrote.

    The store may be of the other kind: that is the way from SQLite to PostgreSQL and back. An archive of an older
    netmon is brought forward. FILE is read through first, and every table is read back and compared before it counts;
    whatever goes wrong, the store stays as it was. A running netmon stands aside meanwhile, and goes on in what was
    restored; that time is `unmonitored`.
    """
    loaded = session.load()
    settings = session.settings(loaded)
    wish = Wish(replace, dry_run)
    try:
        with open_archive(file) as archive:
            with bar(session.words.say("reading"), archive.manifest.rows) as tell:
                archive.verify(tell)
            done = _restore(session, settings, archive, wish)
            document = _document(archive, done, wish)
    except ArchiveError as error:
        raise Stop(str(error), Exit.WRONG) from error
    if as_json:
        session.screen.json(document)
    else:
        _tell(session, session.local(loaded), archive, None if dry_run else done)


def _restore(session: Session, settings: Configuration, archive: Archive, wish: Wish) -> Way:
    is_running = session.is_running(settings)
    if is_running and not wish.replaces:
        said = session.words.say("a netmon runs here, and what it keeps would be replaced: add --replace to have that")
        raise Stop(said, Exit.ATTENTION)
    aside = Path(settings.state) / f"replaced-{to_datetime(session.clock.now()):%Y%m%dT%H%M%SZ}.zip"
    if wish.is_trial:
        is_replacement = is_running or session.run(_examine(session, settings, archive, wish))
        return Way(aside if is_replacement else None, is_running)
    try:
        make_state_directory(settings)
    except OSError as error:
        cause = error.strerror or error
        said = session.words.say("cannot make the state directory {path}: {cause}", path=settings.state, cause=cause)
        raise Stop(said, Exit.OUT_OF_REACH) from error
    if is_running:
        session.ask(settings, "step_aside")
    try:
        restored = session.run(_fill(session, settings, archive, Way(aside if wish.replaces else None, is_running)))
    finally:
        if is_running:
            _let_go_on(session, settings)
    return Way(aside if restored.is_replacement else None, is_running)


def _let_go_on(session: Session, settings: Configuration) -> None:
    """Tell the netmon that stands aside, which would find out by itself, but later."""
    with contextlib.suppress(ControlError):
        asyncio.run(ask(control_path(settings), "go_on"))


async def _examine(session: Session, settings: Configuration, archive: Archive, wish: Wish) -> bool:
    if has_no_store(settings):
        return False
    database = locate_store(settings, places_of(session.config))
    try:
        return await examine(database, archive, replaces=wish.replaces)
    finally:
        await database.close()


async def _fill(session: Session, settings: Configuration, archive: Archive, way: Way) -> Restored:
    async def set_aside(connection: AsyncConnection) -> None:
        if way.set_aside is not None:
            await write_archive(connection, way.set_aside, session.clock.now(), lambda _, __: None)

    database = locate_store(settings, places_of(session.config))
    try:
        await _await_turn(session, database, stands_aside=way.stands_aside)
        _refuse_a_backlog(session, settings)
        with bar(session.words.say("restore"), 2 * archive.manifest.rows) as tell:
            return await fill(database, archive, tell=tell, set_aside=set_aside if way.set_aside else None)
    finally:
        await database.close()


def _refuse_a_backlog(session: Session, settings: Configuration) -> None:
    """What waits for the store that is there now does not belong into another history."""
    folder = spool_path(settings)
    if folder.is_dir() and segments(folder):
        said = session.words.say(
            "in {folder} waits what netmon saw while its store was away, and would go into what is restored: "
            "let netmon run with its store until nothing waits, or move that directory away",
            folder=folder,
        )
        raise Stop(said, Exit.ATTENTION)


async def _await_turn(session: Session, database: Database, *, stands_aside: bool) -> None:
    """Wait until the netmon that stands aside, if any, has let go of *database*."""
    clock = session.clock
    until = Moment(clock.now() + (_PATIENCE if stands_aside else 0))
    while True:
        try:
            with explained(database, "write to"):
                await database.seize()
        except StoreError:
            if clock.now() >= until:
                raise
            await clock.sleep_until(Moment(clock.now() + _GLANCE))
        else:
            return


def _document(archive: Archive, done: Way, wish: Wish) -> dict[str, Any]:
    manifest = archive.manifest
    return {
        "file": str(archive.path),
        "created": manifest.created,
        "revision": manifest.revision,
        "tables": {contents.table: contents.rows for contents in manifest.tables},
        "restored": not wish.is_trial,
        "replaced": str(done.set_aside) if done.set_aside and not wish.is_trial else None,
        "stood_aside": done.stands_aside,
    }


def _tell(session: Session, local: LocalTime, archive: Archive, done: Way | None) -> None:
    """Say what was done; ``None`` where nothing was."""
    say, screen = session.words.say, session.screen
    rows = session.words.number(f"{archive.manifest.rows:,}")
    created = local.show_whole(from_rfc3339(archive.manifest.created))
    if done is None:
        whole = say("{file} is whole: {rows} rows of {created}", file=archive.path, rows=rows, created=created)
        screen.line((whole, "green"))
        screen.line(say("nothing was changed; without --dry-run it would be restored"))
        return
    restored = say("{rows} rows of {created} restored, read back and found equal", rows=rows, created=created)
    screen.line((restored, "green"))
    if done.set_aside:
        screen.line(say("what was there before is in {file}", file=done.set_aside))
    if done.stands_aside:
        screen.line(say("netmon, which stood aside, goes on within seconds: see `netmon status`"))
    else:
        screen.line(say("start netmon with `netmon run`: it goes on from there"))
