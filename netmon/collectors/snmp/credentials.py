"""Credentials as they are now: references are followed anew at every reload, keys are stretched where one changed."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from dataclasses import dataclass

from netmon.ports import Ground
from netmon.snmp.credential import Credential, CredentialSettings, resolve

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Resolved:
    """A credential, and a text that changes with it."""

    fingerprint: str
    credential: Credential


class Credentials:
    """Follows each reference once in a turn of the loop, in which a reload asks for every check.

    The same `Credential` comes back until its settings or a secret of it changed: to stretch keys takes time.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._key = secrets.token_bytes(_KEY_BYTES)
        self._resolved: dict[str, Resolved] = {}
        self._followed: set[str] = set()

    def resolve(self, name: str) -> Resolved:
        """The credential *name*.

        Raises:
            SecretError, ValueError: it leads to no secret, or to one that cannot be used.
        """
        if name in self._followed:
            return self._resolved[name]
        settings = CredentialSettings.model_validate(dict(self._ground.credential(name)))
        told = {reference: self._ground.secret(reference) for reference in settings.references}
        fingerprint = settings.fingerprint(told, self._key)
        known = self._resolved.get(name)
        if known is None or not hmac.compare_digest(known.fingerprint, fingerprint):
            known = self._resolved[name] = Resolved(fingerprint, resolve(settings, told.__getitem__))
        if not self._followed:
            asyncio.get_running_loop().call_soon(self._followed.clear)
        self._followed.add(name)
        return known
