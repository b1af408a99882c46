"""``netmon plan``: what a reload would change, compared with the plan in force, and the hash to reload by."""

from __future__ import annotations

import dataclasses

import click

from netmon.app import open_reader
from netmon.cli.changes import Changes
from netmon.cli.everywhere import answering
from netmon.cli.exits import Exit
from netmon.cli.first_time import NOT_YET, has_no_store
from netmon.cli.plan_lines import PlanTeller
from netmon.cli.session import Session
from netmon.config.difference import difference
from netmon.config.loading import Loaded
from netmon.config.settings import Configuration
from netmon.model.log import PlanTaken
from netmon.model.moments import DAY, Moment
from netmon.model.plan import Plan
from netmon.ports import StoreEmptyError


@click.command()
@answering()
@click.pass_obj
def plan(session: Session, as_json: bool) -> None:
    """Show what `netmon reload` would change, site by site: + comes, - goes, ~ becomes different.

    Compares the files with the plan that was taken last, which the store keeps. Exits with 0 where nothing differs
    and 1 where something does.
    """
    loaded = session.load()
    if problems := session.problems(loaded):
        raise session.refusal(problems)
    settings, new = loaded.complete
    taken = session.run(_in_force(session, settings))
    old = taken.plan if taken else Plan(hash="", poller=settings.poller, subjects={})
    changes = Changes(dataclasses.asdict(difference(old, new)))
    if as_json:
        session.screen.json(
            {
                "in_force": {"version": taken.version, "hash": old.hash} if taken else None,
                "hash": new.hash,
                "difference": changes.document,
            }
        )
    else:
        _tell(session, loaded, changes, old)
    raise click.exceptions.Exit(Exit.ATTENTION if changes else Exit.FINE)


def _tell(session: Session, loaded: Loaded, changes: Changes, old: Plan) -> None:
    say, screen = session.words.say, session.screen
    settings, new = loaded.complete
    if not old.hash and not session.is_running(settings):
        screen.line((say(NOT_YET), "bold"))
    if not changes:
        screen.line((say("nothing differs from the plan in force"), "green"), f"  ({new.hash[:12]})")
        return
    PlanTeller(screen, session.words, loaded.inventory, (new, old)).tell(changes)
    screen.gap()
    if session.is_running(settings):
        screen.line(say("take it: netmon reload --expect {hash}", hash=new.hash[:12]))
    else:
        screen.line(say("plan {hash}: `netmon run` takes it when it starts", hash=new.hash[:12]))


async def _in_force(session: Session, settings: Configuration) -> PlanTaken | None:
    if has_no_store(settings):
        return None
    try:
        async with open_reader(session.config, settings) as reader:
            return await reader.plan_in_force(settings.poller, Moment(session.clock.now() + DAY))
    except StoreEmptyError:
        return None
