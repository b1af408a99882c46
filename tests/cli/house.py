"""A small organisation with a store of its own, and the command line that is asked about it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from netmon.app import load_files
from netmon.cli import main
from netmon.kernel.clock import FakeClock
from netmon.model.ids import EntityId
from netmon.model.looks import Failure
from netmon.model.moments import MINUTE, Moment, from_rfc3339
from netmon.model.news import Transition
from netmon.model.states import Reason, State
from netmon.ports import Batch
from netmon.store import locate, open_store

NOON = from_rfc3339("2026-11-21T05:00:00Z")
"""Noon in Ninh Thuận."""

ORGANIZATION = """\
organization: {id: ninh-thuan, name: {vi: Tỉnh Ninh Thuận, en: Ninh Thuan Province}, zone: Asia/Ho_Chi_Minh}
networks: [{id: tslcd, name: TSLCD}]
peer_groups: [{id: so-nganh, name: Sở ngành}]
departments:
  - {id: so-y-te, name: {vi: Sở Y tế, en: Department of Health}, peer_group: so-nganh}
  - {id: centre, name: {vi: Trung tâm, en: The centre}, peer_group: so-nganh}
credentials:
  - {id: v2c, version: 2c, community: "literal:public"}
  - {id: elsewhere, version: 2c, community: "env:NETMON_TEST_COMMUNITY"}
"""
CENTRE = """\
site: {id: ttth, department: centre}
devices:
  - {name: core1, role: switch, address: 127.9.0.1, snmp: v2c, tier: 1}
"""
HEALTH = """\
site: {id: so-y-te, department: so-y-te}
devices:
  - {name: syt-gw1, role: router, address: 127.9.7.1, snmp: v2c}
  - {name: syt-sw1, role: switch, address: 127.9.7.2, parents: [syt-gw1]}
  - {name: syt-web1, role: server, address: 127.9.7.11, parents: [syt-sw1], title: {vi: Máy chủ web, en: Web server}}
links:
  - {id: syt-tslcd, network: tslcd, medium: fibre, a: syt-gw1/Gi0/0, b: core1/Gi1/0/7}
services:
  - {id: syt-portal, kind: portal, name: {vi: Cổng thông tin, en: Portal}, checks: [{http: {url: "http://127.9.7.11:9/"}}]}
"""
CONFIGURATION = 'networks: [127.9.0.0/16, 10.0.0.0/8]\nlisten: "127.0.0.1:19781"\n'

SILENCE = Failure(Reason.TIMEOUT, "127.9.7.1: no echo reply within 1 s")


@dataclass(frozen=True, slots=True)
class House:
    """A configuration on disk, with its store, and somebody who asks about it at a moment."""

    folder: Path
    clock: FakeClock

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def write(self, name: str, text: str) -> None:
        """Write a file of the configuration."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def ask(self, *arguments: str, language: str = "en") -> Result:
        """Call netmon as a pipe would see it."""
        command = ["--config", str(self.config), "--lang", language, *arguments]
        return CliRunner().invoke(main, command, obj=self.clock, catch_exceptions=False)

    def ask_json(self, *arguments: str) -> Any:
        """What netmon answers to programs."""
        return json.loads(self.ask(*arguments, "--json").stdout)

    @asynccontextmanager
    async def answering(self, answer: Mapping[str, Any]) -> AsyncIterator[None]:
        """While this lasts a netmon seems to run here, and says *answer* to whatever is asked; ask from a thread."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.write(json.dumps(answer).encode() + b"\n")
            writer.close()
            await writer.wait_closed()

        (self.folder / "state").mkdir(exist_ok=True)
        async with await asyncio.start_unix_server(serve, self.folder / "state" / "netmon.sock"):
            yield

    def keep(self, *news: Transition, began: Moment = NOON, beat: Moment | None = None) -> None:
        """Keep one life of netmon, from *began* to *beat* (by default now), with its plan and *news*."""
        (self.folder / "state").mkdir(exist_ok=True)
        asyncio.run(self._keep(news, began, self.clock.now() if beat is None else beat))

    async def _keep(self, news: tuple[Transition, ...], began: Moment, beat: Moment) -> None:
        loaded = load_files(self.config)
        settings, plan = loaded.complete
        async with open_store(locate(settings.store, state=Path(settings.state))) as store:
            life = await store.begin_life("centre", began)
            await store.take_plan(plan, began, loaded.sources)
            await store.keep(Batch(life=life.life, beat=beat, transitions=list(news)))


def became(entity: str, state: State, *, minute: float = 0, failure: Failure | None = None) -> Transition:
    """*entity* changed its state so many minutes after noon."""
    at = Moment(NOON + round(minute * MINUTE))
    return Transition(entity=EntityId(entity), at=at, state=state, failure=failure)


def states_of(document: Mapping[str, Any]) -> dict[str, str | None]:
    """The states of a status document by entity."""
    return {entity["id"]: entity["state"] for entity in document["entities"]}
