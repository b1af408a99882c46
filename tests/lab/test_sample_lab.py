"""The lab of the sample province: its file is right, it fits the inventory, and every page says what is expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from netmon.inventory.checks import written_checks
from netmon.inventory.inventory import Inventory
from netmon.inventory.reading import read_inventory
from netmon.kernel.problems import Mistakes
from netmon.lab.drawing import draw_layout, is_played
from netmon.lab.layout import LabEndpoint, Layout
from netmon.lab.settings import LabSettings, read_lab_settings
from netmon.lab.web import render_page
from netmon.lab.world import World
from netmon.model.moments import Moment

ROOT = Path(__file__).parents[2]
LAB_FILE = ROOT / "inventory" / "lab.yaml"


@pytest.fixture(scope="module")
def sample() -> LabSettings:
    return read_lab_settings(LAB_FILE, "inventory/lab.yaml")


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    return read_inventory(ROOT / "inventory", base=ROOT, home="centre", besides=[LAB_FILE]).inventory


@pytest.fixture(scope="module")
def province(inventory: Inventory) -> Layout:
    return draw_layout(inventory, lambda reference: reference.removeprefix("literal:"))


def test_every_device_of_the_sample_is_played(inventory: Inventory, province: Layout) -> None:
    assert [device.name for device in province.devices] == list(inventory.devices)
    assert all(is_played(device.address) for device in province.devices)
    assert len(province.links) == len(inventory.links)


def test_every_device_with_an_agent_looks_like_its_role(province: Layout, sample: LabSettings) -> None:
    roles = {sample.devices.get(device.name, device.role) for device in province.devices if device.snmp_port}

    assert roles <= sample.roles.keys()
    assert sample.devices.keys() <= province.by_name.keys()
    assert sample.pages.keys() <= {endpoint.service for endpoint in province.endpoints}


def test_v3_is_spoken_by_the_devices_whose_credential_says_so_with_its_keys(
    inventory: Inventory, province: Layout, sample: LabSettings
) -> None:
    assert sample.secure is not None
    credentials = {
        name: inventory.credentials[entry.value.snmp.credential].value
        for name, entry in inventory.devices.items()
        if entry.value.snmp
    }
    secure = {name: credential for name, credential in credentials.items() if credential.user}

    assert secure.keys() == set(sample.secure.devices)
    for credential in secure.values():
        assert credential.auth is not None
        assert credential.privacy is not None
        assert (credential.user, credential.auth.key, credential.privacy.key) == (
            sample.secure.user,
            sample.secure.auth,
            sample.secure.privacy,
        )
    assert all(province.by_name[name].community is None for name in secure)


def test_every_page_says_what_its_check_expects(inventory: Inventory, province: Layout, sample: LabSettings) -> None:
    said = {endpoint.url: _text(endpoint, sample) for endpoint in province.endpoints}
    unmet = [
        (url, expect["body"])
        for entry in inventory.services.values()
        for check in written_checks(entry.node.at("checks"))
        if isinstance(url := (check.options or {}).get("url"), str)
        and isinstance(expect := (check.options or {}).get("expect"), dict)
        and "body" in expect
        and str(expect["body"]) not in said[url]
    ]

    assert unmet == []


def test_the_whole_province_is_reachable_and_up_until_something_is_broken(
    province: Layout, sample: LabSettings, noon: Moment
) -> None:
    world = World(province, sample, noon)

    assert [name for name in world.machines if world.device_manner(name, noon).silent] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("sed: 1\n", "seed", id="misspelt key"),
        pytest.param("media: {fibre: 1}\n", "no unit", id="no unit"),
        pytest.param("faults: [{target: x, fault: deda}]\n", "dead", id="no such fault"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(text)

    with pytest.raises(Mistakes) as caught:
        read_lab_settings(path, "lab.yaml")
    assert "lab.yaml:1:" in str(caught.value)
    assert told in str(caught.value)


def _text(endpoint: LabEndpoint, sample: LabSettings) -> str:
    page = sample.pages.get(endpoint.service)
    return render_page(endpoint.title, page.body if page else endpoint.owner)
