"""``netmon history``: what was believed of an entity and when; time in which nobody looked stands by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import click

from netmon.app import open_reader
from netmon.cli.everywhere import answering
from netmon.cli.exits import Exit, Stop
from netmon.cli.intervals import Stretch, stretches, unwatched
from netmon.cli.naming import UnknownNameError, find, owner_of
from netmon.cli.screen import STYLES
from netmon.cli.session import Session
from netmon.cli.situation import PATIENCE
from netmon.cli.times import LocalTime, rounded
from netmon.cli.words import Words, marked
from netmon.config.settings import Configuration
from netmon.model.ids import EntityId
from netmon.model.log import PlanTaken
from netmon.model.moments import DAY, Duration, Moment, Span, in_seconds, rfc3339
from netmon.model.states import State
from netmon.store.reading import StoreReader

UNMONITORED = "unmonitored"
_UNMONITORED = marked("unmonitored")
_USUAL = Duration(7 * DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was believed of *entity* during *span*, and whether the lab plays it."""

    entity: EntityId
    lab: bool
    span: Span
    stretches: tuple[Stretch, ...]


@click.command()
@click.argument("entity", metavar="ENTITY")
@click.option("--from", "begin", metavar="WHEN", help="From then on; by default the last 7 days.")
@click.option("--to", "end", metavar="WHEN", help="Up to then, exclusive; by default now.")
@answering()
@click.pass_obj
def history(session: Session, entity: str, begin: str | None, end: str | None, as_json: bool) -> None:
    """Show when ENTITY was in which state, for how long and why.

    ENTITY is `syt-gw1`, or with its kind `device:syt-gw1`, `service:syt-portal`,
    `interface:syt-gw1/GigabitEthernet0/0`, `check:device:syt-gw1/icmp`. WHEN is a day (2026-11-20), a local time
    ("2026-11-20 14:30", 14:30), how long ago (2h) or RFC 3339. What nobody watched, because netmon did not run, is
    `unmonitored` and never taken for up.
    """
    loaded = session.load()
    local = session.local(loaded)
    span = _span(session, local, begin, end)
    settings = session.settings(loaded)
    session.require_first_run(settings)
    told = session.run(_read(session, settings, (entity, span, local.now)))
    if as_json:
        session.screen.json(_document(told))
    else:
        _tell(session, local, told)


def _span(session: Session, local: LocalTime, begin: str | None, end: str | None) -> Span:
    try:
        until = local.read(end) if end else local.now
        since = local.read(begin) if begin else Moment(until - _USUAL)
    except ValueError as error:
        said = session.words.say(
            '{what} is no moment; write 2026-11-20, "2026-11-20 14:30", 14:30, 2h or RFC 3339', what=error
        )
        raise Stop(said, Exit.WRONG) from None
    if since >= until:
        shown = f"{local.show_whole(since)} .. {local.show_whole(until)}"
        raise Stop(session.words.say("--from must lie before --to and before now: {shown}", shown=shown), Exit.WRONG)
    return Span(since, min(until, max(local.now, Moment(since + 1))))


async def _read(session: Session, settings: Configuration, asked: tuple[str, Span, Moment]) -> Told:
    written, span, now = asked
    async with open_reader(session.config, settings) as reader:
        taken = await reader.plan_in_force(settings.poller, Moment(now + DAY))
        name = await _named(session, reader, taken, written)
        lives = [life for life in await reader.lives() if life.poller == settings.poller]
        is_running = bool(lives) and now - lives[-1].last_beat <= PATIENCE
        gaps = unwatched(lives, span, is_running=is_running)
        intervals = await reader.history(name, span.since, span.until)
        if intervals and (taken is None or owner_of(name) not in taken.plan.subjects):  # it has left the plan since
            taken = await reader.plan_in_force(settings.poller, intervals[-1].status.since)
        told = stretches(intervals, gaps, span, now)
        return Told(entity=name, lab=_is_played(name, taken), span=span, stretches=told)


async def _named(session: Session, reader: StoreReader, taken: PlanTaken | None, written: str) -> EntityId:
    known = set(await reader.statuses())
    if taken is not None:
        known.update(taken.plan.subjects, map(EntityId, taken.plan.checks))
    try:
        return find(written, known)
    except UnknownNameError as error:
        raise error.stop(session.words) from None


def _is_played(entity: EntityId, taken: PlanTaken | None) -> bool:
    subject = taken.plan.subjects.get(owner_of(entity)) if taken else None
    return subject is not None and subject.lab


def _tell(session: Session, local: LocalTime, told: Told) -> None:
    words, screen = session.words, session.screen
    shown = f"{local.show_whole(told.span.since)} .. {local.show_whole(told.span.until)}"
    mark = f" {words.say('(lab)')}" if told.lab else ""
    screen.line((told.entity, "bold"), f"{mark}  {shown}", hang=2)
    width = max(len(_word(words, stretch)) for stretch in told.stretches)
    for stretch in told.stretches:
        since, until = local.show(stretch.span.since), local.show(stretch.span.until)
        until = words.say("now") if stretch.is_open else until
        screen.line(
            (f"{_word(words, stretch):<{width}}", STYLES[stretch.state]),
            f"  {since} .. {until}  {words.duration(rounded(stretch.length))}",
            indent=2,
            hang=width + 2,
        )
        if stretch.failure is not None:
            why = f"{stretch.failure.reason.value}: {stretch.failure.evidence}"
            screen.line((why, "dim"), indent=width + 4, hang=2)
    screen.line(words.say("in all: {sums}", sums=_sums(words, told)), hang=2)


def _sums(words: Words, told: Told) -> str:
    sums: Counter[State | None] = Counter()
    for stretch in told.stretches:
        sums[stretch.state] += stretch.length
    named = {stretch.state: _word(words, stretch) for stretch in told.stretches}
    return ", ".join(
        f"{named[state]} {words.duration(rounded(Duration(length)))} "
        f"({words.number(f'{100 * length / told.span.length:.2f}')} %)"
        for state, length in sums.most_common()
    )


def _word(words: Words, stretch: Stretch) -> str:
    return words.say(_UNMONITORED) if stretch.state is None else words.state(stretch.state)


def _document(told: Told) -> dict[str, Any]:
    return {
        "entity": told.entity,
        "lab": told.lab,
        "from": rfc3339(told.span.since),
        "to": rfc3339(told.span.until),
        "intervals": [
            {
                "since": rfc3339(stretch.span.since),
                "until": None if stretch.is_open else rfc3339(stretch.span.until),
                "seconds": in_seconds(stretch.length),
                "state": stretch.state.value if stretch.state else UNMONITORED,
                "reason": stretch.failure.reason.value if stretch.failure else None,
                "evidence": stretch.failure.evidence if stretch.failure else None,
            }
            for stretch in told.stretches
        ],
    }
