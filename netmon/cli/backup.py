"""``netmon backup``: everything that was kept, in one file that any netmon can be filled from."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from netmon.app import open_database
from netmon.cli.everywhere import answering
from netmon.cli.exits import Exit, Stop
from netmon.cli.progress import bar
from netmon.cli.screen import error_screen
from netmon.cli.session import Session
from netmon.config.settings import Configuration
from netmon.model.moments import Moment
from netmon.store.backup import ArchiveError, Manifest, count_rows, pack, state_of, write_archive

STANDARD_OUTPUT = "-"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the archive goes: a file, or standard output where there is none."""

    file: Path | None


@click.command()
@click.argument("file", metavar="FILE")
@answering()
@click.pass_obj
def backup(session: Session, file: str, as_json: bool) -> None:
    """Write everything that was kept into FILE, whether netmon runs or not.

    FILE is a ZIP archive with one file of JSON lines for each table and a manifest with their digests. It appears under
    its name only when it is whole, on the disk, and was read back; an older FILE of that name stays until then. Secrets
    are not in it. With `-` it goes to standard output, and `netmon restore --dry-run` can read it back.
    """
    target = Target(None if file == STANDARD_OUTPUT else Path(file))
    _refuse_a_mixture(session, target, as_json)
    settings = session.settings(session.load())
    session.require_first_run(settings)
    began = session.clock.now()
    try:
        manifest = session.run(_write(session, settings, target, began))
    except ArchiveError as error:
        raise Stop(str(error), Exit.OUT_OF_REACH) from error
    if as_json:
        session.screen.json(_document(manifest, target))
    else:
        _tell(session, manifest, target)


def _refuse_a_mixture(session: Session, target: Target, as_json: bool) -> None:
    if target.file is not None:
        return
    if as_json:
        raise Stop(
            session.words.say("--json and the archive would both go to standard output: name a FILE"), Exit.WRONG
        )
    if sys.stdout.isatty():
        raise Stop(
            session.words.say("an archive is nothing for a terminal: name a FILE, or lead it elsewhere"), Exit.WRONG
        )


async def _write(session: Session, settings: Configuration, target: Target, at: Moment) -> Manifest:
    async with open_database(session.config, settings) as database, state_of(database) as connection:
        rows = await count_rows(connection)
        with bar(session.words.say("backup"), rows if target.file is None else 2 * rows) as tell:
            if target.file is None:
                return await pack(connection, sys.stdout.buffer, at, tell)
            return await write_archive(connection, target.file, at, tell)


def _document(manifest: Manifest, target: Target) -> dict[str, Any]:
    return {
        "file": str(target.file),
        "size_bytes": target.file.stat().st_size if target.file else None,
        "created": manifest.created,
        "revision": manifest.revision,
        "tables": {contents.table: contents.rows for contents in manifest.tables},
        "verified": target.file is not None,
    }


def _tell(session: Session, manifest: Manifest, target: Target) -> None:
    say = session.words.say
    rows = session.words.number(f"{manifest.rows:,}")
    if target.file is None:
        said = say("{rows} rows went to standard output; `netmon restore --dry-run FILE` reads them back", rows=rows)
        error_screen().line(said)
        return
    size = session.words.number(f"{target.file.stat().st_size / 2**20:,.1f}")
    said = say("{file}: {rows} rows in {size} MiB, read back and found equal", file=target.file, rows=rows, size=size)
    session.screen.line((said, "green"))
