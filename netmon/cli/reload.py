"""``netmon reload``: the running netmon takes the files as they are now, or keeps its plan and says why."""

from __future__ import annotations

import click

from netmon.cli.changes import Changes
from netmon.cli.check import tell_problems
from netmon.cli.exits import Exit, Stop
from netmon.cli.screen import error_screen
from netmon.cli.session import Session
from netmon.kernel.problems import Problem


@click.command()
@click.option("--expect", metavar="HASH", help="Take the files only if they make this plan, as `netmon plan` told.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def reload(session: Session, expect: str | None, as_json: bool) -> None:
    """Let the running netmon take the files as they are now.

    With a mistake in them, or where they are not the plan that --expect names, the running plan is kept.
    """
    loaded = session.load()
    arguments = {"expect": expect} if expect else {}
    answer = session.ask(session.settings(loaded), "reload", **arguments)
    say = session.words.say
    if as_json:
        session.screen.json(answer)
    if "problems" in answer:
        if not as_json:
            problems = tuple(Problem(**problem) for problem in answer["problems"])
            tell_problems(error_screen(), session.words, problems)
        raise Stop(say("the running plan is kept ({hash})", hash=answer["plan"][:12]), Exit.WRONG)
    if as_json:
        return
    if waiting := answer["for_restart"]:
        session.screen.line(
            (say("changed, but only from the next start on: {keys}", keys=", ".join(waiting)), "yellow")
        )
    changes = Changes(answer["difference"])
    if not changes:
        session.screen.line((say("nothing has changed"), "green"), f"  ({answer['plan'][:12]})")
        return
    changes.tell(session.screen, session.words, loaded.plan)
    taken = say("taken as version {version} ({hash})", version=answer["version"], hash=answer["plan"][:12])
    session.screen.line((taken, "green"), f": {changes.summary(session.words)}")
