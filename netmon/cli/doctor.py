"""``netmon doctor``: asks what a colleague would ask about netmon itself, and says what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import click

from netmon.cli.everywhere import answering
from netmon.cli.exits import Exit
from netmon.cli.findings import Finding, Health
from netmon.cli.keeping import (
    about_clock,
    about_control,
    about_disk,
    about_listen,
    about_state,
    about_store,
    about_synchronization,
)
from netmon.cli.screen import Screen
from netmon.cli.session import Session
from netmon.cli.shrinking import about_shrinking
from netmon.cli.speed import about_speed
from netmon.cli.surroundings import about_canaries, about_descriptors, about_icmp, about_lab, about_names, about_secrets
from netmon.cli.words import Words, marked
from netmon.config.loading import Loaded


@click.command()
@answering()
@click.pass_obj
def doctor(session: Session, as_json: bool) -> None:
    """Ask whether all is well with netmon itself: files, state, store, privileges, names, secrets, clock.

    Every finding says what, why it matters and what to do. Exits with 0 if all is well, 1 on warnings, 2 if
    something is broken.
    """
    findings = asyncio.run(_ask_everything(session))
    if as_json:
        session.screen.json({"health": _worst(findings).value, "findings": [one.document() for one in findings]})
    else:
        _tell(session.screen, session.words, findings)
    raise click.exceptions.Exit(_EXITS[_worst(findings)])


_EXITS = {Health.WELL: Exit.FINE, Health.WARNING: Exit.ATTENTION, Health.BROKEN: Exit.WRONG}
_STYLES = {Health.WELL: "green", Health.UNKNOWN: "cyan", Health.WARNING: "yellow", Health.BROKEN: "bold red"}
_MARKS = {Health.WELL: "ok", Health.UNKNOWN: "?", Health.WARNING: "!", Health.BROKEN: "X"}
_TOPICS = (
    marked("configuration"), marked("state"), marked("disk"), marked("store"), marked("shrinking"), marked("speed"),
    marked("running"), marked("listen"), marked("clock"), marked("synchronization"), marked("icmp"),
    marked("descriptors"), marked("canaries"), marked("lab"), marked("secrets"), marked("names"),
)  # fmt: skip
"""What findings are about: fixed names for programs, and said to people."""


async def _ask_everything(session: Session) -> list[Finding]:
    loaded = session.load()
    findings = [_about_files(session, loaded)]
    if loaded.settings is None:
        return findings
    settings, words = loaded.settings, session.words
    running = await about_control(settings, words)
    findings += [
        about_state(settings, words),
        about_disk(settings, words),
        await about_store(session.config, settings, session.local(loaded), words),
        await about_shrinking(session.config, settings, words),
        await about_speed(session.config, settings, session.clock, words),
        running.finding,
        about_listen(settings, words, is_ours=running.is_running),
        about_clock(running, words),
        about_synchronization(words),
        about_icmp(loaded, words),
        about_descriptors(loaded, words),
        about_canaries(settings, words),
        about_lab(loaded, words),
        about_secrets(session.config, loaded, words),
        await about_names(loaded, words),
    ]
    return findings


def _about_files(session: Session, loaded: Loaded) -> Finding:
    say = session.words.say
    problems = session.problems(loaded)
    if not problems:
        return Finding("configuration", Health.WELL, say("the files are in order"))
    count = session.words.some(len(problems), "{n} problem", "{n} problems")
    return Finding(
        "configuration",
        Health.BROKEN,
        say(
            "the files have mistakes: {count}, the first in {place}",
            count=count,
            place=_place(problems[0].file, problems[0].line),
        ),
        why=say("netmon does not start on such files, and a reload keeps the running plan"),
        mend=say("see all of them with `netmon check`, and mend them"),
    )


def _place(file: str, line: int) -> str:
    return f"{file}:{line}" if line else file


def _worst(findings: Iterable[Finding]) -> Health:
    found = {finding.health for finding in findings}
    return next((health for health in (Health.BROKEN, Health.WARNING) if health in found), Health.WELL)


def _tell(screen: Screen, words: Words, findings: list[Finding]) -> None:
    for finding in findings:
        mark = f"{_MARKS[finding.health]:<3}"
        screen.line((mark, _STYLES[finding.health]), (f"{words.say(finding.about)}: ", "bold"), finding.what, hang=5)
        if finding.why:
            screen.line((words.say("why it matters: {why}", why=finding.why), "dim"), indent=5, hang=2)
        if finding.mend:
            screen.line(words.say("what to do: {mend}", mend=finding.mend), indent=5, hang=2)
    bad = sum(finding.health is Health.BROKEN for finding in findings)
    warned = sum(finding.health is Health.WARNING for finding in findings)
    if not bad and not warned:
        screen.line((words.say("all is well"), "bold green"))
        return
    told = [words.some(bad, "{n} thing is broken", "{n} things are broken")] if bad else []
    if warned:
        told.append(words.some(warned, "{n} warning", "{n} warnings"))
    screen.line((", ".join(told), _STYLES[_worst(findings)]))
