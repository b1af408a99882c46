"""The certificates by which a server proved who it is: its own, those between, and the authority that is trusted."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netmon.collectors.miss import shorten
from netmon.model.moments import SECOND, Moment

_LONGEST_NAME = 100
_NAMES = ("commonName", "organizationalUnitName", "organizationName")


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate: whom it is for, who signed it, and when it ends."""

    subject: str
    issuer: str
    ends: Moment


def read_chain(connection: ssl.SSLObject) -> tuple[Certificate, ...]:
    """The chain that was verified, the server's own certificate first."""
    # Public from Python 3.13 on, as SSLObject.get_verified_chain; before, only the object below it has the chain.
    found = connection._sslobj.get_verified_chain()  # type: ignore[attr-defined]  # noqa: SLF001
    return tuple(_read(certificate.get_info()) for certificate in found)


def _read(told: Mapping[str, Any]) -> Certificate:
    ends = Moment(ssl.cert_time_to_seconds(told["notAfter"]) * SECOND)
    return Certificate(_shown_name(told["subject"]), _shown_name(told["issuer"]), ends)


def _shown_name(name: tuple[tuple[tuple[str, str], ...], ...]) -> str:
    """What people call it: its common name, else the narrowest name that it has."""
    parts = dict(part for group in reversed(name) for part in group)
    return shorten(next((parts[key] for key in _NAMES if key in parts), "?"), _LONGEST_NAME)
