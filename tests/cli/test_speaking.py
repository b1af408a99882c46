"""The language of whoever asks: before or after the command, in help and in mistakes too."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from netmon.cli import COMMANDS, main
from netmon.cli.speaking import language_asked
from netmon.cli.words import Language
from tests.cli.house import House


@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        (["--lang", "vi", "status"], Language.VI),
        (["status", "--lang", "vi"], Language.VI),
        (["status", "--lang=vi"], Language.VI),
        (["--lang", "vi", "status", "--lang", "en"], Language.EN),
        (["status", "--lang", "fr"], Language.EN),
        (["status", "--lang"], Language.EN),
        (["history", "--", "--lang", "vi"], Language.EN),
        ([], Language.EN),
    ],
)
def test_the_last_language_that_was_asked_for_counts(arguments: list[str], language: Language) -> None:
    assert language_asked(arguments, {"LANG": "C.UTF-8"}) is language


def test_the_locale_speaks_where_nobody_asked() -> None:
    assert language_asked(["status"], {"LANG": "vi_VN.UTF-8"}) is Language.VI


def test_language_and_configuration_may_stand_after_the_command(house: House, tmp_path: Path) -> None:
    house.keep()
    elsewhere = CliRunner().invoke(
        main, ["--config", str(tmp_path / "no.yaml"), "status", "--lang", "vi", "--config", str(house.config)],
        obj=house.clock, catch_exceptions=False,
    )  # fmt: skip

    assert elsewhere.exit_code == 0
    assert elsewhere.stdout.startswith("Tỉnh Ninh Thuận")


def test_a_group_hands_its_configuration_on(house: House) -> None:
    house.keep()
    answer = CliRunner().invoke(main, ["lab", "--config", str(house.config), "list"], obj=house.clock)

    assert f"no netmon is running here ({house.folder}/state/netmon.sock)" in answer.stderr


@pytest.mark.parametrize(
    "command", [[], *([name] for name in COMMANDS), ["lab", "break"], ["lab", "mend"]], ids=" ".join
)
def test_help_is_vietnamese_down_to_its_headings(command: list[str]) -> None:
    said = CliRunner().invoke(main, [*command, "--help", "--lang", "vi"]).stdout

    assert said.startswith("Cách dùng: main")
    assert "[TÙY_CHỌN]" in said
    assert "Tùy chọn:\n" in said
    assert "In trợ giúp này rồi thoát." in said
    for english in ("Usage", "Options", "Commands", "Show ", "Answer", "OPTIONS", " the "):
        assert english not in said


def test_help_speaks_english_again_to_the_next_who_asks() -> None:
    CliRunner().invoke(main, ["status", "--help", "--lang", "vi"])

    assert (
        CliRunner().invoke(main, ["status", "--help", "--lang", "en"]).stdout.startswith("Usage: main status [OPTIONS]")
    )


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["staus"], 'netmon: không có lệnh "staus": có phải ý bạn là status?'),
        (["status", "--jsn"], 'netmon: không có tùy chọn "--jsn": có phải ý bạn là --json?'),
        (["poll"], "netmon: thiếu THIẾT_BỊ|DỊCH_VỤ|ĐỊA_CHỈ"),
        (["lab", "break", "x", "ded"], 'netmon: SỰ_CỐ: "ded" không thuộc dead, cut,'),
        (["history", "x", "--from"], "netmon: --from cần một giá trị"),
        (["status"], "netmon chưa chạy ở đây lần nào: hãy khởi động bằng `netmon run`"),
    ],
)
def test_mistakes_are_told_in_vietnamese(house: House, arguments: list[str], what: str) -> None:
    assert house.ask(*arguments, language="vi").stderr.splitlines()[0].startswith(what)
