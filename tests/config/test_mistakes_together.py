"""No mistake hides another: what is told of each alone is told when others stand beside it, on the same object too."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmon.config.loading import Loaded, load
from netmon.kernel.problems import Problem, render
from tests.config.conftest import KINDS, LoadProvince

EVERYTHING = Path(__file__).with_name("all_mistakes.txt")
"""What is told of the province with all the mistakes below."""

FILES = {
    "config.yaml": """\
networks: [10.20.0.0/16]
poller: centre
log:
  level: info
looking:
  looks_in_all: 100
canaries:
  - name: core
    address: 10.20.0.1
  - name: gate
    address: 10.20.0.2
roles:
  kiosk:
    checks:
      icmp:
        interval: 30s
  scanner:
    checks:
      http:
        slow: 1s
""",
    "inventory/organization.yaml": """\
organization:
  id: ninh-thuan
  name: Ninh Thuận
  zone: Asia/Ho_Chi_Minh
networks:
  - id: tslcd
peer_groups:
  - id: so-nganh
    name: Sở ngành
  - id: vu-trang
    name: Lực lượng vũ trang
    polled: false
departments:
  - id: so-y-te
    name: Sở Y tế
    peer_group: so-nganh
    valid_from: 2008-05-31
    valid_until: 2030-01-01
    officials: 40
  - id: so-tu-phap
    name: Sở Tư pháp
    peer_group: so-nganh
    successor: so-y-te
    was: so-tp
  - id: cong-an
    name: Công an tỉnh
    peer_group: vu-trang
credentials:
  - id: v3
    version: 3
    user: netmon
    auth:
      protocol: SHA-256
      key: env:AUTH
    privacy:
      protocol: AES-128
      key: env:PRIVACY
    context: ""
""",
    "inventory/sites/so-y-te.yaml": """\
site:
  id: so-y-te
  department: so-y-te
  geo: [11.5, 108.9]
devices:
  - name: gw1
    role: router
    address: 10.20.7.1
    snmp: v3
  - name: sw1
    role: switch
    title: Chuyển mạch
    address: 10.20.7.2
    tier: 3
    snmp:
      credential: v3
      port: 161
    parents:
      k: 1
      of:
        - gw1
        - gw1
    interfaces:
      - name: Gi0/1
        watch: true
      - name: Gi0/2
        watch: true
    checks:
      icmp:
        interval: 30s
        timeout: 5s
        slow: 1s
      snmp:
        relearn: 5m
      http:
        url: https://10.20.7.2/
        headers: {X-Key: env:KEY}
    was: switch1
  - name: kiosk1
    role: kiosk
    address: 10.20.7.3
links:
  - id: l1
    network: tslcd
    medium: fibre
    a: gw1/Gi0/0
    b: sw1/Gi0/0
    bandwidth: 100 Mbps
    sla: 99.5
services:
  - id: portal
    kind: portal
    owner: so-y-te
    needs:
      - device:gw1
      - device:sw1
    hours: office-hours
    tier: 2
    checks:
      - http:
          name: home
          url: https://10.20.7.10/
          interval: 60s
          timeout: 5s
          slow: 1s
          expect:
            status: 200
            body: Sở Y tế
      - http:
          name: login
          url: https://10.20.7.11/
          interval: 60s
      - tls
    was: web
