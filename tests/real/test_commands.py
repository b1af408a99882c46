"""The command line beside a running netmon: run, break, status, mend, reload, plan, history, poll, doctor."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import stores

pytestmark = pytest.mark.real

CONFIGURATION = """\
networks: [127.20.0.0/16]
listen: "127.0.0.1:{port}"
lab: lab.yaml
"""
LAB = "{{seed: 1, echo_host: 127.20.255.253, echo_port: {port}}}\n"
ORGANIZATION = """\
organization: {{id: ninh-thuan, name: {{vi: Tỉnh Ninh Thuận, en: Ninh Thuan Province}}, zone: Asia/Ho_Chi_Minh}}
networks: [{{id: tslcd, name: TSLCD}}]
peer_groups: [{{id: so-nganh, name: Sở ngành}}]
departments: [{{id: so-y-te, name: {{vi: Sở Y tế, en: Department of Health}}, peer_group: so-nganh}}]
credentials: [{{id: v2c, version: 2c, community: "literal:public"}}]
"""
SITE = """\
site: {{id: so-y-te, department: so-y-te}}
devices:
  - {{name: core1, role: switch, address: 127.20.200.1, snmp: {{credential: v2c, port: {port}}}, checks: {brisk}}}
  - {{name: gw1, role: router, address: 127.20.200.2, parents: [core1], checks: {{icmp: {{interval: 5s}}}}}}
  - {{name: web1, role: server, address: 127.20.200.3, parents: [gw1], checks: {{icmp: {{interval: 5s}}}}}}
services:
  - {{id: portal, kind: portal, checks: [{{http: {{url: "http://127.20.200.3:{port}/", interval: 5s, timeout: 1s}}}}]}}
