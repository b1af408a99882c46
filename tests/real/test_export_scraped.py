"""What netmon shows, read by those who will read it: promtool, Prometheus and curl."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from netmon.collectors import KINDS
from netmon.export.doors import Readiness, build_doors
from netmon.export.exposition import Exposition
from netmon.export.health import Health
from netmon.export.misfits import MisfitError
from netmon.export.server import listen, serve
from netmon.export.settings import ExportSettings
from netmon.kernel.clock import SystemClock
from netmon.model.ids import EntityId, check_id
from netmon.model.looks import Labels, Readings
from netmon.model.moments import MILLISECOND, Duration
from netmon.model.plan import POLLED_RULE, CheckSpec, Plan, Subject
from netmon.model.states import State, Verdict

pytestmark = pytest.mark.real

PATIENCE = 60
GW1 = EntityId("device:gw1")
COUNTER = "netmon_interface_receive_bytes_total"
PORTS: tuple[Labels, ...] = tuple(((("interface", name)),) for name in ("Gi0/0", 'odd "name"\\', "Cổng 2\nhai"))
VALUES = (2**53, 18_446_744_073_709_551_615, 7)


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed; `make parts` does")


def raise_misfit(misfit: MisfitError) -> None:
    raise misfit


@dataclass(frozen=True)
class Shown:
    """A netmon that shows one device, with every family of every kind."""

    url: str
    exposition: Exposition
    checks: tuple[CheckSpec, ...]

    @property
    def snmp(self) -> CheckSpec:
        return next(check for check in self.checks if check.kind == "snmp")


@contextlib.asynccontextmanager
async def showing() -> AsyncIterator[Shown]:
    checks = tuple(
        CheckSpec(
            id=check_id(GW1, kind.name), subject=GW1, kind=kind.name, name=None, address="10.0.0.1", rule=POLLED_RULE
        )
        for kind in KINDS
    )
    gw1 = Subject(
        id=GW1, title={"vi": "Cổng Sở Y tế"}, role="router", site="so-y-te", lab=True, checks=checks, watched=("Gi0/0",)
    )
    health = Health(SystemClock(), lab=True)
    exposition = Exposition(KINDS, raise_misfit)
    exposition.show_plan([gw1])
    exposition.show_state(GW1, State.UP)
    health.plan_taken(Plan(hash="abc", poller="centre", subjects={GW1: gw1}), 1, SystemClock().now())
    for kind, check in zip(KINDS, checks, strict=True):
        exposition.show_state(EntityId(check.id), State.UP)
        scalars = {name: (1,) for name in kind.metrics if name != COUNTER}
        tables = [Readings(((),), scalars), *([Readings(PORTS, {COUNTER: VALUES})] if COUNTER in kind.metrics else [])]
        exposition.show_readings(check, tables, dict.fromkeys(kind.facts, 'a "fact"'))
        health.look_finished(kind.name, Verdict.ANSWERED, Duration(MILLISECOND), Duration(MILLISECOND))
    settings = ExportSettings(listen="127.0.0.1:0")
    listening = listen(settings)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        server = group.create_task(serve(build_doors(exposition, health, Readiness, settings), listening, settings))
        yield Shown(f"http://127.0.0.1:{listening.getsockname()[1]}", exposition, checks)
        server.cancel()


async def run(*command: str, given: bytes = b"") -> tuple[int | None, bytes]:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate(given)
    return process.returncode, output


@needs("promtool")
async def test_promtool_finds_nothing_to_say_about_any_family() -> None:
    async with showing() as shown, httpx.AsyncClient() as client:
        body = (await client.get(f"{shown.url}/metrics")).content

        assert await run("promtool", "check", "metrics", given=body) == (0, b"")


@needs("curl")
async def test_curl_reads_the_compressed_body_whole() -> None:
    async with showing() as shown:
        _, plain = await run("curl", "-sS", f"{shown.url}/metrics")
        status, packed = await run("curl", "-sS", "--compressed", f"{shown.url}/metrics")

    assert status == 0
    assert device_lines(packed) == device_lines(plain) != []


def device_lines(body: bytes) -> list[bytes]:
    return [line for line in body.splitlines() if b'device="' in line]


@needs("prometheus")
async def test_prometheus_scrapes_everything_and_forgets_what_is_hidden(tmp_path: Path) -> None:
    async with showing() as shown, prometheus(shown.url, tmp_path) as ask:
        await until(lambda: ask_value(ask, 'up{job="netmon"}'), "1")

        assert await ask_value(ask, 'netmon_device_state{device="gw1",state="up"}') == "1"
        assert await ask_value(ask, 'netmon_device_info{title="Cổng Sở Y tế",lab="true"}') == "1"
        for ((_, interface),), value in zip(PORTS, VALUES, strict=True):
            found = await ask_value(ask, f"{COUNTER}{{interface={json.dumps(interface, ensure_ascii=False)}}}")
            assert float(found or "nan") == float(value)
        async with httpx.AsyncClient() as client:
            text = (await client.get(f"{shown.url}/metrics")).text
        lines = sum(not line.startswith("#") for line in text.splitlines())
        assert await ask_value(ask, 'scrape_samples_scraped{job="netmon"}') == str(lines)

        shown.exposition.hide_readings(shown.snmp.id)

        await until(lambda: ask_value(ask, f"count({COUNTER})"), None)
        assert await ask_value(ask, 'netmon_device_up{device="gw1"}') == "1"


@needs("prometheus")
async def test_prometheus_discovers_every_device(tmp_path: Path) -> None:
    async with showing() as shown, prometheus(shown.url, tmp_path) as ask:

        async def discovered() -> object:
            active = (await ask("targets", {}))["activeTargets"]
            return next((one["labels"] for one in active if one["scrapePool"] == "devices"), None)

        await until(discovered, {"job": "devices", "instance": "gw1", "site": "so-y-te"})


Ask = Callable[[str, dict[str, str]], Awaitable[dict[str, list[dict[str, object]]]]]

CONFIGURATION = """
global: {{scrape_interval: 500ms, scrape_timeout: 500ms}}
scrape_configs:
  - job_name: netmon
    static_configs: [{{targets: ["{address}"]}}]
  - job_name: devices
    scrape_interval: 1h
    http_sd_configs: [{{url: "{url}/sd", refresh_interval: 1s}}]
    relabel_configs:
      - {{source_labels: [__meta_netmon_device], target_label: instance}}
      - {{source_labels: [__meta_netmon_site], target_label: site}}
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{target_label: __address__, replacement: "{address}"}}
"""


@contextlib.asynccontextmanager
async def prometheus(url: str, folder: Path) -> AsyncIterator[Ask]:
    """A Prometheus that scrapes *url*; gives what asks its API."""
    configuration = folder / "prometheus.yml"
    configuration.write_text(CONFIGURATION.format(url=url, address=url.removeprefix("http://")), encoding="utf-8")
    with listen(ExportSettings(listen="127.0.0.1:0")) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    process = await asyncio.create_subprocess_exec(
        "prometheus",
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={address}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://{address}/api/v1/") as client:

            async def ask(what: str, parameters: dict[str, str]) -> dict[str, list[dict[str, object]]]:
                answer = (await client.get(what, params=parameters)).json()
                assert isinstance(answer["data"], dict)
                return answer["data"]

            yield ask
    finally:
        process.terminate()
        await process.wait()


async def ask_value(ask: Ask, query: str) -> str | None:
    """The value of the only series that *query* gives; ``None`` for no series."""
    found = (await ask("query", {"query": query}))["result"]
    assert len(found) < 2
    return str(found[0]["value"][1]) if found else None  # type: ignore[index]


async def until(look: Callable[[], Awaitable[object]], expected: object) -> None:
    """Return when *look* sees what is expected; the deadline is that of the test."""
    while True:
        with contextlib.suppress(httpx.TransportError, json.JSONDecodeError):
            if await look() == expected:
                return
        await asyncio.sleep(0.1)
