"""The dashboards and alerts as they are shipped, asked of a real Prometheus that scraped a netmon with real trouble.

The netmon watches the sample province on the lab, and real servers of every kind that the lab does not play.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from netmon.model.ids import EntityKind, kind_of
from netmon.model.states import State
from tests import stores
from tests.dashboards.asking import DASHBOARDS, GRAFANA, Asked, asked_by_dashboards
from tests.real.conftest import Note, needs
from tests.real.counterparts import JOB, MACHINE, PLUGINS, PROGRAMS, SECRETS, SERVICE, SITE, TOKEN
from tests.real.places import Place, end, open_place
from tests.real.running import Netmon, running

pytestmark = [pytest.mark.real, needs("ip", "curl", "prometheus", "promtool", *PROGRAMS)]

REPOSITORY = DASHBOARDS.parent
PROMETHEUS = "127.0.0.1:9090"
FAULTS = {"stc-sw1": "dead", "syt-tslcd": "cut", "snnptnt-agri": "error"}
TROUBLE = (
    'netmon_device_state{device="stc-sw1",state="down"}',
    'netmon_interface_state{device="ttth-core1",interface="GigabitEthernet1/0/7",state="down"}',
    'netmon_service_state{service="snnptnt-agri",state="down"}',
)
"""What the faults come to."""

SERVER, SWITCH = "ttth-dns1", "ttth-core1"
CHOSEN: tuple[Mapping[str, str], ...] = tuple(
    {
        **GRAFANA,
        "instance": "127.0.0.1:9780",
        "department": ".*",
        "site": ".*",
        "service": ".*",
        "window": "4m10s",
        "device": device,
        "interface": interface,
    }
    for device, interface in ((SERVER, "eth0"), (SWITCH, "GigabitEthernet1/0/7"), (MACHINE, "eth0"))
)
"""What is chosen: a server has no link ends, a switch has no file systems, and neither has an exporter."""

KNOWN = (
    *(f"{trouble} == 1" for trouble in TROUBLE),
    *(f'rate(netmon_interface_receive_bytes_total{{device="{name}"}}[1m])' for name in (SERVER, SWITCH)),
    f'rate(netmon_host_interface_receive_bytes_total{{device="{MACHINE}",interface="eth0"}}[1m])',
    "netmon_host_processor_busy_ratio",
    f'netmon_service_state{{service="{SERVICE}",state="up"}} == 1',
    "netmon_heartbeat_run_size_bytes",
    "netmon_housekeeping_last_success_timestamp_seconds > 0",
    'rate(netmon_heartbeats_total{reply="kept"}[1m]) > 0',
)
"""What Prometheus gives once it knows what is broken, how fast counters rise, and what real servers say."""

START_SECONDS = 10
COUNTERPARTS_SECONDS = 60
FIRST_LOOKS_SECONDS = 75
KNOWN_SECONDS = 45


class Prometheus:
    """A Prometheus as `prometheus.yml` makes it."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def ask(self, expr: str) -> list[dict[str, Any]]:
        """The series that *expr* gives at this moment."""
        answer = self._api("query", "--get", "--data-urlencode", f"query={expr}")
        found: list[dict[str, Any]] = answer["result"]
        return found

    def rules(self) -> list[dict[str, Any]]:
        """Every rule with what became of it."""
        return [rule for group in self._api("rules")["groups"] for rule in group["rules"]]

    def dropped(self, job: str) -> list[dict[str, str]]:
        """What discovery found for *job* and relabelling took away, by its labels before that."""
        found = self._api("targets?state=dropped")["droppedTargets"]
        return [target["discoveredLabels"] for target in found if target["discoveredLabels"]["job"] == job]

    def scraped(self, job: str) -> list[dict[str, str]]:
        """What discovery found for *job* and is scraped, by its labels after relabelling."""
        found = self._api("targets?state=active")["activeTargets"]
        return [target["labels"] for target in found if target["labels"]["job"] == job]

    def knows(self, *exprs: str) -> bool:
        """Whether each of *exprs* gives something."""
        try:
            return all(self.ask(expr) for expr in exprs)
        except (AssertionError, json.JSONDecodeError):  # it is still starting
            return False

    def _api(self, what: str, *arguments: str) -> dict[str, Any]:
        answer = json.loads(self._place.run("curl", "-sS", *arguments, f"http://{PROMETHEUS}/api/v1/{what}"))
        assert answer["status"] == "success", f"{arguments}: {answer['error']}"
        data: dict[str, Any] = answer["data"]
        return data


@dataclass(frozen=True)
class Watched:
    """A province in trouble, and the Prometheus that knows of it."""

    netmon: Netmon
    prometheus: Prometheus


@contextmanager
def open_prometheus(place: Place, folder: Path) -> Iterator[Prometheus]:
    process = place.start(
        "prometheus",
        f"--config.file={DASHBOARDS / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={PROMETHEUS}",
        log=folder / "prometheus.log",
    )
    try:
        yield Prometheus(place)
    finally:
        end(process)


@contextmanager
def open_counterparts(place: Place, folder: Path) -> Iterator[None]:
    """Real servers in *place*, and the site that watches them in *folder*; they have a network card to count on."""
    place.run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
    process = place.start(sys.executable, "-m", "tests.real.counterparts", str(folder), log=folder / "counterparts.log")
    try:
        deadline = time.monotonic() + COUNTERPARTS_SECONDS
        while not (folder / SITE).exists():
            said = (folder / "counterparts.log").read_text(encoding="utf-8")
            assert process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.25)
        yield
    finally:
        end(process)


