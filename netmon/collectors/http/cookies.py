"""Cookies of one look (RFC 6265): kept for the host that set them alone, few and short, and gone with the look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

from netmon.kernel.clock import Clock
from netmon.model.moments import from_datetime

_MOST = 50
_LONGEST = 4_096
_SHORTEST_SECRET = 8

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_VALUE = re.compile(r"[\x20-\x3a\x3c-\x7e]*")
_SECONDS = re.compile(r"-?[0-9]{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Cookie:
    """One cookie, and where it is sent."""

    host: str
    path: str
    name: str
    value: str
    is_secure: bool

    def goes_to(self, url: httpx.URL) -> bool:
        begins = url.path == self.path or url.path.startswith(self.path.removesuffix("/") + "/")
        return url.host == self.host and begins and (url.scheme == "https" or not self.is_secure)


class CookieJar:
    """Takes cookies and gives them back; what is too long, too much or malformed is left out, as browsers do."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cookies: dict[tuple[str, str, str], _Cookie] = {}

    def take(self, url: httpx.URL, written: Iterable[str]) -> None:
        """Keep what the server of *url* has *written* into Set-Cookie headers; an ended one is forgotten."""
        for text in written:
            if len(text) > _LONGEST:
                continue
            pair, *attributes = text.split(";")
            name, found, value = (part.strip() for part in pair.partition("="))
            if not found or _NAME.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
                continue
            said = {key.strip().lower(): end.strip() for key, _, end in (each.partition("=") for each in attributes)}
            path = said.get("path", "")
            cookie = _Cookie(url.host, path if path.startswith("/") else _folder(url), name, value, "secure" in said)
            key = (cookie.host, cookie.path, name)
            if self._has_ended(said):
                self._cookies.pop(key, None)
            elif key in self._cookies or len(self._cookies) < _MOST:
                self._cookies[key] = cookie

    def header(self, url: httpx.URL) -> str:
        """The Cookie header for *url*; empty where there is none."""
        sent = sorted((each for each in self._cookies.values() if each.goes_to(url)), key=lambda each: -len(each.path))
        return "; ".join(f"{each.name}={each.value}" for each in sent)

    @property
    def secrets(self) -> Iterator[str]:
        """Values that are long enough to be those of sessions."""
        return (each.value for each in self._cookies.values() if len(each.value) >= _SHORTEST_SECRET)

    def _has_ended(self, said: dict[str, str]) -> bool:
        if _SECONDS.fullmatch(age := said.get("max-age", "")):
            return int(age) <= 0
        try:
            return from_datetime(parsedate_to_datetime(said["expires"])) <= self._clock.now()
        except (KeyError, ValueError, TypeError, OverflowError):
            return False


def _folder(url: httpx.URL) -> str:
    return url.path.rpartition("/")[0] or "/"
