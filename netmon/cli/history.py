"""``netmon history``: what was believed of an entity and when; time in which nobody looked stands by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from netmon.app import open_reader
from netmon.cli.exits import Exit, Stop
from netmon.cli.intervals import Stretch, stretches, unwatched
from netmon.cli.naming import UnknownNameError, find
from netmon.cli.screen import STYLES
from netmon.cli.session import Session
from netmon.cli.situation import PATIENCE
from netmon.cli.times import LocalTime, rounded
from netmon.cli.words import marked
from netmon.config.loading import Loaded
from netmon.config.settings import Configuration
from netmon.model.ids import EntityId
from netmon.model.moments import DAY, SECOND, Duration, Moment, Span, in_seconds, rfc3339
from netmon.model.states import State
from netmon.store.reading import StoreReader

UNMONITORED = "unmonitored"
_UNMONITORED = marked("unmonitored")
_USUAL = Duration(7 * DAY)


@click.command()
@click.argument("entity")
@click.option("--from", "begin", metavar="WHEN", help="From then on; by default the last 7 days.")
@click.option("--to", "end", metavar="WHEN", help="Up to then, exclusive; by default now.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
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
    name, found = session.run(_read(session, loaded, session.settings(loaded), (entity, span, local.now)))
    if as_json:
        session.screen.json(_document(name, span, found))
    else:
        _tell(session, local, (name, span), found)


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


async def _read(
    session: Session, loaded: Loaded, settings: Configuration, asked: tuple[str, Span, Moment]
) -> tuple[EntityId, tuple[Stretch, ...]]:
    _, span, now = asked
    async with open_reader(session.config, settings) as reader:
        name = await _named(session, reader, settings.poller, asked)
        lives = [life for life in await reader.lives() if life.poller == settings.poller]
        is_running = bool(lives) and now - lives[-1].last_beat <= PATIENCE
        gaps = unwatched(lives, span, is_running=is_running)
        return name, stretches(await reader.history(name, span.since, span.until), gaps, span, now)


async def _named(session: Session, reader: StoreReader, poller: str, asked: tuple[str, Span, Moment]) -> EntityId:
    entity, _, now = asked
    known = set(await reader.statuses())
    if (taken := await reader.plan_in_force(poller, Moment(now + DAY))) is not None:
        known.update(taken.plan.subjects, map(EntityId, taken.plan.checks))
    try:
        return find(entity, known)
    except UnknownNameError as error:
        raise error.stop(session.words) from None


def _tell(session: Session, local: LocalTime, asked: tuple[EntityId, Span], found: Sequence[Stretch]) -> None:
    name, span = asked
    say, screen = session.words.say, session.screen
    shown = f"{local.show_whole(span.since)} .. {local.show_whole(span.until)}"
    screen.line((name, "bold"), f"  {shown}", hang=2)
    width = max(len(_word(session, stretch)) for stretch in found)
    for stretch in found:
        since, until = local.show(stretch.span.since), local.show(stretch.span.until)
        until = say("now") if stretch.is_open else until
        screen.line(
            (f"{_word(session, stretch):<{width}}", STYLES[stretch.state]),
            f"  {since} .. {until}  {_long(stretch.length)}",
            indent=2,
            hang=width + 2,
        )
        if stretch.failure is not None:
            why = f"{stretch.failure.reason.value}: {stretch.failure.evidence}"
            screen.line((why, "dim"), indent=width + 4, hang=2)
    screen.line(say("in all: {sums}", sums=_sums(session, found, span)), hang=2)


def _sums(session: Session, found: Sequence[Stretch], span: Span) -> str:
    sums: Counter[State | None] = Counter()
    for stretch in found:
        sums[stretch.state] += stretch.length
    words = {stretch.state: _word(session, stretch) for stretch in found}
    return ", ".join(
        f"{words[state]} {_long(Duration(length))} ({100 * length / span.length:.2f} %)"
        for state, length in sums.most_common()
    )


def _word(session: Session, stretch: Stretch) -> str:
    return session.words.say(_UNMONITORED) if stretch.state is None else session.words.state(stretch.state)


def _long(length: Duration) -> str:
    return rounded(length) if length >= SECOND else f"{in_seconds(length):.3g} s"


def _document(name: EntityId, span: Span, found: Sequence[Stretch]) -> dict[str, Any]:
    return {
        "entity": name,
        "from": rfc3339(span.since),
        "to": rfc3339(span.until),
        "intervals": [
            {
                "since": rfc3339(stretch.span.since),
                "until": None if stretch.is_open else rfc3339(stretch.span.until),
                "seconds": in_seconds(stretch.length),
                "state": stretch.state.value if stretch.state else UNMONITORED,
                "reason": stretch.failure.reason.value if stretch.failure else None,
                "evidence": stretch.failure.evidence if stretch.failure else None,
            }
            for stretch in found
        ],
    }
