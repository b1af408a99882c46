"""netmon doctor: what a colleague would ask, with what to do."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from netmon.cli import keeping, speed
from netmon.model.moments import HOUR, MILLISECOND, Duration, Moment
from tests.cli.house import NOON, House


def findings(house: House) -> dict[str, dict[str, Any]]:
    return {one["about"]: one for one in house.ask_json("doctor")["findings"]}


@pytest.mark.usefixtures("only_in_a_file")
def test_before_the_first_run_it_only_warns(house: House) -> None:
    found = findings(house)

    assert {about for about, one in found.items() if one["health"] == "broken"} <= {"icmp"}
    assert found["running"]["what"] == "no netmon is running here"
    assert found["running"]["mend"] == "start it: `netmon run`"
    assert found["store"] == {"about": "store", "health": "well", "what": "nothing is kept yet", "why": "", "mend": ""}


def test_every_finding_that_is_not_well_says_why_and_what_to_do(house: House) -> None:
    for one in findings(house).values():
        assert one["health"] == "well" or (one["what"] and one["why"] and one["mend"])


def test_files_with_mistakes_are_broken_and_the_rest_is_asked_all_the_same(house: House) -> None:
    house.write("inventory/sites/ttth.yaml", "site: {id: ttth, departement: centre}\n")

    answer = house.ask("doctor")

    assert answer.exit_code == 2
    assert "configuration: the files have mistakes:" in answer.stdout
    assert "state: " in answer.stdout


def test_without_canaries_it_says_what_that_leads_to(house: House) -> None:
    found = findings(house)["canaries"]

    assert found["health"] == "warning"
    assert found["why"] == "when netmon's own uplink fails it will call every device down"


def test_a_secret_that_is_missing_is_named_and_one_that_is_there_is_not_shown(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (house.folder / "inventory/sites/ttth.yaml").read_text(encoding="utf-8").replace("v2c", "elsewhere")
    house.write("inventory/sites/ttth.yaml", text)

    assert "env:NETMON_TEST_COMMUNITY: the environment variable is not set" in findings(house)["secrets"]["what"]

    monkeypatch.setenv("NETMON_TEST_COMMUNITY", "hush-hush")
    assert findings(house)["secrets"]["health"] == "well"
    assert "hush" not in house.ask("doctor").stdout


def test_a_state_directory_that_everybody_may_enter_is_told(house: House) -> None:
    (house.folder / "state").mkdir(mode=0o755)
    (house.folder / "state").chmod(0o755)

    assert findings(house)["state"]["mend"].startswith("chmod o-rwx ")


@pytest.mark.usefixtures("only_in_a_file")
def test_a_store_that_is_damaged_is_broken(house: House) -> None:
    house.keep()
    (house.folder / "state" / "netmon.db").write_bytes(b"not a database" * 1000)

    found = findings(house)["store"]

    assert found["health"] == "broken"
    assert "no SQLite database" in found["what"]


@pytest.mark.usefixtures("only_in_a_file")
def test_a_file_that_never_shrinks_is_told_with_the_way_to_let_it(house: House) -> None:
    house.keep()
    assert findings(house)["shrinking"]["health"] == "well"
    file = house.folder / "state" / "netmon.db"
    set_vacuum(file, "NONE")

    found = findings(house)["shrinking"]

    assert (found["health"], found["what"]) == ("warning", f"{file} never becomes smaller: an older netmon made it")
    assert f"sqlite3 {file} 'PRAGMA auto_vacuum = INCREMENTAL; VACUUM'" in found["mend"]
    set_vacuum(file, "INCREMENTAL")
    assert findings(house)["shrinking"]["health"] == "well"


def set_vacuum(file: Path, mode: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA auto_vacuum = {mode}")
        connection.execute("VACUUM")


def test_a_last_beat_in_the_future_is_a_clock_that_went_back(house: House) -> None:
    house.keep(beat=Moment(NOON + HOUR))

    assert findings(house)["store"]["what"] == "the last beat lies 50 m in the future"


def test_a_lab_beside_real_devices_is_told(house: House) -> None:
    house.write("config.yaml", house.config.read_text(encoding="utf-8") + "lab: lab.yaml\n")
    house.write("lab.yaml", "seed: 1\n")

    assert findings(house)["lab"]["health"] == "warning"


def test_what_cannot_be_known_now_is_neither_well_nor_a_warning(house: House) -> None:
    clock = findings(house)["clock"]
    said = house.ask("doctor").stdout

    assert (clock["health"], clock["what"]) == ("unknown", "not known while netmon does not run")
    assert "?  clock: not known while netmon does not run\n" in said


@pytest.mark.usefixtures("only_in_a_file")
def test_it_says_how_long_the_disk_takes_to_keep_a_batch(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings(house)["speed"]["health"] == "unknown"
    (house.folder / "state").mkdir()

    assert findings(house)["speed"]["what"] == "the disk takes 0 ms to keep a batch"
    monkeypatch.setattr(speed, "_time_to_sync", lambda *_: Duration(2 * speed.SLOW))
    slow = findings(house)["speed"]
    assert (slow["health"], slow["what"]) == ("warning", "the disk takes 500 ms to keep a batch")


@pytest.mark.usefixtures("only_in_a_file")
def test_a_disk_is_waited_for_as_long_as_it_takes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    (house.folder / "state").mkdir()

    def sync(_: int) -> None:
        house.clock.catch_up(Moment(house.clock.now() + 300 * MILLISECOND))

    monkeypatch.setattr(os, "fsync", sync)

    assert findings(house)["speed"]["what"] == "the disk takes 300 ms to keep a batch"


@pytest.mark.parametrize(("known", "health"), [(True, "well"), (False, "warning"), (None, "unknown")])
def test_a_clock_that_nobody_keeps_right_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch, known: bool | None, health: str
) -> None:
    monkeypatch.setattr(keeping, "is_synchronized", lambda: known)

    assert findings(house)["synchronization"]["health"] == health


def test_it_speaks_vietnamese_about_every_topic(house: House) -> None:
    lines = house.ask("doctor", language="vi").stdout.splitlines()

    topics = [line[3:].partition(":")[0] for line in lines[:-1] if not line.startswith("  ")]
    assert topics == [
        "cấu hình", "thư mục trạng thái", "đĩa", "kho dữ liệu", "thu nhỏ kho", "tốc độ", "tiến trình", "địa chỉ nghe",
        "đồng hồ", "đồng bộ thời gian", "ICMP", "số tệp được mở", "điểm đối chứng", "phòng thí nghiệm", "bí mật",
        "tên miền",
    ]  # fmt: skip
    assert "!  tiến trình: không có netmon nào đang chạy ở đây" in lines
