"""What the files of a small province come to: the whole plan, and how each thing that is written changes it."""

from __future__ import annotations

from collections.abc import Mapping

from netmon.model.ids import CheckId, EntityId
from netmon.model.moments import MILLISECOND, MINUTE, SECOND, Duration
from netmon.model.plan import ICMP_RULE, POLLED_RULE, CheckSpec, Plan, Subject
from tests.config.conftest import LoadProvince


def plan_of(loaded: object) -> Plan:
    assert [problem.render() for problem in loaded.problems] == []  # type: ignore[attr-defined]
    return loaded.complete[1]  # type: ignore[attr-defined, no-any-return]


def icmp(subject: str, address: str, name: str | None = None) -> CheckSpec:
    return CheckSpec(
        id=CheckId(f"check:{subject}/icmp" + (f"/{name}" if name else "")),
        subject=EntityId(subject),
        kind="icmp",
        name=name,
        address=address,
        rule=ICMP_RULE,
        settings={"size": 56},
    )


def snmp(subject: str, address: str, port: int) -> CheckSpec:
    settings = {"credential": "v2c", "port": port, "context": None, "relearn": "60000000us"}
    return CheckSpec(
        id=CheckId(f"check:{subject}/snmp"),
        subject=EntityId(subject),
        kind="snmp",
        name=None,
        address=address,
        rule=POLLED_RULE,
        settings=settings,
    )


def by_kind(plan: Plan, subject: str) -> Mapping[str, CheckSpec]:
    return {check.kind: check for check in plan.subjects[EntityId(subject)].checks}


def test_the_plan_of_a_small_province_is_exactly_what_its_files_say(load_province: LoadProvince) -> None:
    plan = plan_of(load_province())

    portal = EntityId("service:syt-portal")
    assert list(plan.subjects.values()) == [
        Subject(
            id=EntityId("device:core1"),
            title={},
            role="switch",
            department="van-phong",
            site="ttth",
            tier=1,
            watched=("GigabitEthernet1/0/7",),
            checks=(icmp("device:core1", "10.20.0.1"), snmp("device:core1", "10.20.0.1", 161)),
        ),
        Subject(
            id=EntityId("device:syt-gw1"),
            title={},
            role="router",
            department="so-y-te",
            site="so-y-te",
            tier=2,
            watched=("Dialer0", "GigabitEthernet0/0"),
            parents=("core1",),
            checks=(icmp("device:syt-gw1", "10.20.7.1"), snmp("device:syt-gw1", "10.20.7.1", 1161)),
        ),
        Subject(
            id=EntityId("device:syt-sw1"),
            title={"vi": "Chuyển mạch", "en": "Switch"},
            role="switch",
            department="so-y-te",
            site="so-y-te",
            tier=3,
            parents=("syt-gw1",),
            checks=(icmp("device:syt-sw1", "10.20.7.2"),),
        ),
        Subject(
            id=EntityId("poller:centre"),
            title={},
            role="poller",
            tier=1,
            checks=(icmp("poller:centre", "10.20.0.1", "core"),),
        ),
        Subject(
            id=portal,
            title={"vi": "Cổng Sở Y tế"},
            role="portal",
            department="so-y-te",
            site="so-y-te",
            checks=(
                CheckSpec(
                    id=CheckId("check:service:syt-portal/http"),
                    subject=portal,
                    kind="http",
                    name=None,
                    address="10.20.7.10",
                    rule=POLLED_RULE,
                    settings={
                        "url": "https://10.20.7.10/",
                        "headers": {},
                        "expect": {"status": 200, "body": None},
                        "limit": "1024B",
                    },
                ),
                CheckSpec(
                    id=CheckId("check:service:syt-portal/tls"),
                    subject=portal,
                    kind="tls",
                    name=None,
                    address="10.20.7.10",
                    rule=POLLED_RULE,
                    settings={"port": 443},
                ),
            ),
        ),
    ]
    assert plan.poller == "centre"


def test_the_same_files_make_the_same_plan_and_another_word_another(load_province: LoadProvince) -> None:
    first, second = plan_of(load_province()), plan_of(load_province())
    other = plan_of(load_province(("port: 1161", "port: 1162")))

    assert first == second
    assert first.hash != other.hash


def test_a_check_is_overridden_by_kind_and_keeps_what_is_not_said(load_province: LoadProvince) -> None:
    loaded = load_province(
        (
            "snmp: v2c, tier: 1",
            "snmp: v2c, checks: {icmp: {interval: 30s, timeout: 2s, slow: 200ms}, snmp: {relearn: 5m}}",
        )
    )

    checks = by_kind(plan_of(loaded), "device:core1")
    assert (checks["icmp"].rule.interval, checks["icmp"].rule.timeout) == (30 * SECOND, 2 * SECOND)
    assert (checks["icmp"].rule.slow, checks["icmp"].rule.overlapping) == (200 * MILLISECOND, True)
    assert checks["snmp"].settings == {"credential": "v2c", "port": 161, "context": None, "relearn": "300000000us"}


