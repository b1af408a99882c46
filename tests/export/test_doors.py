"""The doors, asked without a network."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, MutableMapping
from typing import Any

import httpx
import pytest
from prometheus_client import Gauge
from starlette.types import ASGIApp

from netmon.export.doors import Readiness, build_doors
from netmon.export.exposition import Exposition
from netmon.export.health import Health
from netmon.export.settings import ExportSettings
from netmon.export.syntax import Syntax
from netmon.kernel.clock import FakeClock
from netmon.model.plan import Subject

Causes = list[str]


@pytest.fixture
def causes() -> Causes:
    """Why netmon is not ready; a test may add some."""
    return []


@pytest.fixture
def doors(exposition: Exposition, subject: Callable[..., Subject], causes: Causes) -> ASGIApp:
    exposition.show_plan([subject("device:gw1", "icmp")])
    health = Health(FakeClock(), lab=False)
    return build_doors(exposition, health, lambda: Readiness(tuple(causes)), ExportSettings(scrapes_at_once=1))


@pytest.fixture
async def client(doors: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=doors)
    async with httpx.AsyncClient(transport=transport, base_url="http://netmon.test") as asking:
        yield asking


@pytest.mark.parametrize("syntax", list(Syntax))
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_a_scrape_is_what_the_scraper_asked_for(client: httpx.AsyncClient, syntax: Syntax, encoding: str) -> None:
    answer = await client.get("/metrics", headers={"accept": syntax.value, "accept-encoding": encoding})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == syntax.value
    assert answer.headers.get("content-encoding", "identity") == encoding
    assert answer.headers["vary"] == "accept, accept-encoding"
    assert 'netmon_device_state{device="gw1",state="unknown"} 1\n' in answer.text
    assert "netmon_build_info{" in answer.text
    assert answer.text.count("# EOF") == (syntax is Syntax.OPENMETRICS)
    assert answer.text.endswith(syntax.end or "\n")


async def test_no_family_stands_twice_in_a_scrape(client: httpx.AsyncClient) -> None:
    heads = [line.split()[2] for line in (await client.get("/metrics")).text.splitlines() if line.startswith("# TYPE")]

    assert len(heads) == len(set(heads))


async def test_a_registry_that_took_one_of_our_names_is_refused(exposition: Exposition) -> None:
    health = Health(FakeClock(), lab=False)
    Gauge("netmon_device_up", "Somebody else's.", registry=health.registry)

    with pytest.raises(ValueError, match="netmon_device_up"):
        build_doors(exposition, health, Readiness, ExportSettings())


async def test_a_scrape_too_many_is_told_to_come_back(doors: ASGIApp, client: httpx.AsyncClient) -> None:
    release, answers = asyncio.Event(), asyncio.Event()

    async def slow_reader(_: MutableMapping[str, Any]) -> None:
        answers.set()
        await release.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(doors(scope("/metrics"), nothing_more, slow_reader))  # type: ignore[arg-type]
        await answers.wait()
        refused = await client.get("/metrics")
        release.set()
    served = await client.get("/metrics")

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert served.status_code == 200
    assert 'netmon_scrapes_total{result="refused"} 1.0' in served.text
    assert 'netmon_scrapes_total{result="served"} 1.0' in served.text


async def test_a_scrape_that_is_cut_off_gives_its_place_back(doors: ASGIApp, client: httpx.AsyncClient) -> None:
    async def gone(_: MutableMapping[str, Any]) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await doors(scope("/metrics"), nothing_more, gone)  # type: ignore[arg-type]

    assert (await client.get("/metrics")).status_code == 200


async def test_others_take_their_turn_between_the_pieces_of_a_scrape(doors: ASGIApp) -> None:
    turns: list[str] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        turns.append(message["type"])

    async def other() -> None:
        turns.append("somebody else")

    async with asyncio.TaskGroup() as group:
        scrape = group.create_task(doors(scope("/metrics"), nothing_more, send))  # type: ignore[arg-type]
        group.create_task(other())
    await scrape

    assert turns.index("somebody else") < len(turns) - 1


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/readyz", "/sd"])
async def test_head_answers_like_get_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    got, headed = await client.get(path), await client.head(path)

    assert headed.status_code == got.status_code == 200
    assert headed.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/metrics/", 404),
        ("POST", "/metrics", 405),
        ("DELETE", "/sd", 405),
        ("OPTIONS", "/", 405),
        ("TRACE", "/metrics", 405),
    ],
)
async def test_what_is_not_there_or_not_allowed_is_said_so(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    assert (await client.request(method, path)).status_code == status


async def test_a_body_is_turned_away_unread(client: httpx.AsyncClient) -> None:
    answer = await client.request("GET", "/metrics", content=b"x")

    assert (answer.status_code, answer.headers["connection"]) == (413, "close")


async def test_the_process_is_alive_even_where_it_is_not_ready(client: httpx.AsyncClient, causes: Causes) -> None:
    causes.append("the store has kept nothing for 40 s")

    alive, ready = await client.get("/healthz"), await client.get("/readyz")

    assert (alive.status_code, alive.text) == (200, "ok\n")
    assert (ready.status_code, ready.json()) == (
        503,
        {"ready": False, "causes": ["the store has kept nothing for 40 s"]},
    )


async def test_without_a_cause_against_it_netmon_is_ready(client: httpx.AsyncClient) -> None:
    answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "causes": []})


async def test_service_discovery_is_json_as_prometheus_wants_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/sd")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json()[0]["targets"] == ["127.20.0.1"]


async def test_the_index_leads_to_every_door_and_runs_nothing(client: httpx.AsyncClient) -> None:
    page = await client.get("/")

    assert page.headers["content-security-policy"] == "default-src 'none'"
    for path in ("/metrics", "/sd", "/healthz", "/readyz"):
        assert f'href="{path}"' in page.text
        assert (await client.get(path)).status_code == 200


def scope(path: str) -> dict[str, object]:
    headers = [(b"accept-encoding", b"gzip")]
    return {"type": "http", "method": "GET", "path": path, "headers": headers, "query_string": b"", "root_path": ""}


async def nothing_more() -> MutableMapping[str, Any]:
    raise AssertionError("nobody reads what was sent")


async def test_a_gzip_body_in_pieces_is_whole(doors: ASGIApp) -> None:
    pieces: list[bytes] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        pieces.append(message.get("body", b""))

    await doors(scope("/metrics"), nothing_more, send)  # type: ignore[arg-type]

    assert b"netmon_device_state" in gzip.decompress(b"".join(pieces))
