"""``netmon lab``: breaks and mends things in the simulated province, and says what to expect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from netmon.cli.everywhere import answering, placed
from netmon.cli.exits import Exit, Stop
from netmon.cli.expectations import waiting
from netmon.cli.session import Session
from netmon.cli.times import LocalTime
from netmon.cli.values import OneOf
from netmon.cli.words import marked
from netmon.kernel.problems import quote
from netmon.lab.faults import SHAPES, FaultKind
from netmon.model.moments import from_rfc3339


def _faults() -> str:
    """Which faults there are, what they befall and which options they take, for help."""
    lines = []
    for kind, shape in SHAPES.items():
        options = f" ({', '.join(f'--option {name}=...' for name in sorted(shape.options))})" if shape.options else ""
        lines.append(f"{kind.value}: {', '.join(sorted(target.value for target in shape.targets))}{options}")
    return "\b\n" + "\n".join(lines)


@click.group()
@placed
def lab() -> None:
    """Break and mend things in the lab, for training, demonstrations and tests.

    The running netmon plays the lab where its configuration has `lab:`; nothing real is ever touched.
    """


@lab.command(name="break", epilog=f"{marked('Faults and what they befall:')}\n\n{_faults()}")
@click.argument("target", metavar="TARGET")
@click.argument("fault", type=OneOf([kind.value for kind in FaultKind]), metavar="FAULT")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="How badly, such as loss=0.5.")
@answering()
@click.pass_obj
def break_(session: Session, target: str, fault: str, options: tuple[str, ...], as_json: bool) -> None:
    """Let FAULT befall TARGET: a device, service or link by its id, or an interface (syt-gw1/Dialer0)."""
    loaded = session.load()
    settings = session.settings(loaded)
    answer = session.ask(settings, "lab.break", target=target, fault=fault, options=_options(session, options))
    if as_json:
        session.screen.json(answer)
        return
    broken, say = answer["broken"], session.words.say
    session.screen.line((broken["target"], "bold"), ": ", (broken["fault"], "red"), _passes(session, broken))
    if loaded.plan is not None:
        for what, within in waiting(loaded.plan, loaded.inventory, broken["target"], FaultKind(broken["fault"])):
            line = say(
                "{what}: felt within {within}; see `netmon status`", what=what, within=session.words.duration(within)
            )
            session.screen.line(line, indent=2, hang=2)
    mend = say("mend it: `netmon lab mend {target}`", target=broken["target"])
    session.screen.line(mend, indent=2)


@lab.command()
@click.argument("target", metavar="TARGET")
@answering()
@click.pass_obj
def mend(session: Session, target: str, as_json: bool) -> None:
    """Mend TARGET, or `all`."""
    loaded = session.load()
    answer = session.ask(session.settings(loaded), "lab.mend", target=target)
    if as_json:
        session.screen.json(answer)
    elif not answer["mended"]:
        session.screen.line(session.words.say("nothing was broken there"))
    else:
        for fault in answer["mended"]:
            said = session.words.say("mended")
            session.screen.line((f"{said}: ", "green"), (fault["target"], "bold"), f" ({fault['fault']})")


@lab.command(name="list")
@answering()
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List what is broken now, oldest first."""
    loaded = session.load()
    answer = session.ask(session.settings(loaded), "lab.list")
    if as_json:
        session.screen.json(answer)
    else:
        _tell_faults(session, session.local(loaded), answer["faults"])


def _tell_faults(session: Session, local: LocalTime, faults: Iterable[Mapping[str, Any]]) -> None:
    listed = list(faults)
    if not listed:
        session.screen.line((session.words.say("nothing is broken"), "green"))
    for fault in listed:
        since = session.words.say("since {at}", at=local.show(from_rfc3339(fault["since"])))
        options = "".join(f" {name}={value}" for name, value in fault["options"].items())
        session.screen.line(
            (fault["target"], "bold"), "  ", (fault["fault"], "red"), f"{options}  {since}", _passes(session, fault)
        )


def _passes(session: Session, fault: Mapping[str, Any]) -> str:
    return f"  {session.words.say('passes by itself')}" if fault["until"] else ""


def _options(session: Session, written: Iterable[str]) -> dict[str, str]:
    options = {}
    for one in written:
        name, equals, value = one.partition("=")
        if not name or not equals or not value:
            said = session.words.say("{option} is no option; write NAME=VALUE, such as loss=0.5", option=quote(one))
            raise Stop(said, Exit.WRONG)
        options[name] = value
    return options
