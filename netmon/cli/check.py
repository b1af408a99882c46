"""``netmon check``: reads all files and tells every mistake in them, or what would be watched."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from netmon.cli.exits import Exit
from netmon.cli.screen import Screen
from netmon.cli.session import Session
from netmon.cli.words import Words
from netmon.config.loading import Loaded
from netmon.kernel.problems import Problem
from netmon.model.ids import EntityKind, kind_of
from netmon.model.plan import Plan
from netmon.model.quantities import format_duration


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def check(session: Session, path: Path | None, as_json: bool) -> None:
    """Read the configuration (PATH, by default that of --config) and its inventory.

    Tells every mistake at once, each with file, line, column, cause and the nearest way out. Without any it tells
    what would be watched. Nothing is asked and nothing is changed.
    """
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
        tell_problems(session.screen, session.words, problems)
    raise click.exceptions.Exit(Exit.WRONG if problems else Exit.FINE)


def tell_problems(screen: Screen, words: Words, problems: tuple[Problem, ...]) -> None:
    """Each mistake with its place, cause and way out; then how many there are."""
    for problem in problems:
        where = f"{problem.file}:{problem.line}:{problem.column}" if problem.line else problem.file
        screen.line((where, "bold"), (f"  {problem.path}", "dim"))
        hint = f" - {problem.hint}" if problem.hint else ""
        screen.line((problem.cause, "red"), hint, indent=4, hang=2)
    screen.line((words.some(len(problems), "{n} problem", "{n} problems"), "bold"))


def _numbers(loaded: Loaded, plan: Plan) -> dict[str, Any]:
    kinds = Counter(kind_of(identity) for identity in plan.subjects)
    return {
        "departments": len(loaded.inventory.departments),
        "sites": len(loaded.inventory.sites),
        "links": len(loaded.inventory.links),
        "devices": kinds[EntityKind.DEVICE],
        "services": kinds[EntityKind.SERVICE],
        "interfaces": sum(len(subject.watched) for subject in plan.subjects.values()),
        "checks": dict(sorted(Counter(one.kind for one in plan.checks.values()).items())),
    }


def _tell_plan(session: Session, loaded: Loaded, plan: Plan) -> None:
    screen, say, some = session.screen, session.words.say, session.words.some
    numbers = _numbers(loaded, plan)
    screen.line((say("all files are in order"), "green"), f"  ({some(len(loaded.sources), '{n} file', '{n} files')})")
    told = [
        some(numbers["departments"], "{n} department", "{n} departments"),
        some(numbers["sites"], "{n} site", "{n} sites"),
        some(numbers["devices"], "{n} device", "{n} devices"),
        some(numbers["services"], "{n} service", "{n} services"),
        some(numbers["links"], "{n} link", "{n} links"),
        some(numbers["interfaces"], "{n} watched interface", "{n} watched interfaces"),
    ]
    screen.line(say("would be watched: {what}", what=", ".join(told)), indent=2, hang=2)
    for kind, count in numbers["checks"].items():
        intervals = Counter(one.rule.interval for one in plan.checks.values() if one.kind == kind)
        shown = ", ".join(
            f"{number:,} {say('every {interval}', interval=format_duration(interval))}"
            for interval, number in sorted(intervals.items())
        )
        screen.line(f"{kind:<6} {some(count, '{n} check', '{n} checks')}: {shown}", indent=2, hang=2)
    screen.line(
        say("plan {hash}; `netmon plan` compares it with what is running", hash=plan.hash[:12]), indent=2, hang=2
    )
