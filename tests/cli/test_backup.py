"""Backup and restore as somebody at the command line has them, without a netmon that runs."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from netmon.model.states import State
from netmon.store.spool_segments import segment_path
from tests import stores
from tests.cli.house import House, became, states_of


@pytest.fixture
def kept(house: House) -> House:
    """A house whose netmon has kept a little."""
    house.keep(became("device:core1", State.UP), became("device:syt-gw1", State.DOWN, minute=3))
    return house


def moved(house: House) -> None:
    """The state directory is another, which is not there yet, and the store is one that nobody has used."""
    house.write("config.yaml", house.config.read_text(encoding="utf-8") + "state: elsewhere\n")
    stores.configure(house.config, house.folder / "elsewhere")


def test_a_backup_says_what_is_in_it(kept: House) -> None:
    file = kept.folder / "netmon.zip"
    said = kept.ask("backup", str(file))

    assert said.exit_code == 0
    assert f"{file}: " in said.stdout
    assert "read back and found equal" in said.stdout
    document = kept.ask_json("backup", str(file))
    assert (document["tables"]["transitions"], document["verified"]) == (2, True)
    assert document["size_bytes"] == file.stat().st_size
    with zipfile.ZipFile(file) as archive:
        assert json.loads(archive.read("manifest.json"))["revision"] == document["revision"]


def test_a_restored_house_knows_what_the_first_one_knew(kept: House) -> None:
    file = kept.folder / "netmon.zip"
    kept.ask("backup", str(file))
    before = states_of(kept.ask_json("status", "--all"))
    moved(kept)
    said = kept.ask("restore", str(file))

    assert said.exit_code == 0
    assert "restored, read back and found equal" in said.stdout
    assert "start netmon with `netmon run`" in said.stdout
    assert states_of(kept.ask_json("status", "--all")) == before


def test_a_dry_run_tells_and_changes_nothing(kept: House) -> None:
    file = kept.folder / "netmon.zip"
    kept.ask("backup", str(file))
    moved(kept)
    said = kept.ask("restore", "--dry-run", str(file))

    assert said.exit_code == 0
    assert f"{file} is whole" in said.stdout
    assert not (kept.folder / "elsewhere").exists()
    assert kept.ask_json("restore", "--dry-run", str(file))["restored"] is False


@pytest.mark.parametrize("how", [(), ("--dry-run",)], ids=["in earnest", "as a trial"])
def test_history_is_not_overwritten_by_accident(kept: House, how: tuple[str, ...]) -> None:
    file = kept.folder / "netmon.zip"
    kept.ask("backup", str(file))
    refused = kept.ask("restore", *how, str(file))

    assert refused.exit_code == 3
    assert "it holds history already. Restore into an empty one, or add --replace" in " ".join(refused.stderr.split())


def test_what_was_there_is_set_aside_and_can_be_brought_back(kept: House) -> None:
    file = kept.folder / "netmon.zip"
    kept.ask("backup", str(file))
    kept.keep(became("device:syt-sw1", State.DOWN, minute=5))
    later = states_of(kept.ask_json("status", "--all"))
    done = kept.ask_json("restore", "--replace", str(file))

    assert Path(done["replaced"]).is_file()
    assert states_of(kept.ask_json("status", "--all")) != later
    assert kept.ask("restore", "--replace", done["replaced"]).exit_code == 0
    assert states_of(kept.ask_json("status", "--all")) == later


def test_what_waits_for_the_store_does_not_go_into_another_history(kept: House) -> None:
    file = kept.folder / "netmon.zip"
    kept.ask("backup", str(file))
    spool = kept.folder / "state" / "spool"
    spool.mkdir()
    segment_path(spool, 1, 1).write_bytes(b"something that netmon saw")
    refused = kept.ask("restore", "--replace", str(file))

    assert refused.exit_code == 1
    assert "waits what netmon saw while its store was away" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("backup", "-", "--json"), 2, "both go to standard output"),
        (("backup", "/nowhere/netmon.zip"), 3, "cannot write /nowhere/netmon.zip: No such file or directory"),
        (("restore", "/nowhere/netmon.zip"), 2, "cannot read /nowhere/netmon.zip: No such file or directory"),
        (("restore", "config.yaml"), 2, "no archive at all"),
    ],
    ids=["archive and answer in one stream", "no such directory", "no such archive", "no archive"],
)
def test_what_cannot_be_is_told(
    kept: House, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, told: str
) -> None:
    monkeypatch.chdir(kept.folder)
    refused = kept.ask(*arguments)

    assert refused.exit_code == code
    assert told in refused.output


def test_before_the_first_run_there_is_nothing_to_back_up(house: House) -> None:
    assert house.ask("backup", "netmon.zip").exit_code == 3


def test_an_archive_leaves_by_standard_output(kept: House) -> None:
    said = kept.ask("backup", "-")
    file = kept.folder / "piped.zip"
    file.write_bytes(said.stdout_bytes)

    assert "went to standard output" in said.stderr
    moved(kept)
    assert kept.ask("restore", "--dry-run", str(file)).exit_code == 0


def test_somebody_in_vietnamese_is_told_in_vietnamese(kept: House) -> None:
    said = kept.ask("backup", str(kept.folder / "netmon.zip"), language="vi")

    assert "đã đọc lại và thấy khớp" in said.stdout
