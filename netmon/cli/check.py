"""``netmon check``: reads all files and tells every mistake in them, or what would be watched."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from netmon.cli.everywhere import answering
from netmon.cli.exits import Exit, Stop
from netmon.cli.mistakes import tell_mistakes
from netmon.cli.session import Session
from netmon.cli.values import ConfigurationFile
from netmon.config.loading import Loaded
from netmon.model.ids import EntityKind, entity_id, kind_of
from netmon.model.plan import Plan


@click.command()
@click.argument("path", metavar="[PATH]", required=False, type=ConfigurationFile())
@answering()
@click.pass_obj
def check(session: Session, path: Path | None, as_json: bool) -> None:
    """Read the configuration (PATH, by default that of --config) and its inventory.

    Tells every mistake at once, each with file, line, column, cause and the nearest way out. Without any it tells
    what would be watched, and what else is in the inventory. Nothing is asked and nothing is changed.
    """
    if path is not None and not path.exists():
        said = session.words.say(
            "there is no {path}: give the path of a config.yaml, or leave it out to read that of --config", path=path
        )
        raise Stop(said, Exit.WRONG)
    session = replace(session, config=path or session.config)
    loaded = session.load()
    problems = session.problems(loaded)
    plan = loaded.plan if not problems else None
    if as_json:
        session.screen.json(
            {
                "ok": not problems,
                "problems": [problem.as_json() for problem in problems],
                "plan": {"hash": plan.hash, **_numbers(loaded, plan)} if plan else None,
            }
        )
    elif plan is not None:
        _tell_plan(session, loaded, plan)
    else:
        tell_mistakes(session.screen, session.words, problems)
    raise click.exceptions.Exit(Exit.WRONG if problems else Exit.FINE)


def _numbers(loaded: Loaded, plan: Plan) -> dict[str, Any]:
    kinds = Counter(kind_of(subject.id) for subject in plan.subjects.values() if subject.checks)
    return {
        "departments": len(loaded.inventory.departments),
        "sites": len(loaded.inventory.sites),
        "links": len(loaded.inventory.links),
        "devices": kinds[EntityKind.DEVICE],
        "services": kinds[EntityKind.SERVICE],
        "interfaces": sum(len(subject.watched) for subject in plan.subjects.values()),
        "canaries": _canaries(plan),
        "checks": dict(sorted(Counter(one.kind for one in plan.checks.values()).items())),
    }


def _canaries(plan: Plan) -> list[str]:
    poller = plan.subjects.get(entity_id(EntityKind.POLLER, plan.poller))
    return [check.name or check.address for check in poller.checks] if poller else []


def _tell_plan(session: Session, loaded: Loaded, plan: Plan) -> None:
    screen, words = session.screen, session.words
    say, some, numbers = words.say, words.some, _numbers(loaded, plan)
    screen.line((say("all files are in order"), "green"), f"  ({some(len(loaded.sources), '{n} file', '{n} files')})")
    watched = [
        some(numbers["devices"], "{n} device", "{n} devices"),
        some(numbers["services"], "{n} service", "{n} services"),
        some(numbers["interfaces"], "{n} watched interface", "{n} watched interfaces"),
    ]
    if canaries := numbers["canaries"]:
        watched.append(f"{some(len(canaries), '{n} canary', '{n} canaries')} ({', '.join(canaries)})")
    screen.line(say("would be watched: {what}", what=", ".join(watched)), indent=2, hang=2)
    besides = [
        some(numbers["departments"], "{n} department", "{n} departments"),
        some(numbers["sites"], "{n} site", "{n} sites"),
        some(numbers["links"], "{n} link", "{n} links"),
    ]
    screen.line(say("in the inventory: {what}", what=", ".join(besides)), indent=2, hang=2)
    for kind, count in numbers["checks"].items():
        intervals = Counter(one.rule.interval for one in plan.checks.values() if one.kind == kind)
        shown = ", ".join(
            f"{words.number(f'{number:,}')} {say('every {interval}', interval=words.duration(interval))}"
            for interval, number in sorted(intervals.items())
        )
        screen.line(f"{kind:<6} {some(count, '{n} check', '{n} checks')}: {shown}", indent=2, hang=2)
    screen.line(
        say("plan {hash}; `netmon plan` compares it with what is running", hash=plan.hash[:12]), indent=2, hang=2
    )
