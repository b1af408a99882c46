"""Every alert that is shipped says what to do about it, and was seen to fire."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.dashboards.asking import DASHBOARDS, RULES, alerts

RUNBOOK = (DASHBOARDS.parent / "docs" / "runbook.md").read_text(encoding="utf-8")
TESTS = [
    test
    for path in (DASHBOARDS / "rules").glob("*_test.yml")
    for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
]
SEVERITIES = {"critical", "warning"}


def rules() -> list[dict[str, dict[str, str]]]:
    return [
        rule
        for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]  # fmt: skip


@pytest.mark.parametrize("alert", sorted(alerts()))
def test_an_alert_has_an_entry_in_the_runbook_that_says_what_it_means_and_what_to_do(alert: str) -> None:
    entry = re.search(rf"^### {alert}\n(.+?)(?=^##|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)

    assert entry is not None
    assert [word for word in ("**Means**", "**Look at**", "**Do**") if word not in entry[1]] == []


def test_the_runbook_has_no_entry_for_an_alert_that_is_gone() -> None:
    assert set(re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE)) == alerts()


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_has_a_severity_two_texts_and_the_way_to_its_entry(rule: dict[str, dict[str, str]]) -> None:
    assert rule["labels"]["severity"] in SEVERITIES
    assert rule["annotations"].keys() == {"summary", "description", "runbook"}
    assert rule["annotations"]["runbook"] == f"docs/runbook.md#{str(rule['alert']).lower()}"


def test_every_alert_was_seen_to_fire_by_a_test() -> None:
    seen = {
        name
        for test in TESTS
        for case in test.get("promql_expr_test", ())
        for sample in case["exp_samples"]
        for name in re.findall(r'alertname="(\w+)"', sample["labels"])
    } | {case["alertname"] for test in TESTS for case in test.get("alert_rule_test", ()) if case["exp_alerts"]}

    assert seen == alerts()
