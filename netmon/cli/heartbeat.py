"""``netmon heartbeat``: where jobs report to, and what they have reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from netmon.app import open_book, report_urls
from netmon.cli.everywhere import answering
from netmon.cli.exits import Exit, Stop
from netmon.cli.session import Session
from netmon.cli.times import LocalTime
from netmon.cli.words import marked
from netmon.model.heartbeats import Heartbeat, Vigil
from netmon.model.ids import CheckId
from netmon.model.moments import in_seconds, rfc3339


@dataclass(frozen=True, slots=True)
class Job:
    """One job: its check, where it reports, and what is remembered of it."""

    check: CheckId
    url: str
    vigil: Vigil | None


@click.command()
@click.argument("name", metavar="[CHECK]", required=False)
@answering()
@click.pass_obj
def heartbeat(session: Session, name: str | None, as_json: bool) -> None:
    """Show where the jobs behind heartbeat checks report to, and what they reported last.

    CHECK is a check's name or a part of its id; without it all are shown. A job reports with its token, as the line
    for curl shows; docs/checks/heartbeat.md has lines for cron, systemd, PowerShell and backup programs.
    """
    loaded = session.load()
    if problems := session.problems(loaded):
        raise session.refusal(problems)
    settings, plan = loaded.complete
    book = open_book(settings)
    urls = report_urls(plan, settings)
    jobs = [Job(check, url, book.vigil(check)) for check, url in sorted(urls.items()) if name is None or name in check]
    if as_json:
        session.screen.json({"jobs": [_document(job) for job in jobs]})
        return
    if not jobs:
        raise Stop(session.words.say("there is no such heartbeat check"), Exit.WRONG)
    for job in jobs:
        _tell(session, session.local(loaded), job)


def _tell(session: Session, local: LocalTime, job: Job) -> None:
    say, vigil = session.words.say, job.vigil
    session.screen.line((job.check, "bold"))
    command = 'curl -fsS --retry 8 --retry-connrefused -H "Authorization: Bearer $TOKEN"'
    session.screen.line(f"{command} {job.url}", indent=2, hang=2)
    if vigil is None or vigil.last_heard is None:
        session.screen.line((say("nothing was reported yet"), "yellow"), indent=2)
    for said, beat in _reports(vigil):
        message = f"  {beat.message}" if beat.message else ""
        session.screen.line(say(said, when=local.show(beat.at)), message, indent=2, hang=2)
    if vigil is not None and vigil.started is not None:
        session.screen.line(say("running since {when}", when=local.show(vigil.started)), indent=2)


def _reports(vigil: Vigil | None) -> list[tuple[str, Heartbeat]]:
    """The last report that all went well, and the last of all where that is another."""
    if vigil is None:
        return []
    found = [(marked("all well at {when}"), vigil.succeeded)]
    if vigil.ended is not None and vigil.ended != vigil.succeeded:
        found.append((marked("failed at {when}"), vigil.ended))
    return [(said, beat) for said, beat in found if beat is not None]


def _document(job: Job) -> dict[str, Any]:
    vigil = job.vigil
    return {
        "check": job.check,
        "url": job.url,
        "expected_since": rfc3339(vigil.since) if vigil else None,
        "started": rfc3339(vigil.started) if vigil and vigil.started is not None else None,
        "ended": _beat(vigil.ended) if vigil else None,
        "succeeded": _beat(vigil.succeeded) if vigil else None,
    }


def _beat(beat: Heartbeat | None) -> dict[str, Any] | None:
    if beat is None:
        return None
    return {
        "at": rfc3339(beat.at),
        "signal": beat.signal.value,
        "seconds": None if beat.took is None else in_seconds(beat.took),
        "bytes": beat.size_bytes,
        "code": beat.code,
        "message": beat.message,
    }