""",
}

SITE, ORGANIZATION, CONFIG = "inventory/sites/so-y-te.yaml", "inventory/organization.yaml", "config.yaml"

MISTAKES: Mapping[str, tuple[str, int, str]] = {
    # what is wrong, the file, the line from 1, what stands there instead (the indentation stays)
    "the level is unknown": (CONFIG, 4, "level: verbose"),
    "too few looks": (CONFIG, 6, "looks_in_all: 0"),
    "a canary is out of reach": (CONFIG, 9, "address: 9.9.9.9"),
    "a canary twice": (CONFIG, 10, "- name: core"),
    "a role's interval has no unit": (CONFIG, 16, "interval: 30"),
    "an unused role's key is misspelt": (CONFIG, 20, "slwo: 1s"),
    "no such time zone": (ORGANIZATION, 4, "zone: Asia/Saigoon"),
    "a group's name is a number": (ORGANIZATION, 9, "name: 12"),
    "a department's name is misspelt": (ORGANIZATION, 15, "nane: Sở Y tế"),
    "no such peer group": (ORGANIZATION, 16, "peer_group: so-nganhh"),
    "ends before it begins": (ORGANIZATION, 18, "valid_until: 2001-01-01"),
    "fewer than no officials": (ORGANIZATION, 19, "officials: -1"),
    "no such successor": (ORGANIZATION, 23, "successor: so-yte"),
    "a former id that still exists": (ORGANIZATION, 24, "was: so-y-te"),
    "no such protocol": (ORGANIZATION, 33, "protocol: SHA256"),
    "a secret in the file": (ORGANIZATION, 34, "key: s3cret-phrase"),
    "a literal for everybody": (ORGANIZATION, 37, "key: literal:s3cret-phrase"),
    "a community beside a user": (ORGANIZATION, 38, "community: env:C"),
    "off the globe": (SITE, 4, "geo: [91, 108.9]"),
    "no such credential": (SITE, 9, "snmp: v2"),
    "a misspelt role": (SITE, 11, "rol: switch"),
    "a title that is a number": (SITE, 12, "title: 5"),
    "an address twice": (SITE, 13, "address: 10.20.7.1"),
    "no such tier": (SITE, 14, "tier: 4"),
    "no such credential below snmp": (SITE, 16, "credential: v33"),
    "no such UDP port": (SITE, 17, "port: 99999"),
    "more parents than there are": (SITE, 19, "k: 3"),
    "no such parent": (SITE, 21, "- gw9"),
    "a parent that is no id": (SITE, 22, "- GW_9"),
    "an interface twice": (SITE, 24, "- name: Gi0/2"),
    "yes is no boolean": (SITE, 25, "watch: yes"),
    "an interval that would be a flood": (SITE, 30, "interval: 100ms"),
    "no time at all": (SITE, 31, "timeout: 0s"),
    "slow without a unit": (SITE, 32, "slow: 1"),
    "a misspelt setting": (SITE, 34, "relern: 5m"),
    "a URL out of reach": (SITE, 36, "url: https://8.8.8.8/"),
    "a literal in a header": (SITE, 37, "headers: {X-Key: literal:s3cret}"),
    "a former name that is another's": (SITE, 38, "was: gw1"),
    "no such role": (SITE, 40, "role: kiosq"),
    "out of reach": (SITE, 41, "address: 10.21.7.3"),
    "no such network": (SITE, 44, "network: tslc"),
    "an unknown medium": (SITE, 45, "medium: fiber"),
    "both ends the same": (SITE, 47, "b: gw1/Gi0/0"),
    "a bandwidth without a unit": (SITE, 48, "bandwidth: 100"),
    "more than all": (SITE, 49, "sla: 101"),
    "a service without an id": (SITE, 51, "- id: PORTAL"),
    "an owner who is never polled": (SITE, 53, "owner: cong-an"),
    "a need of nobody": (SITE, 55, "- mial"),
    "an empty need": (SITE, 56, '- ""'),
    "unknown hours": (SITE, 57, "hours: always"),
    "a service's checks the same": (SITE, 61, "name: login"),
    "a URL of another country": (SITE, 62, "url: https://9.9.9.9/"),
    "a check that is a flood": (SITE, 63, "interval: 100ms"),
    "a time-out of nothing": (SITE, 64, "timeout: 0s"),
    "slower than missed": (SITE, 65, "slow: 5s"),
    "a status that is text": (SITE, 67, "status: fine"),
    "a body that is a number": (SITE, 68, "body: 12"),
    "a second check without a unit": (SITE, 72, "interval: 60"),
    "a misspelt kind": (SITE, 73, "- tsl"),
}  # fmt: skip

MEANINGLESS = {
    # told, but in other words: the address in the sentence is the other one
    ("a literal for everybody", "no such credential"),
    ("a literal in a header", "a URL out of reach"),
    # measured against what is wrong itself
    ("slower than missed", "a time-out of nothing"),
}
"""What cannot be told, or not in the same words, beside what."""

Told = tuple[str, int, int, str]


def told(*names: str) -> set[Told]:
    """File, line, column and cause of all that is told of these mistakes."""
    return {(each.file, each.line, each.column, each.cause) for each in problems_with(*names)}


def problems_with(*names: str) -> tuple[Problem, ...]:
    """The problems of the province with these mistakes in it."""
    files = {name: text.splitlines(keepends=True) for name, text in FILES.items()}
    for name in names:
        file, line, instead = MISTAKES[name]
        before = files[file][line - 1]
        files[file][line - 1] = before[: len(before) - len(before.lstrip())] + instead + "\n"
    with TemporaryDirectory() as folder:
        for file, lines in files.items():
            (Path(folder) / file).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / file).write_text("".join(lines), encoding="utf-8")
        return load(Path(folder) / "config.yaml", KINDS).problems


alone = cache(told)


def test_without_a_mistake_nothing_is_told() -> None:
    assert render(problems_with()) == ""


def test_all_mistakes_at_once_are_told_each_once_and_in_order() -> None:
    assert render(problems_with(*MISTAKES)) + "\n" == EVERYTHING.read_text(encoding="utf-8")


@given(st.lists(st.sampled_from(list(MISTAKES)), min_size=2, max_size=2, unique=True))
@settings(max_examples=60, deadline=None)
def test_two_mistakes_tell_at_least_what_each_tells_alone(names: list[str]) -> None:
    together = told(*names)

    for name, other in permutations(names):
        assert (name, other) in MEANINGLESS or alone(name) <= together


HEALTH = "inventory/sites/so-y-te.yaml"


def causes(loaded: Loaded) -> list[str]:
    """Whose mistakes they are, without the section, and what they are."""
    return [f"{each.path.partition('.')[2]}: {each.cause}" for each in loaded.problems]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(
            ("role: switch, address: 10.20.7.2", "rol: switch, address: 10.20.7.1"),
            [
                'syt-sw1.role: "role" is missing',
                'syt-sw1.rol: unknown key "rol"',
                (
                    'syt-sw1.address: the address "10.20.7.1" stands in '
                    "inventory/sites/so-y-te.yaml:3:44 already (zone centre)"
                ),
            ],
            id="a misspelt role and an address twice",
        ),
        pytest.param(
            ("{id: syt-portal, kind: portal", "{id: Portal, kind: portal, owner: so-yte"),
            [
                (
                    'Portal.id: "Portal" is not an id: at most 63 lower-case letters, digits, dots and hyphens, '
                    "the first a letter or a digit"
                ),
                'Portal.owner: there is no department "so-yte"',
            ],
            id="a bad id and an unknown owner",
        ),
        pytest.param(
            (
                '[{http: {url: "https://10.20.7.10/"}}, tls]',
                "[{http: {url: 'https://[::1', interval: 100ms}}, {http: {url: 'https://[::1', interval: 100ms}}, tls]",
            ),
            [
                "syt-portal.checks.0.http.url: the URL names no host",
                "syt-portal.checks.0.http.interval: the interval must be at least 1 s",
                ('syt-portal.checks.1.http: the check "http" stands in inventory/sites/so-y-te.yaml:9:72 already'),
                "syt-portal.checks.1.http.url: the URL names no host",
                "syt-portal.checks.1.http.interval: the interval must be at least 1 s",
            ],
            id="two unnamed checks that are wrong, and one that would follow their URL",
        ),
        pytest.param(
            ("title: {vi: Chuyển mạch, en: Switch}", "zone: north, checks: {icmp: {interval: 10}, snmp: {prot: 1}}"),
            [
                'syt-sw1.checks.icmp.interval: "10" has no unit; write 90s, 10m or 1h',
                'syt-sw1.checks.snmp.prot: unknown key "prot"',
            ],
            id="checks of a device that another poller looks at",
        ),
        pytest.param(
            (
                "role: switch, address: 10.20.7.2",
                "role: swich, checks: [snmp, {icmp: {timeout: 20s}}], address: 10.20.7.2",
            ),
            ['syt-sw1.role: there is no role "swich"'],
            id="what a role might say is not missing while nobody knows the role",
        ),
        pytest.param(
            (
                "interfaces: [{name: Dialer0, watch: true}, {name: Loopback0}]",
                "checks: {snmp: off}, interfaces: [{name: Dialer0, watch: true}, {name: Dialer0, watch: 1}]",
            ),
            [
                'syt-gw1.interfaces.Dialer0.watch: "Dialer0" cannot be watched: nothing asks the device by snmp',
                'syt-gw1.interfaces.Dialer0.name: "Dialer0" stands in inventory/sites/so-y-te.yaml:4:40 already',
                'syt-gw1.interfaces.Dialer0.watch: "watch" must be true or false, not a number',
            ],
            id="interfaces",
        ),
    ],
)
def test_one_object_tells_all_of_its_mistakes(
    load_province: LoadProvince, change: tuple[str, str], expected: list[str]
) -> None:
    assert causes(load_province(change)) == expected


def test_what_an_unreadable_file_may_say_is_not_called_missing(load_province: LoadProvince) -> None:
    loaded = load_province(
        ("role: switch, address: 10.20.7.2", "role: kiosk, address: 10.20.7.1"),
        files={
            "config.yaml": "networks: [",
            "inventory/organization.yaml": "organization: [",
            "inventory/sites/ttth.yaml": "[",
        },
    )

    assert [(each.file, each.path) for each in loaded.problems] == [
        ("config.yaml", ""),
        ("inventory/organization.yaml", ""),
        (HEALTH, "devices.syt-sw1.address"),
        ("inventory/sites/ttth.yaml", ""),
    ]


def test_what_stands_under_a_misspelt_section_is_not_called_missing(load_province: LoadProvince) -> None:
    loaded = load_province(
        ("\ndevices:", "\ndevice:"),
        ("networks: [10.20.0.0/16]", "networks: [10.20.0.0/16]\nrols: {kiosk: {checks: [icmp]}}"),
        ("departments:", "departmets:"),
    )

    assert [(each.file, each.path) for each in loaded.problems] == [
        ("config.yaml", "rols"),
        ("inventory/organization.yaml", "departmets"),
        (HEALTH, "device"),
        ("inventory/sites/ttth.yaml", "device"),
    ]


def test_a_mistake_of_a_role_is_told_though_every_device_overrides_it(load_province: LoadProvince) -> None:
    config = "networks: [10.20.0.0/16]\nroles: {switch: {checks: {icmp: {interval: 10}}}}\n"

    loaded = load_province(
        ("role: switch,", "role: switch, checks: {icmp: {interval: 5s}},"), files={"config.yaml": config}
    )

    assert causes(loaded) == ['switch.checks.icmp.interval: "10" has no unit; write 90s, 10m or 1h']
