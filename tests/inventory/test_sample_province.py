"""The sample province says what its sources print, keeps its own address scheme, and is described truly."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from netmon.inventory.inventory import Inventory
from netmon.inventory.organization import Department
from netmon.inventory.reading import read_inventory
from netmon.inventory.sites import Device, Link, LinkMode, LinkRole, Medium, Service
from netmon.inventory.words import Title
from netmon.kernel.yaml_loader import read_yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "inventory"
LAB_FILE = FOLDER / "lab.yaml"
PAGE = ROOT / "docs" / "province.md"

ARMED_FORCES = {"cong-an-tinh", "bo-chi-huy-bo-doi-bien-phong", "bo-chi-huy-quan-su"}
SUB_SITES = {"skhcn-portal", "syt-portal", "stnmt-portal", "stttt-portal", "skhdt-portal", "sgddt-portal"}
PRINTED = ("server", "workstation", "laptop", "administrator")
PRINTED_TOTALS = {"server": 81, "workstation": 1268, "laptop": 75, "administrator": 32}
END_OF_MAY = date(2008, 5, 31)


@pytest.fixture(scope="module")
def province() -> Inventory:
    reading = read_inventory(FOLDER, base=ROOT, home="centre", besides=[LAB_FILE])
    assert reading.problems == ()
    return reading.inventory


@pytest.fixture(scope="module")
def lab() -> Mapping[str, Any]:
    document = read_yaml(LAB_FILE, LAB_FILE.name)
    assert document.problems == ()
    assert isinstance(document.data, dict)
    return document.data


def departments(province: Inventory) -> Sequence[Department]:
    return [entry.value for entry in province.departments.values()]


def devices(province: Inventory, site: str | None = None) -> Sequence[Device]:
    return [entry.value for entry in province.devices.values() if site in (None, entry.site)]


def links(province: Inventory, site: str | None = None) -> Sequence[Link]:
    return [entry.value for entry in province.links.values() if site in (None, entry.site)]


def services(province: Inventory) -> Sequence[Service]:
    return [entry.value for entry in province.services.values()]


def pages(province: Inventory) -> Iterator[tuple[Service, Mapping[str, Any]]]:
    """Every http check of every service, as it is written."""
    for service in services(province):
        for check in service.checks:
            yield service, check["http"]


def parents(device: Device) -> Sequence[str]:
    return [parent for _, parent in device.parents.devices()] if device.parents else []


def is_polled(device: Device) -> bool:
    return bool(device.checks != {"icmp": "off"})


def counts(department: Department) -> Counter[str]:
    """What a unit has, by the columns of the appendix."""
    assets = {asset.kind: asset.count for asset in department.assets}
    return Counter({**assets, "administrator": department.administrators or 0})


def titles(thing: BaseModel) -> Iterator[Title]:
    """Every name for people in *thing*."""
    for value in dict(thing).values():
        if isinstance(value, Title):
            yield value


def test_the_thirty_five_units_add_up_to_the_printed_totals(province: Inventory) -> None:
    assert len(departments(province)) == 35
    assert sum(map(counts, departments(province)), Counter[str]()) == PRINTED_TOTALS


def test_every_unit_is_counted_once_at_the_end_of_may_2008(province: Inventory) -> None:
    for department in departments(province):
        assert [(asset.kind, asset.as_of) for asset in department.assets] == [
            ("server", END_OF_MAY),
            ("workstation", END_OF_MAY),
            ("laptop", END_OF_MAY),
        ]
        assert department.administrators is not None


@pytest.mark.parametrize(
    ("row", "unit", "printed"),
    [
        (7, "so-y-te", (1, 19, 1, 0)),
        (12, "van-phong-ubnd-tinh", (12, 44, 9, 2)),
        (19, "kho-bac-nha-nuoc", (22, 128, 2, 2)),
        (25, "hoi-dong-y", (0, 2, 0, 0)),
        (35, "ubnd-huyen-bac-ai", (2, 40, 10, 1)),
    ],
)
def test_units_stand_in_the_order_of_the_appendix(
    province: Inventory, row: int, unit: str, printed: tuple[int, ...]
) -> None:
    department = departments(province)[row - 1]

    assert department.id == unit
    assert tuple(counts(department)[kind] for kind in PRINTED) == printed


def test_the_armed_forces_have_assets_only_and_no_rank(province: Inventory) -> None:
    groups = [entry.value for entry in province.peer_groups.values() if not entry.value.polled]
    members = {unit.id for unit in departments(province) if unit.peer_group in {group.id for group in groups}}

    assert [group.ranked for group in groups] == [False]
    assert members == ARMED_FORCES
    assert not members & {entry.value.department for entry in province.sites.values()}


def test_the_centre_has_thirteen_servers_in_three_tiers(province: Inventory) -> None:
    tiers = Counter(parents(device)[-1] for device in devices(province, "ttth") if device.role == "server")

    assert tiers == {"ttth-sw1": 4, "ttth-sw2": 6, "ttth-sw3": 3}


def test_there_is_a_link_of_every_medium(province: Inventory) -> None:
    assert {link.medium for link in links(province)} == set(Medium)


def test_the_province_meets_the_government_network_in_one_router(province: Inventory) -> None:
    assert [link.a.device for link in links(province) if link.network == "cpnet"] == ["ttth-cpnet1"]


def test_six_departments_have_a_sub_site_of_the_portal(province: Inventory) -> None:
    assert {service.id for service in services(province) if service.kind == "portal"} == SUB_SITES | {"portal"}


def test_every_polled_unit_has_a_gateway_a_switch_behind_it_and_the_rest_behind_that(province: Inventory) -> None:
    for unit in departments(province):
        if unit.id not in ARMED_FORCES:
            gateway, switch, *rest = devices(province, unit.id)
            assert (gateway.role, switch.role) == ("router", "switch")
            assert parents(switch) == [gateway.name]
            assert [parents(device) for device in rest] == [[switch.name]] * len(rest)


def test_a_unit_has_the_addresses_of_its_row_and_the_centre_those_of_row_nought(province: Inventory) -> None:
    rows = {"ttth": 0, **{unit.id: row for row, unit in enumerate(departments(province), start=1)}}

    for site, row in rows.items():
        network = ip_network(f"127.20.{row}.0/24")
        assert all(ip_address(device.address) in network for device in devices(province, site)), site


def test_the_addresses_of_the_lab_itself_are_left_free(province: Inventory) -> None:
    addresses = [ip_address(device.address) for device in devices(province)]

    assert len(set(addresses)) == len(addresses)
    assert all(address in ip_network("127.20.0.0/16") for address in addresses)
    assert not any(address in ip_network("127.20.255.0/24") for address in addresses)


def test_the_first_line_of_a_site_leads_from_its_gateway_to_the_centre(province: Inventory) -> None:
    for site in province.sites.keys() - {"ttth"}:
        first = links(province, site)[0]
        assert first.role is LinkRole.PRIMARY
        assert first.a.device == devices(province, site)[0].name
        assert first.b is not None
        assert province.devices[first.b.device].site == "ttth"


def test_no_two_links_end_on_one_interface(province: Inventory) -> None:
    ends = Counter((end.device, end.interface) for link in links(province) for end in (link.a, link.b) if end)

    assert [end for end, times in ends.items() if times > 1] == []


def test_nothing_looks_at_what_lies_behind_a_line_on_demand_alone(province: Inventory) -> None:
    on_demand = [link for link in links(province) if link.mode is LinkMode.ON_DEMAND]
    assert {link.medium for link in on_demand} == {Medium.DIALUP, Medium.LTE}

    for site in province.sites:
        if set(links(province, site)) <= set(on_demand):
            assert [device.name for device in devices(province, site) if is_polled(device)] == []


def test_agents_are_asked_as_the_lab_answers(province: Inventory, lab: Mapping[str, Any]) -> None:
    agents = {device.name: device.snmp for device in devices(province) if device.snmp}
    secure = lab["secure"]
    credential = province.credentials["lab-v3"].value

    assert {agent.port for agent in agents.values()} == {1161}
    assert [name for name, agent in agents.items() if agent.credential == "lab-v3"] == secure["devices"]
    assert credential.auth is not None
    assert credential.privacy is not None
    assert credential.user == secure["user"]
    assert (credential.auth.key, credential.privacy.key) == (secure["auth"], secure["privacy"])


def test_a_service_is_asked_on_a_device_that_it_needs_at_a_port_for_which_nobody_needs_a_privilege(
    province: Inventory,
) -> None:
    for service, page in pages(province):
        host, _, port = page["url"].split("/")[2].partition(":")
        assert host in {province.devices[need].value.address for need in service.needs if need in province.devices}
        assert int(port) > 1024


def test_the_words_that_a_page_must_show_are_those_that_the_lab_shows(
    province: Inventory, lab: Mapping[str, Any]
) -> None:
    for service, page in pages(province):
        assert service.name is not None
        shown = lab["pages"].get(service.id, {"body": service.name.vi})["body"]
        assert page["expect"].get("body", "") in shown


def test_every_name_is_given_in_vietnamese_and_in_english(province: Inventory) -> None:
    sections = (province.networks, province.peer_groups, province.departments, province.sites, province.devices)
    things = [entry.value for section in (*sections, province.services) for entry in section.values()]

    assert [title for thing in things for title in titles(thing) if title.en is None] == []
    assert [service.id for service in services(province) if service.name is None] == []


@pytest.mark.parametrize(
    "path", [FOLDER / "organization.yaml", *sorted(FOLDER.glob("sites/*.yaml"))], ids=lambda p: p.stem
)
def test_a_file_is_composed_and_fits_a_screen(path: Path) -> None:
    text = path.read_text("utf-8")

    assert unicodedata.is_normalized("NFC", text)
    assert [line for line in text.splitlines() if len(line) > 120 or line != line.rstrip()] == []


def table_under(heading: str) -> Sequence[Sequence[str]]:
    """The cells of the last table under *heading* of the province's page, without its head."""
    section = PAGE.read_text("utf-8").partition(f"## {heading}\n\n")[2].partition("\n## ")[0]
    table = [block for block in section.split("\n\n") if block.startswith("|")][-1]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_the_page_prints_the_sums_of_every_peer_group(province: Inventory) -> None:
    rows = []
    for entry in province.peer_groups.values():
        group = entry.value
        members = [unit for unit in departments(province) if unit.peer_group == group.id]
        sums = sum(map(counts, members), Counter[str]())
        rows.append([f"`{group.id}` {group.name.vi}", str(len(members)), *(str(sums[kind]) for kind in PRINTED)])

    assert table_under("The sums") == [*rows, ["all", "35", "81", "1268", "75", "32"]]


def test_the_page_counts_what_is_watched(province: Inventory) -> None:
    polled = [device for device in devices(province) if is_polled(device)]
    sites = {province.devices[device.name].site for device in polled}
    media = Counter(link.medium.value for link in links(province))

    counted = f"{len(polled)} devices at {len(sites)} sites, {len(links(province))} links"
    assert f"{counted} and {len(services(province))} services." in PAGE.read_text("utf-8")
    assert {row[0]: int(row[1]) for row in table_under("What is watched")} == media