def write_files(folder: Path) -> Path:
    """The sample province, which may also contact what is in the test's own place."""
    document = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))
    document["networks"].append("127.0.0.0/8")
    document["plugins"] = [str(folder / PLUGINS)]
    config = folder / "config.yaml"
    lines = [
        f"{key}: {json.dumps(value)}\n" for key, value in document.items()
    ]  # a line for each key, as `stores` wants
    config.write_text("".join(lines), encoding="utf-8")
    shutil.copytree(REPOSITORY / "inventory", folder / "inventory")
    return config


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("dashboards")
    config = write_files(folder)
    stores.configure(config)
    with (
        open_place("dashboards") as place,
        open_counterparts(place, folder),
        running(place, config, **SECRETS) as netmon,
    ):
        for target, fault in FAULTS.items():
            netmon.ask("lab.break", target=target, fault=fault)
        netmon.until("devices are listed", lambda: len(json.loads(netmon.page("/sd"))), within=START_SECONDS)
        with open_prometheus(place, folder) as prometheus:
            wait_for_trouble(netmon, prometheus)
            yield Watched(netmon, prometheus)


def wait_for_trouble(netmon: Netmon, prometheus: Prometheus) -> None:
    """Return when everything was looked at, the job has reported, and Prometheus knows it all."""
    netmon.until("all first looks were done", netmon.is_ready, within=FIRST_LOOKS_SECONDS)
    report(netmon)
    netmon.command("housekeeping")
    netmon.until("Prometheus knows it", lambda: prometheus.knows(*KNOWN), within=KNOWN_SECONDS)


def report(netmon: Netmon) -> None:
    """What the job does when it is done."""
    url = f"http://{netmon.settings.heartbeats.listen}/beat/{JOB}"
    bearer = f"Authorization: Bearer {TOKEN}"
    netmon.place.run("curl", "-fsS", "-H", bearer, url, "-d", "size=3 MiB", "-d", "duration=90")


def test_every_expression_of_every_dashboard_gives_data_with_the_labels_that_are_shown(
    watched: Watched, note: Note
) -> None:
    asked = asked_by_dashboards()
    answers = {one: answers_to(one, watched.prometheus) for one in asked}

    assert [one.where for one in asked if not answers[one]] == []
    lacking = {one.where: one.shown - labels_of(answers[one]) for one in asked}
    assert {where: labels for where, labels in lacking.items() if labels} == {}
    note(f"dashboards: {len(asked)} expressions, {sum(map(len, answers.values()))} series")


def answers_to(asked: Asked, prometheus: Prometheus) -> list[dict[str, Any]]:
    """What *asked* gives with the first choice of variables, and with the others where it depends on them."""
    exprs = dict.fromkeys(asked.filled(chosen) for chosen in CHOSEN)
    return [series for expr in exprs for series in prometheus.ask(expr)]


def labels_of(series: list[dict[str, Any]]) -> frozenset[str]:
    return frozenset(label for one in series for label in one["metric"])


def test_the_trouble_fires_its_alerts_and_netmon_itself_is_well(watched: Watched) -> None:
    def firing() -> set[tuple[str, str]]:
        return {
            (rule["name"], alert["labels"].get("device") or alert["labels"].get("service", ""))
            for rule in watched.prometheus.rules()
            for alert in rule["alerts"]
            if alert["state"] == "firing"
        }

    expected = {
        ("NetmonDeviceDown", "stc-sw1"),
        ("NetmonLinkEndDown", "ttth-core1"),
        ("NetmonServiceDown", "snnptnt-agri"),
    }
    watched.netmon.until("every alert fires", lambda: expected <= firing(), within=30)

    assert {name for name, _ in firing()} == {name for name, _ in expected}
    assert {rule["health"] for rule in watched.prometheus.rules()} == {"ok"}


def test_prometheus_finds_every_device_by_sd_and_scrapes_the_one_that_the_lab_does_not_play(watched: Watched) -> None:
    subjects = watched.netmon.plan.subjects.values()
    devices = {
        subject.id
        for subject in subjects
        if kind_of(subject.id) is EntityKind.DEVICE and subject.checks and subject.lab
    }

    found = {f"device:{labels['__meta_netmon_device']}" for labels in watched.prometheus.dropped("node")}

    assert found == devices
    assert [labels["device"] for labels in watched.prometheus.scraped("node")] == [MACHINE]


def test_the_states_of_every_device_add_up(watched: Watched) -> None:
    page = next(one for one in asked_by_dashboards() if one.expr.startswith("sum by (department, state)"))
    counted = {
        state.value: sum(
            float(one["value"][1])
            for one in watched.prometheus.ask(page.filled(CHOSEN[0]))
            if one["metric"]["state"] == state.value
        )
        for state in State
    }
    known = watched.prometheus.ask("sum by (state) (netmon_device_state)")

    assert counted == {one["metric"]["state"]: float(one["value"][1]) for one in known}


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("check", "config", "prometheus.yml"), id="the configuration"),
        pytest.param(("check", "rules", "rules/netmon.yml"), id="the rules"),
        pytest.param(
            ("test", "rules", "rules/netmon_test.yml", "rules/housekeeping_test.yml"),
            id="every alert, when it should fire",
        ),
    ],
)
def test_promtool_is_content_with(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        ["promtool", *arguments], cwd=DASHBOARDS, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout
