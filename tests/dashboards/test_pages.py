"""The dashboards are what their generator writes, and each is whole: bilingual, linked, laid out."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.generator.writing import render_dashboards
from tests.dashboards.asking import DASHBOARDS, PAGES, panels, read_page


def named(path: Path) -> str:
    return path.stem


def test_the_committed_dashboards_are_what_the_generator_writes() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in PAGES}

    assert committed == render_dashboards(), "dashboards/ is behind the code; write it anew: make docs"


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_panel_has_a_title_an_english_description_and_a_query_of_the_chosen_source(path: Path) -> None:
    for panel in panels(read_page(path)):
        assert panel["title"]
        assert re.match(r"[A-Z]", panel["description"])
        assert panel["targets"]
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert {source["uid"] for source in sources} == {"${datasource}"}


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_no_two_panels_stand_on_each_other_or_beyond_the_edge(path: Path) -> None:
    page = read_page(path)
    places = {panel["id"]: panel["gridPos"] for panel in page["panels"]}

    assert len(places) == len(page["panels"])
    assert [number for number, place in places.items() if place["x"] + place["w"] > 24] == []
    assert [pair for pair in combinations(places, 2) if overlap(places[pair[0]], places[pair[1]])] == []


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_file_is_called_like_the_dashboard_that_links_lead_to(path: Path) -> None:
    page = read_page(path)

    assert page["uid"] == path.stem
    assert page["tags"] == ["netmon"]
    for uid, variables in links(page):
        target = read_page(DASHBOARDS / f"{uid}.json")
        assert variables <= {variable["name"] for variable in target["templating"]["list"]}


def links(page: dict[str, Any]) -> list[tuple[str, set[str]]]:
    urls = [
        link["url"]
        for panel in panels(page)
        for override in panel["fieldConfig"]["overrides"]
        for each in override["properties"]
        if each["id"] == "links"
        for link in each["value"]
    ]
    return [(re.findall(r"/d/([\w-]+)", url)[0], set(re.findall(r"[?&]var-(\w+)=", url))) for url in urls]


def test_the_overview_leads_to_devices_interfaces_and_services() -> None:
    assert {uid for uid, _ in links(read_page(DASHBOARDS / "netmon-province.json"))} == {
        "netmon-device",
        "netmon-interface",
        "netmon-services",
    }


def test_the_provisioned_source_knows_how_often_prometheus_scrapes() -> None:
    prometheus = yaml.safe_load((DASHBOARDS / "prometheus.yml").read_text(encoding="utf-8"))
    (source,) = yaml.safe_load((DASHBOARDS / "provisioning/datasources/netmon.yaml").read_text(encoding="utf-8"))[
        "datasources"
    ]

    assert source["type"] == "prometheus"
    assert source["jsonData"]["timeInterval"] == prometheus["global"]["scrape_interval"]


def test_every_rate_window_is_whole_polls_and_one_scrape() -> None:
    (window,) = [
        variable
        for variable in read_page(DASHBOARDS / "netmon-interface.json")["templating"]["list"]
        if variable["type"] == "interval"
    ]

    assert [re.fullmatch(r"\d+[mh]10s", each["value"]) is not None for each in window["options"]] == [True] * 4
