"""Reports: who may make them, and what can be said in one."""

from __future__ import annotations

from typing import Any

import pytest

from netmon.model.heartbeats import Heartbeat, Signal
from netmon.model.ids import CheckId
from netmon.model.moments import MINUTE, SECOND, Duration, Moment
from netmon.receivers.heartbeats.report import parse_report
from netmon.receivers.heartbeats.tokens import Reporter, Reporters

AT = Moment(1_800_000_000 * SECOND)
FORM = "application/x-www-form-urlencoded"
TOKEN = "x" * 24
CHECK = CheckId("check:device:sv1/heartbeat/nightly")


@pytest.mark.parametrize(
    ("query", "body", "kind", "said"),
    [
        ("", b"", "", {}),
        ("signal=start", b"", "", {"signal": Signal.START}),
        ("signal=fail&message=tape+full", b"", "", {"signal": Signal.FAIL, "message": "tape full"}),
        ("code=0", b"", "", {"code": 0}),
        ("code=-1", b"", "", {"signal": Signal.FAIL, "code": -1}),
        ("duration=12.5&size=1024", b"", "", {"took": Duration(12_500_000), "size_bytes": 1024}),
        ("code=1&size=&duration=", b"", "", {"signal": Signal.FAIL, "code": 1}),
        ("duration=90m&size=12%20GiB", b"", "", {"took": 90 * MINUTE, "size_bytes": 12 * 2**30}),
        ("", b"code=2&message=hong", FORM, {"signal": Signal.FAIL, "code": 2, "message": "hong"}),
        ("", "Đã xong\r\n\x1b[31m 5 tệp".encode(), "text/plain", {"message": "Đã xong [31m 5 tệp"}),
        ("", b"a line of a log", FORM, {"message": "a line of a log"}),
        ("message=" + "x" * 900, b"", "", {"message": "x" * 200}),
    ],
)
def test_a_report_is_read(query: str, body: bytes, kind: str, said: dict[str, Any]) -> None:
    assert parse_report(query, body, kind, AT) == Heartbeat(**{"at": AT, "signal": Signal.OK, **said})


@pytest.mark.parametrize(
    ("query", "cause"),
    [
        ("signal=done", "start, ok or fail"),
        ("signal=", "start, ok or fail"),
        ("signal=ok&code=3", "no ok"),
        ("code=", "whole number"),
        ("code=abc", "whole number"),
        ("code=99999999999", "whole number"),
        ("duration=-5", "number of seconds"),
        ("duration=1e9", "number of seconds"),
        ("duration=400d", "too long"),
        ("size=lots", "number of bytes"),
        ("size=9999999999999999999", "too large"),
        ("sise=5", "what can be said is signal, code"),
        ("&".join(f"code={n}" for n in range(50)), "Max number of fields"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_cause(query: str, cause: str) -> None:
    with pytest.raises(ValueError, match=cause):
        parse_report(query, b"", "", AT)


@pytest.mark.parametrize(
    ("path", "bearer", "found"),
    [
        ("nightly", TOKEN, True),
        (f"nightly/{TOKEN}", None, True),
        (CHECK, TOKEN, True),
        (f"{CHECK}/{TOKEN}", None, True),
        ("nightly", None, False),
        ("nightly", "y" * 24, False),
        ("weekly", TOKEN, False),
        (f"nightly/{TOKEN}x", None, False),
        ("", TOKEN, False),
        (f"nightly\n{TOKEN}", "", False),
    ],
)
def test_only_the_name_with_its_token_finds_the_check(path: str, bearer: str | None, found: bool) -> None:
    reporters = Reporters([Reporter(CHECK, (CHECK, "nightly"), TOKEN)])
    assert reporters.find(path, bearer) == (CHECK if found else None)


def test_no_token_stands_in_what_is_kept() -> None:
    reporter = Reporter(CHECK, ("nightly",), TOKEN)
    reporters = Reporters([reporter])
    assert TOKEN not in repr(reporter)
    assert TOKEN.encode() not in b"".join(reporters._checks)


@pytest.mark.parametrize("token", ["short", "x" * 201, "has a space in the middle", "dấu-tiếng-việt-dài-dài"])
def test_a_weak_token_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(ValueError, match="16 to 200 letters") as caught:
        Reporters([Reporter(CHECK, ("nightly",), token)])
    assert token not in str(caught.value)


def test_checks_with_the_same_name_are_told_apart_by_their_tokens_or_by_their_ids() -> None:
    others = [CheckId(f"check:device:sv{number}/heartbeat/nightly") for number in (2, 3)]
    tokens = {CHECK: TOKEN, others[0]: TOKEN, others[1]: "y" * 24}
    reporters = Reporters([Reporter(check, (check, "nightly"), token) for check, token in tokens.items()])
    assert reporters.find("nightly", "y" * 24) == others[1]
    assert reporters.find("nightly", TOKEN) is None
    assert [reporters.find(check, token) for check, token in tokens.items()] == list(tokens)
