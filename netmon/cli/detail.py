"""Everything that is known of one device, service or interface, for ``netmon status ENTITY``."""

from __future__ import annotations

from collections.abc import Mapping

from netmon.cli.screen import STYLES
from netmon.cli.situation import Situation, Standing
from netmon.cli.status_lines import Teller
from netmon.cli.times import rounded
from netmon.cli.words import VERDICTS
from netmon.model.ids import CheckId, EntityKind
from netmon.model.moments import Duration
from netmon.model.plan import CheckSpec
from netmon.model.states import Verdict
from netmon.ports import Latest


def tell_detail(teller: Teller, standing: Standing, situation: Situation, latest: Mapping[CheckId, Latest]) -> None:
    """Its state and why, then its checks with their last looks, its watched interfaces and its parents."""
    say, screen = teller.words.say, teller.screen
    by_id = {one.id: one for one in situation.standings}
    if standing.status is None:
        screen.line(teller.headline(standing), hang=2)
    else:
        teller.tell_cause(standing, by_id)
    if standing.behind:
        screen.line(say("stands behind {names}", names=", ".join(standing.behind)), indent=2, hang=2)
    if standing.kind is EntityKind.INTERFACE:
        screen.line(say("`netmon status {device}` tells of its device", device=standing.subject.id), indent=2)
        return
    screen.gap()
    for check in standing.subject.checks:
        _tell_check(teller, check, latest.get(check.id))
    interfaces = [one for one in situation.standings if one.id != standing.id and one.subject.id == standing.id]
    for one in sorted(interfaces, key=lambda one: one.id):
        name = one.id.partition("/")[2]
        link = f"  {say('end of link {link}', link=one.link)}" if one.link else ""
        screen.line((teller.words.state(one.state), STYLES[one.state]), f"  {name}{link}", indent=2, hang=2)
        if one.status is not None and one.status.failure is not None and not one.behind:
            screen.line(one.status.failure.evidence, indent=4, hang=2)
    if standing.subject.parents:
        parents = ", ".join(standing.subject.parents)
        screen.line(say("reached through any of: {parents}", parents=parents), indent=2, hang=2)


def _tell_check(teller: Teller, check: CheckSpec, latest: Latest | None) -> None:
    name = f"{check.kind} {check.name}" if check.name else check.kind
    say = teller.words.say
    rule = say("every {interval}", interval=teller.words.duration(check.rule.interval))
    if latest is None:
        teller.screen.line(
            (f"{name}  ", "bold"), f"{check.address}  {rule}  {say('not looked at yet')}", indent=2, hang=2
        )
        return
    look = latest.look
    style = "green" if look.verdict is Verdict.ANSWERED else "red" if look.verdict is Verdict.MISSED else "yellow"
    ago = teller.words.duration(rounded(Duration(max(0, teller.local.now - look.at))))
    at, took = teller.local.show(look.at), teller.words.duration(look.took)
    teller.screen.line(
        (f"{name}  ", "bold"),
        f"{check.address}  {rule}  ",
        (say(VERDICTS[look.verdict]), style),
        " " + say("at {at}, {ago} ago, after {took}", at=at, ago=ago, took=took),
        indent=2,
        hang=2,
    )
    if look.failure is not None:
        teller.screen.line(f"{look.failure.reason.value}: {look.failure.evidence}", indent=4, hang=2)
    for fact, value in sorted(latest.facts.items()):
        teller.screen.line((f"{fact}: ", "dim"), value, indent=4, hang=2)
    if latest.values:
        numbers = ", ".join(f"{metric.removeprefix('netmon_')} {value:.6g}" for metric, value in latest.values.items())
        teller.screen.line((numbers, "dim"), indent=4, hang=2)
