"""What a silent device takes with it, as far as the plan knows."""

from __future__ import annotations

from netmon.cli.consequences import Taken, consequences
from netmon.model.ids import CheckId, EntityId
from netmon.model.plan import ICMP_RULE, CheckSpec, Plan, Subject


def device(name: str, *parents: str, site: str = "s") -> Subject:
    return _subject(EntityId(f"device:{name}"), f"address-of-{name}", parents, site)


def service(name: str, host: str) -> Subject:
    return _subject(EntityId(f"service:{name}"), f"address-of-{host}", (), None)


def _subject(identity: EntityId, address: str, parents: tuple[str, ...], site: str | None) -> Subject:
    check = CheckSpec(
        id=CheckId(f"check:{identity}/icmp"), subject=identity, kind="icmp", name=None, address=address, rule=ICMP_RULE
    )
    return Subject(id=identity, title={}, role="router", checks=(check,), site=site, parents=parents)


def plan(*subjects: Subject) -> Plan:
    return Plan(hash="", poller="centre", subjects={subject.id: subject for subject in subjects})


def silent(*names: str) -> set[EntityId]:
    return {EntityId(f"device:{name}") for name in names}


def test_what_is_reached_through_it_alone_goes_with_it() -> None:
    chain = plan(device("core", site="c"), device("gw", "core"), device("sw", "gw"), service("portal", "sw"))

    found = consequences(chain, silent("gw"))

    assert found.taken == {
        EntityId("device:gw"): Taken((EntityId("device:sw"),), (EntityId("service:portal"),), ("s",)),
    }
    assert found.roots == {
        EntityId("device:sw"): (EntityId("device:gw"),),
        EntityId("service:portal"): (EntityId("device:gw"),),
    }


def test_a_device_with_another_way_is_not_taken() -> None:
    ring = plan(device("a"), device("b"), device("c", "a", "b"))

    assert consequences(ring, silent("a")).taken == {EntityId("device:a"): Taken()}


def test_what_two_take_together_stands_with_the_first_of_them() -> None:
    ring = plan(device("a"), device("b"), device("c", "a", "b"), device("d", "c"))

    found = consequences(ring, silent("a", "b", "c"))

    assert found.taken[EntityId("device:a")].devices == silent_tuple("c", "d")
    assert not found.taken[EntityId("device:b")]
    assert found.roots[EntityId("device:d")] == silent_tuple("a", "b")


def test_parents_that_go_in_a_circle_end_the_search() -> None:
    circle = plan(device("a", "b"), device("b", "a"))

    assert consequences(circle, silent("a", "b")).taken == {}


def test_a_parent_that_nobody_watches_says_nothing() -> None:
    lone = plan(device("a", "elsewhere"))

    assert consequences(lone, silent("a")).taken == {EntityId("device:a"): Taken(sites=("s",))}


def silent_tuple(*names: str) -> tuple[EntityId, ...]:
    return tuple(EntityId(f"device:{name}") for name in names)
