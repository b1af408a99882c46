"""The sample province, played by the lab: what breaks in it, as `netmon status` and a real Prometheus tell of it."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from netmon.collectors import KINDS
from netmon.model.ids import EntityId, EntityKind, bare_id, kind_of
from netmon.model.moments import Moment, rfc3339, seconds
from netmon.model.states import State
from tests import stores
from tests.real.conftest import Note, needs
from tests.real.places import Place, end, open_place
from tests.real.running import CLOCK, Kept, Netmon, running, seconds_between

pytestmark = [pytest.mark.real, pytest.mark.alone, needs("ip", "curl", "prometheus", "promtool")]

REPOSITORY = Path(__file__).parents[2]
PROMETHEUS = "127.0.0.1:9090"
SCRAPE_SECONDS = 5
AT_NEXT_SCRAPE = 3 * SCRAPE_SECONDS

SWITCH, GATEWAY, WEB = "device:stc-sw1", "device:syt-gw1", "service:snnptnt-agri"
LINK_END = "interface:ttth-core1/GigabitEthernet1/0/7"
FAULTS = {"stc-sw1": "dead", "syt-tslcd": "cut", "snnptnt-agri": "error"}

OFTEN = 15
"""Seconds between the polls that this test waits for; everything else is looked at as the sample says."""

LIMITS = {SWITCH: 15.0, GATEWAY: 15.0, LINK_END: OFTEN + 2.0, WEB: OFTEN + 6.0}
"""Seconds to know: an echo's burst; the next poll; the next page and two re-looks with 2 s before each."""

COMMAND_SECONDS = 2
FIRST_LOOKS_SECONDS = 60
START_SECONDS = 3
PATIENCE_SECONDS = 45


def hasten(folder: Path) -> None:
    """Poll what breaks in this test, and all that is behind it, more often than the sample does."""
    checks = f"checks: {{snmp: {{interval: {OFTEN}s}}}}"
    agent, core, page = "port: 1161}", "{name: ttth-core1,  role: switch, ", "- http: {"
    for site, before, after in (
        ("so-tai-chinh", agent, f"{agent}, {checks}"),
        ("so-y-te", agent, f"{agent}, {checks}"),
        ("so-y-te", page, f"{page}interval: {OFTEN}s, "),
        ("so-nong-nghiep-va-phat-trien-nong-thon", page, f"{page}interval: {OFTEN}s, "),
        ("ttth", core, f"{core}{checks}, "),
    ):
        file = folder / "inventory" / "sites" / f"{site}.yaml"
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after), encoding="utf-8")


