"""netmon init: the first files for one's own gateway and servers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from netmon.app import load_files
from netmon.cli import main, neighbourhood

ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth1\t00000000\t0107140A\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t00000000\t0108140A\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0008140A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""
ROUTES6 = f"""\
{"fd".ljust(32, "0")} 40 {"0" * 32} 00 {"0" * 32} 00000100 00000001 00000000 00000001     eth0
{"0" * 32} 00 {"0" * 32} 00 {"fd".ljust(31, "0")}1 00000400 00000001 00000000 00000003     eth0
{"0" * 32} 00 {"0" * 32} 00 {"fe80".ljust(31, "0")}1 00000100 00000001 00000000 00000003     eth0
"""
RESOLVERS = "# here\nnameserver 127.0.0.53\nnameserver 10.20.8.53\nnameserver fe80::1%eth0\noptions edns0\nnameserver\n"


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two ways out and a name server of its own."""
    for name, text in (("_ROUTES4", ROUTES), ("_ROUTES6", ROUTES6), ("_RESOLVERS", RESOLVERS)):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        monkeypatch.setattr(neighbourhood, name, file)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "own"


def init(folder: Path, *arguments: str, language: str = "en") -> Result:
    return CliRunner().invoke(main, ["--lang", language, "init", str(folder), *arguments], catch_exceptions=False)


def test_without_a_word_it_takes_the_ways_out_and_the_name_servers_of_this_machine(folder: Path) -> None:
    answer = init(folder)

    assert answer.exit_code == 0, answer.stderr
    assert load_files(folder / "config.yaml").problems == ()
    site = (folder / "inventory/sites/office.yaml").read_text(encoding="utf-8")
    assert '{name: gw1, role: router, address: "10.20.8.1"}' in site
    assert '{name: gw2, role: router, address: "10.20.7.1"}' in site
    assert '{name: gw3, role: router, address: "fd00::1"}' in site
    assert '{name: dns1, role: server, address: "10.20.8.53", parents: [gw1, gw2, gw3]}' in site
    assert "would be watched: gw1 10.20.8.1, gw2 10.20.7.1, gw3 fd00::1, dns1 10.20.8.53" in answer.stdout


def test_what_is_told_stands_in_the_plan(folder: Path) -> None:
    answer = init(
        folder, "--gateway", "10.1.0.1", "--server", "mail=10.1.0.25", "--server", "10.1.0.26",
        "--page", "https://10.1.0.80/", "--community", "env:COMMUNITY", "--name", 'Sở "Y tế"',
    )  # fmt: skip

    assert answer.exit_code == 0, answer.stderr
    loaded = load_files(folder / "config.yaml")
    settings, plan = loaded.complete
    assert sorted(check.id for check in plan.checks.values()) == [
        "check:device:gw1/icmp", "check:device:gw1/snmp", "check:device:mail/icmp", "check:device:mail/snmp",
        "check:device:srv2/icmp", "check:device:srv2/snmp", "check:poller:centre/icmp/gw1",
        "check:poller:centre/icmp/mail", "check:poller:centre/icmp/srv2", "check:service:web1/http",
        "check:service:web1/tls",
    ]  # fmt: skip
    assert loaded.inventory.organization is not None
    assert loaded.inventory.organization.name.vi == 'Sở "Y tế"'
    assert [str(network) for network in settings.networks] == ["10.1.0.0/24", "10.1.0.80/32"]


def test_a_page_by_name_may_lie_anywhere(folder: Path) -> None:
    init(folder, "--page", "http://portal.example.vn/")

    settings, _ = load_files(folder / "config.yaml").complete
    assert [str(network) for network in settings.networks] == ["0.0.0.0/0", "::/0"]


def test_nothing_that_is_there_is_touched(folder: Path) -> None:
    (folder / "inventory").mkdir(parents=True)
    (folder / "inventory/organization.yaml").write_text("mine", encoding="utf-8")

    answer = init(folder)

    assert answer.exit_code == 2
    assert "inventory/organization.yaml stands in" in answer.stderr
    assert (folder / "inventory/organization.yaml").read_text(encoding="utf-8") == "mine"
    assert not (folder / "config.yaml").exists()


def test_a_dry_run_shows_the_files_and_writes_none(folder: Path) -> None:
    shown, document = init(folder, "--dry-run").stdout, json.loads(init(folder, "--dry-run", "--json").stdout)

    assert "--- inventory/sites/office.yaml" in shown
    assert document["written"] is False
    assert set(document["files"]) == {"config.yaml", "inventory/organization.yaml", "inventory/sites/office.yaml"}
    assert not folder.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--server", "foo"), '"foo" is no address; write ADDRESS or NAME=ADDRESS, such as web1=10.20.7.11'),
        (("--server", "A B=10.0.0.1"), '"A B" is not an id'),
        (("--gateway", "10.0.0.1", "--server", "10.0.0.1"), 'the address "10.0.0.1" stands in'),
        (("--community", "public"), "write env:NAME, file:PATH or credential:NAME"),
        (("--page", "ftp://10.0.0.1/"), "http"),
        (("--zone", "Mars/Base"), "Mars/Base"),
    ],
)
def test_what_cannot_be_meant_is_told_and_nothing_is_written(
    folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    answer = init(folder, *arguments)

    assert answer.exit_code == 2
    assert said in answer.stderr
    assert not folder.exists()


def test_a_machine_without_a_way_out_asks_to_be_told(folder: Path, tmp_path: Path) -> None:
    for name in ("_ROUTES4", "_ROUTES6", "_RESOLVERS"):
        (tmp_path / name).unlink()

    answer = init(folder)

    assert answer.exit_code == 2
    assert "name what to watch with --gateway, --server or --page" in answer.stderr


def test_a_place_where_nobody_may_write_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    answer = init(tmp_path / "file" / "below")

    assert answer.exit_code == 3
    assert "cannot write " in answer.stderr
    assert "Not a directory" in answer.stderr


def test_one_host_alone_is_no_canary(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "_RESOLVERS").unlink()
    init(folder, "--gateway", "10.1.0.1")

    assert "# canaries:" in (folder / "config.yaml").read_text(encoding="utf-8")


def test_it_speaks_vietnamese(folder: Path) -> None:
    assert f"đã ghi: {folder}/config.yaml" in init(folder, language="vi").stdout
