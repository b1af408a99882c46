"""Random stories: what can go wrong in a province, in the process and in its store, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace

from netmon.model.ids import EntityId
from netmon.model.moments import MILLISECOND, SECOND, Duration, seconds
from netmon.model.plan import ICMP_RULE, POLLED_RULE, Rule, Subject
from netmon.model.states import State
from tests.makers import check, subject
from tests.scenario.targets import Mood, Target
from tests.scenario.world import World

HASTY = replace(ICMP_RULE, interval=Duration(2 * SECOND), slow=Duration(200 * MILLISECOND))
BRISK = replace(POLLED_RULE, interval=Duration(15 * SECOND), timeout=Duration(4 * SECOND))

Act = Callable[[], Awaitable[None] | None]


class Story:
    """One world and the dice that decide what happens in it."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.dice = random.Random(seed)
        self.acts: tuple[tuple[int, Act], ...] = (
            (30, self.time_passes),
            (14, self.a_target_changes_its_mood),
            (6, self.a_target_becomes_slow),
            (8, self.a_target_flickers),
            (6, self.a_target_loses_packets),
            (4, self.a_port_changes),
            (3, world.loses_its_uplink),
            (5, world.regains_its_uplink),
            (3, self.the_store_changes),
            (3, self.the_plan_changes),
            (2, self.the_process_is_killed),
            (1, self.the_process_is_stopped),
            (1, self.the_host_sleeps),
        )
        world.has_canaries("provider", "backbone")
        for name, rule in (("core-1", None), ("edge-1", HASTY), ("edge-2", BRISK)):
            world.has(self.device(name, rule))
        portal = EntityId("service:portal")
        world.has(subject(portal, check(portal, "http", rule=BRISK), check(portal, "tls")))

    def device(self, name: str, rule: Rule | None = None) -> Subject:
        entity = EntityId(f"device:{name}")
        kinds = self.dice.choice([("icmp", "snmp"), ("icmp", "snmp", "http"), ("snmp", "tcp"), ("icmp",)])
        checks = (
            check(entity, kind, rule=rule if kind == "icmp" and rule is not BRISK else BRISK, required=kind != "http")
            for kind in kinds
        )
        return subject(entity, *checks, watched=("Gi0/1", "Gi0/2"))

    async def is_told(self, acts: int) -> None:
        await self.world.starts()
        weights = [weight for weight, _ in self.acts]
        for _, act in self.dice.choices(self.acts, weights, k=acts):
            waiting = act()
            if waiting is not None:
                await waiting
        self.the_store_is_well()

    async def time_passes(self) -> None:
        await self.world.passes(self.dice.choice([0.1, 0.5, 1, 3, 3, 5, 10, 10, 30, 60]) * (0.5 + self.dice.random()))

    def a_target_changes_its_mood(self) -> None:
        moods = [Mood.SILENT, Mood.SILENT, Mood.REFUSING, Mood.FLAWED, Mood.CRASHING, Mood.HANGING]
        target = self._target()
        kind = self.dice.choice([None, None, *(spec.kind for spec in target.subject.checks)])
        target.is_in(self.dice.choice([*moods, *[Mood.ANSWERING] * 8]), kind)

    async def a_target_flickers(self) -> None:
        target = self._target()
        target.goes_silent()
        await self.world.passes(1 + 12 * self.dice.random())
        target.answers()

    def a_target_becomes_slow(self) -> None:
        target = self._target()
        for spec in target.subject.checks:
            share = self.dice.choice([0, 0.001, 0.01, 0.3, 0.6, 0.9])
            target.takes(Duration(int(spec.rule.timeout * share)), spec.kind)

    def a_target_loses_packets(self) -> None:
        share = self.dice.choice([0, 0, 0.1, 0.5])
        self._target().loses = lambda: self.dice.random() < share

    def a_port_changes(self) -> None:
        self._target().ports[self.dice.choice(["Gi0/1", "Gi0/2"])] = self.dice.choice([State.UP, State.DOWN])

    def the_store_changes(self) -> None:
        store = self.world.store
        store.refuses = self.dice.random() < 0.3
        store.before_commit = seconds(self.dice.choice([0, 0, 0.01, 0.4, 3]))
        store.after_commit = seconds(self.dice.choice([0, 0, 0.01, 0.4]))

    def the_store_is_well(self) -> None:
        self.world.store.refuses = False
        self.world.store.before_commit = self.world.store.after_commit = Duration(0)

    async def the_plan_changes(self) -> None:
        self.world.store.refuses = False
        name = self.dice.choice(["edge-1", "edge-2", "edge-3"])
        entity = EntityId(f"device:{name}")
        if entity in self.world.targets and self.dice.random() < 0.5:
            self.world.has_no_more(entity)
        elif self.dice.random() < 0.2:
            self.world.has_canaries(*self.dice.choice([("provider",), ("provider", "backbone"), ("backbone",)]))
        else:
            self.world.has(self.device(name, self.dice.choice([HASTY, BRISK, None])))
        if self.dice.random() < 0.7:
            await self.world.reloads()
        else:
            self.world.begins_to_reload()
            await self.world.passes(self.dice.choice([0, 0.2, 0.5]))
            await self.the_process_is_killed()

    async def the_process_is_killed(self) -> None:
        await self.world.crashes()
        await self._netmon_starts_again()

    async def the_process_is_stopped(self) -> None:
        self.the_store_is_well()
        await self.world.stops()
        await self._netmon_starts_again()

    async def _netmon_starts_again(self) -> None:
        self.the_store_is_well()
        assert self.world.replayed() == self.world.kept()
        await self.world.passes(self.dice.choice([0, 0, 1, 5, 20, 100]))
        await self.world.starts()

    async def the_host_sleeps(self) -> None:
        self.the_store_is_well()
        await self.world.sleeps(self.dice.choice([3, 10, 40, 300]))
        await self.world.passes(4)

    def _target(self) -> Target:
        return self.world.targets[self.dice.choice(sorted(self.world.targets))]
