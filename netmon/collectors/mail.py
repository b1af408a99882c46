"""What the checks of mail servers may all be told: how a server is reached and protected, and who logs in."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from netmon.collectors.endpoint import Host, Port
from netmon.kernel.settings import DurationText, SecretReference, Settings
from netmon.model.moments import DAY, Duration


class Security(StrEnum):
    """How a conversation is protected."""

    STARTTLS = "starttls"
    """It begins in the clear, and must change to TLS."""
    TLS = "tls"
    """By TLS from the first byte."""
    NONE = "none"


_TLS_PORTS = (465, 993)


class MailSettings(Settings):
    """What every check of a mail server may be told."""

    host: Host | None = Field(
        default=None, description="Who is asked: where absent the device itself, or the host of the service's URL."
    )
    port: Port | None = Field(default=None, description="Port of the server; where absent the usual one.")
    security: Security = Field(
        default=Security.STARTTLS,
        description="starttls: begin in the clear and change to TLS; tls: TLS from the first byte; none: no TLS.",
    )
    server_name: Host | None = Field(
        default=None, description="Name that the certificate must carry, where it is not the host."
    )
    trust: str | None = Field(
        default=None,
        min_length=1,
        description="File with the authorities (PEM) that may vouch for the server, relative to config.yaml;"
        " the system's where absent.",
    )
    certificate_warning: DurationText = Field(
        default=Duration(14 * DAY), description="A certificate that ends sooner than this degrades the check."
    )
    expect: str | None = Field(
        default=None, min_length=1, max_length=200, description="Text that the greeting must hold."
    )
    user: str | None = Field(
        default=None, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", description="Who logs in."
    )
    password: SecretReference | None = Field(
        default=None, description="Where the password stands (env:NAME); it is sent by TLS alone."
    )

    @model_validator(mode="after")
    def _user_has_password(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("to log in takes both user and password")
        return self

    @model_validator(mode="after")
    def _password_goes_by_tls(self) -> Self:
        if self.password is not None and self.security is Security.NONE:
            raise ValueError("a password is not sent in the clear; write security: starttls or tls")
        return self

    @model_validator(mode="after")
    def _port_fits_security(self) -> Self:
        if self.port in _TLS_PORTS and self.security is not Security.TLS:
            raise ValueError(f"port {self.port} speaks TLS from the first byte; write security: tls")
        return self


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in, and with what."""

    user: str
    password: str = field(repr=False)

    @property
    def initial_response(self) -> str:
        """Both in one, as the mechanism PLAIN wants them (RFC 4616)."""
        return encode(f"\0{self.user}\0{self.password}")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Whatever a server must not be quoted with."""
        return self.password, encode(self.password), self.initial_response


def encode(text: str) -> str:
    """*text* in base 64."""
    return base64.b64encode(text.encode()).decode("ascii")
