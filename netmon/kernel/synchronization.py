"""Whether the system's clock is kept right: what the kernel knows, whoever keeps it (chrony, ntpsec, timesyncd)."""

from __future__ import annotations

import ctypes

_TIMEX_BYTES = 208
"""The size of ``struct timex``; zeroed, it asks and changes nothing."""

_TIME_ERROR = 5
"""What adjtimex(2) returns while the clock is not synchronised."""


def is_synchronized() -> bool | None:
    """Whether the kernel takes its clock for synchronised; ``None`` where it does not say."""
    try:
        ask = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None
    state: int = ask(ctypes.create_string_buffer(_TIMEX_BYTES))
    return None if state < 0 else state != _TIME_ERROR