class Prometheus:
    """A Prometheus that scrapes netmon."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def ask(self, query: str) -> list[dict[str, Any]]:
        """The series that *query* gives."""
        url = f"http://{PROMETHEUS}/api/v1/query"
        answer = json.loads(self._place.run("curl", "-sS", "--get", "--data-urlencode", f"query={query}", url))
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def value(self, query: str) -> float | None:
        """The value of the only series that *query* gives."""
        found = self.ask(query)
        assert len(found) < 2
        return float(found[0]["value"][1]) if found else None

    def first_seen(self, series: str, *, since: Moment) -> Moment:
        """When a scrape after *since* first brought 1 for *series*."""
        (found,) = self.ask(f"{series}[15m]")
        moments = [Moment(seconds(float(at))) for at, value in found["values"] if value == "1"]
        return min(at for at in moments if at > since)

    def shows(self, state: State) -> bool:
        """Whether all of LIMITS are in *state*, as far as it knows."""
        try:
            return [self.value(series(entity, state)) for entity in LIMITS] == [1] * len(LIMITS)
        except (AssertionError, json.JSONDecodeError):  # it is still starting
            return False


@contextmanager
def open_prometheus(place: Place, folder: Path) -> Iterator[Prometheus]:
    configuration = folder / "prometheus.yml"
    configuration.write_text(
        f"global: {{scrape_interval: {SCRAPE_SECONDS}s}}\n"
        'scrape_configs: [{job_name: netmon, static_configs: [{targets: ["127.0.0.1:9780"]}]}]\n',
        encoding="utf-8",
    )
    arguments = (f"--config.file={configuration}", f"--storage.tsdb.path={folder / 'tsdb'}")
    address = f"--web.listen-address={PROMETHEUS}"
    process = place.start("prometheus", *arguments, address, log=folder / "prometheus.log")
    try:
        yield Prometheus(place)
    finally:
        end(process)


@dataclass(frozen=True)
class Province:
    """The sample, watched since *began*, with a Prometheus beside it."""

    netmon: Netmon
    prometheus: Prometheus
    began: Moment


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    folder = tmp_path_factory.mktemp("province")
    shutil.copy(REPOSITORY / "config.yaml", folder)
    stores.configure(folder / "config.yaml")
    shutil.copytree(REPOSITORY / "inventory", folder / "inventory")
    hasten(folder)
    with open_place("province") as place:
        began = CLOCK.now()
        with running(place, folder / "config.yaml") as netmon, open_prometheus(place, folder) as prometheus:
            netmon.until("what will break was seen well", lambda: saw_often(netmon), within=START_SECONDS + OFTEN)
            netmon.until("Prometheus knows it", lambda: prometheus.shows(State.UP), within=AT_NEXT_SCRAPE)
            yield Province(netmon, prometheus, began)


def saw_often(netmon: Netmon) -> bool:
    """Whether every check that is asked often was answered; the first looks of all others go on meanwhile."""
    often = {check.id for check in netmon.plan.checks.values() if check.rule.interval <= seconds(OFTEN)}
    return often <= {entity for entity, status in netmon.statuses().items() if status.state is State.UP}


@dataclass(frozen=True)
class Breakage:
    """A switch, a link and a web server broke at once, and were mended when `netmon status` had told of each.

    Attributes:
        told: what `netmon status --json` said of each, when it first did.
        told_after: how many seconds that took, the command included.
        status_after: what it said when all was well again.
    """

    broken: Moment
    mended: Moment
    told: dict[str, dict[str, Any]]
    told_after: dict[str, float]
    status_after: dict[str, Any]


@pytest.fixture(scope="module")
def breakage(province: Province) -> Breakage:
    netmon = province.netmon
    told: dict[str, dict[str, Any]] = {}
    told_after: dict[str, float] = {}

    def every_fault_is_told() -> bool:
        for entity in netmon.command("status")["entities"]:
            if entity["id"] in LIMITS and entity["id"] not in told and entity["state"] == "down":
                told[entity["id"]] = entity
                told_after[entity["id"]] = seconds_between(broken, CLOCK.now())
        return LIMITS.keys() <= told.keys()

    broken = CLOCK.now()
    for target, fault in FAULTS.items():
        netmon.ask("lab.break", target=target, fault=fault)
    netmon.until("`netmon status` tells of every fault", every_fault_is_told, within=PATIENCE_SECONDS)
    netmon.until("Prometheus sees every fault", lambda: province.prometheus.shows(State.DOWN), within=AT_NEXT_SCRAPE)
    mended = CLOCK.now()
    netmon.ask("lab.mend", target="all")
    netmon.until("everything is up again", lambda: all_well(netmon), within=PATIENCE_SECONDS)
    return Breakage(broken, mended, told, told_after, netmon.command("status"))


def all_well(netmon: Netmon) -> bool:
    """Whether every device and service that was looked at, and the end of the link, is up."""
    watched = {subject.id for subject in netmon.plan.subjects.values() if subject.checks} | {EntityId(LINK_END)}
    return all(status.state is State.UP for entity, status in netmon.statuses().items() if entity in watched)


def series(entity: str, state: State) -> str:
    """The series of *entity* for *state*."""
    kind, bare = kind_of(entity), bare_id(entity)
    labels = f'{kind.value}="{bare}"'
    if kind is EntityKind.INTERFACE:
        device, _, interface = bare.partition("/")
        labels = f'device="{device}",interface="{interface}"'
    return f'netmon_{kind.value}_state{{{labels},state="{state.value}"}}'


def story(netmon: Netmon, entity: str) -> list[Kept]:
    return [kept for kept in netmon.news() if kept.entity == entity]


@pytest.mark.usefixtures("breakage")  # it happens in the same minute
def test_the_first_looks_are_done_within_a_minute_and_find_everything_up(province: Province, note: Note) -> None:
    netmon, minute = province.netmon, START_SECONDS + FIRST_LOOKS_SECONDS
    netmon.until("all first looks were done", netmon.is_ready, within=minute)
    first: dict[EntityId, Kept] = {}
    for kept in netmon.news():
        first.setdefault(kept.entity, kept)
    last = max(seconds_between(province.began, first[EntityId(check)].recorded) for check in netmon.plan.checks)

    assert last <= minute
    subjects = [subject.id for subject in netmon.plan.subjects.values() if subject.checks]
    assert {first[subject].state for subject in subjects} == {State.UP}
    note(f"province: {len(netmon.plan.checks)} checks, the last first look {last:.0f} s after the start")


def test_promtool_finds_nothing_to_say_about_the_metrics(province: Province) -> None:
    netmon = province.netmon
    netmon.until("all first looks were done", netmon.is_ready, within=START_SECONDS + FIRST_LOOKS_SECONDS)
    text = netmon.page("/metrics")

    asked = {check.kind for check in netmon.plan.checks.values()}
    for kind in (kind for kind in KINDS if kind.name in asked):
        assert [family for family in kind.metrics if f"# TYPE {family} " in text], kind.name
    assert netmon.place.run("promtool", "check", "metrics", given=text) == ""


def test_prometheus_scrapes_the_province_whole(province: Province) -> None:
    devices = sum(kind_of(entity) is EntityKind.DEVICE for entity in province.netmon.plan.subjects)

    assert province.prometheus.value('up{job="netmon"}') == 1
    assert province.prometheus.value("count(netmon_device_up)") == devices
    assert province.prometheus.value('netmon_device_info{device="syt-gw1",lab="true"}') == 1


def test_netmon_status_tells_of_each_fault_in_time(breakage: Breakage, note: Note) -> None:
    assert [one for one, after in breakage.told_after.items() if after > LIMITS[one] + COMMAND_SECONDS] == []
    assert {entity: told["reason"] for entity, told in breakage.told.items()} == {
        SWITCH: "timeout",
        GATEWAY: "timeout",
        LINK_END: "oper_down",
        WEB: "unexpected",
    }
    assert breakage.told[LINK_END]["link"] == "syt-tslcd"
    assert "500" in breakage.told[WEB]["evidence"]
    assert all(told["lab"] for told in breakage.told.values())
    assert not LIMITS.keys() & {entity["id"] for entity in breakage.status_after["entities"]}
    note("province: `netmon status` told of " + listed(breakage.told_after))


def test_each_fault_is_known_in_time_and_dated_back_to_it(province: Province, breakage: Breakage, note: Note) -> None:
    downs = {entity: first_down(province.netmon, entity) for entity in LIMITS}
    known = {entity: seconds_between(breakage.broken, down.recorded) for entity, down in downs.items()}
    dated = {entity: seconds_between(breakage.broken, down.at) for entity, down in downs.items()}

    assert [entity for entity, after in known.items() if after > LIMITS[entity]] == []
    assert [entity for entity in (SWITCH, GATEWAY) if not -0.5 <= dated[entity] <= 10.5] == []
    assert [entity for entity in (LINK_END, WEB) if not -0.5 <= dated[entity] <= OFTEN + 0.5] == []
    assert breakage.told[SWITCH]["since"] == rfc3339(downs[SWITCH].at)
    note(f"province: known after {listed(known)}; dated {listed(dated)}")


def test_prometheus_sees_each_fault_at_the_next_scrape(province: Province, breakage: Breakage, note: Note) -> None:
    seen = {
        entity: province.prometheus.first_seen(series(entity, State.DOWN), since=breakage.broken) for entity in LIMITS
    }
    after = {entity: seconds_between(breakage.broken, at) for entity, at in seen.items()}

    assert [entity for entity in LIMITS if after[entity] > LIMITS[entity] + SCRAPE_SECONDS + 1] == []
    note(f"province: in Prometheus (scraped every {SCRAPE_SECONDS} s) after {listed(after)}")


def test_what_is_mended_recovers(province: Province, breakage: Breakage, note: Note) -> None:
    ups = {entity: story(province.netmon, entity)[-1] for entity in LIMITS}
    back = {entity: seconds_between(breakage.mended, up.recorded) for entity, up in ups.items()}

    assert {up.state for up in ups.values()} == {State.UP}
    echoes = [story(province.netmon, f"check:{device}/icmp")[-1] for device in (SWITCH, GATEWAY)]
    assert [seconds_between(breakage.mended, echo.recorded) <= 15 for echo in echoes] == [True, True]
    assert [entity for entity in (LINK_END, WEB) if back[entity] > LIMITS[entity]] == []
    province.netmon.until("Prometheus sees it", lambda: province.prometheus.shows(State.UP), within=AT_NEXT_SCRAPE)
    note(f"province: up again after {listed(back)}")


@pytest.mark.usefixtures("breakage")
def test_every_transition_is_kept_once_told_once_and_comes_out_of_the_replay_once(province: Province) -> None:
    netmon = province.netmon
    kept = netmon.news()

    for entity, rows in by_entity(kept).items():
        assert all(one.state is not following.state for one, following in pairwise(rows)), entity
        assert all(one.at <= following.at for one, following in pairwise(rows)), entity
    assert [one.state for one in story(netmon, WEB)] == [State.UP, State.DOWN, State.UP]
    assert [one.state for one in story(netmon, LINK_END)] == [State.UP, State.DOWN, State.UP]
    for device in (SWITCH, GATEWAY):
        first, down, *between, up = story(netmon, device)
        assert [first.state, down.state, up.state] == [State.UP, State.DOWN, State.UP]
        assert [one.state for one in between] in ([], [State.DEGRADED])  # one check was back before the other
    told = Counter((str(one["event"]), one["at"]) for one in netmon.events() if "_became_" in one["event"])
    assert told == Counter((f"{kind_of(one.entity).value}_became_{one.state.value}", rfc3339(one.at)) for one in kept)
    replayed = Counter((one.entity, one.at, one.state, one.failure) for one in netmon.replayed())
    assert replayed == Counter((one.entity, one.at, one.state, one.failure) for one in kept)


def first_down(netmon: Netmon, entity: str) -> Kept:
    return next(kept for kept in story(netmon, entity) if kept.state is State.DOWN)


def by_entity(kept: list[Kept]) -> dict[str, list[Kept]]:
    found: dict[str, list[Kept]] = {}
    for one in kept:
        found.setdefault(one.entity, []).append(one)
    return found


def listed(values: dict[str, float]) -> str:
    return ", ".join(f"{entity} {value:.1f} s" for entity, value in values.items())
