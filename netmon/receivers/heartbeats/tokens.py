"""Who may report for which check: names with tokens, of which only keyed digests are kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from netmon.model.ids import CheckId

_TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,200}", re.ASCII)
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Reporter:
    """A job that may report for *check*, under each of *names*, with *token*."""

    check: CheckId
    names: tuple[str, ...]
    token: str = field(repr=False)


class Reporters:
    """Those who may report; to find one takes the same time for a right token as for any other."""

    def __init__(self, reporters: Iterable[Reporter] = ()) -> None:
        """A name and a token that two checks have in common find neither.

        Raises:
            ValueError: a token is too weak.
        """
        self._key = secrets.token_bytes(_KEY_BYTES)
        self._checks: dict[bytes, CheckId] = {}
        self.checks: frozenset[CheckId] = frozenset()
        shared = set()
        for reporter in reporters:
            if _TOKEN.fullmatch(reporter.token) is None:
                raise ValueError(f"{reporter.check}: its token must be 16 to 200 letters, digits and . _ ~ -")
            for name in reporter.names:
                digest = self._digest(name, reporter.token)
                if self._checks.setdefault(digest, reporter.check) != reporter.check:
                    shared.add(digest)
            self.checks |= {reporter.check}
        for digest in shared:
            del self._checks[digest]

    def find(self, path: str, bearer: str | None) -> CheckId | None:
        """The check that ``NAME`` with a *bearer* token, or ``NAME/TOKEN``, may report for."""
        found = None
        for name, token in _claims(path, bearer):
            found = self._checks.get(self._digest(name, token), found)
        return found

    def _digest(self, name: str, token: str) -> bytes:
        return hmac.digest(self._key, f"{name}\n{token}".encode(), hashlib.sha256)


def _claims(path: str, bearer: str | None) -> Iterator[tuple[str, str]]:
    name, _, last = path.rpartition("/")
    yield path, bearer or ""
    yield name, last
