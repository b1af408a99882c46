"""``netmon poll``: looks now, without the daemon, writes nothing to the log, and explains on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from netmon.app import Files, control_path, lab_settings, open_asking
from netmon.cli.everywhere import answering
from netmon.cli.exits import Exit, Stop
from netmon.cli.first_time import is_absent
from netmon.cli.narration import Narrator
from netmon.cli.session import Session
from netmon.cli.targets import target
from netmon.cli.values import Port
from netmon.config.loading import Loaded
from netmon.config.settings import Configuration
from netmon.decisions.verdict import weigh
from netmon.kernel.secrets import SecretError
from netmon.model.looks import CannotTellError, Failure, Outcome
from netmon.model.moments import Moment, in_seconds, rfc3339
from netmon.model.plan import CheckSpec, Subject
from netmon.model.states import Verdict

_OURS = (CannotTellError, SecretError, ValueError, OSError)
"""What stops a look on our side: a file, a secret, or a right that this user does not have."""


@dataclass(frozen=True, slots=True)
class Poll:
    """One look at one check: what came back, and what it says by itself."""

    check: CheckSpec
    at: Moment
    outcome: Outcome
    verdict: Verdict
    failure: Failure | None


@click.command()
@click.argument("name", metavar="DEVICE|SERVICE|ADDRESS")
@click.option("--credential", metavar="ID", help="Ask an address that is not in the inventory by SNMP too, with this.")
@click.option("--port", metavar="PORT", type=Port(), help="The agent's UDP port, for --credential; usually 161.")
@click.option("--explain", is_flag=True, help="Tell settings with their origin, steps, numbers, verdict and rule.")
@answering()
@click.pass_obj
def poll(session: Session, name: str, credential: str | None, port: int | None, explain: bool, as_json: bool) -> None:
    """Run the checks of a device or service once, now; no history is written and no state changes.

    An ADDRESS that is not in the inventory is asked only if it lies inside `networks:` of the configuration. Exits
    with 0 if everything answered as it should, else 1.
    """
    loaded = session.load()
    if problems := session.problems(loaded):
        raise session.refusal(problems)
    settings, _ = loaded.complete
    subject = target(session, loaded, name, credential, port)
    if subject.lab:
        session.require_first_run(settings)
    narrator = Narrator(session.screen, session.words, loaded.inventory, session.config)
    if not as_json:
        narrator.tell_subject(subject)
        if subject.lab and is_absent(control_path(settings)):
            narrator.tell_lab_is_away()
    polls = session.run(_poll(session, loaded, subject, None if as_json else narrator, explain=explain))
    if as_json:
        session.screen.json({"entity": subject.id, "lab": subject.lab, "checks": [_document(one) for one in polls]})
    else:
        narrator.tell_end(polls)
    answered = all(one.verdict is Verdict.ANSWERED for one in polls)
    raise click.exceptions.Exit(Exit.FINE if answered else Exit.ATTENTION)


async def _poll(
    session: Session, loaded: Loaded, subject: Subject, narrator: Narrator | None, *, explain: bool
) -> Sequence[Poll]:
    settings, _ = loaded.complete
    polls = []
    async with open_asking(Files(session.config, loaded), session.clock, _echo(settings)) as asking:
        for check in subject.checks:
            if narrator is not None and explain:
                narrator.tell_settings(check, subject)
            at = session.clock.now()
            try:
                outcome = await asking.collector(check, subject).look(check.rule.timeout)
            except _OURS as error:
                raise Stop(f"{check.id}: {error}", Exit.OUT_OF_REACH) from error
            verdict, failure = weigh(outcome, check.rule)
            polls.append(Poll(check, at, outcome, verdict, failure))
            if narrator is not None:
                narrator.tell_poll(polls[-1], explain=explain)
    return polls


def _echo(settings: Configuration) -> tuple[str, int] | None:
    shapes = lab_settings(settings)
    return (str(shapes.echo_host), shapes.echo_port) if shapes else None


def _document(poll: Poll) -> dict[str, Any]:
    outcome = poll.outcome
    return {
        "check": poll.check.id,
        "address": poll.check.address,
        "at": rfc3339(poll.at),
        "seconds": in_seconds(outcome.took),
        "verdict": poll.verdict.value,
        "reason": poll.failure.reason.value if poll.failure else None,
        "evidence": poll.failure.evidence if poll.failure else None,
        "facts": dict(outcome.facts or {}),
        "interfaces": {finding.interface: finding.state.value for finding in outcome.findings},
        "readings": [
            {"labels": dict(labels), "values": {metric: column[row] for metric, column in readings.columns.items()}}
            for readings in outcome.readings
            for row, labels in enumerate(readings.labels)
        ],
    }