"""
BRISK = "{icmp: {interval: 5s}, snmp: {interval: 5s, timeout: 1s}}"
DEADLINE_SECONDS = 40.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Netmon:
    """A netmon that runs in a process of its own."""

    folder: Path
    process: subprocess.Popen[str]

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return ask(self.folder, *arguments)

    def states(self) -> dict[str, str | None]:
        """The state of everything, by entity."""
        document = json.loads(self.ask("status", "--all", "--json").stdout)
        return {entity["id"]: entity["state"] for entity in document["entities"]}

    def waits_for(self, wanted: Callable[[dict[str, str | None]], bool]) -> dict[str, str | None]:
        """The states as soon as they are as *wanted*."""
        ends = time.monotonic() + DEADLINE_SECONDS
        while not wanted(states := self.states()):
            assert time.monotonic() < ends, states
        return states


def ask(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "netmon", "--lang", "en", "--config", str(folder / "config.yaml"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "netmon", "--lang", "en", "--config", str(folder / "config.yaml"), "run"]
    with (folder / "log").open("a") as log:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, text=True)


def write_files(folder: Path) -> None:
    (folder / "inventory" / "sites").mkdir(parents=True)
    (folder / "config.yaml").write_text(CONFIGURATION.format(port=free_port()), encoding="utf-8")
    stores.configure(folder / "config.yaml")
    (folder / "lab.yaml").write_text(LAB.format(port=free_port()), encoding="utf-8")
    (folder / "inventory" / "organization.yaml").write_text(ORGANIZATION.format(), encoding="utf-8")
    site = SITE.format(port=free_port(), brisk=BRISK)
    (folder / "inventory" / "sites" / "so-y-te.yaml").write_text(site, encoding="utf-8")


def is_all_up(states: dict[str, str | None]) -> bool:
    return bool(states) and set(states.values()) == {"up"}


@pytest.fixture
def netmon(tmp_path: Path) -> Iterator[Netmon]:
    """netmon on a small lab of its own, with everything looked at and up."""
    write_files(tmp_path)
    running = Netmon(tmp_path, start(tmp_path))
    try:
        ends = time.monotonic() + DEADLINE_SECONDS
        while running.ask("doctor", "--json").returncode == 3 or not (tmp_path / "state" / "netmon.sock").exists():
            assert running.process.poll() is None, (tmp_path / "log").read_text(encoding="utf-8")
            assert time.monotonic() < ends, (tmp_path / "log").read_text(encoding="utf-8")
        running.waits_for(is_all_up)
        yield running
    finally:
        running.process.terminate()
        running.process.wait(timeout=20)


def test_a_fault_is_in_the_status_and_in_the_history_and_passes_when_mended(netmon: Netmon) -> None:
    broken = netmon.ask("lab", "break", "gw1", "dead")
    assert "device:gw1: dead" in broken.stdout
    assert "felt within" in broken.stdout
    assert json.loads(netmon.ask("lab", "list", "--json").stdout)["faults"][0]["target"] == "device:gw1"

    netmon.waits_for(lambda states: states["device:gw1"] == "down" and states["service:portal"] == "down")
    said = netmon.ask("status").stdout

    assert "DOWN  device:gw1  router · Department of Health · so-y-te (lab)" in said
    assert "1 device, 1 service (web1, portal)" in said
    assert netmon.ask("status", "--exit-code").returncode == 2
    assert "missed" in netmon.ask("poll", "gw1").stdout

    assert "mended: device:gw1 (dead)" in netmon.ask("lab", "mend", "all").stdout
    netmon.waits_for(is_all_up)
    history = json.loads(netmon.ask("history", "gw1", "--json").stdout)
    assert [interval["state"] for interval in history["intervals"]] == ["unmonitored", "up", "down", "up"]


def test_a_poll_explains_what_a_device_answers(netmon: Netmon) -> None:
    said = netmon.ask("poll", "core1", "--explain")

    assert said.returncode == 0, said.stdout
    assert "icmp  127.20.200.1  answered after" in said.stdout
    assert "snmp  127.20.200.1  answered after" in said.stdout
    assert "sys_name: core1" in said.stdout or "core1" in said.stdout
    assert "2 of 2 answered as they should; nothing was written" in said.stdout
    unlisted = netmon.ask("poll", "127.20.200.77", "--json")
    assert json.loads(unlisted.stdout)["checks"][0]["verdict"] == "missed"


def test_a_reload_takes_what_was_planned_and_refuses_what_was_not(netmon: Netmon) -> None:
    site = netmon.folder / "inventory" / "sites" / "so-y-te.yaml"
    before = site.read_text(encoding="utf-8")
    site.write_text(before.replace("parents: [gw1], checks: {icmp: {interval: 5s}}", "parents: [gw1]"), "utf-8")

    planned = netmon.ask("plan")
    assert planned.returncode == 1
    assert "looked at every: 5 s -> 10 s" in planned.stdout
    refused = netmon.ask("reload", "--expect", "0123456789ab")
    assert refused.returncode == 1
    assert "the running plan is kept" in refused.stderr
    expected = json.loads(netmon.ask("plan", "--json").stdout)["hash"][:12]
    assert "taken as version 2" in netmon.ask("reload", "--expect", expected).stdout
    assert netmon.ask("plan").returncode == 0

    site.write_text(before + "lings: []\n", encoding="utf-8")
    mistaken = netmon.ask("reload")
    assert mistaken.returncode == 2
    assert 'unknown key "lings" - did you mean "links"?' in mistaken.stderr
    assert "the running plan is kept" in mistaken.stderr


def test_a_second_netmon_is_told_who_has_the_address(netmon: Netmon, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    write_files(other)
    shutil.copy(netmon.folder / "config.yaml", other / "config.yaml")

    second = ask(other, "run")

    assert second.returncode == 3
    assert "is in use by" in second.stderr
    assert f"(process {netmon.process.pid}): stop it, or set another `listen:` in config.yaml" in second.stderr
    assert "Traceback" not in second.stderr


def test_the_doctor_finds_netmon_well_and_only_warns_of_what_is_missing(netmon: Netmon) -> None:
    answer = json.loads(netmon.ask("doctor", "--json").stdout)

    unwell = {finding["about"] for finding in answer["findings"] if finding["health"] != "well"}
    assert unwell <= {"canaries", "icmp", "descriptors", "disk", "speed", "synchronization"}
    running = next(finding for finding in answer["findings"] if finding["about"] == "running")
    assert running["what"].startswith(f"netmon runs as process {netmon.process.pid} and answers")


def test_events_in_a_pipe_are_json_lines_and_an_interrupt_ends_cleanly(netmon: Netmon) -> None:
    netmon.process.send_signal(signal.SIGINT)

    assert netmon.process.wait(timeout=20) == 0
    lines = (netmon.folder / "log").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert events[0] == "netmon_started"
    assert events[-1] == "netmon_stopped"
    assert not (netmon.folder / "state" / "netmon.sock").exists()


def test_a_person_in_a_terminal_is_told_what_begins_and_when_all_was_looked_at(tmp_path: Path) -> None:
    write_files(tmp_path)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "netmon", "--lang", "vi", "--config", str(tmp_path / "config.yaml"), "run"]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm"}) as process:
        try:
            said = read_until(ours, "đã kiểm tra lần đầu xong: tất cả hoạt động")
            process.send_signal(signal.SIGINT)
            said += read_until(ours, "netmon_stopped")
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()
            os.close(ours)
            os.close(theirs)

    assert "Tỉnh Ninh Thuận" in said
    assert "giám sát 3 thiết bị, 0 đường truyền, 1 dịch vụ, 5 phép kiểm tra" in said
    assert "kiểm tra lần đầu" in said
    assert "Traceback" not in said


def read_until(terminal: int, words: str) -> str:
    """What stands in the *terminal* up to *words*."""
    said, ends = b"", time.monotonic() + DEADLINE_SECONDS
    while words not in said.decode(errors="replace"):
        ready, _, _ = select.select([terminal], [], [], ends - time.monotonic())
        assert ready, said.decode(errors="replace")
        said += os.read(terminal, 65_536)
    return said.decode(errors="replace")
