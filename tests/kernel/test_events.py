"""What netmon says about itself: names with fields, and no device text that could forge a line."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
import structlog

from netmon.kernel.events import configure_events


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _leave_no_configuration() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_into_a_pipe_goes_one_json_object_a_line() -> None:
    stream = io.StringIO()
    configure_events("info", stream)

    structlog.get_logger().warning("device_became_down", device="syt-gw1", at=1_800_000_000_500_000, reason=None)

    (line,) = stream.getvalue().splitlines()
    event = json.loads(line)
    del event["timestamp"]
    assert event == {
        "event": "device_became_down", "level": "warning", "device": "syt-gw1", "at": "2027-01-15T08:00:00.5Z",
    }  # fmt: skip


def test_vietnamese_stays_readable_in_json() -> None:
    stream = io.StringIO()
    configure_events("info", stream)

    structlog.get_logger().info("plan_taken", unit="Sở Y tế")

    assert "Sở Y tế" in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    ["two\nlines", "red \x1b[31m text", "turned \u202e round", "a \r return", "NUL \x00"],
    ids=["a line end", "an ANSI escape", "a direction mark", "a carriage return", "a NUL"],
)
def test_text_of_a_device_cannot_forge_a_line_in_a_terminal(text: str) -> None:
    stream = Terminal()
    configure_events("info", stream)

    structlog.get_logger().info("device_became_up", device="syt-gw1", evidence=text)

    (line,) = stream.getvalue().splitlines()
    assert text not in line
    assert "\\" in line


def test_events_below_the_level_are_not_written() -> None:
    stream = io.StringIO()
    configure_events("warning", stream)

    structlog.get_logger().info("plan_taken")
    structlog.get_logger().error("store_refused_batch")

    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["store_refused_batch"]


class Full(io.StringIO):
    """A stream on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_loses_lines_and_stops_nobody() -> None:
    configure_events("info", Full())

    structlog.get_logger().error("store_refused_batch")


def crash(community: str) -> None:
    datagram = community.encode()
    raise ValueError(len(datagram))


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["as JSON", "in a terminal"])
def test_a_traceback_holds_no_values_of_variables(stream: io.StringIO) -> None:
    configure_events("info", stream)
    try:
        crash("s3cret-community")
    except ValueError:
        structlog.get_logger().exception("collector_crashed")

    assert "ValueError" in stream.getvalue()
    assert "s3cret-community" not in stream.getvalue().replace('crash("s3cret-community")', "")
