"""The situation as lines for people: what is wrong, since when, why, and what it takes with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.text import Text

from netmon.cli.first_time import NOT_YET
from netmon.cli.screen import STYLES, Screen, text
from netmon.cli.situation import Situation, Standing, Trouble
from netmon.cli.times import LocalTime, rounded
from netmon.cli.words import Words
from netmon.inventory.inventory import Inventory
from netmon.model.ids import EntityId, EntityKind, bare_id
from netmon.model.moments import Duration
from netmon.model.news import Status
from netmon.model.states import State

MOST_BLOCKS = 20
"""With more than so many causes, sites are told of instead of devices."""

_MOST_NAMES = 12
_MOST_SITES = 3
_COUNTED = (State.UP, State.DEGRADED, State.DOWN, State.UNREACHABLE, State.UNKNOWN, None)


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells about entities on one screen."""

    screen: Screen
    words: Words
    local: LocalTime
    inventory: Inventory

    # ------------------------------------------------------------ the head

    def tell_freshness(self, situation: Situation) -> None:
        """When this was so, if that is not now."""
        say = self.words.say
        if situation.known_at is None:
            self.screen.line((say(NOT_YET), "bold"))
        elif not situation.is_running:
            known = self.local.show_whole(situation.known_at)
            ago = self.words.duration(rounded(Duration(max(0, situation.now - situation.known_at))))
            self.screen.line(
                (say("netmon is not running; this is what was known at {at}, {ago} ago", at=known, ago=ago), "bold")
            )

    def tell_summary(self, situation: Situation, name: str) -> None:
        """How many are in which state."""
        say = self.words.say
        at = self.local.show_whole(situation.known_at or situation.now)
        mark = f" {say('(lab)')}" if situation.is_lab else ""
        self.screen.line((name, "bold"), f"{mark}  {at}")
        rows = [
            (say("devices"), situation.count(EntityKind.DEVICE)),
            (say("services"), situation.count(EntityKind.SERVICE)),
            (say("link ends"), Counter(one.state for one in situation.standings if one.link is not None)),
            (say("other interfaces"), Counter(one.state for one in situation.standings if _is_plain_interface(one))),
        ]
        told = [(label, counts) for label, counts in rows if counts]
        width = max((len(label) for label, _ in told), default=0)
        for label, counts in told:
            self.screen.line(f"{label:<{width}}  ", self._counts(counts), indent=2, hang=width + 2)

    def _counts(self, counts: Mapping[State | None, int]) -> Text:
        parts = [
            text((f"{self.words.number(f'{counts[state]:,}')} {self.words.state(state)}", STYLES[state]))
            for state in _COUNTED
            if counts.get(state)
        ]
        return Text("   ").join(parts)

    # ------------------------------------------------------------ one by one

    def tell_cause(self, standing: Standing, others: Mapping[EntityId, Standing]) -> None:
        """One block: who, where, since when, why, and what goes with it."""
        status = standing.status
        if status is None:
            return
        self.screen.line(self.headline(standing), hang=2)
        self.screen.line(self.since(status), indent=2, hang=2)
        for why in self.reasons(standing):
            self.screen.line(why, indent=2, hang=2)
        if standing.taken:
            self._tell_taken(standing, others)

    def headline(self, standing: Standing) -> Text:
        """State, identity, what it is and where."""
        subject = standing.subject
        parts: list[str | tuple[str, str]] = [
            (self.words.state(standing.state).upper(), STYLES[standing.state]),
            "  ",
            (standing.id, "bold"),
        ]
        if standing.link is not None:
            parts.append(f"  {self.words.say('end of link {link}', link=standing.link)}")
        title = self.words.title(subject.title) or (subject.role if standing.kind is not EntityKind.INTERFACE else "")
        where = " · ".join(filter(None, (title, self.department(subject.department), subject.site or "")))
        parts.append((f"  {where}" if where else "", "dim"))
        if subject.lab:
            parts.append((f" {self.words.say('(lab)')}", "dim"))
        return text(*parts)

    def since(self, status: Status) -> Text:
        """Since when, and how long that is."""
        ago = self.words.duration(rounded(Duration(max(0, self.local.now - status.since))))
        return text(self.words.say("since {at}, for {ago}", at=self.local.show(status.since), ago=ago))

    def reasons(self, standing: Standing) -> list[Text]:
        """Why it is so now: what its checks say, or else the reason with which it came into its state."""
        troubles = standing.told_troubles
        if troubles:
            return [self._check(trouble) for trouble in troubles]
        why = self.why(standing.status) if standing.status else None
        return [] if why is None else [why]

    def _check(self, trouble: Trouble) -> Text:
        status = trouble.status
        state = (self.words.state(status.state), STYLES[status.state])
        line = text(trouble.label, " ", state, f" {self.words.say('since {at}', at=self.local.show(status.since))}")
        why = self.why(status)
        return line if why is None else line.append_text(text(", ")).append_text(why)

    def why(self, status: Status) -> Text | None:
        """Reason and evidence."""
        if status.failure is None:
            return None
        return text((status.failure.reason.value, STYLES[status.state]), f": {status.failure.evidence}")

    def department(self, department: str | None) -> str:
        """The name of a department."""
        entry = self.inventory.departments.get(department or "")
        return self.words.title(entry.value.name.by_language) if entry else department or ""

    def _tell_taken(self, standing: Standing, others: Mapping[EntityId, Standing]) -> None:
        taken, some = standing.taken, self.words.some
        counts = [some(len(taken.devices), "{n} device", "{n} devices")] if taken.devices else []
        if taken.services:
            counts.append(some(len(taken.services), "{n} service", "{n} services"))
        if taken.sites:
            named = len(taken.sites) <= _MOST_SITES
            whole = ", ".join(taken.sites) if named else some(len(taken.sites), "{n} site", "{n} sites")
            counts.append(self.words.say("all of {sites}", sites=whole))
        line = self.words.say("takes with it, as far as known: {what}", what=", ".join(counts))
        names = [bare_id(one) for one in (*taken.devices, *taken.services)]
        self.screen.line(line, f" ({self._few(names)})", indent=2, hang=2)
        answering = [bare_id(one) for one in taken.devices if others[one].state in (State.UP, State.DEGRADED)]
        if answering:
            line = self.words.say("of these still held to answer: {names}", names=self._few(answering))
            self.screen.line(line, indent=2, hang=2)

    def _few(self, names: Sequence[str]) -> str:
        shown = ", ".join(names[:_MOST_NAMES])
        left = len(names) - _MOST_NAMES
        return f"{shown}, {self.words.some(left, 'and {n} more', 'and {n} more')}" if left > 0 else shown

    # ------------------------------------------------------------ by site

    def tell_sites(self, causes: Iterable[Standing]) -> None:
        """Two lines for each site, in the order of *causes*: how many of what, and who."""
        by_site: dict[str, list[Standing]] = {}
        for standing in causes:
            by_site.setdefault(standing.subject.site or "", []).append(standing)
        for site, standings in by_site.items():
            counts = self._counts(Counter(standing.state for standing in standings))
            name = self.department(standings[0].subject.department) if site else self.words.say("shared services")
            self.screen.line((site or name, "bold"), f"  {name if site else ''}  ", counts, hang=2)
            oldest = min(standing.status.since for standing in standings if standing.status)
            names = self._few([bare_id(standing.id) for standing in standings])
            self.screen.line(f"{self.local.show(oldest)}  {names}", indent=2, hang=2)

    # ------------------------------------------------------------ everything

    def tell_briefly(self, standing: Standing) -> None:
        """One line, whatever its state."""
        line = self.headline(standing)
        if standing.status is not None:
            line.append_text(text("  ")).append_text(self.since(standing.status))
        self.screen.line(line, hang=2)

    def tell_rest(self, situation: Situation, shown: Iterable[Standing]) -> None:
        """What is not well and is no cause: switched off by somebody, or not looked at yet."""
        listed = list(shown)
        off = [bare_id(standing.id) for standing in listed if standing.is_intended]
        if off:
            line = self.words.some(len(off), "{n} interface is switched off", "{n} interfaces are switched off")
            self.screen.line((f"{line}: {self._few(off)}", "dim"), hang=2)
        waiting = [bare_id(one.id) for one in listed if one.state is None and one.kind is not EntityKind.INTERFACE]
        if waiting and situation.is_running:
            line = self.words.some(len(waiting), "{n} is not looked at yet", "{n} are not looked at yet")
            self.screen.line((f"{line}: {self._few(waiting)}", "dim"), hang=2)


def _is_plain_interface(standing: Standing) -> bool:
    return standing.kind is EntityKind.INTERFACE and standing.link is None
