"""What a job says in one request: its signal, and how the run went; strict, and bounded in every part."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from netmon.model.heartbeats import Heartbeat, Signal
from netmon.model.moments import DAY, Duration, Moment, seconds
from netmon.model.quantities import parse_bytes, parse_duration

LONGEST_MESSAGE = 200
_LONGEST_RUN = Duration(366 * DAY)
_LARGEST_SIZE = 2**63 - 1
_FORM = "application/x-www-form-urlencoded"
_KEYS = ("signal", "code", "duration", "size", "message")
_MOST_FIELDS = 20

_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,19}", re.ASCII)
_CODE = re.compile(r"-?[0-9]{1,10}", re.ASCII)


def parse_report(query: str, body: bytes, content_type: str, at: Moment) -> Heartbeat:
    """The heartbeat of a request at *at*; a form in the body speaks like the query, any other text is the message.

    Raises:
        ValueError: something in it is not understood; the message says what, and is safe to send back.
    """
    said = _fields(query)
    text = body.decode("utf-8", "replace")
    if content_type.partition(";")[0].strip().lower() == _FORM and "=" in text:
        said = {**said, **_fields(text.strip())}
    elif text.strip():
        said.setdefault("message", text)
    code = _code(said.get("code"))
    return Heartbeat(
        at=at,
        signal=_signal(said.get("signal"), code),
        took=_duration(said.get("duration", "")),
        size_bytes=_size(said.get("size", "")),
        code=code,
        message=_message(said.get("message", "")),
    )


def _fields(text: str) -> dict[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    for name, _ in pairs:
        if name not in _KEYS:
            raise ValueError(f"what can be said is {', '.join(_KEYS)}")
    return dict(pairs)


def _signal(text: str | None, code: int | None) -> Signal:
    if text is None:
        return Signal.FAIL if code else Signal.OK
    try:
        signal = Signal(text)
    except ValueError:
        raise ValueError("signal is start, ok or fail") from None
    if signal is Signal.OK and code:
        raise ValueError("a run with an exit code other than 0 is no ok")
    return signal


def _code(text: str | None) -> int | None:
    """The exit code; an empty one is a variable that nobody has set, and no proof that all went well."""
    if text is None:
        return None
    if _CODE.fullmatch(text) is None:
        raise ValueError("code is a whole number")
    return int(text)


def _duration(text: str) -> Duration | None:
    if not text:
        return None
    took = seconds(float(text)) if _NUMBER.fullmatch(text) else _quantity(text)
    if took > _LONGEST_RUN:
        raise ValueError("duration is too long")
    return took


def _quantity(text: str) -> Duration:
    try:
        return parse_duration(text[:40])
    except ValueError:
        raise ValueError("duration is a number of seconds, or has a unit: 90s, 10m, 1h") from None


def _size(text: str) -> int | None:
    if not text:
        return None
    try:
        size = int(text) if _WHOLE.fullmatch(text) else parse_bytes(text[:40])
    except ValueError:
        raise ValueError("size is a number of bytes, or has a unit: 512 KiB, 10 GB") from None
    if size > _LARGEST_SIZE:
        raise ValueError("size is too large")
    return size


def _message(text: str) -> str:
    """The first words of *text*, in one line of what can be printed."""
    words = " ".join(text[: 8 * LONGEST_MESSAGE].split())
    return "".join(one for one in words if one.isprintable())[:LONGEST_MESSAGE]
