"""Turns a reference such as ``env:SNMP_COMMUNITY`` into the secret that it names; errors never hold the secret."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LARGEST_SECRET_BYTES = 64 * 2**10


class SecretError(Exception):
    """A reference leads to no secret; says which reference and why, and never holds a secret."""


@dataclass(frozen=True, slots=True)
class SecretPlaces:
    """Where secrets are looked for.

    Attributes:
        environment: for ``env:NAME``; systemd's ``CREDENTIALS_DIRECTORY`` in it serves ``credential:NAME``.
        directory: what the path of a relative ``file:PATH`` begins at.
    """

    environment: Mapping[str, str]
    directory: Path

    def resolve(self, reference: str) -> str:
        """The secret that *reference* names.

        ``literal:`` stands for itself; that only the lab's addresses may be asked with it is settled when the
        plan is made.

        Raises:
            SecretError: there is no such secret, or it cannot be read.
        """
        scheme, _, name = reference.partition(":")
        match scheme:
            case "env":
                return self._variable(name)
            case "file":
                return _content(self.directory / name, f"file:{name}")
            case "credential":
                return self._credential(name)
            case "literal":
                return name
        raise SecretError("a secret stands elsewhere: write env:NAME, file:PATH or credential:NAME")

    def _variable(self, name: str) -> str:
        if not (secret := self.environment.get(name, "")):
            raise SecretError(f"env:{name}: the environment variable is not set, or empty")
        return secret

    def _credential(self, name: str) -> str:
        if not (directory := self.environment.get("CREDENTIALS_DIRECTORY")):
            raise SecretError(f"credential:{name}: no credentials were passed; LoadCredential= of systemd does that")
        if Path(name).name != name or name in ("", ".", ".."):
            raise SecretError(f"credential:{name}: is no name of a credential")
        return _content(Path(directory) / name, f"credential:{name}")


def _content(path: Path, reference: str) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SecretError(f"{reference}: {path} is not a regular file")
        with path.open("rb") as file:
            raw = file.read(LARGEST_SECRET_BYTES + 1)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "is no path"
        raise SecretError(f"{reference}: {why}") from None
    if len(raw) > LARGEST_SECRET_BYTES:
        raise SecretError(f"{reference}: has more than {LARGEST_SECRET_BYTES:,} bytes")
    try:
        secret = raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SecretError(f"{reference}: is not UTF-8") from None
    if not secret:
        raise SecretError(f"{reference}: is empty")
    return secret
