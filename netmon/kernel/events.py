"""Events: what netmon says about itself, as fixed past-tense names with fields; for people in a terminal, else JSON.

Device text in a field is escaped by the renderers, so that it can neither forge a line nor colour one.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TextIO, cast

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from netmon.model.moments import Moment, rfc3339

_MOMENTS = ("at", "since", "until", "due")


def _write_moments(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name in _MOMENTS:
        if isinstance(event.get(name), int):
            event[name] = rfc3339(Moment(event[name]))
    return {name: value for name, value in event.items() if value is not None}


def _escape_controls(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: _printable(value) if isinstance(value, str) else value for name, value in event.items()}


def _printable(text: str) -> str:
    """*text* with whatever is not printable (ANSI escapes, line ends, direction marks) written out."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


class Unbreakable:
    """A stream that loses what it cannot write: a full disk or a closed terminal must not end the watching."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write *text*, or lose it."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, or lose what was not."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def configure_events(level: str, stream: TextIO = sys.stderr) -> None:
    """From now on write events of *level* (``debug`` ... ``error``) and above to *stream*."""
    in_terminal = stream.isatty()
    processors: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=not in_terminal),
        _write_moments,
    ]
    if in_terminal:
        processors += [
            _escape_controls,
            structlog.dev.ConsoleRenderer(pad_event_to=28, exception_formatter=structlog.dev.plain_traceback),
        ]
    else:
        processors += [
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),  # they hold secrets
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", Unbreakable(stream))),
        cache_logger_on_first_use=False,
    )
