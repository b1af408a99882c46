"""Headers and other values that a check sends: which may be sent, and which are references to secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping

UNSENDABLE = "cannot be sent: it goes beyond ASCII, has a control character or a space at an end, or is too long"
_LONGEST_VALUE = 8_192

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_SECRET = re.compile(r"(env|file|credential|literal):.+", re.DOTALL)
_OURS = frozenset({"connection", "content-length", "transfer-encoding", "upgrade", "accept-encoding", "te", "trailer"})

Headers = tuple[tuple[str, str], ...]


def is_secret(value: str) -> bool:
    """Whether *value* says where a secret stands, instead of being the value."""
    return _SECRET.fullmatch(value) is not None


def is_sendable(value: str) -> bool:
    """Whether *value* can stand in a header (RFC 9110, section 5.5), as ASCII."""
    return value.isascii() and value.isprintable() and value == value.strip() and len(value) <= _LONGEST_VALUE


def is_name(text: str) -> bool:
    """Whether *text* can be the name of a header (RFC 9110, section 5.1)."""
    return _TOKEN.fullmatch(text) is not None


def validate_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """*headers*, if they may be sent.

    Raises:
        ValueError: one may not; the message names it.
    """
    for name, value in headers.items():
        if not is_name(name):
            raise ValueError(f"{name!r} is no name of a header")
        if name.lower() in _OURS:
            raise ValueError(f'the header "{name}" belongs to the check itself')
        if not (value.isprintable() if is_secret(value) else is_sendable(value)):
            raise ValueError(f'the header "{name}" {UNSENDABLE}')
    return headers
