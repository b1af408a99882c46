"""One bad file for each mistake, and the words in which it is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netmon.inventory.reading import read_inventory
from netmon.inventory.sites import Device, Link, Service, SiteFile
from netmon.kernel.problems import render
from tests.inventory.conftest import ORGANIZATION, Read

SITE = "site: {id: a, department: so-y-te}\n"
FILE = "inventory/sites/a.yaml"


def case(text: str, *problems: tuple[str, str], id: str) -> ParameterSet:  # noqa: A002  as pytest.param has it
    return pytest.param(text, problems, id=id)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        case(
            "devices:\n  - {name: gw1, role: router, adress: 10.0.0.1}",
            ("3:5  devices.gw1.address", '"address" is missing'),
            ("3:31  devices.gw1.adress", 'unknown key "adress" - did you mean "address"?'),
            id="a misspelt key",
        ),
        case(
            "device: []",
            ("2:1  device", 'unknown key "device" - did you mean "devices"?'),
            id="a misspelt section",
        ),
        case("devices: {}", ("2:10  devices", '"devices" must be a list, not a mapping'), id="no list"),
        case(
            "devices: [gw1]", ("2:11  devices.0", "this must be a mapping of keys to values, not text"), id="no mapping"
        ),
        case(
            "devices: [{name: GW_1, role: router, address: 10.0.0.1}]",
            (
                "2:18  devices.GW_1.name",
                (
                    '"GW_1" is not an id: at most 63 lower-case letters, digits, dots and hyphens, '
                    "the first a letter or a digit"
                ),
            ),
            id="no id",
        ),
        case(
            "devices: [{name: gw1, role: router, address: 10.0.0.256}]",
            ("2:46  devices.gw1.address", '"10.0.0.256" is neither an IP address nor a host name'),
            id="no address",
        ),
        case(
            "devices: [{name: gw1, role: router, address: 10.0.0.1, tier: 4}]",
            ("2:62  devices.gw1.tier", '"tier" must be at most 3'),
            id="no tier",
        ),
        case(
            "devices: [{name: gw1, role: router, address: 10.0.0.1, interfaces: [{name: e0, watch: yes}]}]",
            ("2:87  devices.gw1.interfaces.e0.watch", '"watch" must be true or false, not text'),
            id="yes is no boolean",
        ),
        case(
            "devices: [{name: gw1, role: router, address: 10.0.0.1, title: {vi: 12}}]",
            ("2:68  devices.gw1.title.vi", '"vi" must be text; put it into quotes'),
            id="a number for a name",
        ),
        case(
            "devices: [{name: gw1, role: router, address: 10.0.0.1, snmp: v2}]",
            ("2:62  devices.gw1.snmp", 'there is no credential "v2" - did you mean "v2c"?'),
            id="no such credential",
        ),
        case(
            "devices: [{name: gw1, role: router, address: 10.0.0.1, parents: [gw2, {k: 2, of: [gw1x, gw1y]}]}]",
            ("2:66  devices.gw1.parents.0", 'there is no device "gw2" - did you mean "gw1"?'),
            ("2:83  devices.gw1.parents.1.of.0", 'there is no device "gw1x" - did you mean "gw1"?'),
            ("2:89  devices.gw1.parents.1.of.1", 'there is no device "gw1y" - did you mean "gw1"?'),
            id="no such parents",
        ),
        case(
            "devices: [{name: gw1, role: router, address: 10.0.0.1, parents: {k: 3, of: [gw1]}}]",
            ("2:65  devices.gw1.parents", "3 of 1 can never stand"),
            ("2:65  devices.gw1.parents", "goes round in a circle: gw1 -> gw1"),
            id="more parents than there are",
        ),
        case(
            "devices: [{name: gw1, role: router, address: 10.0.0.1, parents: []}]",
            ("2:65  devices.gw1.parents", '"parents" must not be empty'),
            id="parents of nobody",
        ),
        case(
            "devices:\n"
            "  - {name: gw1, role: router, address: 10.0.0.1, parents: [gw3]}\n"
            "  - {name: gw2, role: router, address: 10.0.0.2, parents: {all: [gw1]}}\n"
            "  - {name: gw3, role: router, address: 10.0.0.3, parents: [gw2]}",
            ("3:59  devices.gw1.parents", "goes round in a circle: gw1 -> gw3 -> gw2 -> gw1"),
            id="parents in a circle",
        ),
        case(
            "devices:\n  - {name: gw1, role: router, address: 10.0.0.1}\n"
            "  - {name: gw1, role: router, address: 10.0.0.2}",
            ("4:12  devices.gw1.name", f'the device "gw1" stands in {FILE}:3:12 already'),
            id="a name twice",
        ),
        case(
            "devices:\n  - {name: gw1, role: router, address: FE80::1}\n"
            "  - {name: gw2, role: router, address: fe80:0::1}",
            (
                "4:40  devices.gw2.address",
                (
                    f'the address "fe80::1" stands in {FILE}:3:40 already (zone centre) - '
                    "offices that reuse addresses need zones of their own"
                ),
            ),
            id="an address twice",
        ),
        case(
            "devices: [{name: gw1, role: router, address: 10.0.0.1, was: gw2}, "
            "{name: gw2, role: router, address: 10.0.0.2}]",
            ("2:61  devices.gw1.was", f'"gw2" still exists, in {FILE}:2:67'),
            id="a former name that is in use",
        ),
        case(
            "links: [{id: l1, network: tslcd, medium: fiber, a: gw1/e0, bandwidth: 100}]",
            (
                "2:42  links.l1.medium",
                (
                    '"fiber" is not one of adsl, broadband, copper, dialup, fibre, leased, lre, lte, radio - '
                    'did you mean "fibre"?'
                ),
            ),
            ("2:52  links.l1.a", 'there is no device "gw1"'),
            ("2:71  links.l1.bandwidth", '"100" has no unit; write 8 Mbps or 1 Gbps'),
            id="an unknown medium and a quantity without a unit",
        ),
        case(
            "links: [{id: l1, network: wan, medium: fibre, a: gw1}]",
            ("2:27  links.l1.network", 'there is no network "wan"'),
            (
                "2:50  links.l1.a",
                '"gw1" is not the end of a link; write device/interface, such as syt-gw1/Dialer0',
            ),
            id="half an end",
        ),
        case(
            "devices: [{name: gw1, role: router, address: 10.0.0.1, interfaces: [{name: e0}, {name: e0}]}]",
            ("2:88  devices.gw1.interfaces.e0.name", f'"e0" stands in {FILE}:2:69 already'),
            id="an interface twice",
        ),
        case(
            "devices:\n  - {name: gw1, role: router, address: 10.0.0.1, was: old}\n"
            "  - {name: gw2, role: router, address: 10.0.0.2, was: old}",
            ("4:55  devices.gw2.was", f'"old" became something else already, in {FILE}:3:55'),
            id="two that were the same",
        ),
        case(
            "devices: [{name: gw1, role: router, address: 10.0.0.1, parents: {all: [gw1], k: 1}}]",
            ("2:65  devices.gw1.parents", "goes round in a circle: gw1 -> gw1"),
            ("2:65  devices.gw1.parents", "parents are a list (any of it), {all: [...]} or {k: 2, of: [...]}"),
            id="parents of two forms",
        ),
        case(
            "devices: [{name: gw1, role: router, address: 10.0.0.1}]\n"
            "links: [{id: l1, network: tslcd, medium: fibre, a: gw1/e0, b: gw1/e0}]",
            ("3:9  links.l1", "both ends are the same interface"),
            id="a link from itself to itself",
        ),
        case(
            "devices: [{name: gw1, role: router, address: fe80::1%eth0}]",
            (
                "2:46  devices.gw1.address",
                '"fe80::1%eth0" holds a scope; an address must be reachable without one',
            ),
            id="a scoped address",
        ),
        case(
            "services: [{id: x, kind: mail, needs: [device:gw1]}]",
            ("2:40  services.x.needs.0", 'there is no device "gw1"'),
            id="a need of a device that is not there",
        ),
        case(
            "links: [{id: l1, network: tslc, medium: fibre, a: gw1/e0}]",
            ("2:27  links.l1.network", 'there is no network "tslc" - did you mean "tslcd"?'),
            ("2:51  links.l1.a", 'there is no device "gw1"'),
            id="a link between nothing",
        ),
        case(
            "services:\n  - {id: web, kind: portal, needs: [sso]}\n  - {id: sso, kind: sign-on, needs: [web]}",
            ("3:36  services.web.needs", "goes round in a circle: web -> sso -> web"),
            id="needs in a circle",
        ),
        case(
            "services: [{id: web, kind: portal, needs: [mial], owner: so-yte}]",
            ("2:44  services.web.needs.0", 'there is no service or device "mial"'),
            ("2:58  services.web.owner", 'there is no department "so-yte" - did you mean "so-y-te"?'),
            id="a service that needs nobody known",
        ),
        case(
            "devices: [{name: web, role: server, address: 10.0.0.1}]\n"
            "services: [{id: web, kind: portal}, {id: x, kind: mail, needs: [web, device:web]}]",
            ("3:65  services.x.needs.0", '"web" is both a service and a device - write service:web or device:web'),
            id="a need that means two things",
        ),
    ],
)
def test_a_mistake_in_a_site_is_told(read: Read, text: str, problems: Sequence[tuple[str, str]]) -> None:
    reading = read(a=SITE + text)

    assert [problem.render() for problem in reading.problems] == [
        f"{FILE}:{where}\n    {what}" for where, what in problems
    ]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        case("", (":1:1  site", '"site" is missing'), id="an empty file"),
        case(
            "site: {id: a, department: so-yte}",
            (":1:27  site.department", 'there is no department "so-yte" - did you mean "so-y-te"?'),
            id="no such department",
        ),
        case(
            "site: {id: a, department: cong-an}",
            (":1:27  site.department", '"cong-an" is never polled (peer group "vu-trang"); it has assets only'),
            id="a site of those who are never polled",
        ),
        case(
            "site: {id: a, department: so-y-te, geo: [91, 108]}",
            (":1:42  site.geo.0", "this must be at most 90"),
            id="off the globe",
        ),
        case(
            "site: {id: a\n",
            (":2:1", 'a "," or "}" is missing (a flow mapping begins in line 1, column 7)'),
            id="syntax",
        ),
    ],
)
def test_a_mistake_in_the_form_of_a_site_is_told(read: Read, text: str, problems: Sequence[tuple[str, str]]) -> None:
    reading = read(a=text)

    assert [problem.render() for problem in reading.problems] == [
        f"{FILE}{where}\n    {what}" for where, what in problems
    ]


@pytest.mark.parametrize(
    ("before", "after", "where", "what"),
    [
        (
            "zone: Asia/Ho_Chi_Minh",
            "zone: Asia/Saigoon",
            "1:56  organization.zone",
            '"Asia/Saigoon" is not a time zone - did you mean "Asia/Saigon"?',
        ),
        (
            "version: 2c",
            "version: 4",
            "9:34  credentials.v2c.version",
            '"4" is not one of 1, 2c, 3',
        ),
        (
            '"env:COMMUNITY"',
            "s3cret-community",
            "9:49  credentials.v2c.community",
            "a secret stands elsewhere: write env:NAME, file:PATH or credential:NAME",
        ),
        (
            'version: 2c, community: "env:COMMUNITY"',
            "version: 3, user: u, auth: {protocol: SHA256, key: env:K}",
            "9:63  credentials.v2c.auth.protocol",
            '"SHA256" is not one of MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512 - did you mean "SHA-256"?',
        ),
        (
            "peer_group: so-nganh}",
            "peer_group: so-nganhs}",
            "7:78  departments.so-y-te.peer_group",
            'there is no peer group "so-nganhs" - did you mean "so-nganh"?',
        ),
        (
            "peer_group: so-nganh}",
            "peer_group: so-nganh, valid_from: 2008-02-30}",
            "7:100  departments.so-y-te.valid_from",
            '"2008-02-30" is not a day of the calendar',
        ),
        (
            "peer_group: so-nganh}",
            "peer_group: so-nganh, assets: [{kind: server, count: many, as_of: 2008-05-31}]}",
            "7:119  departments.so-y-te.assets.0.count",
            '"count" must be a whole number, not text',
        ),
        (
            "peer_group: so-nganh}",
            "peer_group: so-nganh, valid_from: 2008-05-31, valid_until: 2008-05-31}",
            "7:5  departments.so-y-te",
            "valid_until must be later than valid_from",
        ),
        (
            "peer_group: so-nganh}",
            "peer_group: so-nganh, successor: so-y-te}",
            "7:99  departments.so-y-te.successor",
            "goes round in a circle: so-y-te -> so-y-te",
        ),
    ],
    ids=[
        "zone",
        "version",
        "secret in the file",
        "protocol",
        "peer group",
        "date",
        "count",
        "ends as it begins",
        "its own successor",
    ],
)
def test_a_mistake_in_the_organisation_is_told(read: Read, before: str, after: str, where: str, what: str) -> None:
    reading = read(ORGANIZATION.replace(before, after))

    assert [problem.render() for problem in reading.problems] == [f"inventory/organization.yaml:{where}\n    {what}"]


def test_a_thing_of_two_files_is_told_with_both_places(read: Read) -> None:
    device = "devices: [{name: gw1, role: router, address: 10.0.0.1}]"

    reading = read(a=SITE + device, b=SITE.replace("id: a", "id: b") + device.replace("0.1", "0.2"))

    assert render(reading.problems) == (
        "inventory/sites/b.yaml:2:18  devices.gw1.name\n"
        '    the device "gw1" stands in inventory/sites/a.yaml:2:18 already\n'
        "1 problem"
    )


def test_a_broken_thing_does_not_make_its_neighbours_wrong(read: Read) -> None:
    reading = read(
        a=SITE + "devices:\n  - {name: gw1, role: router, address: nowhere!}\n"
        "  - {name: sw1, role: switch, address: 10.0.0.2, parents: [gw1]}"
    )

    assert [problem.path for problem in reading.problems] == ["devices.gw1.address"]
    assert list(reading.inventory.devices) == ["sw1"]


def test_addresses_may_repeat_in_other_zones(read: Read) -> None:
    devices = "devices:\n" + "\n".join(
        f"  - {{name: gw{n}, role: router, address: 10.0.0.1, zone: z{n}}}" for n in range(3)
    )

    assert read(a=SITE + devices).problems == ()


def test_files_that_nobody_would_read_are_told(read: Read, tmp_path: Path) -> None:
    read()
    (tmp_path / "inventory" / "b.yaml").touch()
    (tmp_path / "inventory" / "sites" / "c.yml").touch()

    assert render(read().problems) == (
        "inventory/b.yaml\n    is not read - a site belongs into the folder sites/\n"
        "inventory/sites/c.yml\n    is not read - name it .yaml\n"
        "2 problems"
    )


def test_without_an_organisation_everything_else_is_still_read(tmp_path: Path) -> None:
    reading = read_inventory(tmp_path / "inventory", base=tmp_path, home="centre")

    assert render(reading.problems) == (
        "inventory/organization.yaml\n    cannot be read: No such file or directory\n1 problem"
    )
    assert reading.inventory.organization is None


@given(st.text(alphabet=st.sampled_from("abcdeinst:{}[],- \n123./\"'&*"), max_size=200))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_site_is_an_inventory_or_problems(read: Read, text: str) -> None:
    for site in (text, SITE + "devices:\n  - {name: gw1, role: router, address: 10.0.0.1, parents: " + text):
        assert isinstance(render(read(a=site).problems), str)


KEYS = st.sampled_from([*SiteFile.model_fields, *Device.model_fields, *Link.model_fields, *Service.model_fields, "x"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["a", "gw1/e0", "10.0.0.1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_under_right_keys_is_an_inventory_or_problems(read: Read, values: dict[str, object]) -> None:
    assert isinstance(render(read(a=json.dumps(values)).problems), str)
