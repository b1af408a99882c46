"""``netmon reload``: the running netmon takes the files as they are now, or keeps its plan and says why."""

from __future__ import annotations

import click

from netmon.cli.changes import Changes
from netmon.cli.everywhere import answering
from netmon.cli.exits import Exit, Stop
from netmon.cli.mistakes import tell_mistakes
from netmon.cli.plan_lines import PlanTeller
from netmon.cli.screen import error_screen
from netmon.cli.session import Session
from netmon.kernel.problems import Problem


@click.command()
@click.option("--expect", metavar="HASH", help="Take the files only if they make this plan, as `netmon plan` told.")
@answering()
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
        raise click.exceptions.Exit(Exit.WRONG if "problems" in answer else Exit.FINE)
    if "problems" in answer:
        tell_mistakes(error_screen(), session.words, [Problem(**problem) for problem in answer["problems"]])
        raise Stop(say("the running plan is kept ({hash})", hash=answer["plan"][:12]), Exit.WRONG)
    if waiting := answer["for_restart"]:
        session.screen.line(
            (say("changed, but only from the next start on: {keys}", keys=", ".join(waiting)), "yellow")
        )
    changes = Changes(answer["difference"])
    if not changes:
        session.screen.line((say("nothing has changed"), "green"), f"  ({answer['plan'][:12]})")
        return
    plans = (loaded.plan,) if loaded.plan else ()
    PlanTeller(session.screen, session.words, loaded.inventory, plans).tell(changes)
    session.screen.gap()
    taken = say("taken as version {version} ({hash})", version=answer["version"], hash=answer["plan"][:12])
    session.screen.line((taken, "green"))