def test_off_takes_a_check_away_and_what_nothing_asks_is_no_subject(load_province: LoadProvince) -> None:
    loaded = load_province(("title: {vi: Chuyển mạch, en: Switch}", "checks: {icmp: off}"))

    assert EntityId("device:syt-sw1") not in plan_of(loaded).subjects


def test_checks_of_one_kind_are_told_apart_by_name(load_province: LoadProvince) -> None:
    loaded = load_province(
        (
            'checks: [{http: {url: "https://10.20.7.10/"}}, tls]',
            (
                'checks: [{http: {name: home, url: "http://10.20.7.10:81/"}}, {http: {name: login, '
                'url: "http://10.20.7.11/", required: false, interval: 5s}}, icmp]'
            ),
        )
    )

    checks = plan_of(loaded).subjects[EntityId("service:syt-portal")].checks
    assert [(check.id, check.address, check.required) for check in checks] == [
        ("check:service:syt-portal/http/home", "10.20.7.10", True),
        ("check:service:syt-portal/http/login", "10.20.7.11", False),
        ("check:service:syt-portal/icmp", "10.20.7.10", True),
    ]
    assert checks[1].rule.timeout == Duration(5 * SECOND)


def test_a_role_of_ones_own_replaces_the_shipped_one(load_province: LoadProvince) -> None:
    config = "networks: [10.20.0.0/16]\nroles: {switch: {checks: {icmp: {interval: 1m}}}, kiosk: {checks: [icmp]}}\n"

    plan = plan_of(
        load_province(
            ("role: switch, address: 10.20.7.2", "role: kiosk, address: 10.20.7.2"), files={"config.yaml": config}
        )
    )

    assert by_kind(plan, "device:core1")["icmp"].rule.interval == MINUTE
    assert by_kind(plan, "device:core1").keys() == {"icmp"}
    assert plan.subjects[EntityId("device:core1")].watched == ()


def test_only_with_a_lab_and_only_in_its_network_is_anything_played(load_province: LoadProvince) -> None:
    config = "networks: [127.20.0.0/16]\n"
    moved = ("10.20.", "127.20.")
    played = plan_of(load_province(moved, files={"config.yaml": config + "lab: lab.yaml\n"}))
    in_earnest = plan_of(load_province(moved, files={"config.yaml": config}))

    assert {bare for bare, subject in played.subjects.items() if subject.lab} == {
        "device:core1",
        "device:syt-gw1",
        "device:syt-sw1",
        "service:syt-portal",
    }
    assert not any(subject.lab for subject in in_earnest.subjects.values())


def test_devices_of_another_zone_are_left_to_their_poller(load_province: LoadProvince) -> None:
    loaded = load_province(("role: switch, address: 10.20.7.2", "role: switch, address: 10.20.7.1, zone: district"))

    assert EntityId("device:syt-sw1") not in plan_of(loaded).subjects


def test_links_in_a_ring_imply_no_parents(load_province: LoadProvince) -> None:
    ring = "\nlinks: [{id: back, network: tslcd, medium: radio, a: core1/Radio0, b: syt-gw1/Radio0}]\n"

    plan = plan_of(load_province(("snmp: v2c, tier: 1}\n", "snmp: v2c, tier: 1}" + ring)))

    assert plan.subjects[EntityId("device:core1")].parents == ()
    assert plan.subjects[EntityId("device:syt-gw1")].parents == ()
    assert plan.subjects[EntityId("device:syt-sw1")].parents == ("syt-gw1",)


def test_written_parents_stand_over_implied_ones(load_province: LoadProvince) -> None:
    loaded = load_province(("title: {vi: Chuyển mạch, en: Switch}", "parents: {k: 1, of: [core1, [syt-gw1, core1]]}"))

    assert plan_of(loaded).subjects[EntityId("device:syt-sw1")].parents == ("core1", "syt-gw1")


def test_a_host_name_in_a_url_is_asked_as_it_stands_in_dns(load_province: LoadProvince) -> None:
    loaded = load_province(("https://10.20.7.10/", "https://SởYTế.example.vn/"))

    check = plan_of(loaded).subjects[EntityId("service:syt-portal")].checks[0]
    assert check.address.startswith("xn--")
    assert check.address.encode().decode("idna") == "sởytế.example.vn"
