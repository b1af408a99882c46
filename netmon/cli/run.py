"""``netmon run``: starts netmon, says what it watches, how far the first looks are, and then what happens."""

from __future__ import annotations

import asyncio
import errno
import sys
from typing import TextIO, cast

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from netmon.app import Application, FirstLooks, ListenError, open_reader
from netmon.cli.everywhere import answering
from netmon.cli.exits import Exit, Stop
from netmon.cli.occupants import occupant
from netmon.cli.screen import Screen, error_screen
from netmon.cli.session import Session
from netmon.cli.situation import look_up
from netmon.cli.values import OneOf
from netmon.cli.words import marked
from netmon.config.loading import Loaded
from netmon.config.settings import LogLevel
from netmon.kernel.events import configure_events
from netmon.model.ids import EntityKind, kind_of
from netmon.model.moments import MILLISECOND, Moment
from netmon.ports import StoreError

_GLANCE = 250 * MILLISECOND


class _Above:
    """A terminal whose lowest line shows progress: what is written to it goes above, and is left as it is."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._console.print(Text.from_ansi(line), soft_wrap=True)
        return len(text)

    def flush(self) -> None:
        """Whole lines have been written already."""

    def isatty(self) -> bool:
        return True


class _Piped:
    """A stream that is written to as if nobody read along: events are JSON lines then."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.write = stream.write
        self.flush = stream.flush

    def isatty(self) -> bool:
        return False


@click.command()
@click.option(
    "--log-level",
    type=OneOf([level.value for level in LogLevel]),
    help="Write events of this weight and above; by default what `log:` in the configuration says.",
)
@answering(marked("Write events as JSON lines, in a terminal as well."))
@click.pass_obj
def run(session: Session, log_level: str | None, as_json: bool) -> None:
    """Watch what the files say, until Ctrl-C or SIGTERM; SIGHUP reloads.

    Events go to standard error: for people in a terminal, as JSON lines when piped. Nothing is started while there
    is a mistake in the files.
    """
    loaded = session.load()
    if problems := session.problems(loaded):
        raise session.refusal(problems)
    settings = session.settings(loaded)
    level = log_level or settings.log.level.value
    screen = error_screen()
    application = Application(session.config, loaded)
    try:
        if screen.is_terminal and not as_json:
            _tell_start(session, loaded, screen)
            session.run(_run_before_people(session, loaded, application, screen, level))
        else:
            configure_events(level, cast("TextIO", _Piped(sys.stderr)))
            session.run(application.run())
    except Stop as stop:
        cause = stop.__cause__
        error = next(iter(cause.exceptions), cause) if isinstance(cause, BaseExceptionGroup) else cause
        raise Stop(_explained(session, error) or stop.message, Exit(stop.exit_code), stop.problems) from cause


def _explained(session: Session, error: BaseException | None) -> str | None:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if not isinstance(error, ListenError):
        return None
    say = session.words.say
    port = error.address.rpartition(":")[2]
    holder = occupant(int(port)) or say("another program")
    if error.error.errno == errno.EADDRINUSE:
        return say(
            "{address} is in use by {holder}: stop it, or set another `listen:` in {file}",
            address=error.address,
            holder=holder,
            file=session.config.name,
        )
    return say(
        "cannot listen on {address} ({cause}): set `listen:` in {file} to an address of this machine",
        address=error.address,
        cause=error.error.strerror or error.error,
        file=session.config.name,
    )


def _tell_start(session: Session, loaded: Loaded, screen: Screen) -> None:
    settings, plan = loaded.complete
    say, some = session.words.say, session.words.some
    organization = loaded.inventory.organization
    name = session.words.title(organization.name.by_language) if organization else session.config.name
    lab = f" {say('(played by the lab on loopback: nothing real is asked)')}" if settings.lab else ""
    kinds = [kind_of(identity) for identity in plan.subjects]
    told = [
        some(kinds.count(EntityKind.DEVICE), "{n} device", "{n} devices"),
        some(len(loaded.inventory.links), "{n} link", "{n} links"),
        some(kinds.count(EntityKind.SERVICE), "{n} service", "{n} services"),
        some(len(plan.checks), "{n} check", "{n} checks"),
    ]
    screen.line(("netmon  ", "bold green"), (name, "bold"), (lab, "dim"))
    screen.line(say("watches {what}", what=", ".join(told)), indent=2, hang=2)
    screen.line(say("metrics at {url}", url=f"http://{settings.listen}/metrics"), indent=2, hang=2)
    screen.line(say("from another terminal: `netmon status`; stop with Ctrl-C"), indent=2, hang=2)
    screen.gap()


async def _run_before_people(
    session: Session, loaded: Loaded, application: Application, screen: Screen, level: str
) -> None:
    # while the progress stands below, events are written above it
    configure_events(level, cast("TextIO", _Above(screen.console)))
    async with asyncio.TaskGroup() as group:
        watcher = group.create_task(_follow_first_looks(session, loaded, application, screen, level))
        await application.run()
        watcher.cancel()


async def _follow_first_looks(
    session: Session, loaded: Loaded, application: Application, screen: Screen, level: str
) -> None:
    say, clock = session.words.say, session.clock
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, console=screen.console, transient=True) as progress:
        task = progress.add_task(say("first looks"), total=None)
        looks: FirstLooks | None = None
        while looks is None or looks.left:
            await clock.sleep_until(Moment(clock.now() + _GLANCE))
            if (looks := application.first_looks) is not None:
                progress.update(task, total=looks.checks, completed=looks.checks - looks.left)
    configure_events(level, sys.stderr)
    try:
        async with open_reader(session.config, session.settings(loaded)) as reader:
            situation = await look_up(reader, session.settings(loaded).poller, loaded.inventory, clock.now())
    except StoreError as error:
        screen.line(str(error))
        return
    unwell = [one for one in situation.standings if not one.is_well and not one.is_intended]
    said = session.words.some(len(unwell), "{n} not up", "{n} not up") if unwell else say("all up")
    screen.line((say("all first looks done: {result}", result=said), "bold"), f"  {say('see `netmon status`')}")
