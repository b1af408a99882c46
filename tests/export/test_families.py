"""One name, one owner."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge

from netmon.export.exposition import Exposition
from netmon.export.families import OWN_FAMILIES, declared_families
from netmon.export.misfits import MisfitError
from netmon.kernel.settings import Settings
from netmon.ports import CollectorKind, Ground


def never_open(_: Ground) -> None:
    raise AssertionError("nobody looks in these tests")


def a_kind(name: str, *metrics: str, facts: tuple[str, ...] = ()) -> CollectorKind:
    declared = dict.fromkeys(metrics, "Some help.")
    return CollectorKind(name=name, settings=Settings, open=never_open, metrics=declared, facts=facts)  # type: ignore[arg-type]


def ignore(_: MisfitError) -> None:
    pass


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param([a_kind("one", "netmon_x"), a_kind("two", "netmon_x")], id="two kinds"),
        pytest.param([a_kind("one", "netmon_x", "netmon_x_total")], id="a counter and a gauge of one stem"),
        pytest.param([a_kind("one", "netmon_device_up")], id="a kind and the exporter"),
        pytest.param([a_kind("one", "netmon_one_info", facts=("name",))], id="a metric and the facts of one kind"),
    ],
)
def test_a_family_with_two_owners_is_refused_at_the_start(kinds: list[CollectorKind]) -> None:
    with pytest.raises(ValueError, match=r"netmon_"):
        Exposition(kinds, ignore)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(a_kind("one", "netmon-x"), id="a hyphen in a family's name"),
        pytest.param(a_kind("one", facts=("check",)), id="a fact with a name of the exporter's"),
        pytest.param(a_kind("one", facts=("sys.name",)), id="a dot in a fact's name"),
    ],
)
def test_a_name_that_prometheus_does_not_take_is_refused_at_the_start(kind: CollectorKind) -> None:
    with pytest.raises(ValueError, match="name"):
        declared_families(kind)


def test_the_registry_of_own_health_gives_no_name_away_twice(exposition: Exposition) -> None:
    registry = CollectorRegistry()
    registry.register(exposition.claim)

    for name in (*(family.name for family in OWN_FAMILIES), "netmon_icmp_rtt_seconds"):
        with pytest.raises(ValueError, match="Duplicated"):
            Gauge(name, "Taken.", registry=registry)
    with pytest.raises(ValueError, match="Duplicated"):
        Counter("netmon_interface_receive_bytes_total", "Taken.", registry=registry)
    assert list(registry.collect()) == []


def test_each_family_has_one_head_in_a_scrape(
    exposition: Exposition, subject: Callable[..., object], text: Callable[..., str]
) -> None:
    exposition.show_plan([subject("device:gw1", "icmp"), subject("device:gw2", "icmp")])  # type: ignore[list-item]

    heads = [line for line in text(exposition).splitlines() if line.startswith("# TYPE")]

    assert len(heads) == len(set(heads)) == 3  # device state and info, check state; nothing for what is not there
