"""``netmon housekeeping``: what the store holds, what of it is too old, and a round of clearing now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from netmon.cli.everywhere import answering
from netmon.cli.session import Session
from netmon.cli.times import LocalTime
from netmon.model.moments import from_rfc3339

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@click.command()
@click.option("--dry-run", is_flag=True, help="Only tell what would go.")
@answering()
@click.pass_obj
def housekeeping(session: Session, dry_run: bool, as_json: bool) -> None:
    """Let the running netmon drop what is too old, and tell what each table holds.

    It does so by itself every day at the time that `store.housekeeping` says; `store.retention` says what is too old.
    """
    loaded = session.load()
    answer = session.ask(session.settings(loaded), "housekeeping", dry_run=dry_run)
    if as_json:
        session.screen.json(answer)
        return
    local, say = session.local(loaded), session.words.say
    for table in answer["tables"]:
        _tell(session, local, table)
    session.screen.gap()
    if dry_run:
        session.screen.line(say("nothing was changed"))
    elif answer["was_at_work"]:
        session.screen.line((say("a round is under way; the log says when it is done"), "yellow"))
    else:
        session.screen.line((say("a round begins; the log says when it is done"), "green"))


def _tell(session: Session, local: LocalTime, table: Mapping[str, Any]) -> None:
    words = session.words
    held = words.some(table["rows"], "{n} row", "{n} rows")
    if table["oldest"]:
        held += " " + words.say("since {at}", at=local.show_whole(from_rfc3339(table["oldest"])))
    if table["size_bytes"] is not None:
        held += f", {_size(session, table['size_bytes'])}"
    session.screen.line((f"{table['table']:<14}", "bold"), held)
    if table["rows_to_go"]:
        told = words.say(
            "too old: {rows} from before {at}, about {size}",
            rows=words.some(table["rows_to_go"], "{n} row", "{n} rows"),
            at=local.show_whole(from_rfc3339(table["keep_since"])),
            size=_size(session, table["bytes_to_go"] or 0),
        )
        session.screen.line((told, "yellow"), indent=14)


def _size(session: Session, size_bytes: int) -> str:
    value, unit = float(size_bytes), 0
    while value >= 1024 and unit + 1 < len(_UNITS):
        value, unit = value / 1024, unit + 1
    return f"{session.words.number(f'{value:.3g}')} {_UNITS[unit]}"
