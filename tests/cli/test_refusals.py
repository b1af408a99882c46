"""What the control socket refuses, in both languages: the texts are those that a running netmon really says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netmon.app.verbs import Playing
from netmon.cli.refusals import refusal
from netmon.cli.words import Language, Words
from netmon.engine.control import ControlError, ask
from netmon.lab.faults import FaultKind, LabError, read_options

SOCKET = Path("/srv/netmon/netmon.sock")


def said(error: Exception) -> str:
    return refusal(ControlError(str(error)), SOCKET, Words(Language.VI))


async def error_of(asking: Callable[[], Any]) -> ControlError:
    with pytest.raises(ControlError) as caught:
        await asking()
    return caught.value


async def test_a_netmon_without_a_lab_says_so() -> None:
    error = await error_of(lambda: Playing(None).verbs["lab.list"]({}))

    assert said(error) == "netmon này giám sát thật: không có phòng thí nghiệm (config.yaml không có `lab:`)"


def test_an_option_that_a_fault_does_not_take_is_named() -> None:
    with pytest.raises(LabError) as caught:
        read_options(FaultKind.SLOW, {"loss": "0.5"})

    assert said(caught.value) == '"slow" không nhận "loss"; nó nhận delay'


@pytest.mark.parametrize(
    ("english", "vietnamese"),
    [
        (
            'the lab has no "syt-gw9" - did you mean "syt-gw1"?',
            'phòng thí nghiệm không có "syt-gw9": có phải ý bạn là "syt-gw1"?',
        ),
        ('the lab has no "x"', 'phòng thí nghiệm không có "x"'),
        (
            '"cut" is for interface or link, and device:x is none',
            '"cut" dành cho interface hoặc link, còn device:x thì không phải',
        ),
        ("something rare; the running plan is kept", "something rare; the running plan is kept"),
    ],
)  # fmt: skip
def test_what_is_often_said_is_said_in_vietnamese_and_what_is_rare_as_it_came(english: str, vietnamese: str) -> None:
    assert said(ControlError(english)) == vietnamese
    assert refusal(ControlError(english), SOCKET, Words(Language.EN)) == english


async def test_nobody_is_told_apart_from_somebody_elses(tmp_path: Path) -> None:
    path = tmp_path / "netmon.sock"
    nobody = await error_of(lambda: ask(path, "about"))

    assert refusal(nobody, path, Words(Language.EN)) == str(nobody)
    assert refusal(nobody, path, Words(Language.VI)) == (
        f"không có netmon nào đang chạy ở đây ({path}): hãy khởi động bằng `netmon run`"
    )
    forbidden = ControlError(f"{path} belongs to another user: ask as the user that runs netmon")
    forbidden.__cause__ = PermissionError()
    assert refusal(forbidden, path, Words(Language.EN)) == str(forbidden)
