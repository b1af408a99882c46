"""A small exposition, makers of what it shows, and what Prometheus' own parsers read in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from netmon.export.exposition import Exposition
from netmon.export.fragments import plain_chunks
from netmon.export.misfits import MisfitError
from netmon.export.syntax import Syntax
from netmon.kernel.settings import Settings
from netmon.model.ids import EntityId, check_id
from netmon.model.plan import POLLED_RULE, CheckSpec, Subject
from netmon.ports import CollectorKind, Ground, Questions

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def open_nothing(_: Ground) -> AbstractAsyncContextManager[Questions]:
    @asynccontextmanager
    async def nothing() -> AsyncIterator[Questions]:
        raise AssertionError("nobody looks in these tests")
        yield

    return nothing()


def kind_of_check(name: str, metrics: Mapping[str, str], facts: tuple[str, ...] = ()) -> CollectorKind:
    return CollectorKind(name=name, settings=Settings, open=open_nothing, metrics=metrics, facts=facts)


ICMP = kind_of_check("icmp", {"netmon_icmp_rtt_seconds": "Round trip."})
SNMP = kind_of_check(
    "snmp",
    {
        "netmon_interface_receive_bytes_total": 'Bytes in, from "ifHCInOctets".',
        "netmon_interface_speed_bytes": "Speed in bytes\nper second; a \\ stands here to be escaped.",
        "netmon_device_uptime_seconds": "Since the last start.",
    },
    ("sys_name", "location"),
)
HTTP = kind_of_check("http", {"netmon_http_duration_seconds": "Time to the whole answer."})


def raise_misfit(misfit: MisfitError) -> None:
    raise misfit


@pytest.fixture
def exposition() -> Exposition:
    """An exposition of three kinds, to which a misfit is a failure of the test."""
    return Exposition([ICMP, SNMP, HTTP], raise_misfit)


@pytest.fixture
def make_exposition() -> Callable[[Callable[[MisfitError], None]], Exposition]:
    """An exposition that does what the test wants about misfits."""
    return lambda refuse: Exposition([ICMP, SNMP, HTTP], refuse)


@pytest.fixture
def check() -> Callable[..., CheckSpec]:
    """``check("device:gw1", "icmp")``."""

    def make(subject: str, kind: str, name: str | None = None, address: str = "127.20.0.1") -> CheckSpec:
        of = EntityId(subject)
        return CheckSpec(
            id=check_id(of, kind, name), subject=of, kind=kind, name=name, address=address, rule=POLLED_RULE
        )

    return make


@pytest.fixture
def subject(check: Callable[..., CheckSpec]) -> Callable[..., Subject]:
    """``subject("device:gw1", "icmp", "snmp")``: a subject with a check of each kind."""

    def make(entity: str, *kinds: str, **more: object) -> Subject:
        given = {"title": {"vi": "Sở Y tế"}, "role": "router", **more}
        checks = tuple(check(entity, kind) for kind in kinds)
        return Subject(id=EntityId(entity), checks=checks, **given)  # type: ignore[arg-type]

    return make


def _text(exposition: Exposition, syntax: Syntax) -> str:
    return b"".join(plain_chunks(exposition.fragments(syntax))).decode() + syntax.end


@pytest.fixture
def text() -> Callable[..., str]:
    """The body that a scraper would get."""
    return lambda exposition, syntax=Syntax.TEXT: _text(exposition, syntax)


@pytest.fixture
def read() -> Callable[[Exposition], Samples]:
    """Every sample by name and labels, as both parsers read it; a repeated or differing one is an error."""

    def samples(exposition: Exposition) -> Samples:
        found: list[Samples] = []
        for parse, syntax in ((parse_text, Syntax.TEXT), (parse_openmetrics, Syntax.OPENMETRICS)):
            listed = [
                ((sample.name, frozenset(sample.labels.items())), sample.value)
                for family in parse(_text(exposition, syntax))
                for sample in family.samples
            ]
            found.append(dict(listed))
            assert len(found[-1]) == len(listed)
        assert repr(found[0]) == repr(found[1])  # as text, because NaN is not equal to itself
        return found[0]

    return samples


@pytest.fixture
def lines(text: Callable[..., str]) -> Callable[[Exposition, str], list[str]]:
    """The sample lines of the families whose names begin so."""

    def beginning(exposition: Exposition, name: str) -> list[str]:
        return [line for line in text(exposition).splitlines() if line.startswith(name)]

    return beginning
