"""The registry: a kind of check is a folder, an entry and a page, and none of the three without the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

import netmon.collectors
from netmon.collectors import KINDS
from netmon.ports import CollectorKind

COMMON_KEYS = {"name", "interval", "timeout", "slow", "required"}
ROOT = Path(netmon.collectors.__file__).parents[2]
PAGES = ROOT / "docs" / "checks"

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def names_on(page: Path) -> set[str]:
    """Every name in code type on *page*; ``{a,b}`` in it stands for either, as in a shell."""
    names = re.findall(r"`([^`\s]+)`", page.read_text(encoding="utf-8"))
    return {name for pattern in names for name in spelled_out(pattern)}


def spelled_out(pattern: str) -> Iterator[str]:
    choice = re.search(r"\{([^{}]*)\}", pattern)
    if choice is None:
        yield pattern
        return
    for one in choice[1].split(","):
        yield from spelled_out(pattern[: choice.start()] + one + pattern[choice.end() :])


def examples_in(page: Path) -> Iterator[Any]:
    """Every YAML example on *page*, as data."""
    for block in re.findall(r"^ *```yaml\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        yield yaml.load(block, Loader=yaml.CSafeLoader)


def checks_in(data: Any) -> Iterator[tuple[CollectorKind, dict[str, Any]]]:
    """Every check with settings of its own in *data*, wherever it stands."""
    kinds = {kind.name: kind for kind in KINDS}
    if isinstance(data, list):
        for item in data:
            yield from checks_in(item)
    if isinstance(data, dict):
        for key, value in data.items():
            if key in kinds and isinstance(value, dict):
                yield kinds[key], value
            yield from checks_in(value)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The settings models that *annotation* speaks of, at whatever depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_in(field.annotation)
    for argument in get_args(annotation):
        yield from models_in(argument)


def test_every_folder_has_its_entry_and_every_entry_its_folder() -> None:
    folders = {path.parent.name for path in Path(netmon.collectors.__file__).parent.glob("*/*.py")}
    assert sorted(kind.name for kind in KINDS) == sorted(folders)


def test_every_kind_has_a_page_and_the_index_leads_to_it() -> None:
    index = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    for kind in KINDS:
        assert (PAGES / f"{kind.name}.md").is_file(), f"docs/checks/{kind.name}.md is missing"
        assert f"(checks/{kind.name}.md)" in index, f"docs/checks.md does not lead to {kind.name}"


@each_kind
def test_every_setting_is_described_in_the_code_and_named_on_the_page(kind: CollectorKind) -> None:
    named = {name.rpartition(".")[2] for name in names_on(PAGES / f"{kind.name}.md")}
    for model in models_in(kind.settings):
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name} has no description"
        assert {field.alias or name for name, field in model.model_fields.items()} <= named


@each_kind
def test_every_metric_is_named_on_the_page(kind: CollectorKind) -> None:
    assert set(kind.metrics) <= names_on(PAGES / f"{kind.name}.md")
    for name, help_text in kind.metrics.items():
        assert name.startswith("netmon_")
        assert help_text.endswith(".")


@pytest.mark.parametrize("page", ["checks.md", *(f"checks/{kind.name}.md" for kind in KINDS if kind.name != "snmp")])
def test_every_example_on_the_pages_is_right(page: str) -> None:
    found = [check for data in examples_in(ROOT / "docs" / page) for check in checks_in(data)]
    assert found
    for kind, written in found:
        kind.settings.model_validate({key: value for key, value in written.items() if key not in COMMON_KEYS})


def test_no_two_kinds_fill_one_family() -> None:
    families = [name for kind in KINDS for name in kind.metrics]
    assert len(families) == len(set(families))
