"""Credentials: what stands in the file, and the same with its secrets resolved, ready to secure a session."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from netmon.kernel.settings import SecretReference, Settings
from netmon.snmp.keys import AuthProtocol, PrivacyProtocol
from netmon.snmp.security import Community, MessageVersion, Security
from netmon.snmp.usm import User, UserSecurity

_SHORTEST_KEY = 8


class SnmpVersion(StrEnum):
    """Versions as people write them."""

    V1 = "1"
    V2C = "2c"
    V3 = "3"


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class AuthSettings(Settings):
    """How messages of version 3 are signed."""

    protocol: AuthProtocol = Field(description="md5, sha1, sha224, sha256, sha384 or sha512; prefer sha256.")
    key: SecretReference = Field(description="Where the pass phrase stands, of at least 8 characters.")


class PrivacySettings(Settings):
    """How messages of version 3 are encrypted."""

    protocol: PrivacyProtocol = Field(
        description="des, aes128, aes192 or aes256; aes192-cisco and aes256-cisco for agents that lengthen keys "
        "as Cisco's do. Prefer aes128."
    )
    key: SecretReference = Field(description="Where the pass phrase stands, of at least 8 characters.")


class CredentialSettings(Settings):
    """What lets netmon read a device by SNMP; secrets stand elsewhere and are named here."""

    version: Annotated[SnmpVersion, BeforeValidator(_as_text)] = Field(description="1, 2c or 3; prefer 3.")
    community: SecretReference | None = Field(default=None, description="Where the community stands (1, 2c).")
    user: str | None = Field(default=None, min_length=1, max_length=32, description="Name of the user (3).")
    auth: AuthSettings | None = Field(default=None, description="Protocol and key that sign (3).")
    privacy: PrivacySettings | None = Field(default=None, description="Protocol and key that encrypt (3).")
    context: str = Field(default="", max_length=255, description="Name of the context; mostly empty.")

    @model_validator(mode="after")
    def _fits_its_version(self) -> Self:
        if self.version is SnmpVersion.V3:
            if self.user is None or self.community is not None:
                raise ValueError("version 3 wants a user, and no community")
            if self.privacy and not self.auth:
                raise ValueError("privacy wants auth as well")
        elif self.community is None or self.user or self.auth or self.privacy:
            raise ValueError(f"version {self.version.value} wants a community, and no user, auth or privacy")
        return self

    @property
    def references(self) -> tuple[str, ...]:
        """Where its secrets stand."""
        keys = (part.key for part in (self.auth, self.privacy) if part is not None)
        return (*keys, *((self.community,) if self.community is not None else ()))

    def fingerprint(self, secrets: Mapping[str, str], key: bytes) -> str:
        """A text that is the same only while the settings and their *secrets* are, and tells nothing without *key*."""
        content = [self.model_dump(mode="json"), [secrets[reference] for reference in self.references]]
        return hmac.digest(key, json.dumps(content).encode(), "sha256").hex()


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential with its secrets; keys are stretched once, here, for all devices."""

    version: MessageVersion
    context: str = ""
    community: SecretStr | None = None
    user: User | None = None

    def security(self, context: str | None = None) -> Security:
        """What secures one session; *context* stands in for the credential's own."""
        chosen = self.context if context is None else context
        if self.user is not None:
            return UserSecurity(self.user, chosen.encode())
        community = self.community.get_secret_value() if self.community else ""
        return Community(self.version, (f"{community}@{chosen}" if chosen else community).encode())


def resolve(settings: CredentialSettings, secret: Callable[[str], str]) -> Credential:
    """The credential that *settings* describe.

    Raises:
        ValueError: a key is too short; the text names the field, not the key.
    """
    if settings.version is not SnmpVersion.V3:
        version = MessageVersion.V1 if settings.version is SnmpVersion.V1 else MessageVersion.V2C
        return Credential(version, settings.context, SecretStr(secret(settings.community or "")))
    name = (settings.user or "").encode()
    auth, privacy = settings.auth, settings.privacy
    if auth is None:
        user = User(name)
    elif privacy is None:
        user = User(name, auth.protocol, _master(auth.protocol, secret(auth.key), "auth.key"))
    else:
        user = User(
            name,
            auth.protocol,
            _master(auth.protocol, secret(auth.key), "auth.key"),
            privacy.protocol,
            _master(auth.protocol, secret(privacy.key), "privacy.key"),
        )
    return Credential(MessageVersion.V3, settings.context, user=user)


def _master(protocol: AuthProtocol, key: str, field: str) -> bytes:
    octets = key.encode()
    if len(octets) < _SHORTEST_KEY:
        raise ValueError(f"{field}: a pass phrase has at least {_SHORTEST_KEY} characters")
    return protocol.stretch(octets)
