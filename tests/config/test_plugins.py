"""Programs that checks may run: only where config.yaml says in which directories they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from netmon.collectors import KINDS
from netmon.config.loading import Loaded, load
from netmon.kernel.problems import render
from netmon.model.ids import EntityId
from tests.config.conftest import FILES

CONFIG, SITE = "config.yaml", "inventory/sites/so-y-te.yaml"
WRITTEN = 'checks: [{http: {url: "https://10.20.7.10/"}}, tls]'
CHECKS = 'checks: [{http: {url: "https://10.20.7.10/"}}, {plugin: {program: check_it, arguments: ["{address}"]}}]'


def loaded(folder: Path, plugins: str) -> Loaded:
    """The small province with a plug-in for its one service, and *plugins* in config.yaml."""
    assert WRITTEN in FILES[SITE]
    files = {**FILES, CONFIG: f"{FILES[CONFIG]}{plugins}\n", SITE: FILES[SITE].replace(WRITTEN, CHECKS)}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return load(folder / CONFIG, KINDS)


def test_a_program_is_run_for_whom_the_url_names(tmp_path: Path) -> None:
    settings, plan = loaded(tmp_path, "plugins: [/usr/lib/nagios/plugins]").complete

    (check,) = [one for one in plan.subjects[EntityId("service:syt-portal")].checks if one.kind == "plugin"]
    assert settings.plugins == ("/usr/lib/nagios/plugins",)
    assert check.address == "10.20.7.10"
    assert check.settings["program"] == "check_it"


def test_without_a_directory_no_program_may_be_run(tmp_path: Path) -> None:
    (told,) = loaded(tmp_path, "").problems

    assert told.file == SITE
    assert told.cause == '"check_it" may not be run: plugins: in config.yaml names no directory'


@pytest.mark.parametrize("directory", ["plugins", "../plugins", "/etc/../tmp"])
def test_a_directory_that_depends_on_where_one_stands_is_refused_and_nothing_else_told(
    directory: str, tmp_path: Path
) -> None:
    (told,) = loaded(tmp_path, f"plugins: [{directory}]").problems

    assert told.file == CONFIG
    assert f'"{directory}" is no absolute path' in render([told])
