"""Tells what a poll does and finds: settings and their origins, steps with times, and what follows by which rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from netmon.cli.advice import advice
from netmon.cli.origins import settings_of
from netmon.cli.screen import STYLES, Screen
from netmon.cli.words import VERDICTS, Words
from netmon.inventory.inventory import Inventory
from netmon.model.looks import Failure, Outcome
from netmon.model.plan import CheckSpec, Rule, Subject
from netmon.model.states import State, Verdict

_MOST_ROWS = 8
_STYLES: Mapping[Verdict, str] = {Verdict.ANSWERED: "green", Verdict.MISSED: "bold red"}


class Polled(Protocol):
    """What one look brought, as the narrator needs it."""

    @property
    def check(self) -> CheckSpec:
        """What was asked."""

    @property
    def outcome(self) -> Outcome:
        """What came back."""

    @property
    def verdict(self) -> Verdict:
        """What it says by itself."""

    @property
    def failure(self) -> Failure | None:
        """Why it is not a plain answer."""


@dataclass(frozen=True, slots=True)
class Narrator:
    """Narrates one poll."""

    screen: Screen
    words: Words
    inventory: Inventory
    config: Path

    def tell_subject(self, subject: Subject) -> None:
        """Who is asked."""
        title = self.words.title(subject.title)
        mark = f" {self.words.say('(lab)')}" if subject.lab else ""
        self.screen.line(
            (subject.id, "bold"), f"  {' · '.join(filter(None, (title, subject.role, subject.site)))}{mark}"
        )

    def tell_lab_is_away(self) -> None:
        """Why nothing in the lab will answer."""
        said = self.words.say("the lab plays this, and no netmon is running here: nobody will answer; `netmon run`")
        self.screen.line((said, "yellow"), indent=2, hang=2)

    def tell_settings(self, check: CheckSpec, subject: Subject) -> None:
        """Every setting with where it came from."""
        self.screen.gap()
        said = self.words.say("settings of {check}", check=check.id)
        self.screen.line((said, "bold"))
        for setting in settings_of(check, subject, self.inventory, self.config):
            self.screen.line(setting.tell(self.words), indent=2, hang=4)

    def tell_poll(self, poll: Polled, *, explain: bool) -> None:
        """One look: how it went, why, and with *explain* everything in it and what follows."""
        check, outcome, say = poll.check, poll.outcome, self.words.say
        name = f"{check.kind} {check.name}" if check.name else check.kind
        self.screen.line(
            (name, "bold"),
            f"  {check.address}  ",
            (say(VERDICTS[poll.verdict]), _STYLES.get(poll.verdict, "yellow")),
            " " + say("after {took}", took=self.words.duration(outcome.took)),
            hang=2,
        )
        if poll.failure is not None:
            self.screen.line(f"{poll.failure.reason.value}: {poll.failure.evidence}", indent=2, hang=2)
            self.screen.line((say(advice(poll.failure.reason, check.kind)), "yellow"), indent=2, hang=2)
        self._tell_findings(outcome)
        if explain:
            self._tell_contents(outcome)
            self.screen.line(self._rule(poll.verdict, check.rule), indent=2, hang=2)

    def tell_end(self, polls: Sequence[Polled]) -> None:
        """That nothing was kept."""
        well = sum(poll.verdict is Verdict.ANSWERED for poll in polls)
        said = self.words.say("{well} of {all} answered as they should; nothing was written", well=well, all=len(polls))
        self.screen.line((said, "dim"))

    def _tell_findings(self, outcome: Outcome) -> None:
        bad = [finding for finding in outcome.findings if finding.state is not State.UP]
        if outcome.findings:
            up = len(outcome.findings) - len(bad)
            said = self.words.say("watched interfaces: {up} of {all} up", up=up, all=len(outcome.findings))
            self.screen.line(said, indent=2)
        for finding in bad:
            evidence = f": {finding.failure.evidence}" if finding.failure else ""
            state = (self.words.state(finding.state), STYLES[finding.state])
            self.screen.line(state, f"  {finding.interface}{evidence}", indent=4, hang=2)

    def _tell_contents(self, outcome: Outcome) -> None:
        """Facts and numbers: all that stand alone, and the first rows of each table."""
        for fact, value in sorted((outcome.facts or {}).items()):
            self.screen.line((f"{fact}: ", "dim"), value, indent=2, hang=2)
        for readings in outcome.readings:
            for row, labels in enumerate(readings.labels[:_MOST_ROWS]):
                numbers = [
                    f"{metric.removeprefix('netmon_')} {column[row]:.6g}"
                    for metric, column in readings.columns.items()
                    if column[row] is not None
                ]
                name = " ".join(value for _, value in labels)
                self.screen.line((f"{name}  " if name else "", "bold"), (", ".join(numbers), "dim"), indent=2, hang=2)
            left = len(readings.labels) - _MOST_ROWS
            if left > 0:
                self.screen.line(self.words.some(left, "and {n} more row", "and {n} more rows"), indent=2)

    def _rule(self, verdict: Verdict, rule: Rule) -> str:
        """What the verdict would mean to the running netmon."""
        say = self.words.say
        if verdict is Verdict.MISSED:
            return say(
                "rule: a first miss opens a burst of {looks} looks in all; {misses} missed of these mean down, "
                "dated to the first",
                looks=rule.relooks + 1,
                misses=rule.misses_for_down,
            )
        if verdict is Verdict.SLOW:
            slow = self.words.duration(rule.slow or rule.timeout)
            return say("rule: an answer after more than {slow} is slow", slow=slow)
        if verdict is Verdict.DEGRADED:
            return say("rule: an answer with a flaw makes the check degraded at once")
        return say(
            "rule: an answer within {timeout}; a check that is down needs {answers} of {looks} to be up again",
            timeout=self.words.duration(rule.timeout),
            answers=rule.answers_for_up,
            looks=rule.relooks + 1,
        )
