"""``netmon status``: what is down, since when, why, and what it takes with it; from the store, daemon or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import click

from netmon.app import open_reader
from netmon.cli.detail import tell_detail
from netmon.cli.everywhere import answering
from netmon.cli.exits import Exit, Stop
from netmon.cli.naming import UnknownNameError, find
from netmon.cli.screen import error_screen
from netmon.cli.session import Session
from netmon.cli.situation import Situation, Standing, look_up
from netmon.cli.status_lines import MOST_BLOCKS, Teller
from netmon.cli.waiting import waiting_in_spool
from netmon.config.loading import Loaded
from netmon.config.settings import Configuration
from netmon.model.ids import CheckId, EntityId, EntityKind, bare_id, entity_id, kind_of
from netmon.model.moments import rfc3339
from netmon.model.news import Status
from netmon.model.states import State
from netmon.ports import Latest


@click.command()
@click.argument("about", metavar="[ENTITY|SITE|DEPARTMENT]", required=False)
@click.option("--all", "everything", is_flag=True, help="List what is up as well.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if something is degraded or unknown, 2 if down.")
@answering()
@click.pass_obj
def status(session: Session, about: str | None, everything: bool, exit_code: bool, as_json: bool) -> None:
    """Tell what is not up: since when, why, and what it takes with it.

    Reads the store, so it also works while netmon is not running, and says so then. With a device, service or
    interface: everything that is known of it. With a site or department: what belongs there.
    """
    loaded = session.load()
    settings = session.settings(loaded)
    session.require_first_run(settings)
    waiting = waiting_in_spool(settings)
    said = waiting.told(session.words, session.local(loaded)) if waiting else ""
    try:
        situation, latest = session.run(_read(session, loaded, settings))
    except Stop:
        if said:
            error_screen().line((said, "bold"))
        raise
    if waiting:
        situation = replace(situation, is_running=True)
    entity = _meant(session, about, situation, loaded)
    shown = _belonging(situation, entity)
    if as_json:
        document = _document(situation, shown if everything or entity else _unwell(shown), settings)
        session.screen.json(document | {"waiting": waiting.document() if waiting else None})
    else:
        if said:
            session.screen.line((said, "bold"))
        _tell(session, loaded, situation, entity, latest, everything=everything)
    if exit_code:
        raise click.exceptions.Exit(_verdict(shown))


async def _read(
    session: Session, loaded: Loaded, settings: Configuration
) -> tuple[Situation, Mapping[CheckId, Latest]]:
    async with open_reader(session.config, settings) as reader:
        situation = await look_up(reader, settings.poller, loaded.inventory, session.clock.now())
        return situation, await reader.latest()


def _meant(session: Session, about: str | None, situation: Situation, loaded: Loaded) -> EntityId | None:
    if about is None:
        return None
    places = [entity_id(EntityKind.SITE, site) for site in loaded.inventory.sites]
    places += [entity_id(EntityKind.DEPARTMENT, one) for one in loaded.inventory.departments]
    places += [entity_id(EntityKind.LINK, link) for link in loaded.inventory.links]
    try:
        return find(about, [*(standing.id for standing in situation.standings), *places])
    except UnknownNameError as error:
        raise error.stop(session.words) from None


def _belonging(situation: Situation, entity: EntityId | None) -> tuple[Standing, ...]:
    """What belongs to *entity*: a place's own, a link's ends, or itself."""
    if entity is None:
        return situation.standings
    bare = bare_id(entity)
    match kind_of(entity):
        case EntityKind.SITE:
            return situation.narrowed(lambda one: one.subject.site == bare)
        case EntityKind.DEPARTMENT:
            return situation.narrowed(lambda one: one.subject.department == bare)
        case EntityKind.LINK:
            return situation.narrowed(lambda one: one.link == bare)
    return situation.narrowed(lambda one: entity in (one.id, one.subject.id))


def _unwell(shown: tuple[Standing, ...]) -> tuple[Standing, ...]:
    return tuple(standing for standing in shown if standing.state is not State.UP)


def _tell(
    session: Session,
    loaded: Loaded,
    situation: Situation,
    entity: EntityId | None,
    latest: Mapping[CheckId, Latest],
    *,
    everything: bool,
) -> None:
    organization = loaded.inventory.organization
    name = session.words.title(organization.name.by_language) if organization else session.config.name
    teller = Teller(session.screen, session.words, session.local(loaded), loaded.inventory)
    teller.tell_freshness(situation)
    if entity is not None and (standing := situation.standing(entity)) is not None:
        tell_detail(teller, standing, situation, latest)
        return
    if situation.taken is None:
        return
    part = replace(situation, standings=_belonging(situation, entity))
    if entity is not None:
        name = _place_name(teller, loaded, entity)
    teller.tell_summary(part, name)
    _tell_causes(teller, part, {one.id: one for one in situation.standings}, everything=everything)


def _tell_causes(teller: Teller, situation: Situation, by_id: Mapping[EntityId, Standing], *, everything: bool) -> None:
    shown = situation.standings
    here = {standing.id for standing in shown}
    # what follows from a cause elsewhere stands for itself where that cause is not shown
    causes = [one for one in shown if one.is_root or (one.behind and not one.is_well and not here & set(one.behind))]
    teller.screen.gap()
    if not causes:
        looked = any(standing.status is not None for standing in shown)
        said = teller.words.say("everything that was looked at is up") if looked else ""
        if said:
            teller.screen.line((said, "green"))
    elif len(causes) > MOST_BLOCKS and not everything:
        teller.tell_sites(causes)
        teller.screen.gap()
        teller.screen.line(teller.words.say("one by one: `netmon status SITE`, or all with `netmon status --all`"))
    else:
        for number, standing in enumerate(causes):
            if number:
                teller.screen.gap()
            teller.tell_cause(standing, by_id)
    teller.tell_rest(situation, shown)
    if everything:
        teller.screen.gap()
        for standing in sorted(shown, key=lambda one: (one.subject.site or "", one.id)):
            teller.tell_briefly(standing)


def _place_name(teller: Teller, loaded: Loaded, entity: EntityId) -> str:
    bare = bare_id(entity)
    if kind_of(entity) is EntityKind.DEPARTMENT:
        return teller.department(bare)
    if kind_of(entity) is EntityKind.SITE:
        site = loaded.inventory.sites[bare].value
        named = teller.words.title(site.name.by_language) if site.name else teller.department(site.department)
        return f"{named} ({bare})"
    link = loaded.inventory.links[bare].value
    return f"{bare} ({', '.join(filter(None, (link.medium.value, link.provider)))})"


def _verdict(shown: tuple[Standing, ...]) -> Exit:
    states = {standing.state for standing in shown if not standing.is_intended}
    if states & {State.DOWN, State.UNREACHABLE}:
        return Exit.WRONG
    return Exit.ATTENTION if states - {State.UP} else Exit.FINE


def _document(situation: Situation, shown: tuple[Standing, ...], settings: Configuration) -> dict[str, Any]:
    taken = situation.taken
    return {
        "at": rfc3339(situation.now),
        "known_at": rfc3339(situation.known_at) if situation.known_at is not None else None,
        "running": situation.is_running,
        "poller": settings.poller,
        "plan": {"version": taken.version, "hash": taken.plan.hash} if taken else None,
        "counts": {
            name: {state.value: count[state] for state in State} | {"not_looked_at": count[None]}
            for name, count in (
                ("devices", situation.count(EntityKind.DEVICE)),
                ("services", situation.count(EntityKind.SERVICE)),
                ("interfaces", situation.count(EntityKind.INTERFACE)),
            )
        },
        "entities": [standing_document(standing) for standing in shown],
    }


def standing_document(standing: Standing) -> dict[str, Any]:
    """One entity for programs."""
    status, subject, taken = standing.status, standing.subject, standing.taken
    return {
        "id": standing.id,
        **_status_document(status),
        "troubles": [{"check": trouble.check.id, **_status_document(trouble.status)} for trouble in standing.troubles],
        "title": dict(subject.title),
        "role": subject.role,
        "department": subject.department,
        "site": subject.site,
        "tier": subject.tier,
        "lab": subject.lab,
        "link": standing.link,
        "takes": {"devices": list(taken.devices), "services": list(taken.services), "sites": list(taken.sites)},
        "behind": list(standing.behind),
    }


def _status_document(status: Status | None) -> dict[str, Any]:
    failure = status.failure if status else None
    return {
        "state": status.state.value if status else None,
        "since": rfc3339(status.since) if status else None,
        "reason": failure.reason.value if failure else None,
        "evidence": failure.evidence if failure else None,
    }
