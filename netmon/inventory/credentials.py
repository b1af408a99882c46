"""Credentials of the inventory: what the SNMP client takes, with an id, and protocols as people write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from netmon.inventory.words import Id
from netmon.kernel.problems import nearest, quote
from netmon.snmp.credential import AuthSettings, CredentialSettings, PrivacySettings
from netmon.snmp.keys import AuthProtocol, PrivacyProtocol

Protocol = TypeVar("Protocol", bound=StrEnum)


def as_written(protocol: StrEnum) -> str:
    """The name of *protocol* in files: ``SHA-256`` for ``sha256``, ``AES-128`` for ``aes128``."""
    return re.sub(r"^([A-Z]{3})([0-9]{1,3})(?=$|-)", r"\1-\2", protocol.value.upper()).replace("-CISCO", "-Cisco")


def _one_of(protocols: type[Protocol]) -> Callable[[Any], Protocol]:
    known = {as_written(protocol): protocol for protocol in protocols}

    def validate(value: Any) -> Protocol:
        if isinstance(value, str) and value in known:
            return known[value]
        cause = f"{quote(value)} is not one of {', '.join(known)}"
        hint = nearest(str(value), known)
        raise ValueError(f"{cause} - {hint}" if hint else cause)

    return validate


def _names(protocols: type[StrEnum]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": [as_written(protocol) for protocol in protocols]})


class Auth(AuthSettings):
    """How messages of version 3 are signed."""

    protocol: Annotated[AuthProtocol, BeforeValidator(_one_of(AuthProtocol)), _names(AuthProtocol)] = Field(
        description="How messages are signed; prefer SHA-256."
    )


class Privacy(PrivacySettings):
    """How messages of version 3 are encrypted."""

    protocol: Annotated[PrivacyProtocol, BeforeValidator(_one_of(PrivacyProtocol)), _names(PrivacyProtocol)] = Field(
        description="How messages are encrypted; prefer AES-128. The Cisco forms lengthen short keys as Cisco's do."
    )


class Credential(CredentialSettings):
    """What lets netmon read devices by SNMP; every secret stands elsewhere and is only named here."""

    id: Id = Field(description="Its id; devices name it in `snmp:`.")
    auth: Auth | None = Field(default=None, description="Version 3: how messages are signed.")
    privacy: Privacy | None = Field(default=None, description="Version 3: how messages are encrypted; needs `auth`.")
