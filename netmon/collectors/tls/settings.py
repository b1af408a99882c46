"""What a tls check may be told."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from netmon.collectors.endpoint import Host, Port
from netmon.kernel.settings import DurationText, Settings
from netmon.model.moments import DAY, Duration


class Protocol(StrEnum):
    """Versions of TLS that may be asked for, the weakest first."""

    TLS_1_2 = "1.2"
    TLS_1_3 = "1.3"


class TlsSettings(Settings):
    """Settings of a tls check."""

    host: Host | None = Field(
        default=None, description="Who is asked: where absent the device itself, or the host of the service's URL."
    )
    port: Port = Field(
        default=443, description="Port that speaks TLS from the first byte; on a service that of its URL."
    )
    server_name: Host | None = Field(
        default=None,
        description="Name that is asked for and that the certificate must carry, where it is not the host.",
    )
    trust: str | None = Field(
        default=None,
        min_length=1,
        description="File with the authorities (PEM) that may vouch for the server, relative to config.yaml;"
        " the system's where absent.",
    )
    minimum: Protocol = Field(
        default=Protocol.TLS_1_2, description="A server that agrees on an older version of TLS degrades the check."
    )
    certificate_warning: DurationText = Field(
        default=Duration(14 * DAY),
        description="A certificate that ends sooner than this, the server's or one above it, degrades the check.",
    )
